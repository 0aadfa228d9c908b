"""Exact blocking keys: 64-bit numbers computed once at insert, looked up by equality. No scan, no trigram.

Each registered person has one value per key (`KEYS`, columns of signed 64-bit integers in SQL; 0: none). Who is asked
for has one or more *probes* per key (a year before and after, day and month inverted, each commune of a postal code).
Candidates are all who share one of them. A value shared by more than `cap(key)` people tells too little to be worth
reading them all: it gives nobody, and the answer says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from terresante_identity.matching.arrays import Hashes, Ints, folded
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


def _pair(salt: int, one: Hashes, other: Hashes, *more: Hashes) -> Hashes:
    """A key of two names that is the same when they are swapped."""
    return folded(salt, np.minimum(one, other), np.maximum(one, other), *more)


Key = Callable[[Parts], Hashes]

KEYS: dict[str, Key] = {
    "date_name": lambda of: folded(1, of.date, of.name),
    "date_first": lambda of: folded(2, of.date, of.first),
    "date_prefix": lambda of: folded(3, of.date, of.prefix),
    "date_place": lambda of: folded(4, of.date, of.place),
    "names": lambda of: _pair(5, of.name, of.first),
    "names_year": lambda of: _pair(6, of.name, of.first, of.year),
    "name_day": lambda of: folded(7, of.name, of.day),
    "name_month": lambda of: folded(8, of.name, of.month),
    "name_year_day": lambda of: folded(9, of.name, of.year_day),
    "first_day": lambda of: folded(10, of.first, of.day, of.initial),
    "first_month": lambda of: folded(11, of.first, of.month, of.initial),
    "first_year_day": lambda of: folded(12, of.first, of.year_day, of.initial),
    "prefixes_year": lambda of: folded(13, of.prefix, of.given_prefix, of.year),
    "name_place": lambda of: folded(14, of.exact, of.place),
    "first_day_place": lambda of: folded(15, of.given, of.day, of.place),
    "first_year_place": lambda of: folded(16, of.given, of.year, of.place),
    "month_place": lambda of: folded(17, of.month, of.place),
    "day_place": lambda of: folded(18, of.day, of.place, of.initial),
    "year_place": lambda of: folded(19, of.year, of.place, of.initial, of.given_initial),
}
# One trait, or nearly: useful as long as few share it, which is in small registries. A large store leaves them out.
WIDE: dict[str, Key] = {
    "date": lambda of: folded(21, of.date),
    "name": lambda of: folded(23, of.name),
    "place": lambda of: folded(26, of.place),
    "prefix": lambda of: folded(27, of.prefix),
    "month": lambda of: folded(28, of.month),
    "prefixes": lambda of: folded(24, of.prefix, of.given),
    "first_place": lambda of: folded(25, of.given_prefix, of.place),
}
ALL_KEYS = KEYS | WIDE


def keys(who: People, which: Mapping[str, Key] = ALL_KEYS) -> dict[str, Hashes]:
    """One value per key and person: what an index holds."""
    of = parts(who)
    return {name: key(of) for name, key in which.items()}
