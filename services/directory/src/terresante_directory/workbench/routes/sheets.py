"""/structures: a new one, what is said of one changed from a day on, and closed. Nobody's change is overwritten."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.refusals import Refusal, Stale

from terresante_directory.workbench import asking, contents, words
from terresante_directory.workbench.differences import differences, remembered
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.moments import beginning
from terresante_directory.workbench.visits import Visit, posting, visiting

CLOSING = "structure_closing_kinds"
router = APIRouter(prefix="/structures")


@router.get("/choix")
async def choices(visit: Annotated[Visit, Depends(visiting)], chercher: str = "", vide: str = "Choisissez") -> Response:
    """The structures of the administrator's territories that match, as the options of a list."""
    found = await asking.own_structures(visit, chercher[:200])
    return visit.page("structures/_options.html", options=found, chosen="", blank=vide[:40])


@router.get("/nouvelle")
async def new(visit: Annotated[Visit, Depends(visiting)], dans: str = "") -> Response:
    """The form of a new structure; `dans`: the one that it is part of."""
    if not visit.typed.fields:
        visit.typed = Typed.of(part_of=dans, level="internal" if dans else "site")
    return visit.page("structures/new.html", **await _choices(visit))


@router.post("/nouvelle")
async def register(visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Registers it."""
    visit.once()
    try:
        request = pb.EnrolStructureRequest(
            content=contents.content(visit.typed, visit.workbench.communes),
            why=visit.typed.one("why"),
            **{"from": beginning(visit.typed.one("from"))},
        )
        reply = await visit.ror.EnrolStructure(request)
    except Refusal as refusal:
        return visit.again("structures/new.html", refusal, **await _choices(visit))
    doubts = "".join(f"&doute={doubt}" for doubt in reply.sheet.doubts)
    return visit.to(f"/structures/{reply.sheet.structure_id}?fait=inscrite{doubts}")


@router.get("/{id}/modifier")
async def changing(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """The form that holds what is said of it."""
    sheet = (await asking.sheet(visit, id)).sheet
    if not visit.typed.fields:
        visit.typed = contents.typed_of(sheet.content)
    return visit.page("structures/change.html", sheet=sheet, **await _form(visit, sheet))


@router.post("/{id}/modifier")
async def change(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Says it from the typed day on."""
    said = contents.content(visit.typed, visit.workbench.communes)
    try:
        request = pb.ChangeStructureRequest(
            structure_id=id,
            version=visit.typed.number("version"),
            content=said,
            why=visit.typed.one("why"),
            **{"from": beginning(visit.typed.one("from"))},
        )
        reply = await visit.ror.ChangeStructure(request)
    except Stale as stale:
        return await _overtaken(visit, stale, id, said)
    except Refusal as refusal:
        sheet = (await asking.sheet(visit, id)).sheet
        return visit.again("structures/change.html", refusal, sheet=sheet, **await _form(visit, sheet))
    doubts = "".join(f"&doute={doubt}" for doubt in reply.sheet.doubts)
    return visit.to(f"/structures/{id}?fait=modifiee{doubts}")


@router.get("/{id}/fermer")
async def closing(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """What closing it does, as counts."""
    return visit.page("structures/close.html", **await _closing(visit, id))


@router.post("/{id}/fermer")
async def close(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Closes it and all that is under it."""
    typed = visit.typed
    try:
        request = pb.CloseStructureRequest(
            structure_id=id,
            version=typed.number("version"),
            closing_kind=typed.one("closing_kind"),
            why=typed.one("why"),
            **{"from": beginning(typed.one("from"))},
        )
        await visit.ror.CloseStructure(request)
    except Stale as stale:
        return await _overtaken(visit, stale, id, None)
    except Refusal as refusal:
        return visit.again("structures/close.html", refusal, **await _closing(visit, id))
    return visit.to(f"/structures/{id}?fait=fermee")


async def _closing(visit: Visit, id: str) -> dict[str, object]:
    found = await asking.sheet(visit, id)
    return {
        "sheet": found.sheet,
        "counts": found,
        "before": await _remembered(visit, found.sheet.content),
        "closing_kinds": asking.codes(visit, CLOSING),
    }


async def _choices(visit: Visit) -> dict[str, object]:
    return {
        "own": await asking.territories(visit, only_own=True),
        "choices": await asking.choices(visit, visit.typed.one("part_of")),
        "channels": asking.codes(visit, "telecom_channels"),
        "level_choices": list(words.LEVEL_NAMES.items()),
        "telecoms": contents.telecoms(visit.typed),
    }


async def _form(visit: Visit, sheet: pb.StructureSheet) -> dict[str, object]:
    return {**await _choices(visit), "before": await _remembered(visit, sheet.content)}


async def _remembered(visit: Visit, said: pb.StructureContent) -> str:
    names = await asking.names(visit, [said.part_of])
    return remembered(contents.shown(said, visit.workbench.values, names))


async def _overtaken(visit: Visit, stale: Stale, id: str, typed: pb.StructureContent | None) -> Response:
    """What the form began from, what stands now, what was typed."""
    sheet = (await asking.sheet(visit, id)).sheet
    values = visit.workbench.values
    names = await asking.names(visit, [sheet.content.part_of, typed.part_of if typed else ""])
    now = contents.shown(sheet.content, values, names)
    shown = contents.shown(typed, values, names) if typed else now
    rows = differences(contents.LABELS, visit.typed.one("before"), now, shown)
    return visit.again("stale.html", stale, back=visit.request.url.path, version=sheet.version, differences=rows)
