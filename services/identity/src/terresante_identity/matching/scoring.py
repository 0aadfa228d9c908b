"""Levels -> scores: a sum of weights, each of which can be shown. Nothing is multiplied, nothing is learnt here."""

import math
from collections.abc import Sequence

import numpy as np
from terresante_identity.domain.evidence import Reason
from terresante_identity.matching.arrays import Floats, Ints
from terresante_identity.matching.compare import Comparison
from terresante_identity.matching.levels import ALL
from terresante_identity.matching.weights import GRAIN, Weights, grained, relative_size

REGISTRY, RIVALS = "registry", "rivals"
LEAST = -10.0
"""Who scores less by themselves is as good as nobody (odds of 1 in 22,000): no rival, and not told to anybody."""


def contributions(found: Comparison, weights: Weights) -> dict[str, Floats]:
    """What each trait and joint level adds to each pair's score, all multiples of `weights.GRAIN`."""
    added = {}
    for trait in ALL:
        levels = found.levels[trait]
        weight = weights.levels[trait][levels]
        if trait in weights.rarity:
            weight = weight + grained(weights.rarity[trait][levels] * found.rarity[trait])
        if trait in weights.rarity_asked:
            weight = weight + grained(weights.rarity_asked[trait][levels] * found.rarity_asked[trait])
        added[trait] = weight
    return added


def start(weights: Weights, people: int) -> float:
    """The score before anything is compared: how unlikely anyone in particular is, among so many."""
    return round((weights.bias + weights.size * relative_size(people)) / GRAIN) * GRAIN


def scores(found: Comparison, weights: Weights) -> Floats:
    """The score of each pair by itself: the logarithm of the odds that both are one person."""
    total = np.full(len(found), start(weights, found.people))
    for added in contributions(found, weights).values():
        total += added
    return total


def against_rivals(asked: Ints, alone: Floats) -> Floats:
    """What the other candidates of the same look-up take from each score (0 or less): only one can be the person.

    `asked`: in order; `alone`: scores by themselves. Of candidates with odds o, one stands at o / (1 + the others').
    """
    if not len(asked):
        return np.zeros(0)
    new = np.concatenate([[True], asked[1:] != asked[:-1]])
    first, group = np.flatnonzero(new), np.cumsum(new) - 1
    odds = np.where(alone < LEAST, 0.0, np.exp(np.clip(alone, -500.0, 500.0)))
    best = odds == np.maximum.reduceat(odds, first)[group]
    total = np.add.reduceat(odds, first)[group]
    # The best one's own odds may drown the others' in the total: theirs are summed without it.
    rest = np.add.reduceat(np.where(best, 0.0, odds), first)[group]
    ties = np.add.reduceat(best.astype(np.float64), first)[group]
    others = np.where(best, rest + (ties - 1) * odds, total - odds)
    return -grained(np.log1p(others))


def against_rivals_of_one(alone: Sequence[float]) -> list[float]:
    """The same for the candidates of one look-up."""
    odds = [0.0 if score < LEAST else math.exp(min(score, 500.0)) for score in alone]
    greatest, total, ties = max(odds), sum(odds), odds.count(max(odds))
    rest = sum([one for one in odds if one != greatest])
    others = [rest + (ties - 1) * one if one == greatest else total - one for one in odds]
    return [-round(math.log1p(one) / GRAIN) * GRAIN for one in others]


def explained(found: Comparison, pair: int, weights: Weights, rivals: float = 0.0) -> list[Reason]:
    """The reasons of one pair; their weights sum to its score exactly. Levels that weigh nothing are left out."""
    reasons = [Reason(REGISTRY, f"{found.people}", start(weights, found.people))]
    for trait, added in contributions(found, weights).items():
        if added[pair]:
            reasons.append(Reason(trait, ALL[trait](int(found.levels[trait][pair])).name, float(added[pair])))
    return [*reasons, Reason(RIVALS, "OTHERS", rivals)] if rivals else reasons
