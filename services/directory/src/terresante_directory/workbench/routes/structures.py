"""/structures: search as one types, and the page of one, on any day."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asking
from terresante_directory.workbench.moments import beginning
from terresante_directory.workbench.visits import Visit, visiting

router = APIRouter(prefix="/structures")


@router.get("")
async def search(
    visit: Annotated[Visit, Depends(visiting)], q: str = "", territoire: str = "", suite: str = ""
) -> Response:
    """Structures of one of the administrator's territories."""
    code = territoire if territoire in visit.territories else next(iter(visit.territories), "")
    request = pb.SearchStructuresRequest(text=q, territory_code=code, cursor=suite, limit=asking.PAGE)
    values = {"q": q, "territory": code, "suite": suite, "found": [], "next": ""}
    try:
        reply = await visit.directory.SearchStructures(request)
    except Refusal as refusal:
        return visit.again(_listing(visit), refusal, **values, own=await asking.territories(visit, only_own=True))
    values |= {"found": reply.structures, "next": reply.next_cursor}
    return visit.page(_listing(visit), **values, own=await asking.territories(visit, only_own=True))


@router.get("/{id}")
async def one(
    id: str, visit: Annotated[Visit, Depends(visiting)], fait: str = "", le: str = "", connu: str = ""
) -> Response:
    """A structure as it stands, or stood on day `le`, as was known on day `connu`; who practises there."""
    found = await asking.sheet(visit, id, beginning(le), beginning(connu))
    request = pb.SearchProfessionalsRequest(structure_id=id, limit=asking.PAGE)
    there = (await visit.directory.SearchProfessionals(request)).professionals
    return visit.page(
        "structures/one.html",
        sheet=found.sheet,
        ancestors=found.ancestors,
        counts={"structures": found.structures, "offers": found.offers, "professionals": found.professionals},
        there=there,
        done=fait,
        on={"le": le, "connu": connu},
        values=visit.workbench.values,
        territory=await _name(visit, found.sheet.content.territory_code),
    )


def _listing(visit: Visit) -> str:
    return "structures/_found.html" if visit.partial else "structures/list.html"


async def _name(visit: Visit, code: str) -> str:
    return next((one.name for one in await asking.territories(visit) if one.code == code), code)
