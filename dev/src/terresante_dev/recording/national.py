"""A few lines of the national directory's extract, and a table of our own, about made-up people and places."""

from __future__ import annotations

from collections.abc import Iterable

from terresante_dev.personas import Professional, Structure, numbers
from terresante_dev.territory_work.annuaire import COLUMNS

TABLE = (
    "identifiant", "niveau", "nom", "rattachement", "finess", "siren", "siret", "categorie", "territoire", "adresse",
    "code_postal", "commune", "telephone", "ouverture", "fermeture",
)  # fmt: skip


def extract(activities: Iterable[tuple[Professional, Structure]]) -> bytes:
    """The file: a header, then a line for each professional in a structure."""
    rows = [_line({name: name for name in COLUMNS}), *(_line(_told(who, where)) for who, where in activities)]
    return "".join(rows).encode()


def structures(seed: int) -> bytes:
    """A legal entity and its site, new to the directory, and one whose number has a wrong key."""
    serial = 300_000 + seed % 200_000 * 3
    entity, site, wrong = numbers.finess(serial), numbers.finess(serial + 1), numbers.finess(serial + 2)
    wrong = f"{wrong[:-1]}{(int(wrong[-1]) + 1) % 10}"
    key = f"EJ-{seed}"
    rows = [
        TABLE,
        (key, "EJ", f"Association des Coteaux {seed}", "", entity, "", "", "60", *_place(), "2020-01-01", ""),
        (f"EG-{seed}", "EG", f"Service de soins {seed}", key, site, "", "", "354", *_place(), "2020-01-01", ""),
        (f"EG-{seed}-2", "EG", f"Résidence {seed}", key, wrong, "", "", "500", *_place(), "2031-01-01", "2020-01-01"),
    ]
    return "".join(";".join(row) + "\n" for row in rows).encode()


def _place() -> tuple[str, ...]:
    return "94-ouest", "1 rue des Coteaux", "94800", "94076", "0199000001"


def _told(who: Professional, where: Structure) -> dict[str, str]:
    return {
        "Type d'identifiant PP": "8",
        "Identifiant PP": who.rpps,
        "Identification nationale PP": f"8{who.rpps}",
        "Nom d'exercice": who.family_name.upper(),
        "Prénom d'exercice": who.given_name.upper(),
        "Code profession": who.profession,
        "Libellé profession": who.title,
        "Numéro SIRET site": where.siret,
        "Numéro FINESS site": where.finess,
        "Raison sociale site": where.name.upper(),
        "Code postal (coord. structure)": where.postal_code,
        "Libellé commune (coord. structure)": where.commune,
    }


def _line(told: dict[str, str]) -> str:
    return "".join(f"{told.get(name, '')}|" for name in COLUMNS) + "\n"
