"""Fits the weights on labelled look-ups: a number per level, by logistic regression on the pairs that keys propose.

Each look-up's candidates are compared; the one that is the person is a 1, the others are 0. Some look-ups have a trait
blanked, so that "missing" has a weight of its own: nothing. The command is `fitting.py`; measures: docs/identity.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from terresante_identity.matching import levels as of
from terresante_identity.matching.arrays import Bools, Floats, Ints, among
from terresante_identity.matching.compare import Comparison, compared
from terresante_identity.matching.frequencies import frequencies
from terresante_identity.matching.index import OneLook
from terresante_identity.matching.keys import ALL_KEYS, KEYS, keys
from terresante_identity.matching.people import TRAITS, People
from terresante_identity.matching.probes import probes
from terresante_identity.matching.regression import regressed
from terresante_identity.matching.weights import Policy, Weights, grained, relative_size

# Share of training look-ups of which a trait is blanked, so that the weights know what its absence says.
BLANKED = {"birth_name": 0.01, "first_names": 0.02, "birth_date": 0.03, "sex": 0.10, "birth_place": 0.12}
# Levels whose rarity weighs alike: one coefficient each (equal values; values alike).
EQUAL_NAMES = (of.BirthName.EQUAL, of.BirthName.SAME_PARTS)
ALIKE_NAMES = (of.BirthName.ONE_EDIT, of.BirthName.SAME_SOUND, of.BirthName.CLOSE, of.BirthName.NEAR)
EQUAL_FIRST = (of.FirstName.SAME, of.FirstName.SAME_FIRST)
ALIKE_FIRST = (of.FirstName.ONE_EDIT, of.FirstName.SAME_SOUND, of.FirstName.CLOSE, of.FirstName.NEAR)
RARITY: dict[str, tuple[tuple[IntEnum, ...], ...]] = {
    "birth_name": (EQUAL_NAMES, ALIKE_NAMES, (of.BirthName.ONE_PART, of.BirthName.CONTAINED)),
    "first_names": (
        EQUAL_FIRST,
        ALIKE_FIRST,
        (of.FirstName.ANOTHER, of.FirstName.HALF, of.FirstName.VARIANT, of.FirstName.SHORTENED),
    ),
    "birth_place": ((of.BirthPlace.EQUAL,), (of.BirthPlace.MAY_BE, of.BirthPlace.NEIGHBOUR)),
    # Families resemble each other as much in a small registry as in a large one: here size weighs otherwise.
    "twins": ((of.Twins.ANOTHER, of.Twins.ALIKE, of.Twins.NEAR, of.Twins.UNRELATED, of.Twins.OTHER_REST),),
    "relatives": (tuple(of.Relatives)[1:],),
}
RARITY_ASKED: dict[str, tuple[tuple[IntEnum, ...], ...]] = {
    "birth_name": (
        ALIKE_NAMES, (of.BirthName.ONE_PART, of.BirthName.CONTAINED), (of.BirthName.FAR, of.BirthName.DIFFERENT),
    ),
    "first_names": (
        (of.FirstName.ONE_EDIT,), (of.FirstName.SAME_SOUND, of.FirstName.CLOSE, of.FirstName.NEAR),
        (of.FirstName.ANOTHER,), (of.FirstName.HALF, of.FirstName.SHORTENED), (of.FirstName.VARIANT,),
        (of.FirstName.DIFFERENT,),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pairs of look-ups and registered people, and whether both are one person: 1, 0, or how far it is believed."""

    found: Comparison
    same: Floats


def blanked(columns: dict[str, list[str]], seed: int) -> dict[str, list[str]]:
    """The look-ups with some values taken away, see `BLANKED`. Same seed, same values."""
    rng = np.random.default_rng(seed)
    return {
        trait: [
            "" if hidden else text
            for text, hidden in zip(columns[trait], rng.random(len(columns[trait])) < BLANKED[trait], strict=True)
        ]
        for trait in TRAITS
    }


ABSENT, UNTOLD = -1, -2
# In a larger registry the keys of one trait only add pairs that nobody would take for one person.
FEW = 6_000


def labelled(ours: People, theirs: People, truth: Ints) -> Labelled:
    """`truth`: per look-up the registered row it is, `ABSENT`, or `UNTOLD` when nobody decided."""
    which = ALL_KEYS if len(theirs) <= FEW else KEYS
    candidates = OneLook(keys(theirs, which)).candidates(probes(ours))
    told = truth[candidates.asked] != UNTOLD
    asked, registered = candidates.asked[told], candidates.registered[told]
    found = compared(ours, asked, theirs, registered, frequencies(theirs))
    return Labelled(found, (truth[asked] == registered).astype(np.float64))


def labelled_pairs(who: People, one: Ints, other: Ints, same: Bools) -> Labelled:
    """Pairs of a file of which somebody decided whether both are one person."""
    return Labelled(compared(who, one, who, other, frequencies(who)), same.astype(np.float64))


Column = tuple[str, str, tuple[int, ...]]


def design_columns() -> list[Column]:
    """What each column of the regression is: (kind, trait, levels)."""
    columns: list[Column] = [
        ("level", trait, (int(level),)) for trait, levels in of.ALL.items() for level in list(levels)[1:]
    ]
    for kind, which in (("rarity", RARITY), ("rarity_asked", RARITY_ASKED)):
        columns += [
            (kind, trait, tuple(int(level) for level in group)) for trait, groups in which.items() for group in groups
        ]
    return [*columns, ("size", "", ())]


def design(found: Comparison) -> Floats:
    """The matrix of the regression: a row a pair, a column per `design_columns()`."""
    columns: list[Floats] = []
    for kind, trait, levels in design_columns():
        if kind == "size":
            columns.append(np.full(len(found), relative_size(found.people)))
        elif kind == "level":
            columns.append((found.levels[trait] == levels[0]).astype(np.float64))
        else:
            rarity = found.rarity if kind == "rarity" else found.rarity_asked
            columns.append(among(found.levels[trait], levels) * rarity[trait])
    return np.column_stack(columns)


def fitted(
    sets: Sequence[Labelled], version: str, made: dict[str, Any], before: Weights | None = None, pull: float = 0.3
) -> Weights:
    """One model of all sets. `before`: weights to start from and lean on, when the labels are few. Raises NotFitted."""
    matrix = np.concatenate([design(one.found) for one in sets])
    same = np.concatenate([one.same for one in sets])
    columns = design_columns()
    start = np.array([_number_before(column, before) for column in columns])
    numbers, bias = regressed(matrix, same, start, before.bias if before else 0.0, pull)
    return _weights(columns, numbers, bias, version, made, before)


def _number_before(column: Column, before: Weights | None) -> float:
    kind, trait, levels = column
    if before is None:
        return 0.0
    if kind == "size":
        return before.size
    return float(
        {"level": before.levels, "rarity": before.rarity, "rarity_asked": before.rarity_asked}[kind][trait][levels[0]]
    )


def _weights(
    columns: list[Column], numbers: Floats, bias: float, version: str, made: dict[str, Any], before: Weights | None
) -> Weights:
    found = {
        "level": {trait: np.zeros(len(levels)) for trait, levels in of.ALL.items()},
        "rarity": {trait: np.zeros(len(of.ALL[trait])) for trait in RARITY},
        "rarity_asked": {trait: np.zeros(len(of.ALL[trait])) for trait in RARITY_ASKED},
    }
    size = 0.0
    for (kind, trait, which), number in zip(columns, numbers, strict=True):
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
        policies=dict(before.policies if before else POLICIES),
    )


# Chosen from the measured curves (docs/identity.md): in natural logarithms of odds.
POLICIES = {
    "strict": Policy(auto=7.0, auto_unlike=9.0, review=-2.0, margin=7.0),
    "suggest": Policy(auto=1000.0, auto_unlike=1000.0, review=-2.0, margin=4.0),
    "auto": Policy(auto=3.5, auto_unlike=5.0, review=-1.5, margin=2.5),
}
