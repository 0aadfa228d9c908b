"""Writes outlines.geojson: approximate outlines of the communes of Île-de-France, made from their rectangles.

No registry package carries the real outlines. Each point of a grid goes to the commune, among those whose rectangle
holds it, whose middle is nearest when distances are counted in half-sides of that rectangle; communes around the
region take part and are then left out. Inside Paris a point goes to the arrondissement whose middle is nearest.

    python services/directory/tools/outlines.py COMMUNES_JSON RECTANGLES_JSON FOLDER
"""

import json
import sys
from dataclasses import dataclass
from math import cos, radians
from pathlib import Path

import numpy as np
from borders import OUTSIDE, Corner, Labels, arcs, rings, simpler, whole
from gazette import ARRONDISSEMENTS, PARIS, Place, Rectangle, in_force, places, rectangles

STEP_EAST, STEP_NORTH = 0.002, 0.0013
"""A cell, in degrees: about 146 m each way at this latitude."""
SMALLEST = 7.0
"""Corners that matter less than this many cells are left out: about 15 hectares."""
WIDTH = cos(radians(48.7))
PROVENANCE = (
    "Approximate outlines, not surveyed ones: a partition of the ground that services/directory/tools/outlines.py "
    "computes from the rectangles of communes in npm @etalab/fr-bounding-boxes 0.1.3 (Licence Ouverte 2.0) and, in "
    "Paris, from middles of arrondissements set by hand. For display only."
)


def window(kept: list[Rectangle]) -> Rectangle:
    """What holds the whole region, on cell borders."""
    region = kept[0]
    for one in kept[1:]:
        region = region.joined(one)
    west = int(region.west / STEP_EAST) * STEP_EAST
    south = int(region.south / STEP_NORTH) * STEP_NORTH
    return Rectangle(west, south, region.east + STEP_EAST, region.north + STEP_NORTH)


@dataclass(frozen=True, slots=True)
class Partition:
    """A label for each cell of the view, rows going north, and the commune of 2017 of each label."""

    view: Rectangle
    labels: Labels
    codes: list[str]


def partition(boxes: dict[str, Rectangle], view: Rectangle) -> Partition:
    """Each cell to one of the communes whose rectangle holds it."""
    longitudes = np.arange(view.west, view.east, STEP_EAST) + STEP_EAST / 2
    latitudes = np.arange(view.south, view.north, STEP_NORTH) + STEP_NORTH / 2
    nearest = np.full((len(latitudes), len(longitudes)), np.inf)
    labels = np.full(nearest.shape, OUTSIDE, dtype=np.int32)
    codes = sorted(code for code, box in boxes.items() if _meets(box, view))
    for label, code in enumerate(codes):
        box = boxes[code]
        columns = slice(*np.searchsorted(longitudes, (box.west, box.east)))
        rows = slice(*np.searchsorted(latitudes, (box.south, box.north)))
        east = (longitudes[columns] - (box.west + box.east) / 2) / ((box.east - box.west) / 2)
        north = (latitudes[rows] - (box.south + box.north) / 2) / ((box.north - box.south) / 2)
        away = north[:, None] ** 2 + east[None, :] ** 2
        closer = away < nearest[rows, columns]
        nearest[rows, columns][closer] = away[closer]
        labels[rows, columns][closer] = label
    return Partition(view, labels, codes)


def _meets(box: Rectangle, view: Rectangle) -> bool:
    return box.west < view.east and box.east > view.west and box.south < view.north and box.north > view.south


def relabelled(made: Partition, kept: list[Place], taken: dict[str, str]) -> Labels:
    """Labels that are ranks in `kept`: communes since merged together, Paris in arrondissements, others outside."""
    rank = {place.code: number for number, place in enumerate(kept)}
    now = np.array([rank.get(taken.get(code, code), rank.get(code, OUTSIDE)) for code in made.codes] + [OUTSIDE])
    renamed = now[made.labels].astype(np.int32)
    rows, columns = np.nonzero(made.labels == made.codes.index(PARIS))
    longitude = made.view.west + (columns + 0.5) * STEP_EAST
    latitude = made.view.south + (rows + 0.5) * STEP_NORTH
    middles = list(ARRONDISSEMENTS.items())
    away = [((longitude - east) * WIDTH) ** 2 + (latitude - north) ** 2 for _, (east, north) in middles]
    renamed[rows, columns] = np.array([rank[code] for code, _ in middles])[np.argmin(away, axis=0)]
    return renamed


def degrees(ring: list[Corner], view: Rectangle) -> list[list[float]]:
    """Longitude and latitude of each corner, to four decimals: about 10 m."""
    return [[round(view.west + column * STEP_EAST, 4), round(view.south + row * STEP_NORTH, 4)] for row, column in ring]


def main(communes: Path, boxes: Path, target: Path) -> None:
    """Writes the file."""
    kept, taken, all_boxes = places(communes), in_force(communes), rectangles(boxes)
    names = {place.code for place in kept} | {PARIS}
    view = window([box for code, box in all_boxes.items() if code in names or taken.get(code) in names])
    labels = whole(relabelled(partition(all_boxes, view), kept, taken))
    borders = [simpler(arc, SMALLEST) for arc in arcs(labels)]
    features = [
        {
            "type": "Feature",
            "properties": {"code": kept[label].code},
            "geometry": {"type": "Polygon", "coordinates": [degrees(ring, view) for ring in found]},
        }
        for label, found in sorted(rings(borders).items())
    ]
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in features)
    head = json.dumps({"type": "FeatureCollection", "approximate": True, "provenance": PROVENANCE}, ensure_ascii=False)
    (target / "outlines.geojson").write_text(f'{head[:-1]}, "features": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
