"""/carte: which territory covers which commune, on any day, as a map and as a list that says the same."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory.reference import DATA
from terresante_directory.workbench import asking, files, pages
from terresante_directory.workbench.moments import beginning
from terresante_directory.workbench.visits import Visit, visiting

OUTLINES = Path(str(DATA / "outlines.geojson"))
ALL = "tous"
router = APIRouter(prefix="/carte")


@dataclass(slots=True)
class Share:
    """What a territory covers: how many communes, with how many people. `code`: blank for what no territory does."""

    code: str
    communes: int = 0
    population: int = 0


@router.get("")
async def seen(
    visit: Annotated[Visit, Depends(visiting)], territoire: str = "", le: str = "", commune: str = ""
) -> Response:
    """The map, and the communes of one territory as a list, or how much each one covers; `commune`: who covers it."""
    names = {one.code: one.name for one in await asking.territories(visit)}
    code = territoire if territoire in (*names, ALL) else next(iter(visit.territories), ALL)
    found = await _communes(visit, "" if code == ALL else code, le)
    one = await _communes(visit, "", le, commune) if commune else []
    return visit.page(
        "map/map.html",
        names=names,
        territory=code,
        on=le,
        communes=[] if code == ALL else found,
        shares=_shares(found) if code == ALL else [],
        count=len(found),
        population=sum(each.population for each in found),
        asked=commune,
        one=one[0] if one else None,
        data="/carte/communes.json" + pages.query(le=le),
        approximate=_approximate(),
    )


@router.get("/communes.json")
async def communes(visit: Annotated[Visit, Depends(visiting)], le: str = "") -> Response:
    """Who covers what, for the script that draws: names of territories, and by code of commune its name and
    territory.
    """
    told = {
        "territories": {one.code: one.name for one in await asking.territories(visit)},
        "communes": {one.code: [one.name, one.territory_code] for one in await _communes(visit, "", le)},
    }
    return files.packed(visit.request, json.dumps(told, ensure_ascii=False).encode(), "application/json")


@router.get("/contours.json")
async def outlines(visit: Annotated[Visit, Depends(visiting)], v: str = "") -> Response:
    """Outlines of the communes. They say nothing of anybody, and change with the data file only."""
    kept = "private, max-age=86400" if v else files.NOT_KEPT
    return files.sent(visit.request, OUTLINES, "application/geo+json", kept)


def _shares(communes: Iterable[pb.Commune]) -> list[Share]:
    found: dict[str, Share] = {}
    for one in communes:
        share = found.setdefault(one.territory_code, Share(one.territory_code))
        share.communes += 1
        share.population += one.population
    return sorted(found.values(), key=lambda share: (not share.code, share.code))


async def _communes(visit: Visit, territory: str, on: str, commune: str = "") -> list[pb.Commune]:
    request = pb.ListCommunesRequest(territory_code=territory, commune_code=commune, at=beginning(on))
    return list((await visit.ror.ListCommunes(request)).communes)


def _approximate() -> bool:
    """Whether the outlines are drawn from centres, and not surveyed."""
    with OUTLINES.open(encoding="utf-8") as file:
        return '"approximate": true' in file.read(2000)
