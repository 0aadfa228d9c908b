"""What is looked up for those asked for: per key, every value under which the person meant may be registered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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


# Under which other parts than its own somebody may be registered: part that a key is folded from -> part read instead.
Reading = dict[str, str]
OWN: Reading = {part: part for part in Parts.__slots__}


def dates(several: list[Reading]) -> list[Reading]:
    """Also with day and month inverted."""
    return [*several, *(own | {"date": "turned_date", "day": "turned_day"} for own in several)]


def years(several: list[Reading]) -> list[Reading]:
    """Also a year before and after."""
    return [*several, *(own | {"year": near} for near in ("year_before", "year_after") for own in several)]


def ends(several: list[Reading]) -> list[Reading]:
    """Also by the end of a double name."""
    return [*several, *(own | {"name": own["name_end"], "name_end": own["name"]} for own in several)]


def names(several: list[Reading]) -> list[Reading]:
    """Also by the end of a double name, and by the first name in the place of the name."""
    swapped = (own | {"name": own["first"], "name_end": own["first"], "first": own["name"]} for own in several)
    return [*ends(several), *swapped]


def firsts(several: list[Reading]) -> list[Reading]:
    """Also by the second first name."""
    seconds = {"first": "second", "given": "given_second", "given_prefix": "second_prefix"}
    return [*several, *(own | seconds for own in several)]


PLAIN = [OWN]
VARIATIONS: dict[str, list[Reading]] = {
    "date_name": names(dates(PLAIN)),
    "date_first": [*firsts(dates(PLAIN)), *names(dates(PLAIN))],
    "date_place": dates(PLAIN),
    "names": ends(firsts(PLAIN)),
    "names_year": ends(firsts(years(PLAIN))),
    "name_day": ends(dates(PLAIN)),
    "name_month": ends(PLAIN),
    "name_year_day": ends(PLAIN),
    "first_day": firsts(dates(PLAIN)),
    "first_month": firsts(PLAIN),
    "first_year_day": firsts(PLAIN),
    "first_day_place": firsts(dates(PLAIN)),
    "first_year_place": firsts(PLAIN),
    "first_place": firsts(PLAIN),
    "prefixes_year": firsts(PLAIN),
    "day_place": dates(PLAIN),
    "prefixes": firsts(PLAIN),
    "date": dates(PLAIN),
}
READINGS: dict[str, list[tuple[str, ...]]] = {
    name: list(dict.fromkeys(tuple(reading[part] for part in key.of) for reading in VARIATIONS.get(name, PLAIN)))
    for name, key in ALL_KEYS.items()
}
"""Of each key: the parts it is folded from, once per way of reading who is asked for."""
# Looked up by every commune of a postal code; by place alone that would be too many people.
PLACED = frozenset(name for name, key in ALL_KEYS.items() if "place" in key.of and name != "place")


def turned(year: int, month: int, day: int) -> tuple[int, int]:
    """Date and day of the year with day and month inverted; 0 where that is no date, or not known."""
    if not (month > 0 and 0 < day <= 12):
        return 0, 0
    return (year * 10000 + day * 100 + month if year > 0 else 0), day * 100 + month


def _read(own: Parts) -> dict[str, Hashes]:
    """All parts by name, those read otherwise included."""
    one, year, month, day = np.uint64(1), own.year, own.day // 100, own.day % 100
    possible = (day <= 12) & (own.day > 0)
    return {part: getattr(own, part) for part in Parts.__slots__} | {
        "turned_date": np.where(possible & (year > 0), year * 10000 + day * 100 + month, 0).astype(np.uint64),
        "turned_day": np.where(possible, day * 100 + month, 0).astype(np.uint64),
        "year_before": np.where(year > 0, year - one, 0).astype(np.uint64),
        "year_after": np.where(year > 0, year + one, 0).astype(np.uint64),
    }


def probes(who: People, which: Iterable[str] = tuple(ALL_KEYS)) -> dict[str, Probes]:
    """Of these keys, for N people asked for."""
    own = _read(parts(who))
    everywhere = np.arange(len(who), dtype=np.int64)
    rows, place = _places(who)
    placed = {part: values[rows] for part, values in own.items()} | {"place": place}
    return {name: _folded(name, *((placed, rows) if name in PLACED else (own, everywhere))) for name in which}


def _folded(name: str, read: dict[str, Hashes], rows: Ints) -> Probes:
    values = np.concatenate([ALL_KEYS[name].folded([read[part] for part in parts]) for parts in READINGS[name]])
    of = np.concatenate([rows] * len(READINGS[name]))
    order = np.lexsort((values, of))
    order = order[values[order] != 0]
    of, values = of[order], values[order]
    new = np.ones(len(of), dtype=bool)
    new[1:] = (of[1:] != of[:-1]) | (values[1:] != values[:-1])
    return Probes(of[new], values[new])


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
