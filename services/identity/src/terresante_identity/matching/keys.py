"""Exact blocking keys: 64-bit numbers computed once at insert, looked up by equality. No scan, no trigram.

Each registered person has one value per key (`KEYS`, columns of signed 64-bit integers in SQL; 0: none). Who is asked
for has one or more *probes* per key (a year before and after, day and month inverted, each commune of a postal code).
Candidates are all who share one of them. A value shared by more than `cap(key)` people tells too little to be worth
reading them all: it gives nobody, and the answer says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from terresante_identity.matching.arrays import Hashes, Ints, folded, folded_one
from terresante_identity.matching.people import People

CAP = 400
# A full date alone is shared by 2 people in 60,000, and 400 in twelve million: of use in a small registry only.
CAPS = {
    "date_place": 200,
    "date": 64,
    "name": 40,
    "first_place": 64,
    "prefixes": 64,
    "place": 40,
    "prefix": 40,
    "month": 40,
}


def cap(key: str) -> int:
    """How many people may share a value of this key before it is left out."""
    return CAPS.get(key, CAP)


@dataclass(frozen=True, slots=True)
class Parts:
    """What keys are folded from, one value a person; 0 where unknown. `name`, `first`: codes of how they sound."""

    name: Hashes
    name_end: Hashes
    exact: Hashes
    initial: Hashes
    prefix: Hashes
    first: Hashes
    second: Hashes
    given: Hashes
    given_second: Hashes
    given_prefix: Hashes
    given_initial: Hashes
    second_prefix: Hashes
    date: Hashes
    year: Hashes
    month: Hashes
    day: Hashes
    year_day: Hashes
    place: Hashes


def parts(who: People) -> Parts:
    """`month`: year and month; `day`: month and day; `year_day`: year and day."""
    names, firsts, name, first = who.birth_names, who.first_names, who.name_id, who.first_id
    return Parts(
        name=names.first_code[name],
        name_end=names.last_code[name],
        exact=names.whole[name],
        initial=names.initial[name],
        prefix=names.prefix[name],
        first=firsts.sound[first],
        second=firsts.second_sound[first],
        given=firsts.names[first, 0],
        given_second=firsts.names[first, 1],
        given_prefix=firsts.prefix[first],
        given_initial=firsts.initial[first],
        second_prefix=firsts.second_prefix[first],
        date=dated(who.year, who.month, who.day),
        year=dated(who.year),
        month=dated(who.year, who.month),
        day=dated(who.month, who.day),
        year_day=dated(who.year, who.day),
        place=who.places.key[who.place_id],
    )


def dated(*known: Ints) -> Hashes:
    """Parts of a date as one number, 0 as soon as one is not known."""
    number = np.zeros(known[0].shape, dtype=np.int64)
    for part in known:
        number = number * 100 + part
    return np.where(np.logical_and.reduce([part > 0 for part in known]), number, 0).astype(np.uint64)


@dataclass(frozen=True, slots=True)
class Key:
    """What a key is folded from, in order: names of `Parts`; `either_way`: the same with the first two swapped."""

    salt: int
    of: tuple[str, ...]
    either_way: bool = False

    def folded(self, values: Sequence[Hashes]) -> Hashes:
        """The key of N people. `values`: one array per part."""
        if self.either_way:
            one, other, *more = values
            values = [np.minimum(one, other), np.maximum(one, other), *more]
        return folded(self.salt, *values)

    def folded_one(self, values: Sequence[int]) -> int:
        """The same of one person."""
        if self.either_way and values[0] > values[1]:
            values = [values[1], values[0], *values[2:]]
        return folded_one(self.salt, values)


KEYS: dict[str, Key] = {
    "date_name": Key(1, ("date", "name")),
    "date_first": Key(2, ("date", "first")),
    "date_prefix": Key(3, ("date", "prefix")),
    "date_place": Key(4, ("date", "place")),
    "names": Key(5, ("name", "first"), either_way=True),
    "names_year": Key(6, ("name", "first", "year"), either_way=True),
    "name_day": Key(7, ("name", "day")),
    "name_month": Key(8, ("name", "month")),
    "name_year_day": Key(9, ("name", "year_day")),
    "first_day": Key(10, ("first", "day", "initial")),
    "first_month": Key(11, ("first", "month", "initial")),
    "first_year_day": Key(12, ("first", "year_day", "initial")),
    "prefixes_year": Key(13, ("prefix", "given_prefix", "year")),
    "name_place": Key(14, ("exact", "place")),
    "first_day_place": Key(15, ("given", "day", "place")),
    "first_year_place": Key(16, ("given", "year", "place")),
    "month_place": Key(17, ("month", "place")),
    "day_place": Key(18, ("day", "place", "initial")),
    "year_place": Key(19, ("year", "place", "initial", "given_initial")),
}
# One trait, or nearly: useful as long as few share it, which is in small registries. A large store leaves them out.
WIDE: dict[str, Key] = {
    "date": Key(21, ("date",)),
    "name": Key(23, ("name",)),
    "place": Key(26, ("place",)),
    "prefix": Key(27, ("prefix",)),
    "month": Key(28, ("month",)),
    "prefixes": Key(24, ("prefix", "given")),
    "first_place": Key(25, ("given_prefix", "place")),
}
ALL_KEYS = KEYS | WIDE


def keys(who: People, which: Mapping[str, Key] = ALL_KEYS) -> dict[str, Hashes]:
    """One value per key and person: what an index holds."""
    of = parts(who)
    return {name: key.folded([getattr(of, part) for part in key.of]) for name, key in which.items()}
