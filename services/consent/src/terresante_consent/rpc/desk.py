"""What use cases have in common: load, decide, write the decision down; for acts, in one transaction."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from terresante_consent.domain.decision import Decision, decide
from terresante_consent.domain.facts import Question
from terresante_consent.domain.policy import Policy
from terresante_consent.domain.professionals import Place
from terresante_consent.domain.refused import refusal
from terresante_consent.domain.vocabulary import Action, Who
from terresante_consent.journal.leaf import Record
from terresante_consent.journal.writer import Journal
from terresante_consent.knowing import Knowing
from terresante_consent.persons import Persons
from terresante_consent.rpc.standings import Asked, Standings
from terresante_consent.store import consents
from terresante_consent.store.line import Line, driver_of


class _Refused(Exception):
    """Leaves a transaction after a refused decision, which is then written down in one of its own."""

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record = record


@dataclass(slots=True)
class Act:
    """Something being changed about one patient: a transaction in which no other change about them goes on."""

    transaction: AsyncConnection
    patient: UUID
    now: datetime
    asked: Asked
    policy: Policy
    records: list[Record] = field(default_factory=list)
    replayed: bool = False

    @property
    def caller(self) -> UUID:
        """Who acts."""
        return self.asked.caller

    @property
    def place(self) -> Place | None:
        """From where; None if not a professional."""
        return self.asked.place

    @property
    def by_professional(self) -> bool:
        """Whether a professional acts, not somebody of the patient realm."""
        return self.asked.facts[self.patient].who is Who.PROFESSIONAL

    def decide(
        self,
        action: Action,
        own: bool = False,
        by_law: bool = False,
        about: UUID | None = None,
        resource: UUID | None = None,
    ) -> Decision:
        """Goes on if allowed. If not, nothing is changed, the refusal is written down and the caller gets it."""
        facts = self.asked.facts[self.patient]._replace(own=own, by_law=by_law)
        question = Question(action)
        made = decide(question, facts, self.policy)
        record = recorded(self.asked, self.patient, question, made, self.now, resource, about)
        if not made.allowed:
            raise _Refused(record)
        self.records.append(record)
        return made


class Desk:
    """The parts of the service that use cases need."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        standings: Standings,
        knowing: Knowing,
        persons: Persons,
        audiences: Line,
        policy: Policy,
        now: Callable[[], datetime],
    ) -> None:
        self.database = database
        self.journal = journal
        self.standings = standings
        self.knowing = knowing
        self.persons = persons
        self.audiences = audiences
        self.policy = policy
        self.now = now

    @asynccontextmanager
    async def acting(self, patient: UUID) -> AsyncIterator[Act]:
        """Around a change about one patient: load, then the block decides and changes, then the decision is written
        down in the same transaction. Raises the refusal of a refused decision."""
        await self.standings.prepared()
        try:
            async with self.database.transaction() as transaction:
                await consents.alone_with(transaction, patient)
                now = self.now()
                asked = await self.standings.within(await driver_of(transaction), patient, now)
                act = Act(transaction, patient, now, asked, self.policy)
                yield act
                if act.records:
                    await self.journal.append(transaction, act.records)
                elif not act.replayed:
                    raise LookupError("a change was made without a decision")
        except _Refused as refused:
            await self.journal.keep([refused.record])
            raise refusal(refused.record.question.action, refused.record.decision, refused.record.id) from None

    async def look_again(self, act: Act) -> None:
        """What is true of the caller and the patient after what the act has changed so far."""
        act.asked = await self.standings.within(await driver_of(act.transaction), act.patient, act.now)

    async def may(self, action: Action, patient: UUID, has_own: bool = False) -> Decision:
        """The decision on a read, written down. Raises its refusal if refused."""
        asked = await self.standings.asked([patient])
        question = Question(action)
        made = decide(question, asked.facts[patient]._replace(has_own=has_own), self.policy)
        record = recorded(asked, patient, question, made, self.now())
        await self.journal.keep([record])
        if not made.allowed:
            raise refusal(action, made, record.id)
        return made


def recorded(
    asked: Asked,
    patient: UUID | None,
    question: Question,
    made: Decision,
    at: datetime,
    resource: UUID | None = None,
    about: UUID | None = None,
) -> Record:
    """The journal's line of a decision."""
    place = asked.place
    return Record(
        id=new_id(),
        at=at,
        patient=patient,
        actor=calls.person().id,
        question=question,
        decision=made,
        place=place.id if place else None,
        structure=asked.structure,
        resource=resource,
        about=about,
    )
