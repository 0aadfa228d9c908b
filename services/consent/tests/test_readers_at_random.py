"""In random worlds, who is told to read a conversation is exactly who is allowed to when they ask, from one of their
places, and from the same moment on."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import pytest_asyncio
from hypothesis import HealthCheck, event, given, settings
from terresante_consent.domain.conversations import bounded
from terresante_consent.domain.decision import Decision, decide
from terresante_consent.domain.facts import Question
from terresante_consent.domain.reading import DIRECT, TEAM, Conversation, Reader
from terresante_consent.domain.vocabulary import Action, Kind
from terresante_consent.parts import Parts, policy_of
from terresante_consent.rpc.readers import Readers
from terresante_consent.rpc.standings import Asked, Standings
from terresante_consent.store.line import Line
from terresante_platform import calls
from terresante_platform.calls import Call, Caller
from terresante_platform.database import Database

from .house import MONDAY, Clock
from .random_worlds import World, Written, worlds

POLICY = policy_of(None)
MESSAGE = Question(Action.READ_CONVERSATION, Kind.MESSAGE, "message")


class Asking:
    """The two ways to the same answer: everybody asks for themselves, or messaging asks for all."""

    def __init__(self, line: Line, parts: Parts) -> None:
        self.standings = Standings(line, parts.knowing, Clock())
        self.readers = Readers(line, POLICY, Clock())

    async def by_themselves(self, written: Written, patient: UUID) -> dict[UUID, datetime | None]:
        """Readers of the patient's conversations, by the decisions that each gets; of several places the best."""
        found: dict[UUID, datetime | None] = {}
        for professional in written.professionals:
            made = [
                await self._asked("professional", professional.id, place, patient)
                for place in written.places_of(professional)
            ]
            froms = [one.scope.visible_from for one in made if one.scope is not None]
            if froms:
                known = [at for at in froms if at is not None]
                found[professional.id] = min(known) if len(known) == len(froms) else None
        for person in (patient, *written.persons):
            made_for = await self._asked("patient", person, "", patient)
            if made_for.allowed:
                assert made_for.scope is not None
                found[person] = made_for.scope.visible_from
        return found

    async def of_team(self, written: Written, structure: UUID) -> set[UUID]:
        """Who may use its messages, by their own question from one of their places."""
        found: set[UUID] = set()
        for professional in written.professionals:
            for place in written.places_of(professional):
                asked = await self._standing("professional", professional.id, place, None)
                facts = asked.facts[None]._replace(in_team=structure in asked.ground.practices)
                if decide(TEAM, facts, POLICY).allowed:
                    found.add(professional.id)
        return found

    async def of_parties(self, written: Written) -> set[UUID]:
        """Who may write to professionals, by their own question."""
        found: set[UUID] = set()
        for professional in written.professionals:
            for place in written.places_of(professional):
                asked = await self._standing("professional", professional.id, place, None)
                if decide(DIRECT, asked.facts[None], POLICY).allowed:
                    found.add(professional.id)
        return found

    async def _asked(self, kind: str, id: UUID, place: str, patient: UUID) -> Decision:
        asked = await self._standing(kind, id, place, patient)
        made = decide(MESSAGE, asked.facts[patient], POLICY)
        return bounded(made, MESSAGE, asked.since_of(patient), POLICY)

    async def _standing(self, kind: str, id: UUID, place: str, patient: UUID | None) -> Asked:
        calls.enter(Call(caller=Caller(id, kind, 2, 0.0, 0.0, ""), place=place))
        return await self.standings.asked([patient])


@pytest_asyncio.fixture
async def asking(database_url: str, parts: Parts) -> AsyncIterator[Asking]:
    line = Line(database_url, "readers")
    made = Asking(line, parts)
    async with (
        made.standings.professionals.running(),
        made.standings.persons.running(),
        made.readers.group.running(),
    ):
        yield made
    await line.close()


def by_id(readers: Sequence[Reader]) -> dict[UUID, datetime | None]:
    assert len({one.id for one in readers}) == len(readers)
    return {one.id: one.visible_from for one in readers}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds)
async def test_who_is_told_to_read_is_who_may(database: Database, asking: Asking, world: World) -> None:
    written = Written(world)
    async with database.transaction() as transaction:
        await written.keep(transaction)
    conversations = [
        *(Conversation(patient=patient) for patient in written.patients),
        *(Conversation(structure=structure) for structure in written.structures),
        Conversation(parties=tuple(one.id for one in written.professionals)),
    ]

    told = [by_id(some) for some in await asking.readers.of(conversations)]

    around = [await asking.by_themselves(written, patient) for patient in written.patients]
    event(f"professionals who read: {sum(who in told[0] for who in (one.id for one in written.professionals))}")
    assert told[:2] == around
    assert [set(some) for some in told[2:5]] == [
        await asking.of_team(written, structure) for structure in written.structures
    ]
    assert set(told[5]) == await asking.of_parties(written)
    assert all(at is None or at < MONDAY for some in told for at in some.values())
