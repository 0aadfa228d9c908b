"""What the tests of telling share: a clock, messages, and what follows the log (the mail server: telling_mail.py)."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import grpc
from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceStub, add_DecisionServiceServicer_to_server
from terresante_contents.sealing import MasterKeys
from terresante_messaging.domain.absences import Absence, OnCall, Period
from terresante_messaging.domain.emails import Address
from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.people import MessageId, PatientId, Realm, Recipient, ThreadId
from terresante_messaging.domain.preferences import Channel, Choice, Pace, Preferences, Topic
from terresante_messaging.domain.threads import RETENTION, ThreadKind
from terresante_messaging.feed import reading
from terresante_messaging.feed.readers import Readers
from terresante_messaging.feed.readers import asking as asking_readers
from terresante_messaging.store import absences, addresses, log, preferences
from terresante_messaging.store import feed as feed_store
from terresante_messaging.store.keys import owner_keys
from terresante_messaging.store.moments import id_at
from terresante_messaging.store.tables import log_reader, mark, message, notification
from terresante_messaging.store.tables import thread as thread_table
from terresante_messaging.store.telling_tables import mail
from terresante_messaging.telling.composing import Letterhead
from terresante_messaging.telling.escalating import Escalating
from terresante_messaging.telling.following import READER, Following
from terresante_messaging.telling.mailing import Mailing, Office
from terresante_messaging.telling.posting import MailServer
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from .feed_consent import Consent, Decisions
from .feed_world import MONDAY, person, professional
from .telling_mail import Inbox, mail_server

NOON = MONDAY.replace(hour=11)
"""Of a Monday, 12:00 in Paris."""
MASTERS = MasterKeys({"test": bytes(32)})
PORTAL = "https://portail.example"
SENDER = "ne-pas-repondre@terresante.example"
NURSE = "nurse@mail.example"


@dataclass
class Clock:
    """The time, given."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


class TellingDecisions(Decisions):
    """Decides, too, whether somebody may read around a patient."""

    @allow("professional", "patient", services=("messaging",))
    async def DecideMany(
        self, request: decisions_pb.DecideManyRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> decisions_pb.DecideManyResponse:
        """See the contract."""
        await self._hears(context)
        return decisions_pb.DecideManyResponse(decisions=map(self._decide, request.questions))

    def _decide(self, asked: decisions_pb.Question) -> decisions_pb.Decision:
        assert (asked.action, asked.category) == (decisions_pb.ACTION_READ_CONVERSATION, "message")
        allowed = calls.person().id in self._consent.circles.get(UUID(asked.patient_id), {})
        reasons = [] if allowed else ["NOT_IN_CIRCLE"]
        said = {"sentence": "Non.", "todo": "Demandez."} if reasons else {}
        return decisions_pb.Decision(allowed=allowed, reasons=reasons, entry_id=str(uuid4()), **said)


@dataclass
class World:
    """A patient's circle thread with a GP, a nurse and a doctor who may read it, and all that tells them."""

    database: Database
    consent: Consent
    readers: Readers
    clock: Clock
    inbox: Inbox
    decisions: Any
    """The client of consent."""
    places: dict[ThreadId, int] = field(default_factory=dict)
    patient: UUID = field(default_factory=uuid4)
    gp: Recipient = field(default_factory=lambda: professional(uuid4()))
    nurse: Recipient = field(default_factory=lambda: professional(uuid4()))
    doctor: Recipient = field(default_factory=lambda: professional(uuid4()))
    thread: ThreadId = field(default_factory=lambda: ThreadId(uuid4()))

    def __post_init__(self) -> None:
        server = MailServer("127.0.0.1", self.inbox.port, "none")
        head = Letterhead(SENDER, PORTAL)
        self.following = Following(self.database, self.readers, 15, self.clock)
        self.escalating = Escalating(self.database, self.readers, self.clock)
        self.mailing = Mailing(Office(self.database, MASTERS, self.readers, server, head, self.clock))

    @property
    def himself(self) -> Recipient:
        return person(self.patient)

    async def begin(self) -> None:
        self.consent.circles[self.patient] = {one.id: None for one in (self.gp, self.nurse, self.doctor)}
        self.consent.persons[self.patient] = [self.patient]
        self.thread = await self.open(ThreadKind.CIRCLE, patient_id=self.patient)

    async def open(self, kind: ThreadKind, **more: Any) -> ThreadId:
        """A thread, as conversations write it."""
        id = ThreadId(uuid4())
        row = {
            "id": id,
            "kind": kind.value,
            "retention": RETENTION[kind],
            "with_patient": False,
            "hidden_from_patient": False,
            "hidden_from_representatives": False,
            "opened_by_realm": "professional",
            "opened_by_id": self.gp.id,
            "opened_at": MONDAY,
            "last_at": MONDAY,
            "version": 1,
            "last_place": 0,
        }
        async with self.database.transaction() as transaction:
            await transaction.execute(insert(thread_table), [row | more])
        return id

    async def post(self, author: Recipient, thread: ThreadId | None = None, **more: Any) -> MessageId:
        """A message in the circle's thread, as conversations write it; its author has read it."""
        thread, at = thread or self.thread, self.clock.now
        id, mentions = MessageId(id_at(at)), more.get("mentions", [])
        async with self.database.transaction() as transaction:
            kept = (await transaction.execute(select(thread_table).where(thread_table.c.id == thread))).one()
            place = self.places[thread] = self.places.get(thread, 0) + 1
            row = {
                "id": id,
                "retention": kept.retention,
                "thread_id": thread,
                "place": place,
                "author_realm": author.realm.value,
                "author_id": author.id,
                "sent_at": at,
                "body": b"sealed",
                "urgent": more.get("urgent", False),
                "mentioned_professionals": [one.id for one in mentions if one.realm is Realm.PROFESSIONAL],
                "mentioned_persons": [one.id for one in mentions if one.realm is Realm.PERSON],
                "attachments": 0,
                "item": False,
                "origin": "PLATFORM",
                "version": 1,
            }
            await transaction.execute(insert(message), [row])
            patient = PatientId(kept.patient_id) if kept.patient_id else None
            entry = NewEntry(
                EntryKind.MESSAGE_POSTED,
                at,
                patient,
                thread,
                id,
                place,
                author.id,
                urgent=row["urgent"],  # type: ignore[arg-type]
            )
            await log.add(transaction, entry)
        await self.has_read(author, thread)
        return id

    async def edit(self, id: MessageId, *mentions: Recipient) -> None:
        """By its author, who names these from now on."""
        named = {
            "mentioned_professionals": [one.id for one in mentions if one.realm is Realm.PROFESSIONAL],
            "mentioned_persons": [one.id for one in mentions if one.realm is Realm.PERSON],
        }
        await self._change(id, EntryKind.MESSAGE_EDITED, edited_at=self.clock.now, **named)

    async def take_back(self, id: MessageId) -> None:
        """By its author."""
        await self._change(id, EntryKind.MESSAGE_DELETED, deleted_at=self.clock.now)

    async def _change(self, id: MessageId, kind: EntryKind, **values: Any) -> None:
        changing = update(message).where(message.c.id == id).values(values).returning(message)
        async with self.database.transaction() as transaction:
            kept = (await transaction.execute(changing)).one()
            of = await transaction.execute(select(thread_table.c.patient_id).where(thread_table.c.id == kept.thread_id))
            entry = NewEntry(kind, self.clock.now, of.scalar_one(), kept.thread_id, id, kept.place, kept.author_id)
            await log.add(transaction, entry)

    async def has_read(self, who: Recipient, thread: ThreadId | None = None) -> None:
        """Everything that is there."""
        thread = thread or self.thread
        place, at = self.places.get(thread, 0), self.clock.now
        row = {"thread_id": thread, "realm": who.realm.value, "person_id": who.id}
        come = {"received_up_to": place, "received_at": at, "read_up_to": place, "read_at": at}
        async with self.database.transaction() as transaction:
            kept = upsert(mark).values(row | come)
            await transaction.execute(kept.on_conflict_do_update(index_elements=list(row), set_=come))

    async def follow(self) -> None:
        """All that the log holds, and what follows from it."""
        while True:
            async with self.database.transaction() as transaction:
                given = await feed_store.give_positions(transaction)
            rest = await reading.step(self.database, READER, self.following.apply, self.following.ask, begin="oldest")
            if not given and rest:
                return

    async def forget_place(self) -> None:
        """Where telling was in the log is lost: it begins again."""
        async with self.database.transaction() as transaction:
            await transaction.execute(delete(log_reader).where(log_reader.c.name == READER))

    async def away(self, who: Recipient, delegate: Recipient | None, **time: float) -> None:
        """From now on, for that time."""
        period = Period(self.clock.now, self.clock.now + timedelta(**time))
        async with self.database.transaction() as transaction:
            await absences.add(transaction, Absence(uuid4(), who.id, period, delegate.id if delegate else None))

    async def on_call(self, who: Recipient) -> None:
        """From now on, for a day."""
        period = Period(self.clock.now, self.clock.now + timedelta(days=1))
        async with self.database.transaction() as transaction:
            await absences.put(transaction, OnCall(uuid4(), uuid4(), who.id, period), uuid4())

    async def told(self, who: Recipient) -> list[str]:
        """Kinds of their notifications, oldest first."""
        query = select(notification.c.kind).where(notification.c.recipient_id == who.id).order_by(notification.c.id)
        async with self.database.reading() as connection:
            return [row.kind for row in await connection.execute(query)]

    async def has_mail(self, who: Recipient, address: str, *topics: Topic, **more: Any) -> None:
        """They confirmed an address, and want mail about these topics."""
        pace = more.pop("pace", Pace.AT_ONCE)
        chosen = Preferences({topic: Choice(frozenset({Channel.EMAIL}), pace) for topic in topics}, version=2, **more)
        async with self.database.reading() as connection:
            key = await owner_keys.get_or_make(connection, MASTERS, who.id)
        async with self.database.transaction() as transaction:
            await addresses.locked(transaction, key, who)
            await addresses.keep(transaction, key, who, Address(confirmed=address))
            await preferences.keep(transaction, who, chosen)

    async def address(self, who: Recipient) -> Address:
        async with self.database.reading() as connection:
            return await addresses.find(connection, await owner_keys.find(connection, MASTERS, who.id), who)

    async def one(self, query: Callable[[], Any]) -> list[Any]:
        async with self.database.reading() as connection:
            return list(await connection.execute(query()))


@asynccontextmanager
async def telling_world(database: Database, serve: Any, dial: Any, served: bool = True) -> AsyncIterator[World]:
    """`served`: the mail server is there."""
    consent, inbox = Consent(), Inbox()
    address = await serve("consent", partial(add_DecisionServiceServicer_to_server, TellingDecisions(consent)))
    stub = DecisionServiceStub(await dial(address, "consent", as_="messaging"))
    async with AsyncExitStack() as stack:
        readers = await stack.enter_async_context(asking_readers(database, stub))
        async with mail_server(inbox):
            pass
        if served:
            await stack.enter_async_context(mail_server(inbox))
        world = World(database, consent, readers, Clock(), inbox, stub)
        await world.begin()
        yield world


async def states(world: World) -> list[str]:
    return [row.state for row in await world.one(lambda: select(mail.c.state).order_by(mail.c.id))]
