"""What the tests of messaging share: a world, a running service, and others' events that come in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
import pytest_asyncio
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import consent_events_pb2 as consent_pb
from terresante.consent.v1.consent_service_pb2_grpc import (
    ConsentServiceStub,
    add_ConsentServiceServicer_to_server,
)
from terresante.consent.v1.decision_service_pb2_grpc import (
    DecisionServiceStub,
    add_DecisionServiceServicer_to_server,
)
from terresante.messaging.v1 import messaging_service_pb2 as pb
from terresante.messaging.v1.attachment_service_pb2_grpc import (
    AttachmentServiceStub,
    add_AttachmentServiceServicer_to_server,
)
from terresante.messaging.v1.conversation_service_pb2_grpc import (
    ConversationServiceStub,
    add_ConversationServiceServicer_to_server,
)
from terresante.messaging.v1.messaging_service_pb2_grpc import (
    MessagingServiceStub,
    add_MessagingServiceServicer_to_server,
)
from terresante.records.v1 import records_events_pb2 as records_pb
from terresante_contents.sealing import MasterKeys
from terresante_contents.store import Contents
from terresante_contents.watching import Watching
from terresante_messaging import events
from terresante_messaging.rpc.attachments import AttachmentService, Shelf
from terresante_messaging.rpc.conversations import ConversationService
from terresante_messaging.rpc.deciding import Deciding
from terresante_messaging.rpc.desk import Desk
from terresante_messaging.rpc.notifications import MessagingService
from terresante_platform import calls
from terresante_platform.bus import Bus
from terresante_platform.consumer import Arrived, Consumer
from terresante_platform.database import Database
from terresante_platform.testing.postgres import Server

from .conversing import Talking
from .filing import MIB, Filing
from .world import Consents, Decisions, World

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
EVERYBODY = records_pb.Audience(professionals=True, patient=True, representatives=True)


def pytest_configure(config: pytest.Config) -> None:
    """The platform's fixtures, in a way that also works when the whole project's tests are collected at once."""
    config.pluginmanager.import_plugin("terresante_platform.testing.plugin")


@pytest.fixture(scope="session")
def package() -> str:
    return "terresante_messaging"


@pytest.fixture(scope="session")
def emptied() -> dict[str, str]:
    """The database that the tests of this package share, each on emptied tables."""
    return {}


@pytest.fixture
def database_url(postgres: Server, template: str, emptied: dict[str, str]) -> str:
    """A migrated database with nothing in it."""
    name = f"{template}_shared"
    if name not in emptied:
        postgres.sql(f'create database "{name}" template "{template}" strategy file_copy')
        emptied[name] = postgres.url(name)
    listed = "select string_agg(format('%I', tablename), ', ') from pg_tables where schemaname = 'public'"
    postgres.sql(f"truncate {postgres.sql(listed, name)}", name)
    postgres.sql("select make_partitions(array['patient', 'direct', 'team'], '2026-09-01', 6)", name)
    return emptied[name]


def stamp(at: datetime = MONDAY) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made


@dataclass
class People:
    """Who is who in the world of a test."""

    gp: UUID = field(default_factory=uuid4)
    nurse: UUID = field(default_factory=uuid4)
    doctor: UUID = field(default_factory=uuid4)
    parent: UUID = field(default_factory=uuid4)
    stranger: UUID = field(default_factory=uuid4)


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def world(people: People) -> World:
    return World(circle=[people.gp, people.nurse], representatives=[people.parent], other_circle=[people.doctor])


@pytest_asyncio.fixture
async def consent(world: World, serve: Any, dial: Any) -> Any:
    def register(server: grpc.aio.Server) -> None:
        add_DecisionServiceServicer_to_server(Decisions(world), server)
        add_ConsentServiceServicer_to_server(Consents(world), server)  # type: ignore[abstract]  # see world.py

    return await dial(await serve("consent", register), "consent", as_="messaging")


@pytest_asyncio.fixture
async def messaging(database: Database, consent: Any, serve: Any, dial: Any) -> Any:
    """The real server behind the real client."""
    service = MessagingService(database, DecisionServiceStub(consent), lambda: MONDAY, smallest_count=5)
    address = await serve("messaging", partial(add_MessagingServiceServicer_to_server, service))
    return MessagingServiceStub(await dial(address, "messaging"))


@dataclass
class Clock:
    """What time it is in a test."""

    at: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> datetime:
        """Lets time pass."""
        self.at += timedelta(**by)
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(database: Database, consent: Any, clock: Clock) -> Desk:
    """What the use cases of conversations work with, on the test's database, world and clock."""
    return Desk(database, Deciding(DecisionServiceStub(consent)), MasterKeys({"k1": bytes(32)}), clock)


@pytest_asyncio.fixture
async def talking(desk: Desk, clock: Clock, world: World, serve: Any, dial: Any) -> Talking:
    """The real conversation service behind the real client."""
    address = await serve("messaging", partial(add_ConversationServiceServicer_to_server, ConversationService(desk)))
    return Talking(ConversationServiceStub(await dial(address, "messaging")), str(world.patient), clock)


@dataclass
class Coming:
    """Events of others, as the consumer applies them."""

    consumer: Consumer
    world: World

    async def event(self, subject: str, event: Message, id: UUID | None = None) -> UUID:
        """One delivery. Gives its id, to deliver it again."""
        id, mine = id or uuid4(), calls.current()
        await self.consumer.react([Arrived(id, f"terresante.{subject}", event.SerializeToString())])
        calls.enter(mine)
        return id

    async def document(self, author: UUID, audience: records_pb.Audience = EVERYBODY, **more: Any) -> str:
        document = more.pop("document_id", str(uuid4()))
        published = records_pb.DocumentPublished(
            patient_id=str(more.pop("patient", self.world.patient)),
            document_id=document,
            author_id=str(author),
            at=stamp(),
            audience=audience,
            version=1,
        )
        await self.event("records.v1.document_published", published, **more)
        return str(document)

    async def changed(self, document: str, audience: records_pb.Audience, version: int) -> None:
        event = records_pb.DocumentChanged(
            patient_id=str(self.world.patient),
            document_id=document,
            at=stamp(),
            audience=audience,
            version=version,
        )
        await self.event("records.v1.document_changed", event)

    async def note(self, author: UUID) -> None:
        event = records_pb.NoteWritten(
            patient_id=str(self.world.patient),
            note_id=str(uuid4()),
            author_id=str(author),
            at=stamp(),
            audience=EVERYBODY,
        )
        await self.event("records.v1.note_written", event)

    async def emergency(self, doctor: UUID) -> None:
        event = consent_pb.EmergencyOpened(
            patient_id=str(self.world.patient),
            emergency_access_id=str(uuid4()),
            professional_id=str(doctor),
            ends_at=stamp(),
            at=stamp(),
        )
        await self.event("consent.v1.emergency_opened", event)


@pytest.fixture
def coming(database: Database, consent: Any, world: World) -> Coming:
    made = events.reactions(ConsentServiceStub(consent))
    return Coming(Consumer("messaging", database, None, made), world)  # type: ignore[arg-type]  # no bus needed


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    """Where sealed files lie."""
    return Contents(f"file://{tmp_path}/attachments")


@pytest.fixture
def watched() -> Watching:
    """Without a bus. Tests of streams bring one."""
    return Watching(Bus())


@pytest_asyncio.fixture
async def filing(desk: Desk, contents: Contents, watched: Watching, serve: Any, dial: Any) -> Filing:
    """The real attachment service behind the real client; files of 2 MiB at most."""
    shelf = Shelf(desk, contents, watched, 2 * MIB)
    address = await serve("messaging", partial(add_AttachmentServiceServicer_to_server, AttachmentService(shelf)))
    return Filing(AttachmentServiceStub(await dial(address, "messaging")))


As = Callable[..., None]


@pytest.fixture
def being(people: People, world: World, calling_as: Any) -> As:
    """`being("nurse")`: the calls that follow are hers."""

    def become(who: str, **more: Any) -> None:
        if who == "patient":
            calling_as("patient", world.patient, **more)
        else:
            calling_as("patient" if who == "parent" else "professional", getattr(people, who), **more)

    return become


@dataclass
class Reading:
    """Reads notifications, as whoever calls."""

    messaging: Any

    async def page(self, **more: Any) -> pb.ListNotificationsResponse:
        reply: pb.ListNotificationsResponse = await self.messaging.ListNotifications(
            pb.ListNotificationsRequest(**more)
        )
        return reply

    async def kinds(self, **more: Any) -> list[str]:
        """What the caller is told, newest first, after checking that the count of unread ones says the same."""
        reply = await self.page(**more)
        assert reply.unread == sum(not each.HasField("read_at") for each in reply.notifications)
        names = [pb.NotificationKind.Name(each.kind) for each in reply.notifications]
        return [name.removeprefix("NOTIFICATION_KIND_") for name in names]

    async def mark(self, *ids: str) -> int:
        reply = await self.messaging.MarkRead(pb.MarkReadRequest(notification_ids=ids))
        return int(reply.unread)


@pytest.fixture
def reading(messaging: Any) -> Reading:
    return Reading(messaging)
