"""/: what waits for whoever is signed in, and where to go from here."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import enrolment_service_pb2 as pb

from terresante_directory.workbench import waiting
from terresante_directory.workbench.asking import territories
from terresante_directory.workbench.persons import PROFESSIONAL
from terresante_directory.workbench.visits import Visit, any_visiting

router = APIRouter()


@router.get("/")
async def home(visit: Annotated[Visit, Depends(any_visiting)]) -> Response:
    """A professional's own pages; an administrator's desk: what waits, their territories, and the ways in."""
    if not visit.enrolled:
        return visit.to("/mon-inscription")
    if visit.kind == PROFESSIONAL:
        return visit.page("own/home.html", structures=visit.structures)
    desk = await visit.enrolment.GetDesk(pb.GetDeskRequest())
    own = await territories(visit, only_own=True)
    return visit.page("home.html", own=own, waiting=waiting.lines(desk.waiting))
