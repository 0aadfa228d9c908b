"""Entries of the access journal as a read leaves them: a document opened by a member of the circle, allowed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from terresante_consent.domain.decision import decide
from terresante_consent.domain.facts import Facts, Question
from terresante_consent.domain.vocabulary import Action, Kind, Who
from terresante_consent.journal.leaf import Record
from terresante_consent.parts import policy_of
from terresante_platform.ids import new_id


def of_reads() -> Callable[[UUID], Record]:
    """Makes one for a patient; actor, place, structure and document are made up anew each time."""
    question = Question(Action.READ, Kind.DOCUMENT, "laboratory_result")
    facts = Facts(
        Who.PROFESSIONAL, "10", strong_login=True, account_open=True, practises=True, health_professional=True,
        consent_in_force=True, member=True, member_agreed=True,
    )  # fmt: skip
    decision = decide(question, facts, policy_of(None))

    def entry(patient: UUID) -> Record:
        at = datetime.now(UTC)
        return Record(new_id(), at, patient, uuid4(), question, decision, uuid4(), uuid4(), uuid4())

    return entry
