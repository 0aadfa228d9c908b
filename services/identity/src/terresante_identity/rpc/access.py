"""May the caller? Asked of consent before anything is shown or changed; every answer is journalled there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from terresante.consent.v1 import decision_service_pb2 as consent
from terresante_platform.refusals import Denied

from terresante_identity.domain.identity import Person, PersonId
from terresante_identity.domain.reviews import Mandate, Review
from terresante_identity.domain.sources import Source, places_of

if TYPE_CHECKING:
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub


class AccessRefused(Denied):
    reason = "ACCESS_REFUSED"


@dataclass(frozen=True, slots=True)
class Standpoint:
    """From where the caller acts: the structure and its territory, None and "" when consent names none.

    `policy`: strict, suggest or auto, how far the matcher may go for a feeder.
    """

    structure: UUID | None
    territory: str
    policy: str


@dataclass(frozen=True, slots=True)
class Concerned:
    """A person, and the structures and territories that their source identities come from."""

    person: PersonId
    structures: tuple[UUID, ...]
    territories: tuple[str, ...]


class Access:
    """The questions of the identity service to consent. No answer means no: consent being away is raised as such."""

    def __init__(self, decisions: "DecisionServiceAsyncStub") -> None:
        self._decisions = decisions

    async def require(self, action: consent.Action.ValueType, person: Person | None = None) -> None:
        """Refuses with ACCESS_REFUSED, in consent's words, unless the caller may do this (to this person)."""
        await self._required([question(action, person)])

    async def may_read(self, persons: Sequence[Person]) -> list[bool]:
        """For each person, whether the caller may see their traits."""
        questions = [question(consent.ACTION_READ_IDENTITY, person) for person in persons]
        return [decision.allowed for decision in await self._decide(questions)] if questions else []

    async def creating(self) -> Standpoint:
        """The caller registers somebody. Refuses with ACCESS_REFUSED."""
        return _standpoint(await self._required([consent.Question(action=consent.ACTION_CREATE_PERSON)]))

    async def feeding(self, issuer: str) -> Standpoint:
        """The caller feeds identities under the numbers of that issuer. Refuses with ACCESS_REFUSED."""
        return _standpoint(await self._required([consent.Question(action=consent.ACTION_FEED_IDENTITY, issuer=issuer)]))

    async def matching(self) -> None:
        """The caller asks who somebody is. Refuses with ACCESS_REFUSED."""
        await self._required([consent.Question(action=consent.ACTION_MATCH_IDENTITY)])

    async def reviewing(self) -> Mandate:
        """The caller lists pairs, within a mandate. Refuses with ACCESS_REFUSED."""
        scope = (await self._required([consent.Question(action=consent.ACTION_LIST_REVIEWS)])).scope
        return Mandate(tuple(map(UUID, scope.structure_ids)), tuple(scope.territory_codes))

    async def require_of(self, action: consent.Action.ValueType, concerned: Collection[Concerned]) -> None:
        """Refuses with ACCESS_REFUSED unless the caller may do this to each of these persons."""
        await self._required([_about(action, one) for one in concerned])

    async def may_review(self, concerned: Concerned) -> bool:
        """Whether the caller, an officer, may see the source identities of a person."""
        return (await self._decide([_about(consent.ACTION_REVIEW_IDENTITY, concerned)]))[0].allowed

    async def _required(self, questions: Sequence[consent.Question]) -> consent.Decision:
        decisions = await self._decide(questions)
        for decision in decisions:
            if not decision.allowed:
                raise AccessRefused(
                    decision.sentence, decision.todo, decision=decision.entry_id, reasons=" ".join(decision.reasons)
                )
        return decisions[0]

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


def concerned_by(person: PersonId, linked: Collection[Source]) -> Concerned:
    """A person with what is linked to them."""
    structures, territories = places_of(linked)
    return Concerned(person, tuple(structures), tuple(territories))


def concerned_by_pair(review: Review) -> tuple[Concerned, Concerned]:
    """Both persons of a pair: it is in a mandate when either side is, for somebody must decide on it."""
    return (
        Concerned(review.person, review.structures, review.territories),
        Concerned(review.other_person, review.structures, review.territories),
    )


def _about(action: consent.Action.ValueType, concerned: Concerned) -> consent.Question:
    return consent.Question(
        action=action,
        patient_id=str(concerned.person),
        concerned_structure_ids=map(str, concerned.structures),
        concerned_territory_codes=concerned.territories,
    )


def _standpoint(decision: consent.Decision) -> Standpoint:
    scope = decision.scope
    return Standpoint(
        structure=UUID(scope.structure_ids[0]) if scope.structure_ids else None,
        territory=scope.territory_codes[0] if scope.territory_codes else "",
        policy=scope.feeding_policy,
    )
