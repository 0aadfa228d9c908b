"""Writes territory_communes.csv: EXAMPLE communes of the territories of territories.json.

No public list says which communes form which territory. Names give a department and a side of it; whole districts
(arrondissements) and metropolitan territories (EPT) of that side were chosen by hand below. Communes of the other
districts are in no territory.

    python services/directory/tools/territories.py PACKAGE/data FOLDER
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

from gazette import places

EXACT = {
    "75-13-14": ("75113", "75114"),
    "75-9-10-19": ("75109", "75110", "75119"),
}
"""The name of the territory says which arrondissements of Paris form it."""
DISTRICTS = {
    "77-sud": ("772", "773", "774"),
    "77-nord": ("771", "775"),
    "78-grand-versailles": ("784",),
    "78-boucles-de-seine": ("783",),
    "91-nord": ("913",),
    "92-nord": ("922",),
    "92-sud": ("921", "923"),
    "94-ouest": ("943",),
    "94-est": ("941", "942"),
    "95-sud": ("951",),
}
METROPOLITAN = {
    "93-sud-est": ("200058790",),  # Grand Paris Grand Est
    "93-nord": ("200057867", "200058097"),  # Plaine Commune, Paris Terres d'Envol
}


def _by_district(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in json.loads(file.read_text(encoding="utf-8")):
        if one["type"] == "commune-actuelle":
            found.setdefault(one.get("arrondissement", ""), []).append(one["code"])
    return found


def _by_metropolitan(file: Path) -> dict[str, list[str]]:
    groups: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return {group["code"]: [member["code"] for member in group["membres"]] for group in groups}


def main(package: Path, target: Path) -> None:
    """Writes the file, by commune."""
    known = {place.code for place in places(package / "communes.json")}
    districts, metropolitan = _by_district(package / "communes.json"), _by_metropolitan(package / "ept.json")
    rows = [(commune, territory) for territory, communes in EXACT.items() for commune in communes]
    for chosen, members in ((DISTRICTS, districts), (METROPOLITAN, metropolitan)):
        rows += [(commune, name) for name, codes in chosen.items() for code in codes for commune in members[code]]
    with (target / "territory_communes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("commune", "territory", "example"))
        writer.writerows((commune, territory, "true") for commune, territory in sorted(rows) if commune in known)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
