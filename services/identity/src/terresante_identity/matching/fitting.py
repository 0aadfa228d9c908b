"""Makes a weights file: `python -m terresante_identity.matching.fitting --set FOLDER --out weights.json --seed 1`.

A set is a folder with registry.csv, queries.csv and truth.csv (query_id, person_id; empty person_id: absent).
"""

import argparse
import csv
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from terresante_identity.matching.fit import Labelled, blanked, fitted, labelled
from terresante_identity.matching.people import TRAITS, people_of_columns
from terresante_identity.matching.regression import NotFitted
from terresante_identity.matching.weights import written

Columns = dict[str, list[str]]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m terresante_identity.matching.fitting", description=__doc__)
    parser.add_argument("--set", type=Path, action="append", required=True, dest="sets", metavar="FOLDER")
    parser.add_argument("--shrunk", type=int, action="append", default=[], metavar="PEOPLE",
                        help="also learn from the first set with a registry of so many people")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--version", default="1")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    today = datetime.now(UTC).date()
    labels: list[Labelled] = []
    try:
        for folder in given.sets:
            labels.append(_labelled(*_read(folder), today.year, given.seed))
        for people in given.shrunk:
            labels.append(_labelled(*_shrunk(*_read(given.sets[0]), people, given.seed), today.year, given.seed))
        made = {
            "command": f"python -m terresante_identity.matching.fitting {shlex.join(arguments)}",
            "date": today.isoformat(),
            "seed": given.seed,
            "pairs": sum(len(one.same) for one in labels),
            "same": int(sum(one.same.sum() for one in labels)),
        }
        given.out.write_text(written(fitted(labels, given.version, made)), encoding="utf-8")
    except (NotFitted, OSError, KeyError) as wrong:
        print(f"{type(wrong).__name__}: {wrong}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _labelled(registered: Columns, asked: Columns, truth: list[int], year: int, seed: int) -> Labelled:
    ours = people_of_columns(blanked(asked, seed), year)
    return labelled(ours, people_of_columns(registered, year), np.array(truth, dtype=np.int64))


def _read(folder: Path) -> tuple[Columns, Columns, list[int]]:
    registry, queries, truth = (_rows(folder / f"{name}.csv") for name in ("registry", "queries", "truth"))
    row_of = {row["person_id"]: number for number, row in enumerate(registry)}
    person_of = {row["query_id"]: row["person_id"] for row in truth}
    rows = [row_of[person] if (person := person_of[row["query_id"]]) else -1 for row in queries]
    return _columns(registry), _columns(queries), rows


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _columns(rows: list[dict[str, str]]) -> Columns:
    return {trait: [row.get(trait) or "" for row in rows] for trait in TRAITS}


def _shrunk(
    registered: Columns, asked: Columns, truth: list[int], people: int, seed: int
) -> tuple[Columns, Columns, list[int]]:
    """The registry cut to so many people, without the look-ups of those who are gone."""
    total = len(registered["sex"])
    kept = np.sort(np.random.default_rng(seed).permutation(total)[:people]).tolist()
    place = {row: number for number, row in enumerate(kept)}
    stay = [number for number, row in enumerate(truth) if row < 0 or row in place]
    return (
        {trait: [texts[row] for row in kept] for trait, texts in registered.items()},
        {trait: [texts[row] for row in stay] for trait, texts in asked.items()},
        [place.get(truth[number], -1) for number in stay],
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
