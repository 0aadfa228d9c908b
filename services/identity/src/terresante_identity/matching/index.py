"""Where candidates come from: everybody who shares a value of a key. In memory here; in SQL it is one btree per key."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from terresante_identity.matching.arrays import Hashes, Ints, distinct
from terresante_identity.matching.keys import cap
from terresante_identity.matching.probes import Probes

# Bits of the filter that spares most look-ups of a large registry; 2**22 values fit the cache of a core.
FILTER_BITS = 22


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs (who is asked for, who is registered), no pair twice, in order; `capped`: keys left out, for whom."""

    asked: Ints
    registered: Ints
    capped: dict[str, Ints]


class Candidates(Protocol):
    """What a store of keys must do, whatever it is made of.

    For each key and probe: the registered rows whose column of that key equals the value, unless they are more than
    `keys.cap(key)`: then none, and who was asked for is told in `capped`. Together: the union over keys.
    """

    def candidates(self, probes: dict[str, Probes]) -> Found: ...


class SortedIndex:
    """Keys in order, in memory: for many small questions to one registry."""

    def __init__(self, keys: dict[str, Hashes]) -> None:
        self._order = {name: np.argsort(values, kind="stable").astype(np.int64) for name, values in keys.items()}
        self._values = {name: values[self._order[name]] for name, values in keys.items()}

    def candidates(self, probes: dict[str, Probes]) -> Found:
        found = []
        capped = {}
        for name, values in self._values.items():
            probe = probes[name]
            start = np.searchsorted(values, probe.values, side="left")
            count = np.searchsorted(values, probe.values, side="right") - start
            capped[name] = distinct(probe.rows[count > cap(name)])
            asked, at = _expanded(probe.rows, start, np.where(count > cap(name), 0, count))
            found.append((asked, self._order[name][at]))
        return _union(found, capped)


class OneLook:
    """Keys as they come, not sorted: for one large question. The registry is filtered by the probes."""

    def __init__(self, keys: dict[str, Hashes]) -> None:
        self._keys = keys

    def candidates(self, probes: dict[str, Probes]) -> Found:
        found = []
        capped = {}
        for name, values in self._keys.items():
            probe = probes[name]
            rows = _hit(values, probe.values)
            narrow = SortedIndex({name: values[rows]}).candidates({name: probe})
            found.append((narrow.asked, rows[narrow.registered]))
            capped[name] = narrow.capped[name]
        return _union(found, capped)


def _hit(values: Hashes, wanted: Hashes) -> Ints:
    """Rows whose value may be wanted: a bit per value, so that a few too many pass, and none is missed."""
    mask = np.uint64((1 << FILTER_BITS) - 1)
    bits = np.zeros(1 << FILTER_BITS, dtype=bool)
    bits[wanted & mask] = True
    return np.flatnonzero(bits[values & mask]).astype(np.int64)


def _expanded(rows: Ints, start: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Each row once per position start, start + 1, … of its run."""
    total = int(count.sum())
    within = np.arange(total, dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(rows, count), np.repeat(start, count) + within


def _union(found: list[tuple[Ints, Ints]], capped: dict[str, Ints]) -> Found:
    pairs = distinct(np.concatenate([(asked << np.int64(32)) | registered for asked, registered in found]))
    return Found(pairs >> np.int64(32), pairs & np.int64(0xFFFFFFFF), capped)
