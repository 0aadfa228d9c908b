"""How much a pair can score at most, from what is cheap to see of it: who cannot reach a threshold is not compared.

Seen are the date's level, whether names and first names are equal, and whether they may be swapped; then sex and place
too. The levels that names may then have are tried in groups that rarity weighs alike; what all other levels say at best
is in a table made once. No pair that scores more is left out (`tests/matching/test_dedupe.py`).
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from terresante_identity.matching.arrays import Bools, Floats, Hashes, Ints
from terresante_identity.matching.compare_dates import birth_date_levels
from terresante_identity.matching.compare_names import may_be_swapped
from terresante_identity.matching.compare_places import birth_place_levels
from terresante_identity.matching.frequencies import RAREST, Frequencies
from terresante_identity.matching.levels import TRAITS, BirthName, BirthPlace, FirstName, Sex, Swapped
from terresante_identity.matching.pair_tables import RADIX, tables
from terresante_identity.matching.people import People
from terresante_identity.matching.scoring import start
from terresante_identity.matching.weights import Weights

UNEQUAL, EQUAL, MISSING = 0, 1, 2
NAMES = (
    frozenset(BirthName) - {BirthName.MISSING, BirthName.EQUAL}, frozenset({BirthName.EQUAL}),
    frozenset({BirthName.MISSING}),
)  # fmt: skip
FIRSTS = (
    frozenset(FirstName) - {FirstName.MISSING, FirstName.SAME, FirstName.SAME_FIRST, FirstName.HALF},
    frozenset(FirstName) - {FirstName.MISSING}, frozenset({FirstName.MISSING}),
)  # fmt: skip
"""Levels that may be, when names are unequal, equal, missing. First names count as equal when their first words are."""
SWAPPED = len(NAMES) * len(FIRSTS)
"""The class of pairs that may be compared crosswise; the others': 3 x equality of names + equality of first names."""


@dataclass(frozen=True, slots=True)
class Group:
    """Levels of a trait that rarity weighs alike: as registered, and as asked. Never less than nothing."""

    levels: list[int]
    registered: float
    asked: float


Most = dict[tuple[int, int], Floats]
"""The highest score of each group of names and of first names, without rarities, by all that is known of a pair."""


class Bound:
    """Of pairs of rows of one list of people. `known`: how frequent their names are."""

    def __init__(self, who: People, known: Frequencies, weights: Weights) -> None:
        self._who = who
        names, firsts = who.birth_names.whole, who.first_names.unit
        self._registered = known.birth_names.rarity(names), known.first_names.rarity(firsts)
        self._asked = known.birth_name_asked(names), known.first_name_asked(firsts)
        self._groups = _groups(weights, "birth_name"), _groups(weights, "first_names")
        self._place = known.places.rarity(who.places.key)
        self._of_place = weights.rarity.get("birth_place", np.zeros(len(BirthPlace))).clip(min=0.0)
        total = _totals(weights, known.people)
        self._loose = _most(total.max(axis=(2, 4, 5)), *self._groups)
        self._close = _most(total.max(axis=2), *self._groups)

    def may_reach(self, least: float, one: Ints, other: Ints) -> Bools:
        """Which of these pairs may score at least that. `one` is asked for, `other` is registered."""
        dates = birth_date_levels(self._who, one, self._who, other).astype(np.int64)
        place = self._of_place.max() * self._place[self._who.place_id[other]]
        return np.asarray(self._at_most(self._loose, dates, one, other) + place >= least, dtype=np.bool_)

    def may_reach_closely(self, least: float, one: Ints, other: Ints) -> Bools:
        """The same with sexes and places compared too: twice the work, and three times fewer pairs are left."""
        who = self._who
        places = birth_place_levels(who.places, who.place_id[one], who.places, who.place_id[other])
        level = birth_date_levels(who, one, who, other).astype(np.int64)
        level = (level * len(Sex) + sex_levels(who, one, other)) * len(BirthPlace) + places
        place = self._of_place[places] * self._place[who.place_id[other]]
        return np.asarray(self._at_most(self._close, level, one, other) + place >= least, dtype=np.bool_)

    def _at_most(self, most: Most, levels: Ints, one: Ints, other: Ints) -> Floats:
        """`levels`: what is known of the other traits, as in the table."""
        name, first = ((of[one], of[other]) for of in (self._who.name_id, self._who.first_id))
        known = self._class(name, first)
        crossed = known == SWAPPED
        known += (SWAPPED + 1) * levels
        rare = [self._rare(0, name), self._rare(1, first)]
        for groups, rarities in zip(self._groups, rare, strict=True):
            for group, rarity in zip(groups, rarities, strict=True):
                # Crosswise the rarities are those of other texts.
                rarity[crossed] = (group.registered + group.asked) * np.log(RAREST)
        found = np.full(len(one), -np.inf)
        for (at, to), values in most.items():
            np.maximum(found, values[known] + rare[0][at] + rare[1][to], out=found)
        return found

    def _class(self, name: tuple[Ints, Ints], first: tuple[Ints, Ints]) -> Ints:
        names, firsts = self._who.birth_names, self._who.first_names
        same_name = _equality(names.whole[name[0]], names.whole[name[1]])
        same_first = _equality(firsts.names[first[0], 0], firsts.names[first[1], 0])
        for hashes in (firsts.whole, firsts.unit):
            same_first[(same_first == UNEQUAL) & (hashes[first[0]] == hashes[first[1]])] = EQUAL
        found = same_name * len(FIRSTS) + same_first
        unlike = np.flatnonzero(found == UNEQUAL)
        mine, yours = ((names, of[unlike], firsts, given[unlike]) for of, given in zip(name, first, strict=True))
        found[unlike[may_be_swapped(mine, yours)]] = SWAPPED
        return found

    def _rare(self, trait: int, rows: tuple[Ints, Ints]) -> list[Floats]:
        """What rarity adds, by group of levels."""
        registered, asked = self._registered[trait][rows[1]], self._asked[trait][rows[0]]
        return [group.registered * registered + group.asked * asked for group in self._groups[trait]]


def _equality(ours: Hashes, theirs: Hashes) -> Ints:
    same = np.where(ours == theirs, EQUAL, UNEQUAL)
    return np.where((ours == 0) | (theirs == 0), MISSING, same)


def sex_levels(who: People, one: Ints, other: Ints) -> Ints:
    """`levels.Sex` of each pair, as `compare` tells it."""
    ours, theirs = who.sex[one], who.sex[other]
    return np.where((ours == 0) | (theirs == 0), Sex.MISSING, np.where(ours == theirs, Sex.EQUAL, Sex.DIFFERENT))


def _groups(weights: Weights, trait: str) -> list[Group]:
    nothing = np.zeros(len(TRAITS[trait]))
    of = [weighed.get(trait, nothing).clip(min=0.0) for weighed in (weights.rarity, weights.rarity_asked)]
    both = np.stack(of, axis=1)
    alike = np.unique(both, axis=0)
    return [Group(np.flatnonzero((both == values).all(axis=1)).tolist(), *values.tolist()) for values in alike]


def _totals(weights: Weights, people: int) -> Floats:
    """The score without rarities of every combination of levels of the six traits, whoever is a woman."""
    total = start(weights, people) + tables(weights, people).weight.reshape(RADIX)
    for place, trait in enumerate(TRAITS):
        shape = [1] * len(RADIX)
        shape[place] = RADIX[place]
        total = total + weights.levels[trait].reshape(shape)
    return np.asarray(total.max(axis=-1) + max(0.0, float(weights.levels["swapped"][Swapped.YES])))


def _most(total: Floats, names: list[Group], firsts: list[Group]) -> Most:
    """The highest of `total` (axes: names, first names, what else is known) in each group of names and first names:
    by what else is known and class.
    """
    total = total.reshape(*total.shape[:2], -1)
    classes = [*product(NAMES, FIRSTS), (NAMES[UNEQUAL] | NAMES[EQUAL], FIRSTS[EQUAL])]
    most = {}
    for (at, name), (to, first) in product(enumerate(names), enumerate(firsts)):
        values = np.full((total.shape[2], len(classes)), -np.inf)
        for number, (of_name, of_first) in enumerate(classes):
            some = [one for one in name.levels if one in of_name], [one for one in first.levels if one in of_first]
            if all(some):
                values[:, number] = total[np.ix_(*some)].max(axis=(0, 1))
        most[at, to] = values.ravel()
    return most
