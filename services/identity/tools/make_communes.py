"""Makes data/communes.csv (French postal code -> COG commune codes) from two unpacked npm packages.

Usage: python services/identity/tools/make_communes.py DECOUPAGE_FOLDER CODES_POSTAUX_FOLDER > communes.csv
where the folders are what `npm pack @etalab/decoupage-administratif codes-postaux` gives, unpacked.
"""

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

HEADER = """\
# Postal code -> codes of the communes (code officiel géographique, COG) that it serves.
# communes: municipal codes in force (communes, municipal arrondissements of Paris, Lyon, Marseille).
# former_communes: codes that people born there may bear: delegated and associated communes, and codes no
#   longer in use (merged communes, former Seine and Seine-et-Oise departments, Corsica before 1976).
# Sources: npm @etalab/decoupage-administratif {decoupage} (INSEE COG, La Poste); npm codes-postaux {codes}
#   (INSEE COG, DGFiP FIMOCT). Data under Licence Ouverte 2.0 (Etalab). Made by tools/make_communes.py.
"""


def postal_codes_of(communes: list[dict[str, Any]]) -> dict[str, set[str]]:
    """COG code -> postal codes; a delegated or associated commune takes those of the commune it is in."""
    own: dict[str, set[str]] = defaultdict(set)
    for commune in communes:
        own[commune["code"]].update(commune.get("codesPostaux", ()))
    for commune in communes:
        if commune["type"] in {"commune-deleguee", "commune-associee"}:
            own[commune["code"]].update(own[commune["chefLieu"]])
    return own


def table(communes: list[dict[str, Any]], pairs: list[dict[str, str]]) -> dict[str, tuple[set[str], set[str]]]:
    """Postal code -> (codes in force, former codes)."""
    in_force = {c["code"] for c in communes if c["type"] in {"commune-actuelle", "arrondissement-municipal"}}
    known: dict[str, set[str]] = postal_codes_of(communes)
    for pair in pairs:
        known[pair["codeCommune"]].add(pair["codePostal"])
    for commune in communes:
        for former in commune.get("anciensCodes", ()):
            known[former].update(known[commune["code"]])
    served: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for code, postal_codes in known.items():
        for postal_code in postal_codes:
            served[postal_code][0 if code in in_force else 1].add(code)
    return served


def version(folder: Path) -> str:
    return str(json.loads((folder / "package.json").read_text())["version"])


def main(decoupage: Path, codes_postaux: Path) -> None:
    communes = json.loads((decoupage / "data" / "communes.json").read_text(encoding="utf-8"))
    pairs = json.loads((codes_postaux / "codes-postaux.json").read_text(encoding="utf-8"))
    sys.stdout.write(HEADER.format(decoupage=version(decoupage), codes=version(codes_postaux)))
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["postal_code", "communes", "former_communes"])
    for postal_code, (current, former) in sorted(table(communes, pairs).items()):
        rows.writerow([postal_code, " ".join(sorted(current)), " ".join(sorted(former))])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
