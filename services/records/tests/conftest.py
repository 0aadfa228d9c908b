"""What the tests of records share: a world, a running service, and people who write in a record."""

import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
import terresante_records
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1.decision_service_pb2_grpc import (
    DecisionServiceStub,
    add_DecisionServiceServicer_to_server,
)
from terresante.records.v1 import records_service_pb2 as pb
from terresante.records.v1.alert_service_pb2_grpc import AlertServiceStub, add_AlertServiceServicer_to_server
from terresante.records.v1.records_service_pb2_grpc import RecordsServiceStub, add_RecordsServiceServicer_to_server
from terresante_contents.sealing import MasterKeys, read_master_keys
from terresante_contents.store import Contents
from terresante_contents.watching import Watching
from terresante_platform.bus import Bus
from terresante_platform.database import Database
from terresante_platform.testing.postgres import Server
from terresante_records.domain.catalogue import Catalogue, read_catalogue
from terresante_records.rpc import AlertService, RecordsService
from terresante_records.rpc.decisions import Deciding
from terresante_records.rpc.desk import Desk
from terresante_records.store.prepared import Reads, reading

from .world import EVERYTHING, Consent, World

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
LAB, LETTER, SOCIAL = "11502-2", "11490-0", "LOCAL-COURRIER-SOCIAL"


def pytest_configure(config: pytest.Config) -> None:
    """The platform's fixtures, in a way that also works when the whole project's tests are collected at once."""
    config.pluginmanager.import_plugin("terresante_platform.testing.plugin")


@pytest.fixture(scope="session")
def package() -> str:
    return "terresante_records"


@pytest.fixture(scope="session")
def emptied() -> dict[str, str]:
    """The database that the tests of this package share, each on emptied tables."""
    return {}


@pytest.fixture
def database_url(postgres: Server, template: str, emptied: dict[str, str]) -> str:
    """A migrated database with nothing in it. Emptying one is ten times as fast as copying one."""
    name = f"{template}_shared"
    if name not in emptied:
        postgres.sql(f'create database "{name}" template "{template}" strategy file_copy')
        emptied[name] = postgres.url(name)
    listed = "select string_agg(format('%I', tablename), ', ') from pg_tables where schemaname = 'public'"
    postgres.sql(f"truncate {postgres.sql(listed, name)}", name)
    return emptied[name]


@pytest.fixture(scope="session")
def masters() -> MasterKeys:
    return read_master_keys(f"2026 {base64.b64encode(b'm' * 32).decode()}\n")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return read_catalogue((Path(terresante_records.__file__).parent / "data" / "document_types.json").read_bytes())


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return Contents(f"file://{tmp_path}/contents")


@dataclass
class Clock:
    """The time a test gives."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def passes(self, minutes: float = 1.0) -> None:
        self.now += timedelta(minutes=minutes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class People:
    """Who is who in the world of a test."""

    gp: UUID = field(default_factory=uuid4)
    nurse: UUID = field(default_factory=uuid4)
    social_worker: UUID = field(default_factory=uuid4)
    stranger: UUID = field(default_factory=uuid4)
    parent: UUID = field(default_factory=uuid4)


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def world(people: People) -> World:
    made = World()
    made.members = {
        people.gp: EVERYTHING,
        people.nurse: EVERYTHING,
        people.social_worker: frozenset({"social_letter", "liaison_note"}),
    }
    made.representatives = {people.parent}
    return made


@pytest.fixture
def watching() -> Watching:
    """Without a bus. Tests of streams bring one."""
    return Watching(Bus())


@pytest_asyncio.fixture
async def reads(database_url: str) -> AsyncIterator[Reads]:
    async with reading(database_url, 4, "records reads") as connections:
        yield connections


@pytest_asyncio.fixture
async def desk(
    database: Database,
    reads: Reads,
    contents: Contents,
    masters: MasterKeys,
    catalogue: Catalogue,
    clock: Clock,
    world: World,
    watching: Watching,
    serve: Any,
    dial: Any,
) -> Desk:
    address = await serve("consent", partial(add_DecisionServiceServicer_to_server, Consent(world)))
    consent = DecisionServiceStub(await dial(address, "consent", as_="records"))
    return Desk(database, reads, Deciding(consent), masters, contents, catalogue, clock, 2 * 1024 * 1024, watching)


@pytest_asyncio.fixture
async def served(desk: Desk, serve: Any, dial: Any) -> Any:
    """A channel to the real server."""
    address = await serve(
        "records",
        partial(add_RecordsServiceServicer_to_server, RecordsService(desk)),
        partial(add_AlertServiceServicer_to_server, AlertService(desk)),
    )
    return await dial(address, "records")


@pytest.fixture
def records(served: Any) -> Any:
    """The real server behind the real client."""
    return RecordsServiceStub(served)


@pytest.fixture
def alerts(served: Any) -> Any:
    """The same, for stays and thresholds."""
    return AlertServiceStub(served)


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made


PDF = b"%PDF-1.7\n" + b"glycemie a jeun 1,92 g/L\n" * 100 + b"startxref\n9\n%%EOF\n"


async def parts(
    description: pb.DocumentDescription, content: bytes, piece: int = 65_536
) -> AsyncIterator[pb.PublishDocumentRequest]:
    """A document on its way."""
    yield pb.PublishDocumentRequest(description=description)
    for at in range(0, len(content), piece):
        yield pb.PublishDocumentRequest(chunk=content[at : at + piece])
    yield pb.PublishDocumentRequest(chunk=b"")


@dataclass
class Writing:
    """Writes in the world's record, as whoever calls."""

    records: Any
    world: World

    def described(self, **changes: Any) -> pb.DocumentDescription:
        said: dict[str, Any] = {
            "patient_id": str(self.world.patient),
            "type_code": LAB,
            "title": "Bilan glycémique",
            "dated": stamp(MONDAY),
        }
        return pb.DocumentDescription(**(said | changes))

    async def document(self, content: bytes = PDF, **changes: Any) -> pb.Document:
        reply = await self.records.PublishDocument(parts(self.described(**changes), content))
        document: pb.Document = reply.document
        return document

    async def note(self, text: str = "Chute à domicile, RAS.", **changes: Any) -> pb.Note:
        reply = await self.records.WriteNote(
            pb.WriteNoteRequest(patient_id=str(self.world.patient), text=text, **changes)
        )
        note: pb.Note = reply.note
        return note

    def measured(self, **changes: Any) -> pb.RecordObservationRequest:
        said: dict[str, Any] = {
            "patient_id": str(self.world.patient),
            "code_system": "http://loinc.org",
            "code": "8867-4",
            "label": "Fréquence cardiaque",
            "quantity": pb.Quantity(value="72.50", unit="/min"),
            "observed_at": stamp(MONDAY),
        }
        return pb.RecordObservationRequest(**(said | changes))

    async def observation(self, **changes: Any) -> pb.Observation:
        reply = await self.records.RecordObservation(self.measured(**changes))
        observation: pb.Observation = reply.observation
        return observation

    async def titles(self, **filter: Any) -> list[str]:
        """What the caller's list shows, after checking that its total says the same."""
        request = pb.ListDocumentsRequest(patient_id=str(self.world.patient), with_total=True, **filter)
        reply = await self.records.ListDocuments(request)
        assert reply.total == len(reply.documents)
        return [document.title for document in reply.documents]

    async def content(self, id: str) -> bytes:
        request = pb.ReadContentRequest(patient_id=str(self.world.patient), document_id=id)
        messages = [message async for message in self.records.ReadContent(request)]
        assert messages[0].document.document_id == id
        return b"".join(message.chunk for message in messages[1:])

    async def get(self, id: str, patient: UUID | None = None) -> pb.Document:
        request = pb.GetDocumentRequest(patient_id=str(patient or self.world.patient), document_id=id)
        document: pb.Document = (await self.records.GetDocument(request)).document
        return document


@pytest.fixture
def writing(records: Any, world: World) -> Writing:
    return Writing(records, world)


As = Callable[..., None]


@pytest.fixture
def being(people: People, world: World, calling_as: Any) -> As:
    """`being("nurse")`: the calls that follow are hers."""

    def become(who: str, **more: Any) -> None:
        if who == "patient":
            calling_as("patient", world.patient, **more)
        else:
            kind = "patient" if who == "parent" else "professional"
            calling_as(kind, getattr(people, who), **more)

    return become
