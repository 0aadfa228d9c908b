"""Territories, professions, digital services and who is told what: data files, replaced by settings."""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from terresante_directory.domain.digital_services import DigitalService
from terresante_directory.domain.disclosure import Disclosure
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.professionals import Profession
from terresante_directory.domain.territories import Territory

DATA = files("terresante_directory") / "data"


def territories(file: Path | None = None) -> dict[TerritoryCode, Territory]:
    """By code, in the order of the file. Raises KeyError or ValueError for a file of another shape."""
    return {
        TerritoryCode(row["code"]): Territory(
            TerritoryCode(row["code"]),
            row["name"],
            row["department"],
            row["started"],
            tuple(row["communes"]),
        )
        for row in _rows(file or DATA / "territories.json", "territories")
    }


def professions(file: Path | None = None) -> dict[str, Profession]:
    """By code. Raises KeyError or ValueError for a file of another shape."""
    return {
        row["code"]: Profession(row["code"], row["label"], row["health_professional"])
        for row in _rows(file or DATA / "professions.json", "professions")
    }


def disclosure(file: Path | None = None) -> Disclosure:
    """Who is told what. Raises KeyError or ValueError for a file of another shape."""
    told = json.loads((file or DATA / "disclosure.json").read_text(encoding="utf-8"))
    return Disclosure(
        {kind: int(most) for kind, most in told["levels"].items()}, int(told["at_home"]), frozenset(told["sensitive"])
    )


def digital_services(file: Path | None = None) -> tuple[DigitalService, ...]:
    """The catalogue. Raises KeyError or ValueError for a file of another shape, or an entry point without https."""
    found = tuple(
        DigitalService(
            row["code"],
            row["name"],
            row["description"],
            row["entry_point"],
            row["client_id"],
            frozenset(row["callers"]),
            frozenset(row["professions"]),
        )
        for row in _rows(file or DATA / "digital_services.json", "services")
    )
    for one in found:
        if not one.entry_point.startswith("https://"):
            raise ValueError(f"entry point of {one.code} without https")
    return found


def _rows(file: Traversable | Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))[name]
    return rows
