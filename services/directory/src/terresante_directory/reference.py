"""Territories and professions, read from data files at start. Operators replace them by settings."""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

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


def _rows(file: Traversable | Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))[name]
    return rows
