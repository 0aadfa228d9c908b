"""How much a pair can score at most while first names have not been compared yet: they are the dearest to compare.

`bound` does the same for arrays of pairs. No pair that scores more is left out (`tests/matching/test_reach.py`).
"""

from dataclasses import dataclass
from math import log

import numpy as np
from terresante_identity.matching.arrays import Floats
from terresante_identity.matching.frequencies import RAREST
from terresante_identity.matching.joint import ALIKE_NAME
from terresante_identity.matching.levels import TRAITS, BirthName, FirstName, Swapped
from terresante_identity.matching.pair_tables import RADIX, STEPS, Tables
from terresante_identity.matching.weights import GRAIN, Weights

ROUNDED = 4 * GRAIN
"""By how much rounding may raise a score above the sum of what is not rounded."""
MOST_RARE = log(RAREST)
CROSSED_NAMES = tuple(sorted({int(level) for level in (*ALIKE_NAME, BirthName.CLOSE)}))
CROSSED_FIRSTS = tuple(range(1, FirstName.NEAR))
"""Levels that names and first names may have when they are compared crosswise (`lookup.Lookup`)."""
BEGIN_ALIKE = frozenset({FirstName.MISSING, FirstName.SAME, FirstName.SAME_FIRST, FirstName.HALF})
"""Levels of first names whose first words are equal, or all whose letters are, or of which one is not known."""
Group = tuple[float, Floats]


@dataclass(frozen=True, slots=True)
class Reach:
    """One value per combination of levels of all traits but first names and others.

    `any`: for levels of first names that the asked one's rarity weighs alike: that weight, and the most that they, the
    other first names, and all joint levels add; `unlike`: for levels of first names that begin otherwise alone.
    `crossed`: the most that everything but date, sex and place adds when names are compared crosswise, one value per
    combination of these three.
    """

    any: tuple[Group, ...]
    unlike: tuple[Group, ...]
    crossed: Floats


def most(groups: tuple[Group, ...], at: int, asked: float) -> float:
    """What first names and joint levels add at most. `at`: the place of a combination (`pair_tables.STEPS`) in which
    these have level 0; `asked`: how rare the first name asked for is.
    """
    name, rest = divmod(at, STEPS[0])
    place = name * STEPS[2] + rest
    return max([values.item(place) + scale * asked for scale, values in groups])


def reach(weights: Weights, tables: Tables) -> Reach:
    """Of a model."""
    registered, asked = _rarity(weights.rarity, "first_names"), _rarity(weights.rarity_asked, "first_names")
    total = tables.weight.reshape(RADIX) + _along(1, weights.levels["first_names"] + registered * MOST_RARE)
    total = total + _along(2, weights.levels["other_first_names"]) + ROUNDED
    names = weights.levels["birth_name"] + MOST_RARE * (
        _rarity(weights.rarity, "birth_name") + _rarity(weights.rarity_asked, "birth_name")
    )
    crossed = total + _along(0, names) + _along(1, asked * MOST_RARE) + weights.levels["swapped"][Swapped.YES]
    crossed = crossed[np.ix_(CROSSED_NAMES, CROSSED_FIRSTS)].max(axis=(0, 1, 2))
    return Reach(
        any=_groups(total, asked, frozenset(FirstName)),
        unlike=_groups(total, asked, frozenset(FirstName) - BEGIN_ALIKE),
        crossed=crossed.ravel(),
    )


def _groups(total: Floats, asked: Floats, levels: frozenset[FirstName]) -> tuple[Group, ...]:
    scales: dict[float, list[int]] = {}
    for level in levels:
        scales.setdefault(asked.item(level), []).append(level)
    return tuple([(scale, total[:, some].max(axis=(1, 2)).ravel()) for scale, some in scales.items()])


def _rarity(weighed: dict[str, Floats], trait: str) -> Floats:
    """By level, never less than nothing."""
    return weighed.get(trait, np.zeros(len(TRAITS[trait]))).clip(min=0.0)


def _along(axis: int, values: Floats) -> Floats:
    shape = [1] * len(RADIX)
    shape[axis] = -1
    return values.reshape(shape)
