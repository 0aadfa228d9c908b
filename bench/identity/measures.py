"""What the figures mean, once for both engines: recall at a precision, hits, decisions, F1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Answered:
    """Answers of one engine: rows of look-ups and of the registry, best first for each look-up.

    `decisions`: 2 auto, 1 review, 0 neither (an engine without decisions: all 0).
    """

    asked: Ints
    registered: Ints
    score: Floats
    decisions: Ints

    def best(self) -> Ints:
        """Places of the first answer of each look-up that has one."""
        return np.flatnonzero(np.concatenate([[True], self.asked[1:] != self.asked[:-1]]))


@dataclass(frozen=True)
class Truth:
    """Per look-up: the registered row (-1 when absent), and what an absent one is of somebody present."""

    row: Ints
    relation: npt.NDArray[Any]

    @property
    def present(self) -> int:
        return int((self.row >= 0).sum())


def recall_at(answered: Answered, truth: Truth, precision: float) -> float:
    """Highest recall while all answers above the threshold, the best of each look-up, are right in this share."""
    best = answered.best()
    right = truth.row[answered.asked[best]] == answered.registered[best]
    order = np.argsort(-answered.score[best], kind="stable")
    score, hits = answered.score[best][order], np.cumsum(right[order])
    share = hits / np.arange(1, len(order) + 1)
    # A threshold cannot stand between equal scores.
    allowed = (share >= precision) & np.concatenate([score[1:] != score[:-1], [True]])
    return float(hits[allowed].max() / truth.present) if allowed.any() else 0.0


def hit_at(answered: Answered, truth: Truth, rank: int) -> float:
    """Share of present look-ups whose person is among the first `rank` answers."""
    starts = answered.best()
    place = np.arange(len(answered.asked)) - np.repeat(starts, np.diff(np.append(starts, len(answered.asked))))
    hit = (truth.row[answered.asked] == answered.registered) & (place < rank)
    return float(hit.sum() / truth.present)


@dataclass(frozen=True)
class Decisions:
    """Auto-links, how many are wrong, twins among them; look-ups in the queue, and the person being in it."""

    linked: int
    wrong: int
    twins_linked: int
    twins: int
    queued: int
    queued_present: int
    queued_shown: int

    @property
    def precision(self) -> float:
        return 1 - self.wrong / max(self.linked, 1)


def decisions(answered: Answered, truth: Truth, linked: Bools | None = None) -> Decisions:
    """`linked`: answers to count as auto-links instead of the engine's own decisions."""
    auto = np.asarray(answered.decisions == 2) if linked is None else linked
    right = truth.row[answered.asked] == answered.registered
    twin = truth.relation == "twin"
    review = answered.decisions == 1
    queued = np.unique(answered.asked[review])
    shown = np.unique(answered.asked[review & right])
    return Decisions(
        linked=int(auto.sum()),
        wrong=int((auto & ~right).sum()),
        twins_linked=int((auto & twin[answered.asked]).sum()),
        twins=int(twin.sum()),
        queued=len(queued),
        queued_present=int((truth.row[queued] >= 0).sum()),
        queued_shown=len(shown),
    )


def best_f1(score: Floats, right: Bools, matches: int) -> tuple[float, float]:
    """Highest F1 over all thresholds, and the threshold. `matches`: how many pairs there are to find."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(right[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + matches)
    at = int(f1.argmax())
    return float(f1[at]), float(score[order][at])


def one_to_one(asked: Ints, registered: Ints, score: Floats) -> Ints:
    """Places of pairs, best first, each person of either side used once."""
    used_left, used_right, kept = set[int](), set[int](), []
    for place in np.argsort(-score, kind="stable").tolist():
        left, right = int(asked[place]), int(registered[place])
        if left not in used_left and right not in used_right:
            used_left.add(left)
            used_right.add(right)
            kept.append(place)
    return np.array(kept, dtype=np.int64)
