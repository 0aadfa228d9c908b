"""/professionnels: search as one types, the page of one with their places, a new one, a place begun or ended."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.refusals import Refusal, Stale

from terresante_directory.workbench import asking, words
from terresante_directory.workbench.asking import not_found
from terresante_directory.workbench.differences import Difference
from terresante_directory.workbench.visits import Visit, posting, visiting

EVERYWHERE = "tous"
router = APIRouter(prefix="/professionnels")


@router.get("")
async def search(
    visit: Annotated[Visit, Depends(visiting)],
    q: str = "",
    metier: str = "",
    territoire: str = "",
    suite: str = "",
) -> Response:
    """Professionals of one of the administrator's territories, or of the whole region."""
    known = (*visit.territories, EVERYWHERE)
    where = territoire if territoire in known else next(iter(visit.territories), EVERYWHERE)
    request = pb.SearchProfessionalsRequest(
        text=q, profession=metier, territory_code="" if where == EVERYWHERE else where, cursor=suite, limit=asking.PAGE
    )
    values = {
        "q": q,
        "profession": metier,
        "territory": where,
        "suite": suite,
        "professions": visit.workbench.professions,
        "own": await asking.territories(visit, only_own=True),
    }
    template = "professionals/_found.html" if visit.partial else "professionals/list.html"
    try:
        reply = await visit.directory.SearchProfessionals(request)
    except Refusal as refusal:
        return visit.again(template, refusal, **values, found=[], next="")
    return visit.page(template, **values, found=reply.professionals, next=reply.next_cursor)


@router.get("/nouveau")
async def new(visit: Annotated[Visit, Depends(visiting)], structure: str = "", chercher: str = "") -> Response:
    """The form of a new professional; `structure`: where they practise."""
    wanted = visit.typed.one("structure") or structure
    return visit.page("professionals/new.html", **await _choices(visit, wanted, chercher))


@router.post("/nouveau")
async def register(visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Registers them with their first place."""
    typed = visit.typed
    visit.once()
    request = pb.RegisterProfessionalRequest(
        rpps=typed.one("rpps"),
        family_name=typed.one("family_name"),
        given_name=typed.one("given_name"),
        profession=typed.one("profession"),
        places=[pb.NewPlace(structure_id=typed.one("structure"), role=typed.one("role"))],
    )
    try:
        reply = await visit.directory.RegisterProfessional(request)
    except Refusal as refusal:
        values = await _choices(visit, typed.one("structure"), "")
        return visit.again("professionals/new.html", refusal, **values)
    doubts = "".join(f"&doute={doubt}" for doubt in reply.doubts)
    return visit.to(f"/professionnels/{reply.professional.professional_id}?fait=inscrit{doubts}")


@router.get("/{id}")
async def one(id: str, visit: Annotated[Visit, Depends(visiting)], fait: str = "") -> Response:
    """A professional, their places and their account."""
    someone = await asking.professional(visit, id)
    where = await asking.structures(visit, (place.structure_id for place in someone.places))
    doubts = visit.request.query_params.getlist("doute")
    return visit.page("professionals/one.html", someone=someone, where=where, done=fait, doubts=doubts)


@router.get("/{id}/lieux/nouveau")
async def new_place(
    id: str, visit: Annotated[Visit, Depends(visiting)], structure: str = "", chercher: str = ""
) -> Response:
    """The form of one more place."""
    someone = await asking.professional(visit, id)
    values = await _choices(visit, visit.typed.one("structure") or structure, chercher)
    return visit.page("professionals/place.html", someone=someone, before=_places(someone), **values)


@router.post("/{id}/lieux/nouveau")
async def add_place(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Begins it."""
    typed = visit.typed
    place = pb.NewPlace(structure_id=typed.one("structure"), role=typed.one("role"))
    request = pb.AddPlaceRequest(professional_id=id, version=typed.number("version"), place=place)
    try:
        await visit.directory.AddPlace(request)
    except Stale as stale:
        someone = await asking.professional(visit, id)
        return visit.again(
            "stale.html",
            stale,
            back=f"/professionnels/{id}/lieux/nouveau",
            version=someone.version,
            differences=await _overtaken(visit, someone),
        )
    except Refusal as refusal:
        someone = await asking.professional(visit, id)
        values = await _choices(visit, typed.one("structure"), "")
        return visit.again("professionals/place.html", refusal, someone=someone, before=_places(someone), **values)
    return visit.to(f"/professionnels/{id}?fait=lieu")


@router.get("/{id}/lieux/{place}/terminer")
async def ending_place(id: str, place: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Asks before a place ends."""
    someone, which = await _place(visit, id, place)
    where = await asking.structures(visit, [which.structure_id])
    return visit.page(
        "professionals/end_place.html", someone=someone, place=which, where=where, before=_places(someone)
    )


@router.post("/{id}/lieux/{place}/terminer")
async def end_place(id: str, place: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Ends it."""
    request = pb.EndPlaceRequest(professional_id=id, place_id=place, version=visit.typed.number("version"))
    try:
        await visit.directory.EndPlace(request)
    except Stale as stale:
        someone = await asking.professional(visit, id)
        return visit.again(
            "stale.html",
            stale,
            back=f"/professionnels/{id}/lieux/{place}/terminer",
            version=someone.version,
            differences=await _overtaken(visit, someone),
        )
    except Refusal as refusal:
        someone, which = await _place(visit, id, place)
        where = await asking.structures(visit, [which.structure_id])
        return visit.again(
            "professionals/end_place.html", refusal, someone=someone, place=which, where=where, before=_places(someone)
        )
    return visit.to(f"/professionnels/{id}?fait=lieu-termine")


async def _place(visit: Visit, id: str, place: str) -> tuple[pb.Professional, pb.Place]:
    someone = await asking.professional(visit, id)
    which = next((one for one in someone.places if one.place_id == place), None)
    if which is None:
        raise not_found("Ce lieu d’exercice")
    return someone, which


async def _choices(visit: Visit, structure: str, searched: str) -> dict[str, object]:
    return {
        "choices": await asking.choices(visit, structure, searched),
        "chosen": structure,
        "searched": searched,
        "professions": visit.workbench.professions,
    }


def _places(someone: pb.Professional) -> str:
    """The lasting places, as a form remembers what it began from."""
    return " ".join(sorted(place.structure_id for place in someone.places if not place.HasField("until")))


async def _overtaken(visit: Visit, now: pb.Professional) -> list[Difference]:
    """What was typed, what the form began from, and what stands now."""
    typed = visit.typed
    before, after = typed.one("before").split(), _places(now).split()
    known = await asking.structures(visit, filter(asking.is_id, {*before, *after, typed.one("structure")}))

    def names(ids: list[str]) -> str:
        return ", ".join(known[id].name for id in ids if id in known) or "aucun"

    rows = [Difference("Lieux d’exercice", names(before), names(after), "")]
    if typed.one("structure"):
        rows.append(Difference("Nouveau lieu", "", "", names([typed.one("structure")])))
    if typed.one("role"):
        rows.append(Difference("Fonction", "", "", typed.one("role")))
    rows.append(Difference("Compte", "", words.account(now.account_state), ""))
    return rows
