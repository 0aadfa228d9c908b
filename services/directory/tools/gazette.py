"""What the commands read: communes of the administrative code and their rectangles.

`communes.json`: npm `@etalab/decoupage-administratif`. `rectangles.json`: npm `@etalab/fr-bounding-boxes` (2017).
"""

import json
from dataclasses import dataclass
from pathlib import Path

REGION = "11"
PARIS = "75056"
ARRONDISSEMENTS: dict[str, tuple[float, float]] = {
    "75101": (2.336, 48.862), "75102": (2.343, 48.868), "75103": (2.360, 48.863), "75104": (2.357, 48.854),
    "75105": (2.351, 48.844), "75106": (2.333, 48.849), "75107": (2.312, 48.856), "75108": (2.312, 48.873),
    "75109": (2.337, 48.877), "75110": (2.361, 48.876), "75111": (2.380, 48.859), "75112": (2.408, 48.836),
    "75113": (2.362, 48.829), "75114": (2.326, 48.830), "75115": (2.293, 48.840), "75116": (2.263, 48.860),
    "75117": (2.307, 48.887), "75118": (2.348, 48.892), "75119": (2.385, 48.887), "75120": (2.401, 48.863),
}  # fmt: skip
"""Longitude and latitude near the middle of each arrondissement of Paris, set by hand to the nearest thousandth."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """What holds a commune, in degrees: west, south, east, north."""

    west: float
    south: float
    east: float
    north: float

    def joined(self, other: "Rectangle") -> "Rectangle":
        west, south = min(self.west, other.west), min(self.south, other.south)
        return Rectangle(west, south, max(self.east, other.east), max(self.north, other.north))


@dataclass(frozen=True, slots=True)
class Place:
    """A commune of the region, or an arrondissement of Paris (`city`: Paris, else empty)."""

    code: str
    name: str
    department: str
    population: int
    postal_codes: tuple[str, ...]
    city: str = ""


def places(file: Path) -> list[Place]:
    """Communes and arrondissements in force in Île-de-France, Paris itself left to its arrondissements; by code."""
    found = [
        Place(
            one["code"],
            one["nom"],
            one["departement"],
            one["population"],
            tuple(one.get("codesPostaux", ())),
            one.get("commune", ""),
        )
        for one in json.loads(file.read_text(encoding="utf-8"))
        if one.get("region") == REGION
        and one["type"] in ("commune-actuelle", "arrondissement-municipal")
        and one["code"] != PARIS
    ]
    return sorted(found, key=lambda place: place.code)


def in_force(file: Path) -> dict[str, str]:
    """Former commune -> the commune in force that took it in."""
    taken: dict[str, str] = {}
    for one in json.loads(file.read_text(encoding="utf-8")):
        if "chefLieu" in one and one["type"] != "commune-actuelle":
            taken[one["code"]] = one["chefLieu"]
        if one["type"] == "commune-actuelle":
            for former in one.get("anciensCodes", ()):
                taken.setdefault(former, one["code"])
    return taken


def rectangles(file: Path) -> dict[str, Rectangle]:
    """Rectangle of every commune of 2017, by code."""
    rows = json.loads(file.read_text(encoding="utf-8"))
    return {row["id"].rpartition(":")[2]: Rectangle(*row["bbox"]) for row in rows}
