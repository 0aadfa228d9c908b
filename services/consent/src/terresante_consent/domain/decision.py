"""The decision: may this caller do this, now, and why. One pure function, total over its inputs.

It reads in this order: is the caller strongly known; then, by their quality, what stands in the way; then whether what
is their own remains theirs all the same. Nothing in the way means yes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from terresante_consent.domain.facts import Facts, Question
from terresante_consent.domain.policy import Policy
from terresante_consent.domain.rules import RULES, Need, Needs, Right, Rule
from terresante_consent.domain.vocabulary import Action, Basis, Reason, StructureId, Who


@dataclass(frozen=True, slots=True)
class Scope:
    """What a list may contain; what the caller wrote always is. For acts on identities, where the caller stands. For
    conversations, from which moment on, and whether they may write."""

    categories: tuple[str, ...] = ()
    all_categories: bool = False
    own_only: bool = False
    sees_hidden_from_professionals: bool = False
    sees_hidden_from_patient: bool = False
    sees_hidden_from_representatives: bool = False
    structures: tuple[StructureId, ...] = ()
    """For acts on identities: where the caller stands (`identities.py`)."""
    territories: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()
    feeding_policy: str = ""
    visible_from: datetime | None = None
    """For conversations (`conversations.py`): what was written before is not for the caller; None: all is."""
    may_write: bool = False
    """For conversations: the caller may write there."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, with all that explains it."""

    allowed: bool
    reasons: tuple[Reason, ...]
    """All that stand in the way, the decisive one first; none if allowed."""
    basis: Basis | None
    """On what a yes rests."""
    scope: Scope | None
    """Set for an allowed list, and for allowed acts on identities and in conversations."""
    facts: Facts
    policy_version: str


OWN_ONLY = Scope(
    own_only=True,
    sees_hidden_from_professionals=True,
    sees_hidden_from_patient=True,
    sees_hidden_from_representatives=True,
)
LISTS = frozenset({Action.LIST, Action.READ_EMERGENCIES, Action.READ_JOURNAL})
"""Acts whose answer says which part of the whole may be shown."""


def decide(question: Question, facts: Facts, policy: Policy) -> Decision:
    """Whether the caller may (architecture: domain §5.2 and §6 of the domain reference, rules R-CON, R-DMP).

    Login strong enough, and then for
    - a professional: account open, practising, not blocked by the patient, and either all needs of the act hold
      (consent in force, place in the circle or open emergency, category entitled, not hidden) or it is their own;
    - the patient: all but what is hidden from them for now;
    - a representative: the same within their right, less what is hidden from representatives;
    - a system: account open, and the needs of the act, which opens no record;
    - anybody else: nothing.
    """
    rule = RULES[question.action]
    if facts.who is Who.PROFESSIONAL:
        bars = _bars_of_any_professional(rule, facts)
        unmet = _unmet_by_professional(rule.professional, question, facts, policy)
    elif facts.who is Who.SYSTEM:
        bars = _bars_of_any_system(facts)
        unmet = _unmet_by_professional(rule.system, question, facts, policy)
    else:
        bars = () if facts.strong_login else (Reason.LOGIN_TOO_WEAK,)
        unmet = _unmet_by_person(rule, facts)

    by_own = rule.own_suffices and _is_own(question, facts)
    if bars or (unmet and not by_own):
        return Decision(False, bars + unmet, None, None, facts, policy.version)
    basis = Basis.AUTHOR if unmet else _basis(rule, facts)
    return Decision(True, (), basis, _scope(question, basis, facts, policy), facts, policy.version)


def _bars_of_any_professional(rule: Rule, facts: Facts) -> tuple[Reason, ...]:
    """What forbids a professional everything, even what is their own."""
    bars = (
        (facts.strong_login, Reason.LOGIN_TOO_WEAK),
        (facts.account_open, Reason.ACCOUNT_SUSPENDED),
        (facts.practises, Reason.NO_PLACE_OF_PRACTICE),
        (rule.apart or not facts.blocked, Reason.BLOCKED_BY_PATIENT),
    )
    return tuple(reason for holds, reason in bars if not holds)


def _bars_of_any_system(facts: Facts) -> tuple[Reason, ...]:
    """What forbids a system everything."""
    bars = (
        (facts.strong_login, Reason.LOGIN_TOO_WEAK),
        (facts.feeder and facts.account_open, Reason.ACCOUNT_SUSPENDED),
    )
    return tuple(reason for holds, reason in bars if not holds)


def _unmet_by_professional(needs: Needs | None, question: Question, facts: Facts, policy: Policy) -> tuple[Reason, ...]:
    """Which needs of the act do not hold for a professional, or for a system."""
    if needs is None:
        return (Reason.NOT_PERMITTED,)
    unmet = []
    for need in needs:
        reason = _lacking(need, question, facts, policy)
        if reason is not None:
            unmet.append(reason)
    return tuple(unmet)


_HOLDS: Mapping[Need, tuple[str, Reason]] = MappingProxyType(
    {
        Need.CONSENT: ("consent_in_force", Reason.CONSENT_NOT_IN_FORCE),
        Need.HEALTH: ("health_professional", Reason.NOT_HEALTH_PROFESSIONAL),
        Need.OWN: ("own", Reason.NOT_AUTHOR),
        Need.OFFICER: ("identity_officer", Reason.NOT_IDENTITY_OFFICER),
        Need.MANDATE: ("within_mandate", Reason.OUTSIDE_IDENTITY_MANDATE),
        Need.ISSUER: ("holds_issuer", Reason.ISSUER_NOT_YOURS),
        Need.TEAM: ("in_team", Reason.NOT_IN_TEAM),
    }
)
"""Needs of a professional or a system that are one fact, and what its lack is called."""


def _lacking(need: Need, question: Question, facts: Facts, policy: Policy) -> Reason | None:  # noqa: PLR0911
    """Why a professional, or a system, does not meet the need; None if they do."""
    if need in _HOLDS:
        fact, reason = _HOLDS[need]
        return None if getattr(facts, fact) else reason
    match need:
        case Need.CIRCLE | Need.STANDING:
            if in_circle(facts) or (need is Need.STANDING and in_emergency(facts)):
                return None
            known = facts.member or facts.structure_member
            return Reason.AGREEMENT_MISSING if known else Reason.NOT_IN_CIRCLE
        case Need.ENTITLED:
            return _not_entitled(question, facts, policy)
        case Need.VISIBLE:
            return Reason.HIDDEN if facts.hidden_from_professionals else None
        case Need.SEARCHER:
            may = facts.health_professional or facts.profession in policy.searchers
            return None if may else Reason.PROFESSION_NOT_ENTITLED
        case _:
            return None


def in_circle(facts: Facts) -> bool:
    """Active member of the circle, in person or by the structure of the place chosen; explicitly agreed to if not a
    health professional."""
    return (facts.member and (facts.health_professional or facts.member_agreed)) or (
        facts.structure_member and (facts.health_professional or facts.structure_agreed)
    )


def is_told(facts: Facts, category: str | None, policy: Policy) -> bool:
    """Whether a professional is told of what happens around a patient: in the circle, whether or not consent is in
    force, and, of a content, entitled to its category (R-DMP3). `category` None: it is not about a content."""
    return in_circle(facts) and (category is None or policy.entitled(facts.profession, category))


def in_emergency(facts: Facts) -> bool:
    """An emergency access is open, and its holder is a health professional."""
    return facts.emergency_open and facts.health_professional


def _not_entitled(question: Question, facts: Facts, policy: Policy) -> Reason | None:
    if question.category:
        entitled = policy.entitled(facts.profession, question.category)
        return None if entitled else Reason.CATEGORY_NOT_ENTITLED
    return None if policy.readable(facts.profession, question.kind) else Reason.PROFESSION_NOT_ENTITLED


def _unmet_by_person(rule: Rule, facts: Facts) -> tuple[Reason, ...]:
    """What stands in the way of the patient, a representative, or somebody who is neither."""
    if rule.apart:
        return (Reason.NOT_PERMITTED,)
    if facts.who is not Who.PATIENT or not (facts.is_patient or holds(facts, Right.ANY)):
        return (Reason.NOT_CONCERNED,)
    if rule.patient is None or not (facts.is_patient or rule.representative is not None):
        return (Reason.NOT_PERMITTED,)
    if not facts.is_patient and rule.representative is not None and not holds(facts, rule.representative):
        return (Reason.OUTSIDE_MANDATE,)
    unmet = []
    for need in rule.patient:
        if need is Need.CONSENT and not facts.consent_in_force:
            unmet.append(Reason.CONSENT_NOT_IN_FORCE)
        if need is Need.VISIBLE and _hidden_from_person(facts):
            unmet.append(Reason.HIDDEN)
        if need is Need.DELEGATED and facts.by_law:
            unmet.append(Reason.LEGAL_REPRESENTATION)
        if need is Need.PATIENT_WRITING and not facts.patient_writing:
            unmet.append(Reason.WRITING_NOT_OPEN)
    return tuple(unmet)


def holds(facts: Facts, right: Right) -> bool:
    """Whether a representative holds that right. Who acts holds them all."""
    match right:
        case Right.ANY:
            return facts.acts or facts.may_read or facts.may_manage
        case Right.READ:
            return facts.acts or facts.may_read
        case Right.MANAGE:
            return facts.acts or facts.may_manage
        case Right.ACT:
            return facts.acts


def _hidden_from_person(facts: Facts) -> bool:
    """A representative sees no more than the patient does."""
    return facts.hidden_from_patient or (not facts.is_patient and facts.hidden_from_representatives)


def _is_own(question: Question, facts: Facts) -> bool:
    """Whether what is asked for is the caller's own. People of the patient realm own nothing here but their mandate."""
    if facts.who is Who.PROFESSIONAL:
        return facts.own or (question.action in LISTS and facts.has_own)
    return facts.who is Who.PATIENT and question.action is Action.END_REPRESENTATION and facts.own


def _basis(rule: Rule, facts: Facts) -> Basis:
    """On what a yes rests when every need of the act holds; the most personal first."""
    if facts.who is Who.SYSTEM:
        return Basis.FEEDER
    if facts.who is not Who.PROFESSIONAL:
        return Basis.PATIENT if facts.is_patient else Basis.REPRESENTATIVE
    needs = rule.professional or ()
    if Need.CIRCLE in needs or Need.STANDING in needs:
        if facts.member and (facts.health_professional or facts.member_agreed):
            return Basis.MEMBER
        return Basis.STRUCTURE_MEMBER if in_circle(facts) else Basis.EMERGENCY
    if Need.OFFICER in needs:
        return Basis.IDENTITY_MANDATE
    return Basis.PROFESSION if rule.apart or Need.SEARCHER in needs or Need.HEALTH in needs else Basis.AUTHOR


def _scope(question: Question, basis: Basis, facts: Facts, policy: Policy) -> Scope | None:
    if question.action not in LISTS:
        return None
    if basis is Basis.AUTHOR:
        return OWN_ONLY
    if basis is Basis.PATIENT:
        return Scope(all_categories=True, sees_hidden_from_professionals=True, sees_hidden_from_representatives=True)
    if basis is Basis.REPRESENTATIVE:
        return Scope(all_categories=True, sees_hidden_from_professionals=True)
    categories = (question.category,) if question.category else policy.readable(facts.profession, question.kind)
    return Scope(categories=categories, sees_hidden_from_patient=True, sees_hidden_from_representatives=True)
