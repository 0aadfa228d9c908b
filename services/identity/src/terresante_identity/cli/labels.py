"""Decided cases, to learn from: what --refit reads."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from terresante_identity.cli.blocks import FileUnreadable
from terresante_identity.cli.reading import Table
from terresante_identity.matching.fit import ABSENT, UNTOLD, Labelled, fitted, labelled, labelled_pairs
from terresante_identity.matching.people import People
from terresante_identity.matching.weights import Weights


def labels_of_queries(path: Path, asked: Table, registered: Table, ours: People, theirs: People) -> Labelled:
    """LABELS.csv: query_id, person_id (empty: not registered). Look-ups that are not in it teach nothing."""
    row_of = {name: row for row, name in enumerate(registered.ids)}
    told = {row["query_id"]: row["person_id"] for row in _rows(path, ("query_id", "person_id"))}
    if unknown := {person for person in told.values() if person and person not in row_of}:
        raise FileUnreadable(f"{path}: {len(unknown)} person_id that the registry lacks")
    truth = [row_of.get(told[name], ABSENT) if name in told else UNTOLD for name in asked.ids]
    return labelled(ours, theirs, np.array(truth, dtype=np.int64))


def labels_of_pairs(path: Path, registered: Table, who: People) -> Labelled:
    """LABELS.csv: person_id, other_id, same (1 or 0)."""
    row_of = {name: row for row, name in enumerate(registered.ids)}
    rows = _rows(path, ("person_id", "other_id", "same"))
    if any(row[name] not in row_of for row in rows for name in ("person_id", "other_id")):
        raise FileUnreadable(f"{path}: an identifier that the file lacks")
    one, other = ([row_of[row[name]] for row in rows] for name in ("person_id", "other_id"))
    same = np.array([row["same"].strip() == "1" for row in rows], dtype=np.bool_)
    return labelled_pairs(who, np.array(one, dtype=np.int64), np.array(other, dtype=np.int64), same)


def refitted(weights: Weights, path: Path, labels: Labelled) -> Weights:
    """Weights that lean on those given, corrected by the labels. Raises NotFitted."""
    made = {
        "command": f"terresante-identity --refit {path.name}",
        "date": datetime.now(UTC).date().isoformat(),
        "from": weights.version,
        "pairs": len(labels.same),
        "same": int(labels.same.sum()),
    }
    return fitted([labels], f"{weights.version}+refit", made, before=weights, pull=1.0)


def _rows(path: Path, names: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if missing := set(names) - set(reader.fieldnames or ()):
                raise FileUnreadable(f"{path}: no column {', '.join(sorted(missing))}")
            return [{name: row[name] or "" for name in names} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise FileUnreadable(f"{path}: cannot be read as UTF-8 CSV") from wrong
