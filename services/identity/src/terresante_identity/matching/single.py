"""One person at a time: the forms, keys and probes that `people`, `keys` and `probes` make for many.

The values are the same; arrays of one element cost ten times as much. What a text becomes is remembered: in a region
the same names come again and again.
"""

import gc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from terresante_identity.matching import dates
from terresante_identity.matching.frequencies import known_bearers
from terresante_identity.matching.keys import ALL_KEYS, Key
from terresante_identity.matching.names import NO_WORD, PREFIX, FirstForm, NameForm, first_form, name_form, word
from terresante_identity.matching.people import SEX_UNKNOWN, SEXES, RawTraits
from terresante_identity.matching.places import ABROAD, PlaceForm, place_form, probe_codes
from terresante_identity.matching.probes import PLACED, READINGS, turned
from terresante_identity.matching.text import hashed

REMEMBERED = 60_000
name_of = lru_cache(maxsize=REMEMBERED)(name_form)
first_of = lru_cache(maxsize=REMEMBERED)(first_form)
_SIGN, _RANGE = 1 << 63, 1 << 64


@lru_cache(maxsize=1)
def known_names_remembered() -> None:
    """Has the names of France worked out before anybody is asked for: most of a region's are among them.

    Less than a second of work, once. What is there then is kept for good, and the garbage collector is told so: its
    full rounds would look through all of it while somebody waits.
    """
    names = known_bearers()
    for birth_name in names["birth"]:
        name_of(birth_name)
    for first_name in names["first"]:
        word(first_name)
    gc.collect()
    gc.freeze()


class Date(NamedTuple):
    """Parts of a date, 0 where not known. `digits`: all eight; `implausible`: no birth date."""

    year: int
    month: int
    day: int
    digits: str
    implausible: bool


@lru_cache(maxsize=REMEMBERED)
def date_of(text: str, latest_year: int) -> Date:
    """A birth date as received."""
    year, month, day = parts = dates.date_parts(text, latest_year)
    return Date(*parts, f"{year:04}{month:02}{day:02}", dates.implausible(*parts, latest_year))


def sex_of(text: str) -> int:
    """`people.MAN`, `people.WOMAN`, or `people.SEX_UNKNOWN`."""
    return SEXES.get(text.strip().upper(), SEX_UNKNOWN)


def is_abroad(place: PlaceForm) -> bool:
    """Whether it is a country."""
    return place.area.startswith(ABROAD) and len(place.area) == 5


@lru_cache(maxsize=REMEMBERED)
def place_key(text: str) -> int:
    """The hash of the one code that stands for a place, 0 if unknown."""
    codes = place_form(text).codes
    return hashed(min(codes)) if codes else 0


@dataclass(frozen=True, slots=True)
class Someone:
    """One person, comparable."""

    raw: RawTraits
    name: NameForm
    first: FirstForm
    date: Date
    sex: int
    place: PlaceForm


def someone(raw: RawTraits, latest_year: int) -> Someone:
    """`latest_year`: the present year, after which nobody was born."""
    return Someone(
        raw,
        name_of(raw.birth_name),
        first_of(raw.first_names),
        date_of(raw.birth_date, latest_year),
        sex_of(raw.sex),
        place_form(raw.birth_place),
    )


def keys_of(who: Someone, which: Mapping[str, Key] = ALL_KEYS) -> dict[str, int]:
    """One value per key, as `keys.keys`; 0: none."""
    own = _parts(who)
    return {name: key.folded_one([own[part] for part in key.of]) for name, key in which.items()}


def probes_of(who: Someone, which: Iterable[str] = tuple(ALL_KEYS)) -> dict[str, set[int]]:
    """The values to look up by each key, as `probes.probes`."""
    own = _parts(who)
    everywhere = [own]
    placed = [own | {"place": code} for code in probe_codes(who.raw.birth_place)]
    return {
        name: {
            ALL_KEYS[name].folded_one([read[part] for part in parts])
            for read in (placed if name in PLACED else everywhere)
            for parts in READINGS[name]
        }
        - {0}
        for name in which
    }


def signed(value: int) -> int:
    """The same 64 bits as SQL holds them."""
    return value - _RANGE if value >= _SIGN else value


def _parts(who: Someone) -> dict[str, int]:
    """`keys.Parts` by name, those that are read otherwise included."""
    name, first = who.name, who.first
    given, second = (*first.words, NO_WORD, NO_WORD)[:2]
    year, month, day = who.date.year, who.date.month, who.date.day
    turned_date, turned_day = turned(year, month, day)
    return {
        "name": name.first_code,
        "name_end": name.last_code,
        "exact": name.whole,
        "initial": name.initial,
        "prefix": name.prefix,
        "first": given.sound,
        "second": second.sound,
        "given": given.hash,
        "given_second": second.hash,
        "given_prefix": hashed(given.text[:PREFIX]),
        "given_initial": hashed(given.text[:1]),
        "second_prefix": hashed(second.text[:PREFIX]),
        "date": year * 10000 + month * 100 + day if year and month and day else 0,
        "year": year,
        "month": year * 100 + month if year and month else 0,
        "day": month * 100 + day if month and day else 0,
        "year_day": year * 100 + day if year and day else 0,
        "place": place_key(who.raw.birth_place),
        "turned_date": turned_date,
        "turned_day": turned_day,
        "year_before": year - 1 if year else 0,
        "year_after": year + 1 if year else 0,
    }
