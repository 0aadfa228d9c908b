"""What is looked up for those asked for: per key, every value under which the person meant may be registered."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from terresante_identity.matching.arrays import Hashes, Ints, hashes_of
from terresante_identity.matching.keys import ALL_KEYS, Parts, parts
from terresante_identity.matching.people import People
from terresante_identity.matching.places import probe_codes


@dataclass(frozen=True, slots=True)
class Probes:
    """Of one key: `values` to look up, and the row of who is asked for by each; no pair twice, no value 0."""

    rows: Ints
    values: Hashes


Variation = Callable[["Asked"], list[Parts]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Those asked for, as the parts of keys; and the same with one thing read otherwise."""

    own: Parts

    def plainly(self) -> list[Parts]:
        return [self.own]

    def dates(self) -> list[Parts]:
        """Also with day and month inverted."""
        own = self.own
        year, month, day = own.year, own.day // 100, own.day % 100
        possible = (day <= 12) & (own.day > 0)
        turned = replace(
            own,
            date=np.where(possible & (year > 0), year * 10000 + day * 100 + month, 0).astype(np.uint64),
            day=np.where(possible, day * 100 + month, 0).astype(np.uint64),
        )
        return [own, turned]

    def years(self) -> list[Parts]:
        """Also a year before and after."""
        one, year = np.uint64(1), self.own.year
        return [self.own, *(replace(self.own, year=np.where(year > 0, near, 0)) for near in (year - one, year + one))]


def names_of(several: list[Parts]) -> list[Parts]:
    """Also by the end of a double name, and by the first name in the place of the name."""
    return [
        *several,
        *(replace(own, name=own.name_end, name_end=own.name) for own in several),
        *(replace(own, name=own.first, name_end=own.first, first=own.name) for own in several),
    ]


def ends_of(several: list[Parts]) -> list[Parts]:
    """Also by the end of a double name."""
    return [*several, *(replace(own, name=own.name_end, name_end=own.name) for own in several)]


def firsts_of(several: list[Parts]) -> list[Parts]:
    """Also by the second first name."""
    seconds = (
        replace(own, first=own.second, given=own.given_second, given_prefix=own.second_prefix) for own in several
    )
    return [*several, *seconds]


VARIATIONS: dict[str, Variation] = {
    "date_name": lambda asked: names_of(asked.dates()),
    "date_first": lambda asked: [*firsts_of(asked.dates()), *names_of(asked.dates())],
    "date_place": lambda asked: asked.dates(),
    "names": lambda asked: ends_of(firsts_of(asked.plainly())),
    "names_year": lambda asked: ends_of(firsts_of(asked.years())),
    "name_day": lambda asked: ends_of(asked.dates()),
    "name_month": lambda asked: ends_of(asked.plainly()),
    "name_year_day": lambda asked: ends_of(asked.plainly()),
    "first_day": lambda asked: firsts_of(asked.dates()),
    "first_month": lambda asked: firsts_of(asked.plainly()),
    "first_year_day": lambda asked: firsts_of(asked.plainly()),
    "first_day_place": lambda asked: firsts_of(asked.dates()),
    "first_year_place": lambda asked: firsts_of(asked.plainly()),
    "first_place": lambda asked: firsts_of(asked.plainly()),
    "prefixes_year": lambda asked: firsts_of(asked.plainly()),
    "day_place": lambda asked: asked.dates(),
    "prefixes": lambda asked: firsts_of(asked.plainly()),
    "date": lambda asked: asked.dates(),
}
PLACED = frozenset(
    {
        "name_place",
        "first_day_place",
        "first_year_place",
        "date_place",
        "month_place",
        "day_place",
        "year_place",
        "first_place",
    }
)


def probes(who: People, which: Iterable[str] = tuple(ALL_KEYS)) -> dict[str, Probes]:
    """Of these keys, for N people asked for."""
    asked = Asked(parts(who))
    everywhere = np.arange(len(who), dtype=np.int64), asked.own.place
    places = _places(who)
    return {
        name: _folded(name, VARIATIONS.get(name, Asked.plainly)(asked), places if name in PLACED else everywhere)
        for name in which
    }


def _folded(name: str, variations: list[Parts], placed: tuple[Ints, Hashes]) -> Probes:
    rows, place = placed
    if name in PLACED:
        variations = [_at(own, rows, place) for own in variations]
    values = np.concatenate([ALL_KEYS[name](own) for own in variations])
    of = np.concatenate([rows] * len(variations))
    order = np.lexsort((values, of))
    order = order[values[order] != 0]
    of, values = of[order], values[order]
    new = np.ones(len(of), dtype=bool)
    new[1:] = (of[1:] != of[:-1]) | (values[1:] != values[:-1])
    return Probes(of[new], values[new])


def _at(own: Parts, rows: Ints, place: Hashes) -> Parts:
    taken = {name: getattr(own, name)[rows] for name in Parts.__slots__}
    return Parts(**(taken | {"place": place}))


def _places(who: People) -> tuple[Ints, Hashes]:
    """Each person asked for, once per code under which their place may be registered."""
    codes = [probe_codes(text) for text in who.place_texts]
    counts = np.array([len(some) for some in codes], dtype=np.int64)[who.place_id]
    flat = hashes_of(list(chain.from_iterable(codes)))
    starts = np.concatenate([[0], np.cumsum([len(some) for some in codes])])[who.place_id]
    rows = np.repeat(np.arange(len(who), dtype=np.int64), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows, flat[np.repeat(starts, counts) + within]


def each(found: dict[str, Probes]) -> Iterator[tuple[str, list[int]]]:
    """Of one person asked for: key -> values as signed 64-bit integers, as SQL holds them."""
    for name, probe in found.items():
        yield name, probe.values.view(np.int64).tolist()
