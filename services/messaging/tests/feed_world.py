"""What the tests of the feed share: a consent service that knows who may read, threads, and replicas of the feed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import bindparam, insert, update
from terresante.consent.v1 import decision_service_pb2 as pb
from terresante.consent.v1.decision_service_pb2_grpc import (
    DecisionServiceServicer,
    DecisionServiceStub,
    add_DecisionServiceServicer_to_server,
)
from terresante.messaging.v1 import feed_service_pb2 as feed_pb
from terresante.messaging.v1.feed_service_pb2_grpc import FeedServiceStub, add_FeedServiceServicer_to_server
from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.people import ActorId, MessageId, PatientId, Realm, Recipient, ThreadId
from terresante_messaging.domain.threads import RETENTION, ThreadKind
from terresante_messaging.feed import accounts, readers, sequencing, streams, tailing
from terresante_messaging.rpc.feed import Feed, FeedService
from terresante_messaging.store import log
from terresante_messaging.store.tables import thread, thread_member
from terresante_platform import calls
from terresante_platform import database as database_module
from terresante_platform.bus import Bus
from terresante_platform.database import Database
from terresante_platform.ids import new_id
from terresante_platform.refusals import Invalid
from terresante_platform.rpc.allow import allow

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


class PlaceRequired(Invalid):
    """A professional of several places chose none."""

    reason = "PLACE_REQUIRED"


@dataclass
class Consent:
    """Who may read what, as a test says."""

    circles: dict[UUID, dict[UUID, datetime | None]] = field(default_factory=dict)
    """By patient: the professionals, and from when on each sees."""
    persons: dict[UUID, list[UUID]] = field(default_factory=dict)
    """By patient: the patient and representatives."""
    teams: dict[UUID, list[UUID]] = field(default_factory=dict)
    by_place: dict[tuple[UUID, UUID], str] = field(default_factory=dict)
    """By patient and professional: the place of practice by which alone they are in the circle."""
    in_several_places: set[UUID] = field(default_factory=set)
    """Those who must choose one for whatever is decided from one."""
    too_many: bool = False
    """Everybody is around more patients than consent lists at once."""
    closed: set[UUID] = field(default_factory=set)
    """Accounts of professionals and portals that are suspended."""
    unheard: set[UUID] = field(default_factory=set)
    """Those whom consent has not heard of, until they ask."""
    silent: bool = False
    asked: int = 0
    """Calls that asked who may read."""


class Decisions(DecisionServiceServicer):
    """Answers from what the test says."""

    def __init__(self, consent: Consent) -> None:
        self._consent = consent

    @allow(services=("messaging",))
    async def ListReaders(
        self, request: pb.ListReadersRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ListReadersResponse:
        """See the contract."""
        self._consent.asked += 1
        await self._hears(context)
        return pb.ListReadersResponse(
            conversations=[pb.Readers(readers=self._readers(one)) for one in request.conversations]
        )

    @allow("professional", "patient", services=("messaging",))
    async def ListMyConversations(
        self, request: pb.ListMyConversationsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ListMyConversationsResponse:
        """See the contract."""
        await self._hears(context)
        self._consent.unheard.discard(calls.person().id)
        consent, me, place = self._consent, calls.person().id, calls.current().place
        mine = {
            patient: circle[me]
            for patient, circle in consent.circles.items()
            if me in circle and (request.any_place or consent.by_place.get((patient, me), place) == place)
        }
        mine |= {patient: None for patient, persons in consent.persons.items() if me in persons}
        return pb.ListMyConversationsResponse(
            patients=[pb.PatientConversation(patient_id=str(id), visible_from=_stamp(at)) for id, at in mine.items()],
            structure_ids=[str(id) for id, team in consent.teams.items() if me in team],
            direct=me not in consent.closed,
            more=consent.too_many,
        )

    @allow("professional", "system", services=("messaging",))
    async def DecideMany(
        self, request: pb.DecideManyRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.DecideManyResponse:
        """See the contract."""
        await self._hears(context)
        me = calls.person()
        if me.id in self._consent.in_several_places and not calls.current().place:
            raise PlaceRequired("Il faut choisir un lieu.", "Choisissez-en un.")
        asked = pb.ACTION_HEAR_AS_PORTAL if me.kind == "system" else pb.ACTION_USE_DIRECT_MESSAGES
        assert [one.action for one in request.questions] == [asked]
        self._consent.unheard.discard(me.id)
        allowed = me.id not in self._consent.closed
        reasons = [] if allowed else ["ACCOUNT_SUSPENDED"]
        return pb.DecideManyResponse(decisions=[pb.Decision(allowed=allowed, reasons=reasons, entry_id=str(uuid4()))])

    def _readers(self, asked: pb.Conversation) -> list[pb.Reader]:
        consent = self._consent
        if asked.patient_id:
            circle = consent.circles.get(UUID(asked.patient_id), {})
            persons = consent.persons.get(UUID(asked.patient_id), [])
            return [
                *(
                    pb.Reader(professional_id=str(id), visible_from=_stamp(since))
                    for id, since in circle.items()
                    if id not in consent.closed
                ),
                *(pb.Reader(person_id=str(id)) for id in persons),
            ]
        team = consent.teams.get(UUID(asked.structure_id), []) if asked.structure_id else map(UUID, asked.party_ids)
        return [pb.Reader(professional_id=str(id)) for id in team if id not in consent.closed | consent.unheard]

    async def _hears(self, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        if self._consent.silent:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")


Decisions.__abstractmethods__ = frozenset()  # the rest is not asked by the feed


def _stamp(at: datetime | None) -> Timestamp | None:
    if at is None:
        return None
    made = Timestamp()
    made.FromDatetime(at)
    return made


_NEXT = (
    update(thread)
    .where(thread.c.id == bindparam("thread"))
    .values(last_place=thread.c.last_place + 1)
    .returning(thread.c.last_place)
)


@dataclass
class Writing:
    """Writes threads and entries down, as the conversations do."""

    database: Database
    patients: dict[ThreadId, UUID | None] = field(default_factory=dict)
    posted: list[str] = field(default_factory=list)
    """Ids of messages, in the order in which their posts were acknowledged."""

    async def thread(self, kind: ThreadKind, **more: Any) -> ThreadId:
        id, members = ThreadId(new_id()), more.pop("members", {})
        row = {
            "id": id,
            "kind": kind.value,
            "retention": RETENTION[kind],
            "with_patient": False,
            "hidden_from_patient": False,
            "hidden_from_representatives": False,
            "opened_by_realm": "professional",
            "opened_by_id": uuid4(),
            "opened_at": MONDAY,
            "last_at": MONDAY,
            "version": 1,
            "last_place": 0,
        } | more
        async with self.database.transaction() as transaction:
            await transaction.execute(insert(thread), [row])
            for member, since_place in members.items():
                await self.join(transaction, id, member, since_place)
        self.patients[id] = more.get("patient_id")
        return id

    async def join(self, transaction: Any, thread: ThreadId, member: UUID, since_place: int) -> None:
        row = {"id": new_id(), "thread_id": thread, "professional_id": member, "since_place": since_place}
        await transaction.execute(insert(thread_member), [row | {"since": MONDAY, "added_by": uuid4()}])

    async def post(self, thread: ThreadId, at: datetime | None = None, **more: Any) -> str:
        """A message. Gives its id."""
        message, at = str(new_id()), at or datetime.now(UTC)
        what = {"message": MessageId(UUID(message)), "actor": ActorId(uuid4()), **self._around(thread), **more}
        async with self.database.transaction() as transaction:
            place = (await transaction.execute(_NEXT, {"thread": thread})).scalar_one()
            entry = NewEntry(EntryKind.MESSAGE_POSTED, at, thread=thread, place=place, **what)
            await log.add(transaction, entry)
        self.posted.append(message)
        return message

    async def note(self, kind: EntryKind, at: datetime = MONDAY, **what: Any) -> None:
        """Any other entry."""
        around = self._around(what["thread"]) if "thread" in what else {}
        async with self.database.transaction() as transaction:
            await log.add(transaction, NewEntry(kind, at, **around | what))

    def _around(self, thread: ThreadId) -> dict[str, Any]:
        patient = self.patients.get(thread)
        return {"patient": PatientId(patient)} if patient is not None else {}


@dataclass
class Replica:
    """One process of the feed, as far as it serves it."""

    stub: Any
    feed: Feed
    sequencer: sequencing.Sequencer
    tail: tailing.Tail

    def follow(self, cursor: str = "") -> Any:
        return self.stub.Follow(feed_pb.FollowRequest(cursor=cursor), seconds=600)

    async def page(self, cursor: str = "", limit: int = 0) -> feed_pb.ListEventsResponse:
        found: feed_pb.ListEventsResponse = await self.stub.ListEvents(
            feed_pb.ListEventsRequest(cursor=cursor, limit=limit)
        )
        return found


@dataclass
class Replicas:
    """Starts replicas on one database. `bus`: hints pass there; None: they poll."""

    database_url: str
    consent_address: str
    serve: Any
    dial: Any
    stack: AsyncExitStack

    async def start(self, bus: Bus | None = None, per_person: int = 10) -> Replica:
        enter = self.stack.enter_async_context
        database = await enter(database_module.connected(self.database_url, pool=6))
        consent = DecisionServiceStub(await self.dial(self.consent_address, "consent", as_="messaging"))
        opened = streams.Streams(per_person)
        asked = await enter(readers.asking(database, consent))
        sequencer = await enter(sequencing.sequencing(database, bus))
        tail = await enter(tailing.tailing(database, bus, asked, opened, sequencer))
        checked = await enter(accounts.checking(asked, opened, bus))
        made = Feed(database, consent, asked, opened, checked)
        address = await self.serve("messaging", partial(add_FeedServiceServicer_to_server, FeedService(made)))
        self.stack.enter_context(opened.serving())
        return Replica(FeedServiceStub(await self.dial(address, "messaging")), made, sequencer, tail)


@dataclass
class Scene:
    """A patient, a GP and a nurse of the circle, and replicas of the feed."""

    replicas: Replicas
    writing: Writing
    consent: Consent
    be: Any
    """`be("professional", id)`: the calls that follow are theirs."""
    patient: UUID
    gp: UUID
    nurse: UUID

    async def start(self, bus: Bus | None = None, **more: Any) -> Replica:
        """See `Replicas.start`; the calls that follow are the GP's."""
        self.be("professional", self.gp)
        return await self.replicas.start(bus, **more)

    async def circle(self) -> ThreadId:
        return await self.writing.thread(ThreadKind.CIRCLE, patient_id=self.patient)


@asynccontextmanager
async def scene(database: Database, database_url: str, serve: Any, dial: Any, be: Any) -> AsyncIterator[Scene]:
    patient, gp, nurse = uuid4(), uuid4(), uuid4()
    consent = Consent(circles={patient: {gp: None, nurse: None}}, persons={patient: [patient]})
    decisions: Any = Decisions(consent)  # type: ignore[abstract]  # see above
    address = await serve("consent", partial(add_DecisionServiceServicer_to_server, decisions))
    async with AsyncExitStack() as stack:
        started = Replicas(database_url, address, serve, dial, stack)
        yield Scene(started, Writing(database), consent, be, patient, gp, nurse)


@dataclass
class Client:
    """Reads a stream as a client does: keeps the messages it was told of, and the last cursor."""

    messages: list[str] = field(default_factory=list)
    events: list[feed_pb.Event] = field(default_factory=list)
    cursor: str = ""

    async def read(self, stream: Any, until: Callable[["Client"], object] = lambda _: False) -> None:
        """Until `until(client)` holds, looked at after each response; in 20 s."""
        async with asyncio.timeout(20):
            async for response in stream:
                self.take(response)
                if until(self):
                    return

    async def read_all(self, stream: Any) -> None:
        """Until cancelled."""
        async for response in stream:
            self.take(response)

    async def read_messages(self, stream: Any, count: int) -> None:
        """Until so many messages were told of in all."""
        await self.read(stream, lambda client: len(client.messages) >= count)

    def take(self, response: feed_pb.FollowResponse) -> None:
        assert response.cursor
        self.cursor = response.cursor
        if response.HasField("event"):
            self.events.append(response.event)
            if response.event.kind == feed_pb.EVENT_KIND_MESSAGE_POSTED:
                self.messages.append(response.event.message_id)


async def opened(stream: Any) -> tuple[Client, Any]:
    """A stream that has begun: its first response, at once, bears a cursor alone."""
    client, iterator = Client(), aiter(stream)
    client.take(await asyncio.wait_for(anext(iterator), 10))
    assert not client.events
    return client, iterator


def professional(id: UUID) -> Recipient:
    return Recipient(Realm.PROFESSIONAL, id)


def person(id: UUID) -> Recipient:
    return Recipient(Realm.PERSON, id)


def kinds(events: Sequence[feed_pb.Event]) -> list[str]:
    return [feed_pb.EventKind.Name(one.kind).removeprefix("EVENT_KIND_") for one in events]


def later(seconds: float) -> datetime:
    return MONDAY + timedelta(seconds=seconds)
