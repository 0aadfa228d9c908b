"""From which moment on somebody reads a conversation around a patient, and what a circle's conversations allow.

Who joins a circle sees what is written from then on, unless the patient said that newcomers see what was written
before; a return is a new membership, so that what was written in between stays unseen. The patient, their
representatives and who opened the record in an emergency read from the beginning.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from terresante_platform.refusals import Invalid

from terresante_consent.domain.decision import Decision, Scope, decide
from terresante_consent.domain.facts import Facts, Question
from terresante_consent.domain.policy import Policy
from terresante_consent.domain.vocabulary import OF_CONVERSATIONS, Action, Basis


class SettingsEmpty(Invalid):
    """No setting was given."""

    reason = "SETTINGS_EMPTY"


@dataclass(frozen=True, slots=True)
class Since:
    """Since when somebody is around a patient; nobody by default."""

    in_person: datetime | None = None
    """Their own membership, if active."""
    by_structure: datetime | None = None
    """That of the structure from which they act, if active."""
    sees_earlier: bool = False
    """The circle shows newcomers what was written before."""


NOWHERE = Since()


def bounded(made: Decision, question: Question, since: Since, policy: Policy) -> Decision:
    """The decision with the moment from which on it holds, and whether they may write too, if it allows an act in a
    conversation; else as it is."""
    if not made.allowed or question.action not in OF_CONVERSATIONS:
        return made
    writes = decide(replace(question, action=Action.WRITE_CONVERSATION), made.facts, policy).allowed
    return replace(made, scope=Scope(visible_from=visible_from(made, since), may_write=writes))


def visible_from(made: Decision, since: Since) -> datetime | None:
    """From which moment on a conversation that was decided on is read; None: from the beginning, or not at all. Of the
    memberships that carry the caller the earliest counts."""
    if since.sees_earlier or made.basis not in (Basis.MEMBER, Basis.STRUCTURE_MEMBER):
        return None
    facts = made.facts
    carrying = (
        since.in_person if _carries(facts, facts.member, facts.member_agreed) else None,
        since.by_structure if _carries(facts, facts.structure_member, facts.structure_agreed) else None,
    )
    return min((one for one in carrying if one is not None), default=None)


def _carries(facts: Facts, active: bool, agreed: bool) -> bool:
    return active and (facts.health_professional or agreed)
