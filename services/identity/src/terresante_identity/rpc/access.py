"""May the caller? Asked of consent before anything is shown or changed; every answer is journalled there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from terresante.consent.v1 import decision_service_pb2 as consent
from terresante_platform.refusals import Denied

from terresante_identity.domain.identity import Person

if TYPE_CHECKING:
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub


class AccessRefused(Denied):
    reason = "ACCESS_REFUSED"


class Access:
    """The questions of the identity service to consent. No answer means no: consent being away is raised as such."""

    def __init__(self, decisions: "DecisionServiceAsyncStub") -> None:
        self._decisions = decisions

    async def require(self, action: consent.Action.ValueType, person: Person | None = None) -> None:
        """Refuses with ACCESS_REFUSED, in consent's words, unless the caller may do this (to this person)."""
        decision = (await self._decide([question(action, person)]))[0]
        if not decision.allowed:
            raise AccessRefused(
                decision.sentence, decision.todo, decision=decision.entry_id, reasons=" ".join(decision.reasons)
            )

    async def may_read(self, persons: Sequence[Person]) -> list[bool]:
        """For each person, whether the caller may see their traits."""
        questions = [question(consent.ACTION_READ_IDENTITY, person) for person in persons]
        return [decision.allowed for decision in await self._decide(questions)] if questions else []

    async def _decide(self, questions: Sequence[consent.Question]) -> Sequence[consent.Decision]:
        reply = await self._decisions.DecideMany(consent.DecideManyRequest(questions=questions))
        if len(reply.decisions) != len(questions):
            raise LookupError("consent answers each question, or none")
        return reply.decisions


def question(action: consent.Action.ValueType, person: Person | None) -> consent.Question:
    """A question about an action on a person, or on nobody yet (search, create)."""
    if person is None:
        return consent.Question(action=action)
    return consent.Question(action=action, patient_id=str(person.id), author_id=str(person.registered_by))
