"""Writes communes.csv: communes of Île-de-France and arrondissements of Paris, with the middle of their rectangle.

python services/directory/tools/communes.py COMMUNES_JSON RECTANGLES_JSON services/directory/src/terresante_directory/data
"""  # noqa: E501

import csv
import sys
from collections import defaultdict
from pathlib import Path

from gazette import ARRONDISSEMENTS, Rectangle, in_force, places, rectangles

COLUMNS = ("code", "name", "department", "population", "postal_codes", "longitude", "latitude", "city")


def middles(communes: Path, boxes: Path) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of the middle of what holds each commune in force, merged ones included."""
    taken = in_force(communes)
    joined: dict[str, list[Rectangle]] = defaultdict(list)
    for code, box in rectangles(boxes).items():
        joined[code].append(box)
        if code in taken:
            joined[taken[code]].append(box)
    found = dict(ARRONDISSEMENTS)
    for code, held in joined.items():
        whole = held[0]
        for box in held[1:]:
            whole = whole.joined(box)
        found[code] = ((whole.west + whole.east) / 2, (whole.south + whole.north) / 2)
    return found


def main(communes: Path, boxes: Path, target: Path) -> None:
    """Writes the file."""
    middle = middles(communes, boxes)
    with (target / "communes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for place in places(communes):
            longitude, latitude = middle[place.code]
            facts = (place.code, place.name, place.department, place.population, " ".join(place.postal_codes))
            writer.writerow((*facts, f"{longitude:.4f}", f"{latitude:.4f}", place.city))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
