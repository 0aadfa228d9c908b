"""/: what waits for the administrator, and where to go from here."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory.workbench.asking import territories
from terresante_directory.workbench.visits import Visit, visiting

SHOWN = 5
router = APIRouter()


@router.get("/")
async def home(visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """The administrator's territories, offers to confirm, and the ways in."""
    stale = await visit.ror.ListStaleOffers(pb.ListStaleOffersRequest(limit=SHOWN))
    own = await territories(visit, only_own=True)
    return visit.page("home.html", own=own, stale=stale.offers, stale_total=stale.total)
