"""Names of the array types, and the one way to fold several numbers into a key."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int8]
Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

FIRST, SECOND, SHIFT, MASK = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 31, (1 << 64) - 1
_FIRST, _SECOND, _SHIFT = np.uint64(FIRST), np.uint64(SECOND), np.uint64(SHIFT)


def folded(salt: int, *parts: Hashes) -> Hashes:
    """One 64-bit number of several, order mattering; 0 (nothing to compare) as soon as one part is 0.

    Written so that it can be done again anywhere: multiply, shift, xor on 64 bits (the constants are splitmix64's).
    """
    key = np.full(parts[0].shape, salt, dtype=np.uint64)
    known = np.ones(parts[0].shape, dtype=bool)
    for part in parts:
        key = (key ^ part) * _FIRST
        key = (key ^ (key >> _SHIFT)) * _SECOND
        known &= part != 0
    return np.where(known, key, np.uint64(0))


def folded_one(salt: int, parts: Sequence[int]) -> int:
    """The same of one number each, for look-ups one by one: arrays of one cost ten times as much."""
    key = salt
    for part in parts:
        if not part:
            return 0
        key = ((key ^ part) * FIRST) & MASK
        key = ((key ^ (key >> SHIFT)) * SECOND) & MASK
    return key


def among(levels: Levels, wanted: Iterable[int]) -> Bools:
    """Whether each level is one of those wanted; a table of answers, for `np.isin` costs more than all the rest."""
    table = np.zeros(128, dtype=bool)
    table[list(wanted)] = True
    return np.asarray(table[levels], dtype=np.bool_)


def distinct(values: Ints) -> Ints:
    """Each value once, in order. Sorting is several times faster here than `np.unique`, which hashes first."""
    ordered = np.sort(values)
    new = np.ones(len(ordered), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new]


def distinct_pairs(left: Ints, right: Ints) -> tuple[Ints, Ints, Ints]:
    """Distinct (left, right) pairs, and for each given pair the place of its like: compare once, use often."""
    both = (left << np.int64(32)) | right
    order = np.argsort(both, kind="stable")
    ordered = both[order]
    new = np.ones(len(ordered), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    places = np.empty(len(both), dtype=np.int64)
    places[order] = np.cumsum(new) - 1
    pairs = ordered[new]
    return pairs >> np.int64(32), pairs & np.int64(0xFFFFFFFF), places


def hashes_of(numbers: Sequence[int]) -> Hashes:
    return np.array(numbers, dtype=np.uint64)
