"""/operations: composed in the address, shown with its impacts, done as one act, undone from the history."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asking, operating, words
from terresante_directory.workbench.asking import not_found
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.operating import KINDS
from terresante_directory.workbench.visits import LONG_SECONDS, Visit, posting, visiting

STALE = "PREVIEW_STALE"
router = APIRouter(prefix="/operations")


@router.get("")
async def operations(visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """What can be done."""
    return visit.page("operations/list.html", kinds_of=KINDS)


@router.get("/{kind}")
async def composing(kind: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """The operation as the address says it; with `voir`, what it would do. Nothing is changed."""
    _must_be(kind)
    if not visit.typed.fields:
        query = visit.request.query_params
        visit.typed = Typed({name: query.getlist(name) for name in query})
    if not visit.typed.one("voir"):
        return visit.page("operations/one.html", shown=None, **await _form(visit, kind))
    try:
        shown = await _preview(visit, kind)
    except Refusal as refusal:
        return visit.again("operations/one.html", refusal, shown=None, **await _form(visit, kind))
    return visit.page("operations/one.html", shown=shown, **await _form(visit, kind))


@router.post("/{kind}")
async def perform(kind: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Does it exactly as previewed; if something changed since, shows the new preview instead."""
    _must_be(kind)
    visit.once()
    typed = visit.typed
    try:
        request = pb.PerformOperationRequest(
            operation=operating.operation(kind, typed, visit.workbench.communes),
            preview=typed.one("apercu"),
            why=typed.one("why"),
        )
        await visit.ror.PerformOperation(request, LONG_SECONDS)
    except Refusal as refusal:
        again = await _preview(visit, kind) if refusal.reason == STALE else None
        return visit.again("operations/one.html", refusal, shown=again, **await _form(visit, kind))
    return visit.to("/historique?fait=opere")


async def _preview(visit: Visit, kind: str) -> pb.PreviewOperationResponse:
    request = pb.PreviewOperationRequest(operation=operating.operation(kind, visit.typed, visit.workbench.communes))
    shown: pb.PreviewOperationResponse = await visit.ror.PreviewOperation(request, LONG_SECONDS)
    return shown


async def _form(visit: Visit, kind: str) -> dict[str, object]:
    """What the parts of this operation's form offer to choose from."""
    typed, needs = visit.typed, KINDS[kind].needs
    chosen = [id for id in typed.all("structure") if asking.is_id(id)]
    known = await asking.structures(visit, [*chosen, *filter(asking.is_id, [typed.one("vers")])])
    found = await asking.own_structures(visit, typed.one("chercher")[:200], 20)
    told: dict[str, object] = {
        "kind": kind,
        "about": KINDS[kind],
        "chosen": [known[id] for id in chosen if id in known],
        "found": [one for one in found if one.structure_id not in chosen],
        "choices": await asking.choices(visit, typed.one("vers")),
        "own": await asking.territories(visit, only_own=True),
        "level_choices": list(words.LEVEL_NAMES.items()),
        "under": [],
        "places": [],
        "communes": [],
    }
    if "part" in needs and chosen:
        told |= await _parts(visit, chosen[0])
    if "source" in needs and typed.one("territoire"):
        request = pb.ListCommunesRequest(territory_code=typed.one("territoire"))
        told["communes"] = (await visit.ror.ListCommunes(request)).communes
    return told


async def _parts(visit: Visit, structure: str) -> dict[str, object]:
    """What is under a structure, and who practises there."""
    nodes = (await visit.ror.ListNodes(pb.ListNodesRequest(parent_id=structure, limit=200))).nodes
    search = directory.SearchProfessionalsRequest(structure_id=structure, limit=100)
    there = (await visit.directory.SearchProfessionals(search)).professionals
    places = [
        (place, f"{one.family_name} {one.given_name}")
        for one in there
        for place in one.places
        if place.structure_id == structure and not place.HasField("until")
    ]
    return {"under": nodes, "places": places}


def _must_be(kind: str) -> None:
    if kind not in KINDS:
        raise not_found("Cette opération")
