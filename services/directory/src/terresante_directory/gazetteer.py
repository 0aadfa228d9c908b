"""Communes of Île-de-France, their outlines and, as an example, their territories: read once, then only looked up."""

import csv
import json
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from types import MappingProxyType
from typing import Any

from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.reference import DATA

EARTH_KM = 6371.0
Position = tuple[float, float]
"""Longitude, then latitude, in degrees, as in GeoJSON."""
Ring = tuple[Position, ...]
"""Closed: the last position is the first one."""


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune in force, or an arrondissement of Paris (`city`: the COG of Paris, else empty).

    `population`: inhabitants. `longitude`, `latitude`: the middle of what holds it, in degrees.
    """

    code: str
    name: str
    department: str
    population: int
    postal_codes: tuple[str, ...]
    longitude: float
    latitude: float
    city: str = ""

    def distance_km(self, other: "Commune") -> float:
        """Between both middles, as the crow flies."""
        return distance_km((self.longitude, self.latitude), (other.longitude, other.latitude))


@dataclass(frozen=True)
class Gazetteer:
    """Communes by COG code, in the order of the codes."""

    communes: Mapping[str, Commune]

    def members(self, code: str) -> tuple[Commune, ...]:
        """The commune of that code; for a city in arrondissements, all of these; none if the code is unknown."""
        if code in self.communes:
            return (self.communes[code],)
        return tuple(commune for commune in self.communes.values() if commune.city == code)

    def at(self, postal_code: str) -> tuple[Commune, ...]:
        """Communes that use a postal code, the most populated first."""
        return self._by_postal_code.get(postal_code, ())

    def find(self, typed: str, limit: int = 20) -> tuple[Commune, ...]:
        """Communes whose name has words that begin as each typed word, or whose code or postal code begins so.

        Accents, case, hyphens and apostrophes do not count; the most populated come first.
        """
        words = folded(typed).split()
        if not words:
            return ()
        found = set.intersection(*(self._beginning_with(word) for word in words))
        return tuple(self._by_population[rank] for rank in sorted(found)[:limit])

    def population(self, codes: Iterable[str]) -> int:
        """Inhabitants of communes, each counted once; unknown codes count for none."""
        return sum(commune.population for code in set(codes) for commune in self.members(code))

    @cached_property
    def _by_population(self) -> tuple[Commune, ...]:
        return tuple(sorted(self.communes.values(), key=lambda commune: (-commune.population, commune.code)))

    @cached_property
    def _by_postal_code(self) -> dict[str, tuple[Commune, ...]]:
        found: dict[str, tuple[Commune, ...]] = {}
        for commune in self._by_population:
            for code in commune.postal_codes:
                found[code] = (*found.get(code, ()), commune)
        return found

    @cached_property
    def _words(self) -> tuple[list[str], list[int]]:
        """What a commune is looked up by, in order, and the rank by population of the commune of each."""
        known = sorted(
            (word, rank)
            for rank, one in enumerate(self._by_population)
            for word in (*folded(one.name).split(), one.code.lower(), *one.postal_codes)
        )
        return [word for word, _ in known], [rank for _, rank in known]

    def _beginning_with(self, word: str) -> set[int]:
        known, ranks = self._words
        return set(ranks[bisect_left(known, word) : bisect_left(known, f"{word}\uffff")])


@dataclass(frozen=True, slots=True)
class Outlines:
    """Rings of each commune by code: the outer one, then holes. `approximate`: for display, not surveyed."""

    rings: Mapping[str, tuple[Ring, ...]]
    approximate: bool
    provenance: str


def distance_km(one: Position, other: Position) -> float:
    """Between two points of the Earth taken as a sphere."""
    (west, south), (east, north) = one, other
    half = sin(radians(north - south) / 2) ** 2
    half += cos(radians(south)) * cos(radians(north)) * sin(radians(east - west) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))


def folded(text: str) -> str:
    """Lower-case letters and digits without accents, one space between words; Saint and Sainte also when shortened."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    words = re.findall(r"[a-z0-9]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)


def load(file: Path | None = None) -> Gazetteer:
    """From communes.csv. Raises KeyError or ValueError for a file of another shape."""
    with (file or DATA / "communes.csv").open(encoding="utf-8") as lines:
        communes = {row["code"]: _commune(row) for row in csv.DictReader(lines)}
    return Gazetteer(MappingProxyType(communes))


def load_outlines(file: Path | None = None) -> Outlines:
    """From outlines.geojson. Raises KeyError or ValueError for a file of another shape."""
    told = json.loads((file or DATA / "outlines.geojson").read_text(encoding="utf-8"))
    rings = {feature["properties"]["code"]: _rings(feature["geometry"]) for feature in told["features"]}
    return Outlines(MappingProxyType(rings), told["approximate"], told["provenance"])


def load_territories(file: Path | None = None) -> Mapping[str, TerritoryCode]:
    """Commune -> its territory, from territory_communes.csv: example data. A commune twice raises ValueError."""
    found: dict[str, TerritoryCode] = {}
    with (file or DATA / "territory_communes.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["commune"] in found:
                raise ValueError(f"commune {row['commune']} is in two territories")
            found[row["commune"]] = TerritoryCode(row["territory"])
    return MappingProxyType(found)


def _commune(row: Mapping[str, str]) -> Commune:
    return Commune(
        row["code"],
        row["name"],
        row["department"],
        int(row["population"]),
        tuple(row["postal_codes"].split()),
        float(row["longitude"]),
        float(row["latitude"]),
        row["city"],
    )


def _rings(geometry: Mapping[str, Any]) -> tuple[Ring, ...]:
    if geometry["type"] != "Polygon":
        raise ValueError(f"a Polygon is expected, not a {geometry['type']}")
    return tuple(tuple((east, north) for east, north in ring) for ring in geometry["coordinates"])
