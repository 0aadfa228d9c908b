"""The access rule: its promises one by one, the whole truth table, and a second opinion on random worlds."""

import random

import pytest
from terresante_consent.domain.decision import OWN_ONLY, decide
from terresante_consent.domain.facts import FLAGS, Facts, Question, of_true_flags, true_flags
from terresante_consent.domain.rules import RULES
from terresante_consent.domain.sentences import ACTS, WHY, WHY_NOT
from terresante_consent.domain.vocabulary import Action, Basis, Kind, Reason, Who

from .worlds import (
    DOCUMENTS,
    LETTER,
    NURSE,
    PHYSICIAN,
    POLICY,
    UNLISTED,
    allowed,
    but,
    curator,
    feeder,
    member,
    mother,
    officer,
    patient,
    physician,
    refusals,
    social_worker,
)


def test_a_member_reads_what_their_profession_is_entitled_to() -> None:
    decision = decide(LETTER, member, POLICY)

    assert decision.allowed
    assert decision.basis is Basis.MEMBER
    assert decision.reasons == ()
    assert decision.policy_version == POLICY.version


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"strong_login": False}, "LOGIN_TOO_WEAK"),
        ({"account_open": False}, "ACCOUNT_SUSPENDED"),
        ({"practises": False}, "NO_PLACE_OF_PRACTICE"),
        ({"blocked": True}, "BLOCKED_BY_PATIENT"),
        ({"consent_in_force": False}, "CONSENT_NOT_IN_FORCE"),
        ({"member": False}, "NOT_IN_CIRCLE"),
        ({"profession": UNLISTED}, "CATEGORY_NOT_ENTITLED"),
        ({"hidden_from_professionals": True}, "HIDDEN"),
        ({"health_professional": False}, "AGREEMENT_MISSING"),
    ],
)
def test_each_condition_alone_closes_the_record_to_a_member_and_says_so(change: dict[str, bool], reason: str) -> None:
    assert refusals(LETTER, but(member, change)) == [reason]


def test_all_that_stands_in_the_way_is_told_the_decisive_reason_first() -> None:
    stranger = physician._replace(profession=UNLISTED, hidden_from_professionals=True, blocked=True)

    assert refusals(LETTER, stranger) == [
        "BLOCKED_BY_PATIENT",
        "CONSENT_NOT_IN_FORCE",
        "NOT_IN_CIRCLE",
        "CATEGORY_NOT_ENTITLED",
        "HIDDEN",
    ]


def test_before_there_is_a_consent_the_refusal_speaks_of_consent() -> None:
    assert refusals(DOCUMENTS, physician)[0] == "CONSENT_NOT_IN_FORCE"


def test_a_block_wins_over_an_emergency_and_over_what_one_wrote() -> None:
    blocked = member._replace(blocked=True, emergency_open=True, own=True, has_own=True)

    for action, rule in RULES.items():
        if rule.professional is not None and not rule.apart:
            assert refusals(Question(action), blocked)[0] == "BLOCKED_BY_PATIENT"


def test_after_withdrawal_or_removal_an_author_keeps_what_they_wrote_and_nothing_else() -> None:
    for gone in (member._replace(consent_in_force=False), member._replace(member=False)):
        assert decide(LETTER, gone._replace(own=True), POLICY).basis is Basis.AUTHOR
        assert not allowed(LETTER, gone)
        assert decide(DOCUMENTS, gone._replace(has_own=True), POLICY).scope == OWN_ONLY
        assert not allowed(DOCUMENTS, gone)
        assert not allowed(Question(Action.PUBLISH, Kind.DOCUMENT, "letter"), gone._replace(own=True))


def test_an_author_sees_their_own_document_hidden_from_other_professionals() -> None:
    assert allowed(LETTER, member._replace(hidden_from_professionals=True, own=True))


def test_an_emergency_opens_what_the_profession_may_consult_but_nothing_hidden_and_nothing_without_consent() -> None:
    rescuer = physician._replace(consent_in_force=True, emergency_open=True)

    assert decide(LETTER, rescuer, POLICY).basis is Basis.EMERGENCY
    assert refusals(LETTER, rescuer._replace(hidden_from_professionals=True)) == ["HIDDEN"]
    assert refusals(LETTER, rescuer._replace(consent_in_force=False)) == ["CONSENT_NOT_IN_FORCE"]
    assert refusals(LETTER, rescuer._replace(health_professional=False)) == ["NOT_IN_CIRCLE"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"health_professional": False}, "NOT_HEALTH_PROFESSIONAL"),
        ({"consent_in_force": False}, "CONSENT_NOT_IN_FORCE"),
        ({"blocked": True}, "BLOCKED_BY_PATIENT"),
        ({"profession": UNLISTED}, "PROFESSION_NOT_ENTITLED"),
    ],
)
def test_who_may_not_open_an_emergency(change: dict[str, bool], reason: str) -> None:
    stranger = physician._replace(consent_in_force=True)
    assert allowed(Question(Action.OPEN_EMERGENCY), stranger)
    assert refusals(Question(Action.OPEN_EMERGENCY), but(stranger, change)) == [reason]


def test_a_structure_gives_access_from_a_place_in_it_and_the_personal_membership_is_named_first() -> None:
    staff = member._replace(member=False, structure_member=True)

    assert decide(LETTER, staff, POLICY).basis is Basis.STRUCTURE_MEMBER
    assert decide(LETTER, staff._replace(member=True), POLICY).basis is Basis.MEMBER


def test_who_is_not_a_health_professional_needs_the_agreement_on_the_very_membership_used() -> None:
    crossed = social_worker._replace(member_agreed=False, structure_agreed=True)
    plan = Question(Action.READ, Kind.DOCUMENT, "care_plan")

    assert allowed(plan, social_worker)
    assert refusals(plan, crossed) == ["AGREEMENT_MISSING"]
    assert allowed(plan, crossed._replace(structure_member=True))


def test_a_list_names_exactly_the_categories_of_the_profession_and_of_the_kind_asked() -> None:
    scope = decide(DOCUMENTS, social_worker, POLICY).scope
    notes = decide(Question(Action.LIST, Kind.NOTE), social_worker, POLICY).scope

    assert scope is not None
    assert scope.categories == ("care_plan", "personalised_project", "residence_certificate", "social_letter")
    assert not scope.all_categories
    assert not scope.sees_hidden_from_professionals
    assert scope.sees_hidden_from_patient
    assert notes is not None
    assert notes.categories == ("liaison_note",)
    assert refusals(Question(Action.LIST, Kind.OBSERVATION), social_worker) == ["PROFESSION_NOT_ENTITLED"]


def test_the_patient_sees_all_but_what_is_hidden_for_now_with_or_without_consent() -> None:
    assert decide(LETTER, patient, POLICY).basis is Basis.PATIENT
    assert allowed(LETTER, patient._replace(hidden_from_professionals=True, hidden_from_representatives=True))
    assert refusals(LETTER, patient._replace(hidden_from_patient=True)) == ["HIDDEN"]
    scope = decide(DOCUMENTS, patient, POLICY).scope
    assert scope is not None
    assert scope.all_categories
    assert not scope.sees_hidden_from_patient


def test_a_parent_sees_what_the_child_sees_less_what_the_child_kept_secret() -> None:
    assert decide(LETTER, mother, POLICY).basis is Basis.REPRESENTATIVE
    assert refusals(LETTER, mother._replace(hidden_from_representatives=True)) == ["HIDDEN"]
    assert refusals(LETTER, mother._replace(hidden_from_patient=True)) == ["HIDDEN"]
    scope = decide(DOCUMENTS, mother, POLICY).scope
    assert scope is not None
    assert not scope.sees_hidden_from_representatives


def test_a_curator_reads_and_does_not_act_alone() -> None:
    assert allowed(LETTER, curator)
    for action in (Action.WITHDRAW_CONSENT, Action.RECORD_CONSENT, Action.INVITE_MEMBER, Action.BLOCK):
        assert refusals(Question(action), curator._replace(consent_in_force=True)) == ["OUTSIDE_MANDATE"]


def test_a_trusted_person_does_what_the_patient_delegates_and_no_more() -> None:
    manager = Facts(Who.PATIENT, strong_login=True, may_manage=True, consent_in_force=True)

    assert allowed(Question(Action.INVITE_MEMBER), manager)
    assert refusals(LETTER, manager) == ["OUTSIDE_MANDATE"]
    assert refusals(LETTER, manager._replace(may_manage=False)) == ["NOT_CONCERNED"]


def test_law_not_the_patient_makes_and_ends_a_guardian() -> None:
    for action in (Action.APPOINT_REPRESENTATIVE, Action.END_REPRESENTATION):
        assert allowed(Question(action), patient)
        assert refusals(Question(action), patient._replace(by_law=True)) == ["LEGAL_REPRESENTATION"]
        assert allowed(Question(action), member._replace(by_law=True))


def test_only_those_who_may_look_for_persons_do() -> None:
    assert allowed(Question(Action.SEARCH_PERSONS), physician)
    assert allowed(Question(Action.SEARCH_PERSONS), social_worker)
    assert refusals(Question(Action.SEARCH_PERSONS), social_worker._replace(profession="NPS-AFM")) == [
        "PROFESSION_NOT_ENTITLED"
    ]
    assert refusals(Question(Action.SEARCH_PERSONS), patient) == ["NOT_PERMITTED"]


def test_a_professional_sees_in_the_journal_only_their_own_acts() -> None:
    assert decide(Question(Action.READ_JOURNAL), physician, POLICY).scope == OWN_ONLY
    assert refusals(Question(Action.EXPORT_JOURNAL), member) == ["NOT_PERMITTED"]


@pytest.mark.parametrize("who", [Who.ADMINISTRATOR, Who.SERVICE])
@pytest.mark.parametrize("action", list(Action))
def test_nobody_else_may_anything_whatever_is_said_of_them(who: Who, action: Action) -> None:
    everything = Facts(who, PHYSICIAN, **dict.fromkeys(FLAGS, True))

    assert not allowed(Question(action, Kind.DOCUMENT, "letter"), everything)


@pytest.mark.parametrize(
    ("action", "facts", "change", "reason"),
    [
        (Action.FEED_IDENTITY, feeder, {"strong_login": False}, "LOGIN_TOO_WEAK"),
        (Action.FEED_IDENTITY, feeder, {"account_open": False}, "ACCOUNT_SUSPENDED"),
        (Action.FEED_IDENTITY, feeder, {"feeder": False}, "ACCOUNT_SUSPENDED"),
        (Action.FEED_IDENTITY, feeder, {"holds_issuer": False}, "ISSUER_NOT_YOURS"),
        (Action.MATCH_IDENTITY, feeder, {"account_open": False}, "ACCOUNT_SUSPENDED"),
        (Action.MATCH_IDENTITY, officer, {"identity_officer": False}, "NOT_IDENTITY_OFFICER"),
        (Action.LIST_REVIEWS, officer, {"identity_officer": False}, "NOT_IDENTITY_OFFICER"),
        (Action.LIST_REVIEWS, officer, {"practises": False}, "NO_PLACE_OF_PRACTICE"),
        (Action.REVIEW_IDENTITY, officer, {"within_mandate": False}, "OUTSIDE_IDENTITY_MANDATE"),
        (Action.DECIDE_IDENTITY, officer, {"within_mandate": False}, "OUTSIDE_IDENTITY_MANDATE"),
        (Action.DECIDE_IDENTITY, officer, {"identity_officer": False}, "NOT_IDENTITY_OFFICER"),
        (Action.DECIDE_IDENTITY, officer, {"account_open": False}, "ACCOUNT_SUSPENDED"),
        (Action.DECIDE_IDENTITY, officer, {"strong_login": False}, "LOGIN_TOO_WEAK"),
    ],
)
def test_what_an_act_on_identities_needs(action: Action, facts: Facts, change: dict[str, bool], reason: str) -> None:
    basis = Basis.FEEDER if facts.who is Who.SYSTEM else Basis.IDENTITY_MANDATE

    assert decide(Question(action), facts, POLICY).basis is basis
    assert refusals(Question(action), but(facts, change)) == [reason]


def test_a_block_does_not_stop_an_identity_officer_and_gives_them_nothing_of_the_record() -> None:
    blocked = officer._replace(blocked=True)

    assert allowed(Question(Action.REVIEW_IDENTITY), blocked)
    assert allowed(Question(Action.DECIDE_IDENTITY), blocked)
    assert refusals(LETTER, blocked)[0] == "BLOCKED_BY_PATIENT"
    assert refusals(Question(Action.READ_IDENTITY), officer) == ["CONSENT_NOT_IN_FORCE", "NOT_IN_CIRCLE"]


@pytest.mark.parametrize("facts", [patient, mother, patient._replace(who=Who.ADMINISTRATOR)])
def test_what_opens_no_record_is_no_business_of_the_patient_realm(facts: Facts) -> None:
    for action, rule in RULES.items():
        if rule.apart:
            assert refusals(Question(action), facts) == ["NOT_PERMITTED"]


def test_a_feeder_does_nothing_else() -> None:
    for action in set(Action) - {Action.FEED_IDENTITY, Action.MATCH_IDENTITY, Action.HEAR_AS_PORTAL}:
        assert refusals(Question(action), feeder) == ["NOT_PERMITTED"]
    assert refusals(Question(Action.FEED_IDENTITY), officer) == ["NOT_PERMITTED"]


def test_facts_kept_by_name_are_the_same_facts() -> None:
    random.seed(3)
    for _ in range(200):
        facts = but(Facts(Who.PROFESSIONAL, NURSE), {name: random.random() < 0.5 for name in FLAGS})  # noqa: S311
        assert of_true_flags(facts.who, facts.profession, true_flags(facts)) == facts


def test_every_act_basis_and_reason_has_its_words() -> None:
    assert set(ACTS) == set(Action) == set(RULES)
    assert set(WHY) == set(Basis)
    assert set(WHY_NOT) == set(Reason)
