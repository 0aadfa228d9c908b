"""Writes this platform's own CSV: four files, `;` between fields, quoted where needed, UTF-8, a header in French.

`identifiant` is the key that other files of the same hand-over refer to: `rattachement` and `structure` are such keys.
Dates are YYYY-MM-DD; an end is the first day without. In the history, `avant` is what `champ` was until the day `le`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from terresante_dev.territory_work.model import Directory
from terresante_dev.territory_work.past import Change

STRUCTURES = (
    "identifiant", "niveau", "nom", "rattachement", "finess", "siren", "siret", "statut_juridique", "categorie",
    "type_organisation", "territoire", "adresse", "code_postal", "commune", "telephone", "ouverture", "fermeture",
)  # fmt: skip
OFFERS = (
    "identifiant", "structure", "nom", "champ", "type", "activite", "mode", "age_min", "age_max", "telephone",
    "confidentialite", "capacite", "sensible", "ouverture", "fermeture", "type_fermeture", "confirmee",
)  # fmt: skip
PROFESSIONALS = (
    "identifiant", "rpps", "civilite", "nom", "prenom", "profession", "savoir_faire", "structure", "role", "mode",
    "debut", "fin",
)  # fmt: skip
HISTORY = ("identifiant", "champ", "avant", "le")
FIELDS = {
    "name": "nom", "phone": "telephone", "capacity": "capacite", "confidentiality": "confidentialite",
    "territory": "territoire",
}  # fmt: skip
Row = tuple[object, ...]


def structures(directory: Directory) -> Iterator[Row]:
    """Legal entities, then sites, then internal organisations, so that what a row refers to came before."""
    for one in directory.entities:
        where = (one.territory, one.address.line, one.address.postal_code, one.address.commune, "")
        known = (one.key, "EJ", one.name, "", one.finess, one.siren, "", one.legal_status, "", "")
        yield (*known, *where, one.opened, _end(one.closed))
    for site in directory.sites:
        where = (site.territory, site.address.line, site.address.postal_code, site.address.commune, site.phone)
        known = (site.key, "EG", site.name, site.entity, site.finess, "", site.siret, "", site.category, "")
        yield (*known, *where, site.opened, _end(site.closed))
    for inside in directory.organisations:
        known = (inside.key, "OI", inside.name, inside.parent, "", "", "", "", "", inside.kind)
        yield (*known, "", "", "", "", "", inside.opened, _end(inside.closed))


def offers(directory: Directory) -> Iterator[Row]:
    for one in directory.offers:
        codes = (one.key, one.structure, one.name, one.field, one.type, one.activity, one.care_mode)
        ages = ("" if one.age_low is None else one.age_low, "" if one.age_high is None else one.age_high)
        told = (one.phone, one.confidentiality, one.capacity or "", "oui" if one.sensitive else "non")
        yield (*codes, *ages, *told, one.opened, _end(one.closed), one.closing_kind, one.confirmed)


def professionals(directory: Directory) -> Iterator[Row]:
    """A row for each place of practice, past ones too."""
    known = {one.key: one for one in directory.professionals}
    for place in directory.places:
        one = known[place.professional]
        person = (one.key, one.rpps, one.civility, one.family_name, one.given_name, one.profession, one.skill)
        yield (*person, place.site, place.role, place.mode, place.since, _end(place.until))


def write(directory: Directory, past: Iterable[Change], folder: Path) -> None:
    """structures.csv, offres.csv, professionnels.csv, historique.csv."""
    _write(folder / "structures.csv", STRUCTURES, structures(directory))
    _write(folder / "offres.csv", OFFERS, offers(directory))
    _write(folder / "professionnels.csv", PROFESSIONALS, professionals(directory))
    history: Iterator[Row] = ((one.key, FIELDS[one.field], one.before, one.on) for one in past)
    _write(folder / "historique.csv", HISTORY, history)


def _write(file: Path, head: tuple[str, ...], rows: Iterable[Row]) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, delimiter=";", lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _end(day: date | None) -> str:
    return day.isoformat() if day else ""
