"""A content that is being read stops when its reader may no longer read it: real gRPC, a real bus, a slow reader."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from google.protobuf.message import Message
from terresante.consent.v1 import consent_events_pb2 as consent_pb
from terresante.directory.v1 import directory_events_pb2 as directory_pb
from terresante.records.v1 import records_events_pb2 as events_pb
from terresante.records.v1 import records_service_pb2 as pb
from terresante_contents.watching import ASK_AGAIN_SECONDS, OF_TWO, PROFESSIONAL_CHANGED, Watching, watching
from terresante_platform import bus as buses
from terresante_platform import outbox
from terresante_platform.bus import Bus
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_platform.testing import nats_server as nats_module
from terresante_records.watching import HEARS

from .conftest import As, People, Writing
from .world import World

WITHDRAWN = "terresante.consent.v1.consent_withdrawn"
PIECE = 64 * 1024
TEXT = b"Compte rendu de sortie. " * 79_000
"""1.9 MB: 29 pieces."""
PACE = 0.05
"""Seconds that the slow reader takes for a piece: the whole text takes it 1.5 s."""
BUFFERED = 4 * PIECE
"""What may be under way when a right ends: a piece or two between the two services, one being sent."""


@pytest.fixture
def every() -> float:
    """Seconds after which a stream asks by itself."""
    return ASK_AGAIN_SECONDS


@pytest_asyncio.fixture(name="watching")
async def heard(bus: Bus, every: float) -> AsyncIterator[Watching]:
    """On the bus, and hearing already."""
    async with watching(bus, HEARS, every) as made:
        await until(lambda: made.hearing)
        yield made


@dataclass
class Reading:
    """One reader of one content, at its pace."""

    messages: Any
    got: bytearray = field(default_factory=bytearray)

    async def piece(self) -> bool:
        """Takes the next one; False at the end."""
        message = await anext(self.messages, None)
        if message is not None:
            self.got += message.chunk
        return message is not None

    async def pieces(self, number: int) -> None:
        for _ in range(number):
            assert await self.piece()

    async def to_its_end(self, pace: float = PACE) -> None:
        while await self.piece():
            await asyncio.sleep(pace)

    async def refused(self) -> tuple[str, float, int]:
        """Reads on: the reason it ends with, seconds until then, bytes that came meanwhile."""
        begun, before = time.monotonic(), len(self.got)
        with pytest.raises(Refusal) as refusal:
            await self.to_its_end()
        return refusal.value.reason, time.monotonic() - begun, len(self.got) - before


@dataclass
class Begun:
    """Begins to read the GP's document."""

    writing: Writing
    being: As
    document: pb.Document

    async def as_(self, who: str) -> Reading:
        self.being(who)
        request = pb.ReadContentRequest(patient_id=self.document.patient_id, document_id=self.document.document_id)
        reading = Reading(self.writing.records.ReadContent(request))
        await reading.pieces(4)
        return reading


@pytest_asyncio.fixture
async def begun(writing: Writing, being: As) -> Begun:
    being("gp")
    return Begun(writing, being, await writing.document(TEXT))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def withdrawn(world: World) -> bytes:
    return consent_pb.ConsentWithdrawn(patient_id=str(world.patient), consent_id=str(uuid4())).SerializeToString()


def within(seconds: float, found: tuple[str, float, int], reason: str) -> None:
    """What must hold of a stream that was ended."""
    print(f"{found[0]} after {found[1] * 1000:.0f} ms, {found[2]} bytes meanwhile")  # noqa: T201
    assert found[0] == reason
    assert found[1] < seconds


LOSSES = {
    "a withdrawal": (WITHDRAWN, consent_pb.ConsentWithdrawn, "CONSENT_NOT_IN_FORCE"),
    "a removal": ("terresante.consent.v1.member_removed", consent_pb.MemberRemoved, "NOT_IN_CIRCLE"),
    "an event of later": ("terresante.consent.v1.something_new", consent_pb.MemberRemoved, "NOT_IN_CIRCLE"),
    "an event nobody can read": ("terresante.consent.v1.something_new", None, "NOT_IN_CIRCLE"),
    "a suspension": (PROFESSIONAL_CHANGED, directory_pb.ProfessionalChanged, "NOT_IN_CIRCLE"),
}


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_stream_ends_when_its_reader_loses_the_right(
    begun: Begun, world: World, people: People, bus: Bus, loss: str
) -> None:
    subject, kind, reason = LOSSES[loss]
    reading = await begun.as_("nurse")
    if subject == WITHDRAWN:
        world.consent_in_force = False
    else:
        del world.members[people.nurse]
    about: dict[str, Any] = (
        {"professional_id": str(people.nurse)}
        if subject == PROFESSIONAL_CHANGED
        else {"patient_id": str(world.patient)}
    )
    await bus.stream.publish(subject, kind(**about).SerializeToString() if kind else b"\xff\xff")

    found = await reading.refused()

    within(0.5, found, reason)
    assert found[2] <= BUFFERED
    assert len(reading.got) < len(TEXT)


TWO = {
    "joined": (consent_pb.RecordsJoined, "absorbed_patient_id"),
    "parted": (consent_pb.RecordsParted, "parted_patient_id"),
}


@pytest.mark.parametrize("as_", ["the first", "the other"])
@pytest.mark.parametrize("what", TWO)
async def test_a_stream_asks_again_when_its_patient_is_joined_with_another_or_parted(
    begun: Begun, world: World, bus: Bus, what: str, as_: str
) -> None:
    reading = await begun.as_("nurse")
    world.consent_in_force = False
    kind, other = TWO[what]
    patient, stranger = str(world.patient), str(uuid4())
    first, second = (patient, stranger) if as_ == "the first" else (stranger, patient)
    event = kind(patient_id=first, **{other: second})
    await bus.stream.publish(f"terresante.consent.v1.records_{what}", event.SerializeToString())

    within(0.5, await reading.refused(), "CONSENT_NOT_IN_FORCE")


@pytest.mark.parametrize("act", ["hides it", "deletes it"])
async def test_a_stream_ends_when_the_author_hides_or_deletes_the_document(
    begun: Begun, writing: Writing, being: As, database: Database, bus: Bus, act: str
) -> None:
    reading = await begun.as_("nurse")
    one: dict[str, Any] = {
        "patient_id": begun.document.patient_id, "document_id": begun.document.document_id, "version": 1
    }  # fmt: skip
    being("gp")
    if act == "hides it":
        hidden = pb.Visibility(hidden_from_professionals=True)
        await writing.records.SetDocumentVisibility(pb.SetDocumentVisibilityRequest(**one, visibility=hidden))
    else:
        await writing.records.DeleteDocument(pb.DeleteDocumentRequest(**one))
    await outbox.Relay(database, bus).publish_batch()

    within(0.5, await reading.refused(), "DOCUMENT_UNKNOWN")


async def test_a_professionals_change_that_consent_takes_in_late_ends_the_stream_all_the_same(
    begun: Begun, world: World, people: People, bus: Bus
) -> None:
    reading = await begun.as_("nurse")
    changed = directory_pb.ProfessionalChanged(professional_id=str(people.nurse))
    await bus.stream.publish(PROFESSIONAL_CHANGED, changed.SerializeToString())
    ending = asyncio.create_task(reading.refused())
    await until(lambda: len(world.asked) == 3)
    del world.members[people.nurse]

    within(1.0, await ending, "NOT_IN_CIRCLE")


async def test_no_piece_flows_between_the_hint_and_the_answer_and_a_yes_lets_it_go_on(
    begun: Begun, world: World, bus: Bus
) -> None:
    reading = await begun.as_("nurse")
    world.stuck = asyncio.Event()
    await bus.stream.publish(WITHDRAWN, withdrawn(world))
    before, ending = len(reading.got), asyncio.create_task(reading.to_its_end(0))
    await until(lambda: len(world.asked) == 3)
    done, _ = await asyncio.wait({ending}, timeout=0.5)

    assert not done and len(reading.got) - before <= BUFFERED

    world.stuck.set()
    await ending
    assert bytes(reading.got) == TEXT


async def test_a_consent_that_does_not_answer_ends_the_stream(begun: Begun, world: World, bus: Bus) -> None:
    reading = await begun.as_("nurse")
    world.silent = True
    await bus.stream.publish(WITHDRAWN, withdrawn(world))

    within(0.5, await reading.refused(), "CONSENT_UNAVAILABLE")


async def test_a_stream_asks_with_the_callers_own_call(begun: Begun, world: World, people: People, bus: Bus) -> None:
    place = str(uuid4())
    begun.being("nurse", place=place)
    request = pb.ReadContentRequest(patient_id=begun.document.patient_id, document_id=begun.document.document_id)
    reading = Reading(begun.writing.records.ReadContent(request))
    await reading.pieces(4)
    await bus.stream.publish(WITHDRAWN, withdrawn(world))
    await reading.to_its_end()

    assert bytes(reading.got) == TEXT
    assert [(call.caller.id, call.place) for call in world.callers[1:] if call.caller] == [(people.nurse, place)] * 2
    assert world.asked[1] == world.asked[2]


async def test_without_an_event_about_them_a_stream_asks_once(begun: Begun, world: World, bus: Bus) -> None:
    reading = await begun.as_("nurse")
    joined = consent_pb.RecordsJoined(patient_id=str(uuid4()), absorbed_patient_id=str(uuid4()))
    for subject, event in (
        ("terresante.consent.v1.records_joined", joined),
        (WITHDRAWN, consent_pb.ConsentWithdrawn(patient_id=str(uuid4()))),
        (PROFESSIONAL_CHANGED, directory_pb.ProfessionalChanged(professional_id=str(uuid4()))),
        ("terresante.records.v1.note_written", events_pb.NoteWritten(patient_id=str(world.patient))),
    ):
        await bus.stream.publish(subject, event.SerializeToString())
    await reading.to_its_end()

    assert bytes(reading.got) == TEXT
    assert len(world.asked) == 2, "one to publish, one to read"


async def test_a_reader_who_leaves_is_watched_no_more(begun: Begun, watching: Watching) -> None:
    reading = await begun.as_("nurse")
    assert watching.running == 1

    await reading.messages.aclose()

    await until(lambda: watching.running == 0)


class TestWithoutHints:
    """The bus is away, was away for a moment, or a hint was lost."""

    @pytest.fixture
    def server(self) -> Iterator[nats_module.Server]:
        with nats_module.server() as running:
            yield running

    @pytest_asyncio.fixture
    async def bus(self, server: nats_module.Server) -> AsyncIterator[Bus]:
        async with buses.connected(server.url, "records", None) as connected:
            await asyncio.wait_for(connected.connected.wait(), 10)
            yield connected

    async def test_a_stream_ends_within_a_second_or_so_while_the_bus_is_away(
        self, begun: Begun, world: World, server: nats_module.Server, bus: Bus
    ) -> None:
        reading = await begun.as_("nurse")
        server.kill()
        await until(lambda: not bus.live)
        world.consent_in_force = False

        within(1.3, await reading.refused(), "CONSENT_NOT_IN_FORCE")

    async def test_a_stream_asks_once_more_when_the_bus_is_back(
        self, begun: Begun, world: World, server: nats_module.Server, bus: Bus
    ) -> None:
        reading = await begun.as_("nurse")
        server.kill()
        world.consent_in_force = False
        server.start()
        await until(lambda: bus.client.stats["reconnects"] == 1 and bus.live)

        within(0.3, await reading.refused(), "CONSENT_NOT_IN_FORCE")

    @pytest.mark.parametrize("every", [0.5])
    async def test_a_stream_of_some_length_asks_by_itself(self, begun: Begun, world: World) -> None:
        reading = await begun.as_("nurse")
        world.consent_in_force = False

        found = await reading.refused()

        within(0.8, found, "CONSENT_NOT_IN_FORCE")


def test_the_first_field_of_each_event_that_is_heard_is_whom_it_is_about() -> None:
    def first(message: type[Message]) -> str:
        return str(message.DESCRIPTOR.fields_by_number[1].name)

    heard = [kind for kind in vars(consent_pb).values() if isinstance(kind, type) and issubclass(kind, Message)]
    assert len(heard) >= 9
    assert {first(kind) for kind in [*heard, events_pb.DocumentChanged]} == {"patient_id"}
    assert first(directory_pb.ProfessionalChanged) == "professional_id"
    assert {kind.DESCRIPTOR.fields_by_number[2].name for kind, _ in TWO.values()} == {
        other for _, other in TWO.values()
    }
    assert {f"terresante.consent.v1.records_{what}" for what in TWO} == OF_TWO
