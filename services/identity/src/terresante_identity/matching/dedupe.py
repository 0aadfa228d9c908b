"""Finds those registered twice: all pairs who share a key, scored."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from terresante_identity.matching.arrays import Bools, Floats, Hashes, Ints, Levels, distinct, folded
from terresante_identity.matching.bound import Bound
from terresante_identity.matching.compare import compared
from terresante_identity.matching.deciding import Decision, unlike, vetoes
from terresante_identity.matching.frequencies import Frequencies, frequencies
from terresante_identity.matching.keys import ALL_KEYS, WIDE, Parts, dated, parts
from terresante_identity.matching.people import People
from terresante_identity.matching.scoring import scores
from terresante_identity.matching.weights import Policy, Weights

CHUNK = 400_000
# Larger groups than that share a value by chance; the pairs in them that are one person share another key too.
LARGEST_GROUP = 40
# Up to so many people, keys of one trait are worth their pairs.
SMALL = 50_000

Progress = Callable[[int], object]
Worth = Callable[[Ints, Ints], Bools]


@dataclass(frozen=True, slots=True)
class Doubles:
    """Pairs of rows, the earlier first, the most alike first; `decisions`: link or show to a human."""

    one: Ints
    other: Ints
    score: Floats
    decisions: Levels


def doubles(who: People, weights: Weights, policy: Policy, progress: Progress = lambda _: None) -> Doubles:
    """All pairs from `policy.review` up. `progress` is told shares of 100 as pairs are compared."""
    known = frequencies(who)
    bound = Bound(who, known, weights)
    one, other = candidates(who, lambda one, other: bound.may_reach(policy.review, one, other))
    kept = []
    done = 0
    for start in range(0, len(one), CHUNK):
        left, right = one[start : start + CHUNK], other[start : start + CHUNK]
        near = bound.may_reach_closely(policy.review, left, right)
        kept.append(_told(who, left[near], right[near], known, weights, policy))
        now = round(100 * min(start + CHUNK, len(one)) / len(one))
        progress(now - done)
        done = now
    progress(100 - done)
    return _best_first(kept)


def _told(who: People, one: Ints, other: Ints, known: Frequencies, weights: Weights, policy: Policy) -> Doubles:
    """Those of these pairs that are to be told."""
    found = compared(who, one, who, other, known)
    score = scores(found, weights)
    barred = np.logical_or.reduce(list(vetoes(found).values()))
    needed = np.where(unlike(found), policy.auto_unlike, policy.auto)
    decisions = np.where((score >= needed) & ~barred, Decision.AUTO, Decision.REVIEW).astype(np.int8)
    above = np.flatnonzero(score >= policy.review)
    return Doubles(one[above], other[above], score[above], decisions[above])


def candidates(who: People, worth: Worth = lambda one, _: np.ones(len(one), dtype=bool)) -> tuple[Ints, Ints]:
    """Pairs of rows that share a key and are `worth` comparing, the earlier first; of many people, those alike in two
    traits only.
    """
    if len(who) > SMALL:
        alike = Alike(who)
        return _pairs(_self_keys(who), alike.in_two_traits, worth)
    return _pairs(_self_keys(who), worth)


def _best_first(kept: list[Doubles]) -> Doubles:
    if not kept:
        none = np.zeros(0, dtype=np.int64)
        return Doubles(none, none, np.zeros(0), np.zeros(0, dtype=np.int8))
    score = np.concatenate([part.score for part in kept])
    order = np.argsort(-score, kind="stable")
    return Doubles(
        np.concatenate([part.one for part in kept])[order],
        np.concatenate([part.other for part in kept])[order],
        score[order],
        np.concatenate([part.decisions for part in kept])[order],
    )


class Alike:
    """Which pairs resemble in two of name, first name and date: one alone never reaches a human's table."""

    def __init__(self, who: People) -> None:
        of = parts(who)
        low, high = np.minimum(who.month, who.day), np.maximum(who.month, who.day)
        self._name, self._name_end, self._first, self._second = of.name, of.name_end, of.first, of.second
        self._names, self._firsts = (of.name, of.name_end, of.prefix), (of.first, of.given_prefix)
        self._dates = of.month, of.day, of.year_day, dated(who.year, low, high)

    def in_two_traits(self, one: Ints, other: Ints) -> Bools:
        """Of these pairs of rows."""
        name = _equal(self._names, one, other) | (self._name[one] == self._name_end[other])
        name |= (self._name_end[one] == self._name[other]) | (self._name[one] == self._first[other])
        first = _equal(self._firsts, one, other) | (self._first[one] == self._second[other])
        first |= (self._second[one] == self._first[other]) | (self._first[one] == self._name[other])
        either = name | first
        date = np.zeros(len(one), dtype=bool)
        date[either] = _equal(self._dates, one[either], other[either])
        return np.asarray((name & first) | (either & date), dtype=np.bool_)


def _equal(traits: Sequence[Hashes], one: Ints, other: Ints) -> Bools:
    alike = [(trait[one] == trait[other]) & (trait[one] != 0) for trait in traits]
    return np.asarray(np.logical_or.reduce(alike), dtype=np.bool_)


def _self_keys(who: People) -> Iterator[Hashes]:
    """The keys of all, and those that make one of two readings: day and month inverted, names swapped, a year apart."""
    of = parts(who)
    for name, key in ALL_KEYS.items():
        if name not in WIDE or len(who) <= SMALL:
            yield key.folded([getattr(of, part) for part in key.of])
    yield from _readings(of, who)


def _readings(of: Parts, who: People) -> Iterator[Hashes]:
    low, high = np.minimum(who.month, who.day), np.maximum(who.month, who.day)
    date, day = dated(who.year, low, high), dated(low, high)
    names = np.minimum(of.name, of.first), np.maximum(of.name, of.first)
    yield folded(101, date, of.name)
    yield folded(102, date, of.first)
    yield folded(103, day, *names)
    yield folded(104, of.date, *names)
    yield folded(105, of.date, of.name_end)
    yield folded(106, of.first, of.name_end, of.year)
    # Two years that follow one another fall in one pair of years or in the other.
    for shift in (0, 1):
        years = np.where(of.year > 0, (of.year + np.uint64(shift)) // np.uint64(2), np.uint64(0))
        yield folded(107 + shift, *names, years)


def _pairs(all_keys: Iterator[Hashes], *worth: Worth) -> tuple[Ints, Ints]:
    """Pairs of rows that share a value, the lower first, no pair twice, those that are worth it in turn."""
    found = [np.zeros(0, dtype=np.int64)]
    for values in all_keys:
        kept = [
            _worth(pairs[start : start + CHUNK], worth)
            for pairs in _pairs_of(values)
            for start in range(0, len(pairs), CHUNK)
        ]
        found.append(distinct(np.concatenate(kept or found[:1])))
    pairs = distinct(np.concatenate(found))
    return pairs >> np.int64(32), pairs & np.int64(0xFFFFFFFF)


def _worth(pairs: Ints, worth: Sequence[Worth]) -> Ints:
    for asked in worth:
        pairs = pairs[asked(pairs >> np.int64(32), pairs & np.int64(0xFFFFFFFF))]
    return pairs


def _pairs_of(values: Hashes) -> Iterator[Ints]:
    """Rows in order of value: row i is paired with the next, the one after, and so on as long as values are equal."""
    order = np.argsort(values).astype(np.int64)
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.append(starts, len(ordered)))
    grouped = (sizes > 1) & (sizes <= LARGEST_GROUP) & (ordered[starts] != 0)
    kept = np.repeat(grouped, sizes)
    order, ordered = order[kept], ordered[kept]
    for step in range(1, int(sizes[grouped].max(initial=1))):
        equal = np.flatnonzero(ordered[step:] == ordered[:-step])
        one, other = order[equal], order[equal + step]
        yield (np.minimum(one, other) << np.int64(32)) | np.maximum(one, other)
