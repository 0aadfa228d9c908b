"""Writes answers, pairs and rejected lines as CSV."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from terresante_identity.cli.reading import Rejected, Table
from terresante_identity.matching.batch import Answers
from terresante_identity.matching.deciding import WRITTEN, Decision
from terresante_identity.matching.dedupe import Doubles

DECISIONS = [WRITTEN[decision] for decision in sorted(Decision)]


def write_answers(path: Path, asked: Table, registered: Table, found: Answers) -> None:
    """query_id, person_id, score, decision: best first for each look-up."""
    rows = zip(
        _picked(asked.ids, found.asked.tolist()),
        _picked(registered.ids, found.registered.tolist()),
        (f"{score:.4f}" for score in found.score.tolist()),
        _picked(DECISIONS, found.decisions.tolist()),
        strict=True,
    )
    _write(path, ("query_id", "person_id", "score", "decision"), rows)


def write_doubles(path: Path, registered: Table, found: Doubles) -> None:
    """person_id, other_id, score, decision: the most alike first."""
    rows = zip(
        _picked(registered.ids, found.one.tolist()),
        _picked(registered.ids, found.other.tolist()),
        (f"{score:.4f}" for score in found.score.tolist()),
        _picked(DECISIONS, found.decisions.tolist()),
        strict=True,
    )
    _write(path, ("person_id", "other_id", "score", "decision"), rows)


def write_rejected(path: Path, files: Iterable[tuple[Path, Sequence[Rejected]]]) -> int:
    """file, line, reason, text: every line that was not kept. Returns how many; without any, no file is written."""
    rows = [(file.name, line.line, line.reason, line.text) for file, rejected in files for line in rejected]
    if rows:
        _write(path, ("file", "line", "reason", "text"), rows)
    return len(rows)


def _picked(texts: Sequence[str], rows: Sequence[int]) -> list[str]:
    return [texts[row] for row in rows]


def _write(path: Path, header: tuple[str, ...], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
