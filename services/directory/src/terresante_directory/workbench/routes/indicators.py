"""/indicateurs: how a territory is doing week by week, as charts, tables and files that say the same."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asking, indicating
from terresante_directory.workbench.asking import not_found
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.indicating import KINDS, Shown
from terresante_directory.workbench.moments import beginning
from terresante_directory.workbench.visits import Visit, visiting

CSV = "text/csv; charset=utf-8"
ASKED = ("territoire", "from", "to")
router = APIRouter(prefix="/indicateurs")


@router.get("")
async def indicators(visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Of one of the administrator's territories, for the weeks that the address says, or the last twelve."""
    _read(visit)
    own = await asking.territories(visit, only_own=True)
    if not own:
        return visit.page("indicators/page.html", own=[], territory=None, shown=[], asked={})
    named = visit.typed.one("territoire")
    territory = next((one for one in own if one.code == named), None) if named else own[0]
    about = {"own": own, "territory": territory, "asked": {name: visit.typed.one(name) for name in ASKED}}
    try:
        found = await _shown(visit, named or own[0].code)
    except Refusal as refusal:
        return visit.again("indicators/page.html", refusal, shown=[], **about)
    return visit.page("indicators/page.html", shown=found, **about)


@router.get("/{kind}.csv")
async def file(kind: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """The table of one kind."""
    _read(visit)
    code = visit.typed.one("territoire")
    one = next((one for one in await _shown(visit, code) if one.code == kind), None) if kind in KINDS else None
    if one is None:
        raise not_found("Ce tableau")
    named = f'attachment; filename="{kind}-{code}.csv"'
    return Response(indicating.table(one), media_type=CSV, headers={"Content-Disposition": named})


def _read(visit: Visit) -> None:
    query = visit.request.query_params
    visit.typed = Typed({name: query.getlist(name) for name in ASKED})


async def _shown(visit: Visit, code: str) -> list[Shown]:
    """Raises `DayInvalid`, and what the directory refuses for."""
    weeks = {"from": beginning(visit.typed.one("from"))}
    request = pb.GetIndicatorsRequest(territory_code=code, to=beginning(visit.typed.one("to")), **weeks)
    return indicating.shown((await visit.enrolment.GetIndicators(request)).series)
