"""Which identifiers a file has had already: of twelve million of them, in two hundred megabytes."""

from collections.abc import Sequence

import numpy as np

from terresante_identity.matching.arrays import Hashes, Ints


class Seen:
    """Identifiers by 128 bits of Python's keyed hash, two halves: that two have the same is not to be expected.

    Kept in sorted runs, each at least twice as long as the next; a run that comes too near is merged.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[Hashes, Hashes]] = []

    def again(self, ids: Sequence[str]) -> list[int]:
        """Rows whose identifier was there before, in an earlier call or a row above; the empty one is none."""
        first, second = _hashes(ids), _hashes([f"{id}\n" for id in ids])
        order = np.argsort(first, kind="stable")
        first, second = first[order], second[order]
        used = np.zeros(len(ids), dtype=bool)
        used[1:] = (first[1:] == first[:-1]) & (second[1:] == second[:-1])
        for known, other in self._runs:
            place = np.minimum(np.searchsorted(known, first), len(known) - 1)
            used |= (known[place] == first) & (other[place] == second)
        new = ~used
        self._keep(first[new], second[new])
        rows: Ints = np.sort(order[used])
        return [row for row in rows.tolist() if ids[row]]

    def _keep(self, first: Hashes, second: Hashes) -> None:
        while self._runs and len(self._runs[-1][0]) < 2 * len(first):
            known, other = self._runs.pop()
            first, second = np.concatenate([known, first]), np.concatenate([other, second])
            order = np.argsort(first, kind="stable")
            first, second = first[order], second[order]
        if len(first):
            self._runs.append((first, second))


def _hashes(ids: Sequence[str]) -> Hashes:
    return np.fromiter(map(hash, ids), dtype=np.int64, count=len(ids)).view(np.uint64)
