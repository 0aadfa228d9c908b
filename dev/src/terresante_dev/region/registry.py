"""The registry: persons with their true traits, made chunk by chunk so that any size fits in memory, and any chunk can
be made again alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from terresante_dev.region.families import NOBODY, Clans, clans
from terresante_dev.region.people import Named, alive, named
from terresante_dev.region.vocabulary import Ints, Texts, vocabulary

CHUNK = 20_000
CLANS_A_PERSON = 0.22  # founding couples needed for one registered person, with a margin
SPARE = 1_500


@dataclass(frozen=True)
class Chunk:
    """Registered persons, one row each in every array; `spare`: people of the same making who are left out."""

    ids: Texts
    birth_name: Texts
    usage_name: Texts  # "" when it is the birth name
    given: Ints
    birth: NDArray[np.datetime64]
    sex: Ints
    place: Ints
    origin: Ints
    household: Ints  # mother's row in the making, or NOBODY: siblings share it
    clan: Ints
    spare: Chunk | None

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def first_names(self) -> Texts:
        """All given names as a register writes them, a space between."""
        spelt = np.append(vocabulary().given_registered, "")
        joined: Texts = spelt[self.given[:, 0]].copy()
        for column in (1, 2):
            there = self.given[:, column] != NOBODY
            joined[there] = joined[there] + " " + spelt[self.given[there, column]]
        return joined

    def rows(self) -> list[tuple[str, ...]]:
        """person_id, birth_name, first_names, birth_date, sex, birth_place."""
        sexes = np.array(["F", "M"], dtype=object)[self.sex]
        dates = np.datetime_as_string(self.birth)
        places = vocabulary().places[self.place]
        columns = (self.ids, self.birth_name, self.first_names, dates, sexes, places)
        return list(zip(*(column.tolist() for column in columns), strict=True))


@dataclass(frozen=True)
class Registry:
    """`size` persons; the same (size, seed) gives the same persons, and a smaller size the same first ones."""

    size: int
    seed: int

    def __len__(self) -> int:
        return (self.size + CHUNK - 1) // CHUNK

    def chunks(self) -> Iterator[Chunk]:
        """All chunks in order."""
        return (self.chunk(number) for number in range(len(self)))

    def chunk(self, number: int) -> Chunk:
        """Persons number × CHUNK to (number + 1) × CHUNK, the last chunk cut to the size."""
        whole = _made(self.seed, number)
        kept = min(CHUNK, self.size - number * CHUNK)
        return whole if kept == CHUNK else _cut(whole, np.arange(kept))


def _made(seed: int, number: int) -> Chunk:
    rng = np.random.default_rng([seed, number])
    people = clans(rng, int(CHUNK * CLANS_A_PERSON))
    names = named(rng, vocabulary(), people)
    usage = _usage_names(rng, people, names)
    living = np.flatnonzero(alive(rng, people))
    order = living[np.argsort(people.clan[living], kind="stable")]
    if len(order) < CHUNK + SPARE:
        raise AssertionError(f"CLANS_A_PERSON is too small: {len(order)} persons")
    kept = rng.permutation(order[:CHUNK])
    spare = rng.permutation(order[CHUNK : CHUNK + SPARE])
    ids = np.array([f"{number * CHUNK + row:08d}" for row in range(CHUNK)], dtype=object)
    nameless = np.full(SPARE, "", dtype=object)
    return _chunk(ids, kept, people, names, usage, _chunk(nameless, spare, people, names, usage, None))


def _chunk(ids: Texts, rows: Ints, people: Clans, names: Named, usage: Texts, spare: Chunk | None) -> Chunk:
    return Chunk(
        ids,
        names.surname[rows],
        usage[rows],
        names.given[rows],
        names.birth[rows],
        people.sex[rows],
        names.place[rows],
        names.origin[rows],
        people.mother[rows],
        people.clan[rows],
        spare,
    )


def _cut(whole: Chunk, rows: Ints) -> Chunk:
    arrays = [field.name for field in fields(Chunk) if field.name != "spare"]
    return replace(whole, **{name: getattr(whole, name)[rows] for name in arrays})


def _usage_names(rng: np.random.Generator, people: Clans, names: Named) -> Texts:
    """Most married women go by their husband's name, some by both; few men by their wife's."""
    usage = np.full(len(people), "", dtype=object)
    paired = np.flatnonzero((people.partner >= 0) & (people.year < 2000))
    luck = rng.random(len(paired))
    woman, older = people.sex[paired] == 0, people.year[paired] < 1975
    his = names.surname[people.partner[paired]]
    takes = luck < np.where(woman, np.where(older, 0.8, 0.5), 0.01)
    both = ~takes & (luck < np.where(woman, np.where(older, 0.87, 0.68), 0.02))
    usage[paired[takes]] = his[takes]
    usage[paired[both]] = names.surname[paired[both]] + " " + his[both]
    return usage
