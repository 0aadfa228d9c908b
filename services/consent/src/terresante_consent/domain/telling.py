"""What people are told of a decision that refused them something in a record.

It stays in the journal as it was made, and the patient reads it so. But who was refused learns only what stood between
them and the record, nothing of the thing they asked for: not that it is hidden, not what it is about, and not that it
exists when hiding was all that stood in the way (R-DMP7).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from terresante_consent.domain.decision import decide
from terresante_consent.domain.facts import Facts, Question, by_name
from terresante_consent.domain.policy import Policy
from terresante_consent.domain.vocabulary import OF_CONVERSATIONS, Action, Reason

OF_THINGS = OF_CONVERSATIONS | {Action.READ, Action.CHANGE, Action.BE_NOTIFIED}
"""Acts on something that is in a record."""
FACTS_OF_THINGS = (
    "own",
    "has_own",
    "hidden_from_professionals",
    "hidden_from_patient",
    "hidden_from_representatives",
    "by_law",
)
REASONS_OF_THINGS = frozenset({Reason.CATEGORY_NOT_ENTITLED, Reason.HIDDEN, Reason.NOT_AUTHOR})

CHANGEABLE: tuple[str, ...] = (
    "consent_in_force",
    "member",
    "blocked",
    "emergency_open",
    "structure_member",
    "member_agreed",
    "structure_agreed",
    "hidden_from_professionals",
    "hidden_from_patient",
    "hidden_from_representatives",
    "strong_login",
    "account_open",
    "practises",
    "may_read",
    "may_manage",
    "acts",
    "identity_officer",
    "within_mandate",
    "feeder",
    "holds_issuer",
    "patient_writing",
    "in_team",
)
"""Facts that people can change, likeliest first. Who somebody is, their profession and who wrote what stay."""


@dataclass(frozen=True, slots=True)
class Made:
    """A decision that was made, as far as it is told."""

    question: Question
    facts: Facts
    allowed: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of it."""

    question: Question
    reasons: tuple[Reason, ...]
    facts: Mapping[str, str]
    would_flip: Mapping[str, bool]


def whole(made: Made, policy: Policy) -> Told:
    """All of it: to who may read it in the patient's journal, and to who was allowed."""
    return Told(made.question, made.reasons, by_name(made.facts), _flip(made.question, made.facts, made, policy))


def to_who_asked(made: Made, policy: Policy) -> Told | None:
    """To the one it was about. None: nothing, not even that it was made."""
    if made.allowed or made.question.action not in OF_THINGS:
        return whole(made, policy)
    if _only_hidden(made, policy):
        return None
    question = replace(made.question, category="")
    unsaid: dict[str, Any] = dict.fromkeys(FACTS_OF_THINGS, False)
    facts = made.facts._replace(**unsaid)
    named = {name: value for name, value in by_name(facts).items() if name not in unsaid}
    reasons = tuple(reason for reason in made.reasons if reason not in REASONS_OF_THINGS)
    return Told(question, reasons or made.reasons[:1], named, _flip(question, facts, made, policy))


def _only_hidden(made: Made, policy: Policy) -> bool:
    """Whether they may read what is there, and this only is hidden from them: to them it is unknown."""
    in_conversation = made.question.action in OF_CONVERSATIONS
    reading = replace(made.question, action=Action.READ_CONVERSATION if in_conversation else Action.READ)
    return decide(reading, made.facts, policy).reasons == (Reason.HIDDEN,)


def _flip(question: Question, facts: Facts, made: Made, policy: Policy) -> Mapping[str, bool]:
    """What would have turned it; nothing if it would come out otherwise by what is told, or by today's grid."""
    if decide(question, facts, policy).allowed is not made.allowed:
        return {}
    return smallest_flip(question, facts, policy)


def smallest_flip(question: Question, facts: Facts, policy: Policy) -> dict[str, bool]:
    """The fewest changes of facts that turn the decision: one if one does, else two; empty if two do not.

    Changes that would not by themselves be lawful to ask for (an emergency access for who may open none) never turn a
    decision, because the rule refuses them all the same.
    """
    now = decide(question, facts, policy).allowed
    for size in (1, 2):
        for names in combinations(CHANGEABLE, size):
            changes: dict[str, Any] = {name: not getattr(facts, name) for name in names}
            if decide(question, facts._replace(**changes), policy).allowed is not now:
                return changes
    return {}
