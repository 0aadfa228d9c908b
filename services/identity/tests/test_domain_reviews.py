"""Pairs for a human: which are proposed, how grave a wrong decision is, who survives a merge."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from terresante_identity.domain.evidence import Candidate, Decision, Evidence
from terresante_identity.domain.identity import Person, PersonId
from terresante_identity.domain.ins import Environment, received_ins
from terresante_identity.domain.reviews import (
    MOST_AT_ONCE,
    CommentInvalid,
    proposed,
    require_comment,
    risk_of,
    survivor_of,
)
from terresante_identity.domain.status import Standing

from .fed import NIR, OID

INS = received_ins(NIR, OID, Environment.TEST)
RETRIEVED, VALIDATED = Standing(retrieved=True), Standing(checked=True)
QUALIFIED = Standing(retrieved=True, checked=True)


@pytest.mark.parametrize(
    ("vetoes", "risk"),
    [
        ((), 1),
        (("RIVAL",), 1),
        (("OTHER_NAME",), 2),
        (("OTHER_DATE",), 2),
        (("DOUBTFUL",), 2),
        (("TWINS",), 3),
        (("OTHER_INS",), 3),
        (("OTHER_NAME", "SAME_INS_OTHER_TRAITS"), 3),
    ],
)
def test_what_speaks_against_a_pair_tells_how_grave_a_wrong_decision_is(vetoes: tuple[str, ...], risk: int) -> None:
    assert risk_of(vetoes) == risk


def candidate(number: int, decision: Decision) -> Candidate:
    return Candidate(UUID(int=100 + number), UUID(int=number), Evidence(1.0, (), decision, (), "m", "auto"))


def test_a_human_is_asked_about_the_best_few_others_that_are_likely() -> None:
    decisions = [Decision.AUTO, Decision.NONE, *[Decision.REVIEW] * (MOST_AT_ONCE + 2)]
    found = [candidate(number, decision) for number, decision in enumerate(decisions)]

    asked = [one.person.int for one in proposed(found, PersonId(UUID(int=2)))]

    assert asked == [0, 3, 4, 5, 6]


@pytest.mark.parametrize(("better", "worse"), [(QUALIFIED, VALIDATED), (VALIDATED, RETRIEVED), (RETRIEVED, Standing())])
def test_who_is_better_identified_survives_though_younger(
    person: Callable[..., Person], better: Standing, worse: Standing
) -> None:
    def standing(number: int, standing: Standing) -> Person:
        return replace(person(number), standing=standing, ins=INS if standing.retrieved else None)

    older, younger = standing(1, worse), standing(2, better)

    assert survivor_of(older, younger) == (younger, older)
    assert survivor_of(younger, older) == (younger, older)


def test_of_two_equally_identified_the_older_survives(person: Callable[..., Person]) -> None:
    older, younger = person(2), person(1)
    younger = replace(younger, created_at=older.created_at + timedelta(seconds=1))

    assert survivor_of(older, younger) == (older, younger)
    assert survivor_of(younger, older) == (older, younger)


@pytest.mark.parametrize("text", ["Vu.", "Deux\nlignes.", "x" * 1000])
def test_a_reason_is_kept_as_written(text: str) -> None:
    assert require_comment(text) == text


@pytest.mark.parametrize("text", ["", " \n", "x" * 1001, "a\x00", "a\u202eb"])
def test_what_is_no_reason_is_refused(text: str) -> None:
    with pytest.raises(CommentInvalid):
        require_comment(text)
