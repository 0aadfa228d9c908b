"""/referents: identity officers, their mandates given, replaced and ended."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asking
from terresante_directory.workbench.visits import Visit, posting, visiting

router = APIRouter()


@router.get("/referents")
async def officers(visit: Annotated[Visit, Depends(visiting)], fait: str = "") -> Response:
    """The mandates that touch the administrator's territories."""
    found = (await visit.directory.ListIdentityOfficers(pb.ListIdentityOfficersRequest())).officers
    structures = await asking.structures(visit, (id for one in found for id in one.mandate.structure_ids))
    names = {one.code: one.name for one in await asking.territories(visit)}
    return visit.page("officers/list.html", officers=found, structures=structures, territories=names, done=fait)


@router.get("/professionnels/{id}/mandat")
async def naming(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """The form of a mandate, holding the one that there is."""
    someone = await asking.professional(visit, id)
    if not visit.typed.fields and someone.HasField("identity_mandate"):
        mandate = someone.identity_mandate
        visit.typed = visit.typed.of(territory_codes=mandate.territory_codes, structure_ids=mandate.structure_ids)
    return visit.page("officers/mandate.html", someone=someone, **await _choices(visit))


@router.post("/professionnels/{id}/mandat")
async def name(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Gives it, or replaces it."""
    request = pb.NameIdentityOfficerRequest(
        professional_id=id,
        territory_codes=visit.typed.all("territory_codes"),
        structure_ids=visit.typed.all("structure_ids"),
    )
    try:
        await visit.directory.NameIdentityOfficer(request)
    except Refusal as refusal:
        someone = await asking.professional(visit, id)
        return visit.again("officers/mandate.html", refusal, someone=someone, **await _choices(visit))
    return visit.to("/referents?fait=nomme")


@router.get("/professionnels/{id}/mandat/terminer")
async def ending(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Asks before a mandate ends."""
    return visit.page("officers/end.html", someone=await asking.professional(visit, id))


@router.post("/professionnels/{id}/mandat/terminer")
async def end(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Ends it at once."""
    try:
        await visit.directory.EndIdentityOfficer(pb.EndIdentityOfficerRequest(professional_id=id))
    except Refusal as refusal:
        return visit.again("officers/end.html", refusal, someone=await asking.professional(visit, id))
    return visit.to("/referents?fait=termine")


async def _choices(visit: Visit) -> dict[str, object]:
    return {"own": await asking.territories(visit, only_own=True), "choices": await asking.own_structures(visit)}
