"""Writes the small samples that tests of imports read: true shapes, made-up content, odd cases on known lines.

python -m terresante_dev.territory_work.samples services/directory/tests/samples

Each function returns lines whose odd cases come last, in the order that the README of the samples tells.
"""

from __future__ import annotations

import sys
from datetime import date
from itertools import islice
from pathlib import Path

from terresante_dev.territory_work import annuaire, finess, own
from terresante_dev.territory_work.making import Size, directory
from terresante_dev.territory_work.model import Directory
from terresante_dev.territory_work.past import changes

DAY = date(2026, 1, 5)
SIZE = Size(structures=60, professionals=30, offers=40, territories=14)
SPELT_OTHERWISE = {
    "Libellé civilité d'exercice": "Libellé civilité exercice",
    "Indice répétition voie (coord. structure)": "Indice répétition voie (coord. Structure)",
    "Code Département (structure)": "Code département (coord. structure)",
    "Libellé Département (structure)": "Libellé département (coord. structure)",
}
"""Columns of the national extract that another edition spells so."""


def national(made: Directory) -> list[str]:
    """The national extract: twenty plain activities, then nine odd ones."""
    plain = list(islice(annuaire.lines(made), 21))
    placed = next(line for line in annuaire.lines(made) if _column(line, "Numéro FINESS site").isdecimal())
    doctor = next(line for line in annuaire.lines(made) if _column(line, "Code savoir-faire").startswith("SM"))
    practice = next(line for line in plain if line != placed and _column(line, "Numéro SIRET site").isdecimal())
    odd = [
        plain[1],
        doctor,
        _changed(doctor, {"Code savoir-faire": "SM99", "Libellé savoir-faire": "Spécialité nouvelle"}),
        _changed(practice, {"Identifiant PP": "99720000013", "Identification nationale PP": "899720000013"}),
        _changed(_as(placed, "99720000027"), {"Numéro FINESS site": "990000009"}),
        _changed(_as(placed, "99720000035"), {"Code profession": "99", "Libellé profession": "Profession nouvelle"}),
        _changed(_as(practice, "99720000043"), {"Raison sociale site": '=HYPERLINK("http://example.org";"Cabinet")'}),
        _changed(
            _as(practice, "99720000050"),
            {"Code commune (coord. structure)": "", "Code pays (coord. structure)": "99131"},
        ),
        "8|99720000068|899720000068|DR|Docteur|MME|Madame|LIGNE|COUPEE|10",
    ]
    return plain + odd


def national_otherwise(made: Directory) -> list[str]:
    """The same shape with another edition's spelling of the header, five plain activities."""
    head, *plain = islice(annuaire.lines(made), 6)
    names = [SPELT_OTHERWISE.get(name, name) for name in head.split("|")]
    return ["|".join(names), *plain]


def establishments(made: Directory) -> list[str]:
    """The FINESS extract: all open sites, then nine odd lines."""
    plain = list(finess.lines(made))
    fields = plain[1].split(";")

    def other(**told: str) -> str:
        return ";".join(
            (fields[0], *(told.get(name, old) for name, old in zip(finess.FIELDS, fields[1:], strict=True)))
        )

    odd = [
        plain[1],
        other(nofinesset="995900017", rs="CLE FAUSSE"),
        other(nofinesset="2A5900011", rs="NUMERO CORSE"),
        other(nofinesset="995900032", rs="RÉSIDENCE DU SACRÉ-CŒUR", rslongue="RÉSIDENCE DU SACRÉ-CŒUR À L’ŒUVRE"),
        other(nofinesset="995900040", categetab="999", libcategetab="Catégorie nouvelle"),
        other(nofinesset="995900057", dateouv="2025-06-01", dateautor="2019-01-01", datemaj="2018-01-01"),
        other(nofinesset="995900065", siret="00020000600014"),
        f"geolocalisation;{fields[1]};652000.1;6862000.9;1,MADE-UP,100,NONE,LAMBERT_93;2026-01-05",
        "structureet;995900073;995900008;LIGNE COUPEE",
    ]
    return plain + odd


def structures_with_odd_ones(made: Directory) -> list[str]:
    """Our own structures.csv, then seven odd rows."""
    rows = [";".join(own.STRUCTURES), *(";".join(map(str, row)) for row in own.structures(made))]
    return [
        *rows,
        "EG-900001;EG;Site sans entité;EJ-999999;;;;;620;;94-ouest;1 R DU TEST;94800;94076;0199000001;2020-01-01;",
        "OI-900002;OI;Boucle A;OI-900003;;;;;;1;;;;;;2020-01-01;",
        "OI-900003;OI;Boucle B;OI-900002;;;;;;2;;;;;;2020-01-01;",
        "EJ-900004;EJ;Dates à l’envers;;;000990010;;60;;;94-ouest;1 R DU TEST;94800;94076;;2022-01-01;2021-01-01",
        "EG-900005;EX;Niveau inconnu;EJ-000000;;;;;;;94-ouest;1 R DU TEST;94800;94076;;2020-01-01;",
        "EG-900006;EG;Commune inconnue;EJ-000000;;;;;620;;94-ouest;1 R DU TEST;99999;99999;;2020-01-01;",
        "EG-900007;EG;=cmd|' /C calc'!A0;EJ-000000;;;;;620;;94-ouest;1 R DU TEST;94800;94076;;2020-01-01;",
    ]


def main(folder: Path) -> None:
    """Writes the files."""
    made = directory(SIZE, 1, DAY)
    folder.mkdir(parents=True, exist_ok=True)
    own.write(made, changes(made, 1), folder)
    for name, lines, encoding in (
        ("annuaire.txt", national(made), "utf-8"),
        ("annuaire-autre-entete.txt", national_otherwise(made), "utf-8"),
        ("finess.csv", establishments(made), "utf-8"),
        ("finess-latin9.csv", establishments(made), "iso-8859-15"),
        ("structures-fautives.csv", structures_with_odd_ones(made), "utf-8"),
    ):
        text = "\n".join(lines) + "\n"
        (folder / name).write_bytes(text.encode(encoding, errors="replace"))


def _column(line: str, name: str) -> str:
    return line.split("|")[annuaire.RANKS[name]]


def _changed(line: str, told: dict[str, str]) -> str:
    columns = line.split("|")
    for name, value in told.items():
        columns[annuaire.RANKS[name]] = value
    return "|".join(columns)


def _as(line: str, rpps: str) -> str:
    return _changed(line, {"Identifiant PP": rpps, "Identification nationale PP": f"8{rpps}"})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
