"""From scores to what is done: link, show to a human, or neither. What stands in the way of a link is said by name."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
from terresante_identity.matching.arrays import Bools, Floats, Ints, Levels, among
from terresante_identity.matching.compare import Comparison
from terresante_identity.matching.joint import ALIKE_NAME, FAR_DATE, OTHER_NAME, SAME_FIRST, SAME_NAME
from terresante_identity.matching.levels import BirthDate, FirstName
from terresante_identity.matching.scoring import against_rivals, against_rivals_of_one
from terresante_identity.matching.weights import Policy


class Decision(IntEnum):
    """Of one candidate. Written in files as `auto`, `review`, or nothing."""

    NONE = 0
    REVIEW = 1
    AUTO = 2


WRITTEN = {Decision.NONE: "", Decision.REVIEW: "review", Decision.AUTO: "auto"}


class Veto(StrEnum):
    """Why two people's traits are never linked without a human, whatever their score. Those of status and INS:
    `evidence`.
    """

    TWINS = "TWINS"  # same name and date of birth, unrelated first names
    OTHER_NAME = "OTHER_NAME"  # another birth name, even if it may be a married one: two women may share all the rest
    OTHER_DATE = "OTHER_DATE"  # equal names, a date that differs in more than one component: parent and child
    POOR = "POOR"  # too few traits were known to tell


UNRELATED = (FirstName.CLOSE, FirstName.NEAR, FirstName.DIFFERENT)


def vetoes(found: Comparison) -> dict[Veto, Bools]:
    """The vetoes of pairs."""
    name, first, date = (found.levels[trait] for trait in ("birth_name", "first_names", "birth_date"))
    known = np.zeros(len(found), dtype=np.int8)
    for levels in (name, first, date):
        known += levels != 0
    return {
        Veto.TWINS: among(name, ALIKE_NAME) & _may_be_equal(date) & among(first, UNRELATED),
        Veto.OTHER_NAME: among(name, OTHER_NAME),
        Veto.OTHER_DATE: among(name, SAME_NAME) & among(first, SAME_FIRST) & among(date, FAR_DATE),
        Veto.POOR: np.asarray(known < 3, dtype=np.bool_),
    }


def _may_be_equal(date: Levels) -> Bools:
    return among(date, (BirthDate.EQUAL, BirthDate.DAY_UNKNOWN, BirthDate.YEAR_KNOWN, BirthDate.DEFAULT))


@dataclass(frozen=True, slots=True)
class Decided:
    """Pair by pair: `score` is the pair's own plus what its rivals take (`rivals`, 0 or less)."""

    score: Floats
    rivals: Floats
    decisions: Levels


def unlike(found: Comparison) -> Bools:
    """Pairs that twins may look like: one name, a date that may be equal, first names that are not the same."""
    first = found.levels["first_names"]
    alike = among(found.levels["birth_name"], ALIKE_NAME)
    return np.asarray(alike & (first != FirstName.MISSING) & ~among(first, SAME_FIRST), dtype=np.bool_)


def decided(asked: Ints, alone: Floats, barred: Bools, may_be_twins: Bools, policy: Policy) -> Decided:
    """`asked`: who is asked for, in order; `alone`: scores; `barred`: pairs with a veto -> what to do with each pair.

    `may_be_twins`: see `unlike`. The best candidate is linked from `policy.auto` when nothing bars it and the second
    best is `policy.margin` behind; from `policy.review` it is shown to a human, with all who come near it.
    """
    rivals = against_rivals(asked, alone)
    score = alone + rivals
    best, second, group = _two_best(asked, alone)
    is_best = np.zeros(len(asked), dtype=bool)
    is_best[best] = True
    lead = alone[best] - second
    top = score[best]
    needed = np.where(may_be_twins[best], policy.auto_unlike, policy.auto)
    linked = (top >= needed) & ~barred[best] & (lead >= policy.margin)
    # A human is asked by what the best would be alone: rivals make a doubt, they do not make it go away.
    shown = (alone[best] >= policy.review) & ~linked
    near = (alone >= (alone[best] - policy.margin)[group]) & (alone >= policy.review)
    decisions = np.where(is_best & linked[group], Decision.AUTO, Decision.NONE)
    decisions = np.where(shown[group] & (is_best | near), Decision.REVIEW, decisions)
    return Decided(score, rivals, decisions.astype(np.int8))


def decided_of_one(
    alone: Sequence[float], barred: Sequence[bool], may_be_twins: Sequence[bool], policy: Policy
) -> list[tuple[Decision, float]]:
    """The same for the candidates of one look-up, at least one: what to do with each, and what its rivals take."""
    rivals = against_rivals_of_one(alone)
    best = max(range(len(alone)), key=alone.__getitem__)
    second = max([score for place, score in enumerate(alone) if place != best], default=-math.inf)
    needed = policy.auto_unlike if may_be_twins[best] else policy.auto
    linked = alone[best] + rivals[best] >= needed and not barred[best] and alone[best] - second >= policy.margin
    shown = alone[best] >= policy.review and not linked
    near = max(alone[best] - policy.margin, policy.review)
    decisions = [Decision.REVIEW if shown and score >= near else Decision.NONE for score in alone]
    decisions[best] = Decision.AUTO if linked else Decision.REVIEW if shown else Decision.NONE
    return list(zip(decisions, rivals, strict=True))


def _two_best(asked: Ints, alone: Floats) -> tuple[Ints, Floats, Ints]:
    """Of each look-up: the place of its best pair, the second best's score; and each pair's look-up in that order."""
    order = np.lexsort((-alone, asked))
    ordered = asked[order]
    new = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(asked) else np.zeros(0, dtype=bool)
    first = np.flatnonzero(new)
    following = np.minimum(first + 1, max(len(asked) - 1, 0))
    has_second = (following > first) & (ordered[following] == ordered[first]) if len(asked) else new
    second = np.where(has_second, alone[order[following]], -np.inf) if len(asked) else np.zeros(0)
    group = np.empty(len(asked), dtype=np.int64)
    group[order] = np.cumsum(new) - 1
    return order[first], second, group
