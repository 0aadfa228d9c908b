"""/carte: which territory covers which commune, on any day, as a map and as a list that says the same."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import FileResponse, JSONResponse, Response
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory.reference import DATA
from terresante_directory.workbench import asking, pages
from terresante_directory.workbench.moments import beginning
from terresante_directory.workbench.visits import Visit, visiting

OUTLINES = DATA / "outlines.geojson"
ALL = "tous"
router = APIRouter(prefix="/carte")


@router.get("")
async def seen(
    visit: Annotated[Visit, Depends(visiting)], territoire: str = "", le: str = "", commune: str = ""
) -> Response:
    """The map, and the communes of one territory as a list; `commune`: who covers that one."""
    names = {one.code: one.name for one in await asking.territories(visit)}
    code = territoire if territoire in (*names, ALL) else next(iter(visit.territories), ALL)
    found = await _communes(visit, "" if code == ALL else code, le)
    one = await _communes(visit, "", le, commune) if commune else []
    return visit.page(
        "map/map.html",
        names=names,
        territory=code,
        on=le,
        communes=found,
        population=sum(each.population for each in found),
        asked=commune,
        one=one[0] if one else None,
        data="/carte/communes.json" + pages.query(le=le),
        approximate=_approximate(),
    )


@router.get("/communes.json")
async def communes(visit: Annotated[Visit, Depends(visiting)], le: str = "") -> Response:
    """Who covers what, for the script that draws: by code of commune, its name and its territory."""
    found = await _communes(visit, "", le)
    names = {one.code: one.name for one in await asking.territories(visit)}
    told = {
        one.code: {"name": one.name, "territory": one.territory_code, "label": names.get(one.territory_code, "")}
        for one in found
    }
    return JSONResponse({"communes": told, "own": list(visit.territories)})


@router.get("/contours.json")
async def outlines(visit: Annotated[Visit, Depends(visiting)], v: str = "") -> Response:
    """Outlines of the communes. They say nothing of anybody, and change with the data file only."""
    del visit
    headers = {"cache-control": "private, max-age=86400"} if v else {}
    return FileResponse(str(OUTLINES), media_type="application/geo+json", headers=headers)


async def _communes(visit: Visit, territory: str, on: str, commune: str = "") -> list[pb.Commune]:
    request = pb.ListCommunesRequest(territory_code=territory, commune_code=commune, at=beginning(on))
    return list((await visit.ror.ListCommunes(request)).communes)


def _approximate() -> bool:
    """Whether the outlines are drawn from centres, and not surveyed."""
    with OUTLINES.open(encoding="utf-8") as file:
        return '"approximate": true' in file.read(2000)
