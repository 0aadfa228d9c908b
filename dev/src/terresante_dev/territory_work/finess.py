"""Writes the FINESS extract of establishments (`etalab-cs1100502-stock-YYYYMMDD-HHMM.csv`).

Shape: `;` between fields, no quoting, no header of columns. The first line is `finess;etalab;NUMBER;DATE`, each other
one `structureet;` and 31 fields in a fixed order, the last one mostly empty. Order: osmose-backend's analyser of that
file (`analyser_merge_healthcare_FR_finess.py`); 32 pieces a line: ansforge/finess-plus, which writes the same format.
UTF-8 lately, ISO-8859-15 in older editions. Only establishments that are open have a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from terresante_dev.territory_work import words
from terresante_dev.territory_work.model import Directory, LegalEntity, Site

FIELDS = (
    "nofinesset", "nofinessej", "rs", "rslongue", "complrs", "compldistrib", "numvoie", "typvoie", "voie", "compvoie",
    "lieuditbp", "commune", "departement", "libdepartement", "ligneacheminement", "telephone", "telecopie",
    "categetab", "libcategetab", "categagretab", "libcategagretab", "siret", "codeape", "codemft", "libmft", "codesph",
    "libsph", "dateouv", "dateautor", "datemaj", "numuai",
)  # fmt: skip
NAMES = {kind.category: kind.category_name for kind in words.KINDS if kind.category}
AGGREGATES = {
    "355": ("1102", "Centres Hospitaliers"),
    "365": ("1110", "Etablissements de Soins de Courte Durée"),
    "223": ("2202", "Etablissements de PMI et de Planification Familiale"),
    "500": ("4401", "Etablissements d'Hébergement pour Personnes Âgées"),
    "620": ("3201", "Commerce de Biens à Usage Médicaux"),
}
"""Those met in public lines; others stay empty."""


def lines(directory: Directory, edition: int = 111) -> Iterator[str]:
    """The first line, then open sites that have a FINESS number."""
    entities = {entity.key: entity for entity in directory.entities}
    yield f"finess;etalab;{edition};{directory.day.isoformat()}"
    for site in directory.sites:
        if site.finess and (site.closed is None or directory.day < site.closed):
            told = _fields(site, entities[site.entity])
            yield ";".join(("structureet", *(told.get(name, "") for name in FIELDS)))


def write(directory: Directory, file: Path, encoding: str = "utf-8") -> None:
    """Line by line; what `encoding` lacks becomes `?`."""
    with file.open("w", encoding=encoding, errors="replace", newline="") as target:
        target.writelines(f"{line}\n" for line in lines(directory))


def _fields(site: Site, entity: LegalEntity) -> dict[str, str]:
    aggregate = AGGREGATES.get(site.category, ("", ""))
    name = site.name.upper().replace("’", "'")
    return {
        "nofinesset": site.finess,
        "nofinessej": entity.finess,
        "rs": name[:38].strip(),
        "rslongue": name if len(name) > 38 else "",
        "numvoie": site.address.number,
        "typvoie": site.address.street_kind,
        "voie": site.address.street,
        "commune": site.address.commune[2:],
        "departement": site.address.commune[:2],
        "libdepartement": words.DEPARTMENTS[site.address.commune[:2]],
        "ligneacheminement": f"{site.address.postal_code} {site.address.town}",
        "telephone": site.phone,
        "categetab": site.category,
        "libcategetab": NAMES[site.category],
        "categagretab": aggregate[0],
        "libcategagretab": aggregate[1],
        "siret": site.siret,
        "dateouv": site.opened.isoformat(),
        "dateautor": site.opened.isoformat(),
        "datemaj": site.opened.isoformat(),
    }
