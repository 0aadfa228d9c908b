"""/structures/{id}/correspondants: who may ask for changes of a structure, named among those who practise there."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asking
from terresante_directory.workbench.visits import Visit, posting, visiting

LONGEST = 200
"""Characters of what is looked for."""
router = APIRouter(prefix="/structures/{id}/correspondants")


@router.get("")
async def listed(id: str, visit: Annotated[Visit, Depends(visiting)], fait: str = "", q: str = "") -> Response:
    """Those there are, and those who could be; `q`: only who is so named."""
    return visit.page("structures/correspondents.html", done=fait, **await _told(visit, id, q[:LONGEST]))


@router.post("")
async def change(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Names one, or ends that."""
    names = visit.typed.one("acte") == "designer"
    request = pb.SetCorrespondentRequest(
        structure_id=id, professional_id=visit.typed.one("professional"), correspondent=names
    )
    try:
        await visit.enrolment.SetCorrespondent(request)
    except Refusal as refusal:
        return visit.again("structures/correspondents.html", refusal, done="", **await _told(visit, id))
    return visit.to(f"/structures/{id}/correspondants?fait={'designe' if names else 'retire'}")


async def _told(visit: Visit, id: str, text: str = "") -> dict[str, object]:
    structure = await asking.own_structure(visit, id)
    reply = await visit.enrolment.ListCorrespondents(pb.ListCorrespondentsRequest(structure_id=id))
    request = directory.SearchProfessionalsRequest(structure_id=id, text=text, limit=asking.PAGE)
    there = await visit.directory.SearchProfessionals(request)
    named = {one.professional_id for one in reply.correspondents}
    others = [one for one in there.professionals if one.professional_id not in named]
    told = {"structure": structure, "correspondents": reply.correspondents, "others": others}
    return {**told, "q": text, "more": bool(there.next_cursor)}
