"""What the tests of the feed share: threads, replicas of the feed, and who reads them (consent: feed_consent.py)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, insert, update
from terresante.consent.v1.decision_service_pb2_grpc import (
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
from terresante_platform import database as database_module
from terresante_platform.bus import Bus
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .feed_consent import Consent, Decisions

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


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
