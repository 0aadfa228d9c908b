"""/mon-depart: a professional leaves, told beforehand what ends and what stays."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asking, pages
from terresante_directory.workbench.cookies import COOKIE, drop_cookie
from terresante_directory.workbench.visits import Visit, own_posting, own_visiting

LEAVING, LEFT = "/mon-depart", "/mon-depart/fait"
router = APIRouter()


@router.get(LEAVING)
async def leaving(visit: Annotated[Visit, Depends(own_visiting)]) -> Response:
    """What leaving ends, what stays, and how to come back."""
    return visit.page("joining/leave.html", **await _told(visit))


@router.post(LEAVING)
async def leave(visit: Annotated[Visit, Depends(own_posting)]) -> Response:
    """Leaves; the session ends, here and at Keycloak."""
    try:
        await visit.enrolment.Leave(pb.LeaveRequest(version=visit.typed.number("version")))
    except Refusal as refusal:
        return visit.again("joining/leave.html", refusal, **await _told(visit))
    await visit.workbench.sessions.end(visit.session.secret)
    await visit.workbench.provider.end(visit.session.tokens)
    response = visit.to(LEFT)
    drop_cookie(response, COOKIE)
    return response


@router.get(LEFT)
async def left() -> Response:
    """Says that they have left. For anybody: it tells nothing of anybody."""
    return pages.page("joining/left.html", {"visit": None, "path": "", "refusal": None})


async def _told(visit: Visit) -> dict[str, object]:
    """Their places that last, by name, and the version that is left."""
    id = visit.person.professional.professional_id
    reply = await visit.directory.BatchGetProfessionals(directory.BatchGetProfessionalsRequest(professional_ids=[id]))
    (me,) = reply.professionals
    lasting = [place for place in me.places if not place.HasField("until")]
    known = await asking.structures(visit, (place.structure_id for place in lasting))
    names = [known[place.structure_id].name for place in lasting if place.structure_id in known]
    return {"version": me.version, "places": names}
