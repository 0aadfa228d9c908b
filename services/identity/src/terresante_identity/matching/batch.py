"""Many look-ups at once: all candidates by one join on keys, then scores chunk by chunk."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from terresante_identity.matching.arrays import Floats, Hashes, Ints, Levels
from terresante_identity.matching.compare import compared
from terresante_identity.matching.deciding import Decision, decided, unlike, vetoes
from terresante_identity.matching.frequencies import Frequencies, frequencies
from terresante_identity.matching.index import Candidates, Found, OneLook
from terresante_identity.matching.keys import ALL_KEYS, KEYS, keys
from terresante_identity.matching.people import People
from terresante_identity.matching.probes import probes
from terresante_identity.matching.scoring import scores
from terresante_identity.matching.weights import Policy, Weights

CHUNK = 400_000
LIMIT = 10
# Up to so many people the keys of one trait (`keys.WIDE`) are worth their candidates.
SMALL = 200_000

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Registry:
    """Those registered, ready to be asked: their columns, where candidates come from, how frequent their names are."""

    people: People
    index: Candidates
    frequencies: Frequencies
    keys: tuple[str, ...]


def registry(registered: People, index: Callable[[dict[str, Hashes]], Candidates] = OneLook) -> Registry:
    """`index`: `index.OneLook` for one large question, `index.SortedIndex` for many small ones."""
    which = ALL_KEYS if len(registered) <= SMALL else KEYS
    return Registry(registered, index(keys(registered, which)), frequencies(registered), tuple(which))


@dataclass(frozen=True, slots=True)
class Answers:
    """Pairs (look-up, registered), best first for each look-up, at most `limit` of them.

    `score`: with what rivals take; `alone`: without.
    """

    asked: Ints
    registered: Ints
    score: Floats
    alone: Floats
    decisions: Levels


def _nothing(_: int) -> None:
    return None


def answers(
    known: Registry, asked: People, weights: Weights, policy: Policy, limit: int = LIMIT, progress: Progress = _nothing
) -> Answers:
    """Who each of those asked for may be. `progress` is told how many look-ups are done, as they are."""
    found = known.index.candidates(probes(asked, known.keys))
    parts = []
    done = 0
    for first, last in _chunks(found, CHUNK):
        parts.append(
            _answered(known, asked, weights, policy, limit, found.asked[first:last], found.registered[first:last])
        )
        now = int(found.asked[last - 1]) + 1
        progress(now - done)
        done = now
    progress(len(asked) - done)
    return Answers(
        *(
            np.concatenate([getattr(part, name) for part in parts]) if parts else np.zeros(0, dtype=kind)
            for name, kind in zip(Answers.__slots__, (np.int64, np.int64, float, float, np.int8), strict=True)
        )
    )


def _answered(
    known: Registry, asked: People, weights: Weights, policy: Policy, limit: int, mine: Ints, yours: Ints
) -> Answers:
    found = compared(asked, mine, known.people, yours, known.frequencies)
    alone = scores(found, weights)
    barred = np.logical_or.reduce(list(vetoes(found).values()))
    done = decided(mine, alone, barred, unlike(found), policy)
    order = np.lexsort((yours, -alone, done.decisions != Decision.AUTO, mine))
    ordered = mine[order]
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    rank = np.arange(len(order)) - np.flatnonzero(first)[np.cumsum(first) - 1]
    kept = order[rank < limit]
    return Answers(mine[kept], yours[kept], done.score[kept], alone[kept], done.decisions[kept])


def _chunks(found: Found, size: int) -> list[tuple[int, int]]:
    """Ranges of about `size` pairs, never within one look-up."""
    total = len(found.asked)
    bounds = [0]
    while bounds[-1] < total:
        end = min(bounds[-1] + size, total)
        end = total if end == total else int(np.searchsorted(found.asked, found.asked[end], side="left"))
        if end <= bounds[-1]:
            end = int(np.searchsorted(found.asked, found.asked[bounds[-1]], side="right"))
        bounds.append(end)
    return list(pairwise(bounds))
