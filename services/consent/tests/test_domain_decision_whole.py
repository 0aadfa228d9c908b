"""The access rule against a second opinion: the whole truth table, and random worlds."""

import random
from itertools import product

import pytest
from hypothesis import given, settings
from terresante_consent.domain.decision import decide
from terresante_consent.domain.facts import FLAGS, Facts, Question, by_name
from terresante_consent.domain.rules import RULES
from terresante_consent.domain.sentences import sentence, todo
from terresante_consent.domain.vocabulary import OF_CONVERSATIONS, Action, Kind, Reason, Who

from .oracle import allows
from .worlds import (
    DOCUMENTS,
    NURSE,
    POLICY,
    UNLISTED,
    allowed,
    but,
    questions,
    worlds,
)

OF_PROFESSIONALS = [name for name in FLAGS if name not in {"is_patient", "acts", "may_read", "may_manage"}]
OF_PERSONS = [
    "strong_login", "is_patient", "acts", "may_read", "may_manage", "own", "has_own", "by_law",
    "hidden_from_professionals", "hidden_from_patient", "hidden_from_representatives", "consent_in_force",
    "patient_writing",
]  # fmt: skip
IRRELEVANT = {
    "hidden_from_patient", "hidden_from_representatives", "by_law", "joined", "feeder", "holds_issuer",
    "patient_writing",
}  # fmt: skip
OF_OFFICERS = {"identity_officer", "within_mandate", "in_team"}
OF_CONTENTS = {"emergency_open", "has_own", "hidden_from_professionals", "structure_agreed"}
OF_SYSTEMS = ["strong_login", "feeder", "account_open", "holds_issuer", "blocked", "own", "identity_officer", "member"]


@pytest.mark.parametrize("action", list(Action))
def test_the_whole_truth_table_of_professionals(action: Action) -> None:
    """All worlds of a professional: 2^14 combinations of facts that can matter to an act on records, or 2^13 to one
    that opens none, for an entitled profession or not."""
    foreign = IRRELEVANT | (OF_CONTENTS if RULES[action].apart else OF_OFFICERS)
    names = [name for name in OF_PROFESSIONALS if name not in foreign]
    one = action in (Action.READ, Action.BE_NOTIFIED, *OF_CONVERSATIONS)
    question = Question(action, Kind.DOCUMENT, "letter") if one else Question(action, Kind.DOCUMENT)
    for values in product((False, True), repeat=len(names)):
        for profession in (NURSE, UNLISTED):
            facts = but(Facts(Who.PROFESSIONAL, profession), dict(zip(names, values, strict=True)))
            assert allowed(question, facts) is allows(question, facts, POLICY), by_name(facts)


@pytest.mark.parametrize("action", list(Action))
def test_the_whole_truth_table_of_patients_and_representatives(action: Action) -> None:
    question = Question(action, Kind.DOCUMENT, "letter")
    for values in product((False, True), repeat=len(OF_PERSONS)):
        facts = but(Facts(Who.PATIENT), dict(zip(OF_PERSONS, values, strict=True)))
        assert allowed(question, facts) is allows(question, facts, POLICY), by_name(facts)


@pytest.mark.parametrize("action", list(Action))
def test_the_whole_truth_table_of_systems(action: Action) -> None:
    question = Question(action, Kind.DOCUMENT, "letter")
    for values in product((False, True), repeat=len(OF_SYSTEMS)):
        facts = but(Facts(Who.SYSTEM), dict(zip(OF_SYSTEMS, values, strict=True)))
        assert allowed(question, facts) is allows(question, facts, POLICY), by_name(facts)


@settings(max_examples=2000, deadline=None)
@given(questions, worlds)
def test_two_statements_of_the_rule_agree_on_any_world(question: Question, facts: Facts) -> None:
    assert allowed(question, facts) is allows(question, facts, POLICY)


@settings(max_examples=500, deadline=None)
@given(questions, worlds)
def test_a_refusal_has_reasons_and_a_permission_has_a_basis(question: Question, facts: Facts) -> None:
    decision = decide(question, facts, POLICY)

    assert decision.allowed is (decision.basis is not None) is (decision.reasons == ())
    assert sentence(question.action, decision.basis, decision.reasons)
    assert bool(todo(decision.reasons)) is not decision.allowed


def test_every_reason_is_the_reason_of_some_refusal() -> None:
    seen: set[Reason] = set()
    random.seed(1)
    for _ in range(30_000):
        facts = Facts(random.choice([Who.PROFESSIONAL, Who.PATIENT, Who.SYSTEM]), random.choice([NURSE, UNLISTED]))  # noqa: S311
        facts = but(facts, {name: random.random() < 0.6 for name in FLAGS})  # noqa: S311
        seen |= set(decide(Question(random.choice(list(Action)), Kind.DOCUMENT, "letter"), facts, POLICY).reasons)  # noqa: S311
        seen |= set(decide(DOCUMENTS, facts, POLICY).reasons)

    assert seen == set(Reason)
