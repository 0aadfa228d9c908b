"""Communes of the directory's own data file, and as many territories as asked for."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from terresante_dev.territory_work.model import Territory

OFFICIAL = 14


@dataclass(frozen=True, slots=True)
class Ground:
    """A commune: where structures are put."""

    code: str
    name: str
    department: str
    population: int
    postal_code: str
    longitude: float
    latitude: float

    @property
    def town(self) -> str:
        """As on an envelope: PARIS, SAINT OUEN SUR SEINE."""
        name = "Paris" if self.code.startswith("751") else self.name.replace("œ", "oe").replace("Œ", "OE")
        plain = unicodedata.normalize("NFKD", name.upper())
        return "".join(one if one.isalnum() else " " for one in plain if not unicodedata.combining(one))


@cache
def communes() -> dict[str, Ground]:
    """By COG code."""
    with (files("terresante_directory") / "data" / "communes.csv").open(encoding="utf-8") as lines:
        return {
            row["code"]: Ground(
                row["code"],
                row["name"],
                row["department"],
                int(row["population"]),
                row["postal_codes"].split()[0],
                float(row["longitude"]),
                float(row["latitude"]),
            )
            for row in csv.DictReader(lines)
        }


def territories(count: int) -> tuple[Territory, ...]:
    """The fourteen with their example communes; beyond, made-up ones from the communes that are left.

    What is left makes one territory a department, the most populated then halved along its longer side until `count`
    is reached.
    """
    if count < 1:
        raise ValueError("at least one territory is expected")
    official, left = _official()
    if count <= OFFICIAL:
        return tuple(official[:count])
    made = _by_department(left)[: count - OFFICIAL]
    while len(official) + len(made) < count:
        largest = max(made, key=lambda one: (len(one.communes) > 1, _population(one.communes), one.code))
        if len(largest.communes) < 2:
            raise ValueError(f"{count} territories are more than the communes left can make")
        made.remove(largest)
        made += _halves(largest)
    return tuple(official + made)


def _official() -> tuple[list[Territory], list[str]]:
    members: dict[str, list[str]] = defaultdict(list)
    with (files("terresante_directory") / "data" / "territory_communes.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            members[row["territory"]].append(row["commune"])
    told = json.loads((files("terresante_directory") / "data" / "territories.json").read_text(encoding="utf-8"))
    official = [Territory(one["code"], one["name"], tuple(members[one["code"]])) for one in told["territories"]]
    taken = {code for one in official for code in one.communes}
    return official, [code for code in communes() if code not in taken]


def _by_department(codes: list[str]) -> list[Territory]:
    members: dict[str, list[str]] = defaultdict(list)
    for code in codes:
        members[communes()[code].department].append(code)
    return [Territory(f"{name}-exemple", f"{name} Exemple", tuple(held)) for name, held in sorted(members.items())]


def _population(codes: tuple[str, ...]) -> int:
    return sum(communes()[code].population for code in codes)


def _halves(territory: Territory) -> list[Territory]:
    known = [communes()[code] for code in territory.communes]
    wide = max(one.longitude for one in known) - min(one.longitude for one in known)
    high = max(one.latitude for one in known) - min(one.latitude for one in known)
    west_east = wide * 0.66 > high
    known.sort(key=lambda one: (one.longitude if west_east else one.latitude, one.code))
    sides = (("ouest", "Ouest"), ("est", "Est")) if west_east else (("sud", "Sud"), ("nord", "Nord"))
    total, so_far, cut = _population(territory.communes), 0, 1
    for rank, one in enumerate(known[:-1], start=1):
        so_far += one.population
        cut = rank
        if so_far * 2 >= total:
            break
    parts = (known[:cut], known[cut:])
    return [
        Territory(f"{territory.code}-{code}", f"{territory.name} {name}", tuple(one.code for one in part))
        for (code, name), part in zip(sides, parts, strict=True)
    ]
