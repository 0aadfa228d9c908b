"""Finds those registered twice: all pairs who share a key, scored."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from terresante_identity.matching.arrays import Bools, Floats, Hashes, Ints, Levels, distinct, folded
from terresante_identity.matching.compare import compared
from terresante_identity.matching.deciding import Decision, unlike, vetoes
from terresante_identity.matching.frequencies import frequencies
from terresante_identity.matching.keys import WIDE, Parts, dated, keys, parts
from terresante_identity.matching.people import People
from terresante_identity.matching.scoring import scores
from terresante_identity.matching.weights import Policy, Weights

CHUNK = 400_000
# Larger groups than that share a value by chance; the pairs in them that are one person share another key too.
LARGEST_GROUP = 40
# Up to so many people, keys of one trait are worth their pairs.
SMALL = 50_000

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Doubles:
    """Pairs of rows, the earlier first, the most alike first; `decisions`: link or show to a human."""

    one: Ints
    other: Ints
    score: Floats
    decisions: Levels


def doubles(who: People, weights: Weights, policy: Policy, progress: Progress = lambda _: None) -> Doubles:
    """All pairs from `policy.review` up. `progress` is told shares of 100 as pairs are compared."""
    one, other = candidates(who)
    known = frequencies(who)
    kept = []
    done = 0
    for start in range(0, len(one), CHUNK):
        found = compared(who, one[start : start + CHUNK], who, other[start : start + CHUNK], known)
        score = scores(found, weights)
        barred = np.logical_or.reduce(list(vetoes(found).values()))
        needed = np.where(unlike(found), policy.auto_unlike, policy.auto)
        decisions = np.where((score >= needed) & ~barred, Decision.AUTO, Decision.REVIEW).astype(np.int8)
        above = np.flatnonzero(score >= policy.review)
        kept.append(Doubles(one[start + above], other[start + above], score[above], decisions[above]))
        now = round(100 * min(start + CHUNK, len(one)) / len(one))
        progress(now - done)
        done = now
    progress(100 - done)
    return _best_first(kept)


def candidates(who: People) -> tuple[Ints, Ints]:
    """Pairs of rows that share a key, the earlier first; of many people, those alike in two traits only."""
    one, other = _pairs(_self_keys(who))
    return (one, other) if len(who) <= SMALL else _worth_comparing(who, one, other)


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


def _worth_comparing(who: People, one: Ints, other: Ints) -> tuple[Ints, Ints]:
    """Pairs that resemble in two of name, first name and date: one alone never reaches a human's table."""
    of = parts(who)

    def equal(*traits: Hashes) -> Bools:
        alike = [(trait[one] == trait[other]) & (trait[one] != 0) for trait in traits]
        return np.asarray(np.logical_or.reduce(alike))

    name = equal(of.name, of.name_end, of.prefix) | (of.name[one] == of.name_end[other])
    name |= (of.name_end[one] == of.name[other]) | (of.name[one] == of.first[other])
    first = equal(of.first, of.given_prefix) | (of.first[one] == of.second[other]) | (of.second[one] == of.first[other])
    first |= of.first[one] == of.name[other]
    low, high = np.minimum(who.month, who.day), np.maximum(who.month, who.day)
    date = equal(of.month, of.day, of.year_day, dated(who.year, low, high))
    worth = (name & first) | (name & date) | (first & date)
    return one[worth], other[worth]


def _self_keys(who: People) -> Iterator[Hashes]:
    """The keys of all, and those that make one of two readings: day and month inverted, names swapped, a year apart."""
    for name, values in keys(who).items():
        if name not in WIDE or len(who) <= SMALL:
            yield values
    of = parts(who)
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


def _pairs(all_keys: Iterator[Hashes]) -> tuple[Ints, Ints]:
    """Pairs of rows that share a value, the lower first, no pair twice."""
    found = [distinct(np.concatenate([np.zeros(0, dtype=np.int64), *_pairs_of(values)])) for values in all_keys]
    pairs = distinct(np.concatenate(found))
    return pairs >> np.int64(32), pairs & np.int64(0xFFFFFFFF)


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
