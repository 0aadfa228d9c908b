"""A file that is being read stops within a second when its reader may no longer read it: real gRPC, a real bus."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from google.protobuf.message import Message
from terresante.consent.v1 import consent_events_pb2 as consent_pb
from terresante.directory.v1 import directory_events_pb2 as directory_pb
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_contents.watching import PROFESSIONAL_CHANGED, Watching, watching
from terresante_platform.bus import Bus
from terresante_platform.refusals import Refusal

from .conftest import As, People
from .conversing import CIRCLE, DIRECT, SIDE, Talking
from .filing import Filing
from .world import World

PIECE = 64 * 1024
LONG = b"Compte rendu de sortie. " * 80_000
"""1.9 MB: 30 pieces."""
PACE = 0.05
"""Seconds that the reader takes for a piece: the whole takes them 1.5 s."""
BAR = 1.0


@pytest_asyncio.fixture(name="watched")
async def heard(bus: Bus) -> AsyncIterator[Watching]:
    """On the bus, and hearing already."""
    async with watching(bus) as made:
        async with asyncio.timeout(10):
            while not made.hearing:
                await asyncio.sleep(0.005)
        yield made


@dataclass
class Begun:
    """The GP's file, which somebody has begun to read."""

    filing: Filing
    talking: Talking
    being: As
    stream: Any = None
    posted: pb.Message = field(default_factory=pb.Message)

    async def by(self, who: str, thread: pb.Thread) -> None:
        self.being("gp")
        sent = await self.filing.upload(thread, LONG, name="a.txt")
        self.posted = await self.talking.post(thread, attachment_ids=[sent.attachment_id])
        self.being(who)
        self.stream = self.filing.reading(thread, sent)
        for _ in range(4):
            await anext(self.stream)

    async def to_its_end(self) -> tuple[str, float, int]:
        """Reads on: the reason it ends with (blank: it came whole), seconds until then, bytes meanwhile."""
        start, came = time.monotonic(), 0
        try:
            async for message in self.stream:
                came += len(message.chunk)
                await asyncio.sleep(PACE)
        except Refusal as refusal:
            return refusal.reason, time.monotonic() - start, came
        return "", time.monotonic() - start, came

    async def ends(self, reason: str) -> None:
        """It ends so, in time."""
        found, seconds, came = await self.to_its_end()
        assert (found, seconds < BAR) == (reason, True), seconds
        assert came < len(LONG) - 4 * PIECE


@pytest.fixture
def begun(filing: Filing, talking: Talking, being: As) -> Begun:
    return Begun(filing, talking, being)


async def tell(bus: Bus, subject: str, event: Message) -> None:
    await bus.stream.publish(subject, event.SerializeToString())


async def test_a_withdrawal_ends_it(begun: Begun, talking: Talking, being: As, world: World, bus: Bus) -> None:
    being("gp")
    await begun.by("nurse", await talking.open(CIRCLE))
    world.consent_in_force = False
    event = consent_pb.ConsentWithdrawn(patient_id=str(world.patient))
    await tell(bus, "terresante.consent.v1.consent_withdrawn", event)

    await begun.ends("CONSENT_NOT_IN_FORCE")


async def test_a_removal_from_the_circle_ends_it(
    begun: Begun, talking: Talking, being: As, world: World, people: People, bus: Bus
) -> None:
    being("gp")
    await begun.by("nurse", await talking.open(CIRCLE))
    world.circle.remove(people.nurse)
    await tell(bus, "terresante.consent.v1.member_removed", consent_pb.MemberRemoved(patient_id=str(world.patient)))

    await begun.ends("THREAD_UNKNOWN")


async def test_a_suspension_ends_it_even_where_there_is_no_patient(
    begun: Begun, talking: Talking, being: As, world: World, people: People, bus: Bus
) -> None:
    being("gp")
    await begun.by("nurse", await talking.open(DIRECT, professional_ids=[str(people.nurse)]))
    world.suspended.add(people.nurse)
    await tell(bus, PROFESSIONAL_CHANGED, directory_pb.ProfessionalChanged(professional_id=str(people.nurse)))

    await begun.ends("ACCOUNT_SUSPENDED")


async def test_leaving_a_side_thread_ends_it_although_nothing_is_heard(
    begun: Begun, talking: Talking, being: As, people: People
) -> None:
    being("gp")
    thread = await talking.open(SIDE, professional_ids=[str(people.nurse)])
    await begun.by("nurse", thread)
    being("gp")
    await talking.change(thread, removed_professional_ids=[str(people.nurse)])

    await begun.ends("THREAD_UNKNOWN")


async def test_a_message_that_is_taken_back_ends_it_although_nothing_is_heard(
    begun: Begun, talking: Talking, being: As
) -> None:
    being("gp")
    await begun.by("nurse", await talking.open(CIRCLE))
    being("gp")
    await talking.delete(begun.posted)

    await begun.ends("ATTACHMENT_UNKNOWN")


async def test_a_consent_that_does_not_answer_ends_it(
    begun: Begun, talking: Talking, being: As, world: World, bus: Bus
) -> None:
    being("gp")
    await begun.by("nurse", await talking.open(CIRCLE))
    world.silent = True
    event = consent_pb.ConsentWithdrawn(patient_id=str(world.patient))
    await tell(bus, "terresante.consent.v1.consent_withdrawn", event)

    await begun.ends("CONSENT_UNAVAILABLE")


async def test_as_long_as_nothing_changes_it_asks_once_and_comes_whole(
    begun: Begun, talking: Talking, being: As, world: World, bus: Bus
) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    await begun.by("nurse", thread)
    asked = len(world.questions)
    event = consent_pb.ConsentWithdrawn(patient_id=str(uuid4()))
    await tell(bus, "terresante.consent.v1.consent_withdrawn", event)
    reason, seconds, came = await begun.to_its_end()

    assert (reason, came) == ("", len(LONG) - 3 * PIECE)
    assert seconds > BAR, "it looked again meanwhile"
    assert len(world.questions) == asked


async def test_a_reader_who_leaves_is_watched_no_more(
    begun: Begun, talking: Talking, being: As, watched: Watching
) -> None:
    being("gp")
    await begun.by("nurse", await talking.open(CIRCLE))
    assert watched.running == 1

    await begun.stream.aclose()

    async with asyncio.timeout(10):
        while watched.running:
            await asyncio.sleep(0.005)
