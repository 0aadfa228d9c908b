"""Writes the national directory's open-access extract (`PS_LibreAcces_Personne_activite_YYYYMMDDHHMM.txt`).

Shape: UTF-8, columns separated by `|` with one more after the last, no quoting, a header, one line an activity, and
one more for each further specialty. Names and order of the 56 columns: tests of public readers of that extract
(2021 and 2026 editions; later editions may move specialties to a file of their own). Columns that those readers
show empty are left so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from terresante_dev.territory_work import words
from terresante_dev.territory_work.model import Directory, LegalEntity, Place, Professional, Site

COLUMNS = (
    "Type d'identifiant PP", "Identifiant PP", "Identification nationale PP", "Code civilité d'exercice",
    "Libellé civilité d'exercice", "Code civilité", "Libellé civilité", "Nom d'exercice", "Prénom d'exercice",
    "Code profession", "Libellé profession", "Code catégorie professionnelle", "Libellé catégorie professionnelle",
    "Code type savoir-faire", "Libellé type savoir-faire", "Code savoir-faire", "Libellé savoir-faire",
    "Code mode exercice", "Libellé mode exercice", "Numéro SIRET site", "Numéro SIREN site", "Numéro FINESS site",
    "Numéro FINESS établissement juridique", "Identifiant technique de la structure", "Raison sociale site",
    "Enseigne commerciale site", "Complément destinataire (coord. structure)",
    "Complément point géographique (coord. structure)", "Numéro Voie (coord. structure)",
    "Indice répétition voie (coord. structure)", "Code type de voie (coord. structure)",
    "Libellé type de voie (coord. structure)", "Libellé Voie (coord. structure)",
    "Mention distribution (coord. structure)", "Bureau cedex (coord. structure)", "Code postal (coord. structure)",
    "Code commune (coord. structure)", "Libellé commune (coord. structure)", "Code pays (coord. structure)",
    "Libellé pays (coord. structure)", "Téléphone (coord. structure)", "Téléphone 2 (coord. structure)",
    "Télécopie (coord. structure)", "Adresse e-mail (coord. structure)", "Code Département (structure)",
    "Libellé Département (structure)", "Ancien identifiant de la structure", "Autorité d'enregistrement",
    "Code secteur d'activité", "Libellé secteur d'activité", "Code section tableau pharmaciens",
    "Libellé section tableau pharmaciens", "Code fonction", "Libellé fonction", "Code genre d'activité",
    "Libellé genre d'activité",
)  # fmt: skip
RANKS = {name: rank for rank, name in enumerate(COLUMNS)}
LABELS = {trade.code: trade.label for trade in words.TRADES}
MODES = {"L": "Libéral", "S": "Salarié"}


def lines(directory: Directory) -> Iterator[str]:
    """The header, then the activities of the day, by professional; those without any have one line without structure.

    Professions that the national directory does not know are left out.
    """
    sites = {site.key: site for site in directory.sites}
    entities = {entity.key: entity for entity in directory.entities}
    current: dict[str, list[Place]] = defaultdict(list)
    for place in directory.places:
        if place.since <= directory.day and (place.until is None or directory.day < place.until):
            current[place.professional].append(place)
    yield _line(list(COLUMNS))
    for professional in directory.professionals:
        if professional.rpps:
            person = _person(professional)
            for place in current[professional.key]:
                site = sites[place.site]
                yield _line(_columns({**person, **_activity(place, site, entities[site.entity])}))
            if not current[professional.key]:
                yield _line(_columns(person))


def write(directory: Directory, file: Path, encoding: str = "utf-8") -> None:
    """Line by line. What `encoding` lacks becomes `?`, as in files that went through an older tool."""
    with file.open("w", encoding=encoding, errors="replace", newline="") as target:
        target.writelines(f"{line}\n" for line in lines(directory))


def _line(columns: list[str]) -> str:
    return "|".join(columns) + "|"


def _columns(told: dict[str, str]) -> list[str]:
    columns = [""] * len(COLUMNS)
    for name, value in told.items():
        columns[RANKS[name]] = value
    return columns


def _person(one: Professional) -> dict[str, str]:
    doctor = one.profession in ("10", "40")
    told = {
        "Type d'identifiant PP": "8",
        "Identifiant PP": one.rpps,
        "Identification nationale PP": f"8{one.rpps}",
        "Code civilité d'exercice": "DR" if doctor else "",
        "Libellé civilité d'exercice": "Docteur" if doctor else "",
        "Code civilité": one.civility,
        "Libellé civilité": "Madame" if one.civility == "MME" else "Monsieur",
        "Nom d'exercice": one.family_name.upper(),
        "Prénom d'exercice": one.given_name.upper(),
        "Code profession": one.profession,
        "Libellé profession": LABELS[one.profession],
        "Code catégorie professionnelle": "C",
        "Libellé catégorie professionnelle": "Civil",
    }
    if one.skill:
        told |= {
            "Code type savoir-faire": "S",
            "Libellé type savoir-faire": "Spécialité ordinale",
            "Code savoir-faire": one.skill,
            "Libellé savoir-faire": words.SKILLS[one.skill],
        }
    return told


def _activity(place: Place, site: Site, entity: LegalEntity) -> dict[str, str]:
    address = site.address
    return {
        "Code mode exercice": place.mode,
        "Libellé mode exercice": MODES[place.mode],
        "Numéro SIRET site": site.siret,
        "Numéro SIREN site": entity.siren,
        "Numéro FINESS site": site.finess,
        "Numéro FINESS établissement juridique": entity.finess,
        "Identifiant technique de la structure": f"F{site.finess}" if site.finess else f"R999{site.siret[:10]}",
        "Raison sociale site": site.name.upper(),
        "Complément destinataire (coord. structure)": site.name.upper(),
        "Numéro Voie (coord. structure)": address.number,
        "Code type de voie (coord. structure)": address.street_kind,
        "Libellé type de voie (coord. structure)": words.STREET_KINDS[address.street_kind],
        "Libellé Voie (coord. structure)": address.street,
        "Bureau cedex (coord. structure)": f"{address.postal_code} {address.town}",
        "Code postal (coord. structure)": address.postal_code,
        "Code commune (coord. structure)": address.commune,
        "Libellé commune (coord. structure)": address.town.title(),
        "Téléphone (coord. structure)": site.phone,
        "Ancien identifiant de la structure": f"1{site.finess}" if site.finess else f"3{site.siret}",
        "Code secteur d'activité": site.sector,
        "Libellé secteur d'activité": words.SECTORS[site.sector],
    }
