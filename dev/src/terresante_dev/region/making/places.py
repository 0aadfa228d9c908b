"""Writes communes.csv.gz: where people are born, from npm `@etalab/decoupage-administratif` and the identity
service's own table of postal codes.

python -m terresante_dev.region.making.places PACKAGE/data/communes.json dev/src/terresante_dev/region/data
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from terresante_dev.region.making.french import write

CITIES = {"75056", "13055", "69123"}
SMALLEST = 1_500


def former_codes(communes: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Commune in force -> codes that people born on its ground may bear, when they lead to that commune alone."""
    former: dict[str, set[str]] = defaultdict(set)
    for one in communes:
        former[one["code"]].update(one.get("anciensCodes", ()))
        if one.get("chefLieu") and one["type"] != "commune-actuelle" and one["chefLieu"] != one["code"]:
            former[one["chefLieu"]].add(one["code"])
    table = files("terresante_identity") / "data" / "communes.csv"
    with table.open(encoding="utf-8") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            in_force = row["communes"].split()
            if len(in_force) == 1:
                # Codes of the departments of Seine (75) and Seine-et-Oise (78), before 1968.
                former[in_force[0]].update(code for code in row["former_communes"].split() if code[:2] in ("75", "78"))
    return {code: sorted(codes - {code}) for code, codes in former.items()}


def main(source: Path, target: Path) -> None:
    """Reads the package's file, writes the communes of Île-de-France and those above SMALLEST inhabitants."""
    communes = json.loads(source.read_text(encoding="utf-8"))
    former = former_codes(communes)
    rows: list[list[object]] = []
    for one in communes:
        if one["type"] not in ("commune-actuelle", "arrondissement-municipal") or one["code"] in CITIES:
            continue
        if one.get("population", 0) < SMALLEST and one.get("region") != "11":
            continue
        city = one.get("commune", "") if one["type"] == "arrondissement-municipal" else ""
        row = [one["code"], one.get("region", ""), one.get("population", 0), " ".join(one.get("codesPostaux", ()))]
        rows.append([*row, " ".join(former.get(one["code"], ())), city])
    write(target / "communes.csv.gz", ["code", "region", "population", "postal_codes", "former_codes", "city"], rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
