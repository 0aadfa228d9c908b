"""Reads the places that come with the service: postal codes to communes, countries to their COG codes
(data/README.md).
"""

import csv
from collections.abc import Iterator
from importlib.resources import files

from terresante_identity.domain.births import Gazetteer


def gazetteer() -> Gazetteer:
    """The table of data/communes.csv and data/countries.csv; former communes are candidates like those in
    force (R-ID1).
    """
    communes = {
        row["postal_code"]: frozenset(f"{row['communes']} {row['former_communes']}".split())
        for row in _rows("communes.csv")
    }
    countries = {row["alpha2"]: row["cog"] for row in _rows("countries.csv")}
    return Gazetteer(communes, countries, frozenset().union(*communes.values()))


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (files("terresante_identity") / "data" / name).open(encoding="utf-8") as file:
        yield from csv.DictReader(line for line in file if not line.startswith("#"))
