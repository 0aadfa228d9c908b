"""Who is registered twice: what is spared from comparing is never what would have been told."""

from collections.abc import Iterable
from itertools import combinations

import numpy as np
import pytest
from terresante_dev.region.registry import Registry as Region
from terresante_dev.region.sets import delivery
from terresante_identity.matching.bound import Bound
from terresante_identity.matching.compare import compared
from terresante_identity.matching.dedupe import candidates, doubles
from terresante_identity.matching.frequencies import frequencies
from terresante_identity.matching.people import TRAITS, People, RawTraits, people_of_columns
from terresante_identity.matching.scoring import scores
from terresante_identity.matching.weights import shipped

from .someone import MARIE, YEAR, one, rows

PEOPLE, REGION_SEED, SET_SEED = 3_000, 606, 66


def columns(lines: Iterable[tuple[str, ...]]) -> People:
    return people_of_columns(dict(zip(TRAITS, map(list, zip(*lines, strict=True)), strict=True)), YEAR)


@pytest.fixture(scope="module")
def delivered() -> tuple[People, list[str]]:
    """A delivery with people in it twice or thrice, and who each line is."""
    made = list(delivery(Region(PEOPLE, REGION_SEED), SET_SEED))
    return columns(line[1:] for line, _ in made), [truth[1] for _, truth in made]


@pytest.mark.parametrize(("french", "share"), [(True, 0.5), (False, 0.0)])
def test_no_pair_scores_more_than_its_bound(delivered: tuple[People, list[str]], french: bool, share: float) -> None:
    who, _ = delivered
    weights, known = shipped(french), frequencies(who)
    rng = np.random.default_rng(6)
    near = candidates(who)
    left = np.concatenate([near[0], rng.integers(0, len(who), 30_000)])
    right = np.concatenate([near[1], rng.integers(0, len(who), 30_000)])
    score = scores(compared(who, left, who, right, known), weights)
    bound = Bound(who, known, weights)

    for least in (-8.0, weights.policies["auto"].review, 6.0):
        for may_reach in (bound.may_reach, bound.may_reach_closely):
            spared = ~may_reach(least, left, right)
            assert not (score[spared] >= least).any()
    assert spared.mean() > share


def test_odd_people_score_no_more_than_their_bound() -> None:
    blank, jean = RawTraits(), RawTraits("JEAN", "MARIE", "1980-12-04", "M", "75056")
    odd = [
        MARIE, blank, jean, RawTraits("MARIE", "JEAN", "1980-04-12", "F", "75113"), RawTraits("", "MARIE", "1980"),
        RawTraits("LEFEBVRE", "", "1980-04-12"), RawTraits("MA-RIE", "JEAN-PIERRE"), RawTraits("MARIE", "JEANPIERRE"),
        RawTraits("MARIE ANNE", "LEFEBVRE", "1980-04-12", "F", "75013"), RawTraits("LEFEVRE", "M", "1980-04-21"),
    ]  # fmt: skip
    who, weights = one(*odd), shipped()
    pairs = list(combinations(range(len(odd)), 2))
    left, right = rows(*[pair[0] for pair in pairs]), rows(*[pair[1] for pair in pairs])
    known = frequencies(who)
    score = scores(compared(who, left, who, right, known), weights)
    bound = Bound(who, known, weights)

    for place, one_score in enumerate(score.tolist()):
        pair = left[place : place + 1], right[place : place + 1]
        assert bound.may_reach(one_score, *pair).all(), pairs[place]
        assert bound.may_reach_closely(one_score, *pair).all(), pairs[place]


def test_doubles_are_those_of_all_pairs_that_share_a_key(delivered: tuple[People, list[str]]) -> None:
    who, _ = delivered
    weights = shipped()
    policy = weights.policies["auto"]
    left, right = candidates(who)
    score = scores(compared(who, left, who, right, frequencies(who)), weights)
    wanted = {(left[at], right[at]) for at in np.flatnonzero(score >= policy.review).tolist()}

    found = doubles(who, weights, policy)

    assert set(zip(found.one.tolist(), found.other.tolist(), strict=True)) == wanted
    assert (np.diff(found.score) <= 0).all()


def test_who_was_delivered_twice_is_found(delivered: tuple[People, list[str]]) -> None:
    who, persons = delivered
    weights = shipped()
    found = doubles(who, weights, weights.policies["auto"])
    same = [persons[one] == persons[other] for one, other in zip(found.one.tolist(), found.other.tolist(), strict=True)]
    linked = found.decisions == 2

    twice = len(persons) - len(set(persons))
    assert sum(same) >= 0.95 * twice
    assert np.array(same)[linked].mean() >= 0.99
