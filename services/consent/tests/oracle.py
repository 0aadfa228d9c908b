"""A second statement of the access rule, written apart from the first: formulas, act by act, and no reasons."""

from terresante_consent.domain.facts import Facts, Question
from terresante_consent.domain.policy import Policy
from terresante_consent.domain.vocabulary import Action as A
from terresante_consent.domain.vocabulary import Who

BY_PATIENT_ONLY = {
    A.WITHDRAW_CONSENT, A.BLOCK, A.LIFT_BLOCK, A.READ_BLOCKS, A.EXPORT_JOURNAL, A.SET_NEWCOMERS_VIEW,
}  # fmt: skip
BY_PROFESSIONALS_ONLY = {
    A.SEARCH_PERSONS, A.CREATE_PERSON, A.CHANGE_IDENTITY, A.ISSUE_ACTIVATION, A.PUBLISH, A.CHANGE, A.OPEN_EMERGENCY,
    A.SET_PATIENT_WRITING,
}  # fmt: skip
SHOWN = {A.READ, A.BE_NOTIFIED, A.READ_CONVERSATION, A.WRITE_CONVERSATION}
WITH_CONSENT = {A.INVITE_MEMBER, A.WRITE_CONVERSATION, A.SET_NEWCOMERS_VIEW}
BY_OFFICERS = {A.MATCH_IDENTITY, A.LIST_REVIEWS, A.REVIEW_IDENTITY, A.DECIDE_IDENTITY}
BY_SYSTEMS = {A.FEED_IDENTITY, A.MATCH_IDENTITY, A.HEAR_AS_PORTAL}
BETWEEN_PROFESSIONALS = {A.USE_DIRECT_MESSAGES, A.USE_TEAM_MESSAGES}
ON_ONE_PATIENT = {A.REVIEW_IDENTITY, A.DECIDE_IDENTITY}


def allows(question: Question, facts: Facts, policy: Policy) -> bool:
    """Whether the platform's promises give this access."""
    if not facts.strong_login:
        return False
    if facts.who is Who.SYSTEM:
        mine = question.action is not A.FEED_IDENTITY or facts.holds_issuer
        return facts.feeder and facts.account_open and question.action in BY_SYSTEMS and mine
    if question.action in BETWEEN_PROFESSIONALS | BY_OFFICERS | BY_SYSTEMS:
        return _apart(question.action, facts)
    if facts.who is Who.PROFESSIONAL:
        return _professional(question, facts, policy)
    if facts.who is Who.PATIENT:
        return _patient(question, facts) if facts.is_patient else _representative(question, facts)
    return False


def _apart(action: A, facts: Facts) -> bool:
    """Whatever the patient blocks."""
    if not (facts.who is Who.PROFESSIONAL and facts.account_open and facts.practises):
        return False
    if action in BETWEEN_PROFESSIONALS:
        return facts.in_team or action is A.USE_DIRECT_MESSAGES
    return facts.identity_officer and action in BY_OFFICERS and (facts.within_mandate or action not in ON_ONE_PATIENT)


def _professional(question: Question, facts: Facts, policy: Policy) -> bool:  # noqa: PLR0911, PLR0912
    if facts.blocked or not facts.practises or not facts.account_open or question.action in BY_PATIENT_ONLY:
        return False
    trusted = facts.health_professional
    circle = any(
        is_member and (agreed or trusted)
        for is_member, agreed in (
            (facts.member, facts.member_agreed),
            (facts.structure_member, facts.structure_agreed),
        )
    )
    around = circle or (facts.emergency_open and trusted)
    grid = {category for category in policy.reads.get(facts.profession, ())}
    if question.kind is not None and not question.category:
        grid = {category for category in grid if policy.kinds[category] == question.kind}
    reads = question.category in grid if question.category else len(grid) > 0
    finds = trusted or facts.profession in policy.searchers
    own = facts.own
    match question.action:
        case A.SEARCH_PERSONS | A.CREATE_PERSON | A.RECORD_CONSENT:
            return finds
        case A.READ_IDENTITY:
            return own or (around and facts.consent_in_force)
        case A.CHANGE_IDENTITY | A.ISSUE_ACTIVATION:
            return own or (circle and facts.consent_in_force and finds)
        case A.LIST:
            return own or facts.has_own or (around and facts.consent_in_force and reads)
        case A.READ | A.BE_NOTIFIED:
            return own or (around and facts.consent_in_force and reads and not facts.hidden_from_professionals)
        case A.READ_CONVERSATION | A.WRITE_CONVERSATION:
            return around and facts.consent_in_force and reads and not facts.hidden_from_professionals
        case A.PUBLISH:
            return around and facts.consent_in_force
        case A.CHANGE | A.REMOVE_MEMBER | A.CLOSE_EMERGENCY:
            return own
        case A.OPEN_EMERGENCY:
            return trusted and facts.consent_in_force and reads
        case A.READ_EMERGENCIES:
            return own or facts.has_own or (circle and facts.consent_in_force)
        case A.END_REPRESENTATION:
            return own or (circle and facts.consent_in_force)
        case A.READ_JOURNAL:
            return True
        case _:
            return circle and facts.consent_in_force


def _patient(question: Question, facts: Facts) -> bool:
    action = question.action
    if action is A.END_REPRESENTATION and facts.own:
        return True
    return (
        action not in BY_PROFESSIONALS_ONLY
        and not (action in SHOWN and facts.hidden_from_patient)
        and not (action in WITH_CONSENT and not facts.consent_in_force)
        and not (action is A.WRITE_CONVERSATION and not facts.patient_writing)
        and not (action in {A.APPOINT_REPRESENTATIVE, A.END_REPRESENTATION} and facts.by_law)
    )


def _representative(question: Question, facts: Facts) -> bool:  # noqa: PLR0911
    action = question.action
    if action is A.END_REPRESENTATION:
        return facts.own
    if action in BY_PROFESSIONALS_ONLY | {A.APPOINT_REPRESENTATIVE}:
        return False
    if action in SHOWN and (facts.hidden_from_patient or facts.hidden_from_representatives):
        return False
    if action in WITH_CONSENT and not facts.consent_in_force:
        return False
    if action is A.WRITE_CONVERSATION and not facts.patient_writing:
        return False
    if facts.acts:
        return True
    if action in {A.RECORD_CONSENT, A.WITHDRAW_CONSENT}:
        return False
    if action in {A.LIST, A.READ, A.BE_NOTIFIED, A.READ_JOURNAL, A.EXPORT_JOURNAL, A.READ_CONVERSATION}:
        return facts.may_read
    if action in {
        A.INVITE_MEMBER, A.REMOVE_MEMBER, A.BLOCK, A.LIFT_BLOCK, A.READ_BLOCKS, A.CLOSE_EMERGENCY,
        A.WRITE_CONVERSATION, A.SET_NEWCOMERS_VIEW,
    }:  # fmt: skip
        return facts.may_manage
    return facts.may_read or facts.may_manage
