"""Fits the weights on labelled look-ups: `python -m terresante_identity.matching.fit --help`.

Each look-up's candidates are compared; the one that is the person is a 1, the others are 0; a logistic regression gives
one weight per level. Some look-ups have a trait blanked, so that "missing" has a weight of its own: nothing. What was
measured is in docs/identity.md. Needs scikit-learn, which the service itself does not (`uv sync --group bench-identity`).
"""

import argparse
import csv
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np

from terresante_identity.matching import levels as of
from terresante_identity.matching.arrays import Bools, Floats, Ints
from terresante_identity.matching.compare import Comparison, compared
from terresante_identity.matching.frequencies import frequencies
from terresante_identity.matching.index import OneLook
from terresante_identity.matching.keys import keys
from terresante_identity.matching.people import People, people_of_columns
from terresante_identity.matching.probes import probes
from terresante_identity.matching.weights import SIZE_AT, Policy, Weights, grained, parsed_weights, written

TRAITS = ("birth_name", "first_names", "birth_date", "sex", "birth_place")
# Share of training look-ups of which a trait is blanked, so that the weights know what its absence says.
BLANKED = {"birth_name": 0.01, "first_names": 0.02, "birth_date": 0.03, "sex": 0.10, "birth_place": 0.12}
# Levels whose rarity weighs alike: one coefficient each (equal values; values alike).
EQUAL_NAMES = (of.BirthName.EQUAL, of.BirthName.SAME_PARTS)
ALIKE_NAMES = (of.BirthName.ONE_EDIT, of.BirthName.SAME_SOUND, of.BirthName.CLOSE, of.BirthName.NEAR)
EQUAL_FIRST = (of.FirstName.SAME, of.FirstName.SAME_FIRST)
ALIKE_FIRST = (of.FirstName.ONE_EDIT, of.FirstName.SAME_SOUND, of.FirstName.CLOSE, of.FirstName.NEAR)
RARITY: dict[str, tuple[tuple[IntEnum, ...], ...]] = {
    "birth_name": (EQUAL_NAMES, ALIKE_NAMES, (of.BirthName.ONE_PART, of.BirthName.CONTAINED)),
    "first_names": (EQUAL_FIRST, ALIKE_FIRST, (of.FirstName.ANOTHER, of.FirstName.HALF, of.FirstName.VARIANT, of.FirstName.SHORTENED)),
    "birth_place": ((of.BirthPlace.EQUAL,), (of.BirthPlace.MAY_BE, of.BirthPlace.NEIGHBOUR)),
}
RARITY_ASKED: dict[str, tuple[tuple[IntEnum, ...], ...]] = {
    "birth_name": (ALIKE_NAMES, (of.BirthName.ONE_PART, of.BirthName.CONTAINED), (of.BirthName.FAR, of.BirthName.DIFFERENT)),
    "first_names": (
        (of.FirstName.ONE_EDIT,), (of.FirstName.SAME_SOUND, of.FirstName.CLOSE, of.FirstName.NEAR),
        (of.FirstName.ANOTHER,), (of.FirstName.HALF, of.FirstName.SHORTENED), (of.FirstName.VARIANT,), (of.FirstName.DIFFERENT,),
    ),
}  # fmt: skip
NEEDS = "Fitting needs scikit-learn, which is not installed: uv sync --group bench-identity"


class NotFitted(RuntimeError):
    """The weights could not be fitted: says what is missing."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pairs of look-ups and registered people, and whether both are one person."""

    found: Comparison
    asked: Ints
    same: Bools


def labelled(
    registered: dict[str, list[str]], asked: dict[str, list[str]], truth: Sequence[int], latest_year: int, seed: int
) -> Labelled:
    """Columns of the two files by trait; `truth`: per look-up the registered row, or -1 when absent."""
    rng = np.random.default_rng(seed)
    blanked = {
        trait: [
            "" if hidden else text
            for text, hidden in zip(asked[trait], rng.random(len(truth)) < BLANKED[trait], strict=True)
        ]
        for trait in TRAITS
    }
    theirs = people_of_columns(*(registered[trait] for trait in TRAITS), latest_year)
    ours = people_of_columns(*(blanked[trait] for trait in TRAITS), latest_year)
    return labelled_people(ours, theirs, np.array(truth, dtype=np.int64))


def labelled_people(ours: People, theirs: People, truth: Ints) -> Labelled:
    candidates = OneLook(keys(theirs)).candidates(probes(ours))
    found = compared(ours, candidates.asked, theirs, candidates.registered, frequencies(theirs))
    return Labelled(found, candidates.asked, np.asarray(truth[candidates.asked] == candidates.registered))


def design(found: Comparison) -> tuple[Floats, list[tuple[str, str, tuple[int, ...]]]]:
    """The matrix of the regression (a row a pair), and what each column is: (kind, trait, levels)."""
    columns: list[Floats] = []
    names: list[tuple[str, str, tuple[int, ...]]] = []
    for trait, levels in of.ALL.items():
        for level in list(levels)[1:]:
            columns.append((found.levels[trait] == level).astype(np.float64))
            names.append(("level", trait, (int(level),)))
    for kind, which, rarity in (("rarity", RARITY, found.rarity), ("rarity_asked", RARITY_ASKED, found.rarity_asked)):
        for trait, groups in which.items():
            for group in groups:
                columns.append(np.isin(found.levels[trait], group) * rarity[trait])
                names.append((kind, trait, tuple(int(level) for level in group)))
    columns.append(np.full(len(found), np.log(found.people / SIZE_AT)))
    names.append(("size", "", ()))
    return np.column_stack(columns), names


def fitted(sets: Sequence[Labelled], version: str, made: dict[str, Any], strength: float = 1.0) -> Weights:
    """One model of all sets. `strength`: of the regression's belief in the data (C); smaller is shyer."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as absent:
        raise NotFitted(NEEDS) from absent
    designs = [design(one.found) for one in sets]
    names = designs[0][1]
    matrix = np.concatenate([one for one, _ in designs])
    same = np.concatenate([one.same for one in sets])
    if not same.any() or same.all():
        raise NotFitted("The labels hold only one kind of pair: both are needed, the same person and others.")
    model = LogisticRegression(C=strength, max_iter=3000, solver="lbfgs", tol=1e-5)
    model.fit(matrix, same)
    return _weights(names, model.coef_[0], float(model.intercept_[0]), version, made)


def _weights(
    names: list[tuple[str, str, tuple[int, ...]]], numbers: Floats, bias: float, version: str, made: dict[str, Any]
) -> Weights:
    found = {
        "level": {trait: np.zeros(len(levels)) for trait, levels in of.ALL.items()},
        "rarity": {trait: np.zeros(len(of.ALL[trait])) for trait in RARITY},
        "rarity_asked": {trait: np.zeros(len(of.ALL[trait])) for trait in RARITY_ASKED},
    }
    size = 0.0
    for (kind, trait, which), number in zip(names, numbers, strict=True):
        if kind == "size":
            size = float(number)
        else:
            found[kind][trait][list(which)] = number
    return Weights(
        version=version,
        made=made,
        bias=bias,
        size=size,
        levels={trait: grained(values) for trait, values in found["level"].items()},
        rarity={trait: grained(values) for trait, values in found["rarity"].items()},
        rarity_asked={trait: grained(values) for trait, values in found["rarity_asked"].items()},
        policies=dict(DEFAULT_POLICIES),
    )


# Chosen from the measured curves (docs/identity.md): in natural logarithms of odds.
DEFAULT_POLICIES = {
    "strict": Policy(auto=8.0, review=-3.0, margin=8.0),
    "suggest": Policy(auto=1000.0, review=-3.0, margin=6.0),
    "auto": Policy(auto=5.0, review=-3.0, margin=5.0),
}
