"""Who descends from whom: clans of three generations as arrays, before anybody has a name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from terresante_dev.region.vocabulary import Ints

Generator = np.random.Generator
NOBODY = -1
# Chances of what makes a family, in one place to be read and doubted.
EARLIEST, LATEST, TODAY = 1908, 1999, 2026
PARTNERED = 0.78
SAME_ORIGIN_PARTNER = 0.68
CHILDREN = {1: 1.45, 2: 1.6}  # mean number beyond the first, by generation of the parents
TWIN = 0.03  # of a child after the first: about three persons in a hundred are twins
IDENTICAL_SEX = 0.65


@dataclass
class Clans:
    """One row a person. Parents and partner are row numbers or NOBODY; parents come before their children."""

    clan: Ints
    generation: Ints
    sex: Ints  # 0 F, 1 M
    year: Ints
    day: Ints  # of the year, 0 to 364
    father: Ints
    mother: Ints
    partner: Ints
    twin: Ints  # the child born just before, or NOBODY
    married_in: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.clan)


def clans(rng: Generator, count: int) -> Clans:
    """`count` founding couples with their children, their children, and partners for both."""
    founders = _founders(rng, count)
    adults, partners = _children(rng, founders, 1)
    everybody = _joined(founders, adults, partners)
    return _joined(everybody, *_children(rng, everybody, 2))


def _founders(rng: Generator, count: int) -> Clans:
    year = rng.integers(EARLIEST, LATEST, count)
    alone = rng.random(count) < 0.12
    clan = np.repeat(np.arange(count), 2)
    sex = np.tile([1, 0], count)
    years = (np.repeat(year, 2) - sex * rng.integers(-2, 7, 2 * count)).astype(np.int64)
    rows = np.arange(2 * count)
    partner = np.where(np.repeat(alone, 2), NOBODY, rows ^ 1)
    none = np.full(2 * count, NOBODY)
    married_in = (sex == 0).astype(bool)
    return Clans(clan, none * 0, sex, years, rng.integers(0, 365, 2 * count), none, none, partner, none, married_in)


def _children(rng: Generator, people: Clans, generation: int) -> tuple[Clans, Clans]:
    """The children of the mothers of the generation before, and the partners those children take."""
    mothers = np.flatnonzero((people.sex == 0) & (people.generation == generation - 1))
    mothers = mothers[people.year[mothers] < TODAY - 18]
    many = np.minimum(rng.poisson(CHILDREN[generation], len(mothers)) + (rng.random(len(mothers)) < 0.6), 9)
    mother = np.repeat(mothers, many)
    total, start = len(mother), len(people)
    order = np.arange(total) - np.repeat(np.cumsum(many) - many, many)
    twin = (order > 0) & (rng.random(total) < TWIN)
    gap = np.where(twin, 0, 1 + rng.integers(0, 4, total))
    first: Ints = people.year[mothers] + np.clip(rng.normal(27, 4.5, len(mothers)), 17, 42).astype(np.int64)
    passed = np.concatenate([[0], np.cumsum(gap)])
    inside: Ints = passed[1:] - np.repeat(passed[np.minimum(np.cumsum(many) - many + 1, total)], many)
    year = np.repeat(first, many) + inside
    day, sex = rng.integers(0, 365, total), rng.integers(0, 2, total)
    same = rng.random(total) < IDENTICAL_SEX
    for row in np.flatnonzero(twin):
        day[row] = day[row - 1]
        if same[row]:
            sex[row] = sex[row - 1]
    number = np.full(total, generation)
    none = np.full(total, NOBODY)
    twins = np.where(twin, start + np.arange(total) - 1, NOBODY)
    father = people.partner[mother]
    children = Clans(
        people.clan[mother], number, sex, year, day, father, mother, none, twins, np.zeros(total, dtype=bool)
    )
    return children, _partners(rng, children, start)


def _partners(rng: Generator, children: Clans, start: int) -> Clans:
    taken = np.flatnonzero((children.year < TODAY - 20) & (rng.random(len(children)) < PARTNERED))
    rows = start + len(children) + np.arange(len(taken))
    children.partner[taken] = rows
    count = len(taken)
    none = np.full(count, NOBODY)
    sex = 1 - children.sex[taken]
    year = (children.year[taken] + np.where(sex == 1, -1, 1) * rng.integers(-2, 7, count)).astype(np.int64)
    day = rng.integers(0, 365, count)
    generation, clan = children.generation[taken], children.clan[taken]
    return Clans(clan, generation, sex, year, day, none, none, start + taken, none, np.ones(count, dtype=bool))


def _joined(*parts: Clans) -> Clans:
    return Clans(*(np.concatenate([getattr(part, name) for part in parts]) for name in Clans.__dataclass_fields__))
