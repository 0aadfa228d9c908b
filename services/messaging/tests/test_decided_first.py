"""What is shown was there when it was decided: nothing that was written after somebody was taken out."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

import pytest_asyncio
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceStub
from terresante.messaging.v1.conversation_service_pb2_grpc import (
    ConversationServiceStub,
    add_ConversationServiceServicer_to_server,
)
from terresante_messaging.domain.threads import Thread, Window
from terresante_messaging.rpc.conversations import ConversationService
from terresante_messaging.rpc.deciding import Deciding
from terresante_messaging.rpc.desk import Desk

from .conftest import As, Clock, People
from .conversing import SIDE, Talking
from .world import World


class Slow(Deciding):
    """Time passes between what was decided and what is done."""

    def __init__(self, consent: Any) -> None:
        super().__init__(consent)
        self.decided, self.go = asyncio.Event(), asyncio.Event()

    async def read(self, thread: Thread) -> Window:
        return await self._later(await super().read(thread))

    async def write(self, thread: Thread) -> Window:
        return await self._later(await super().write(thread))

    async def _later(self, window: Window) -> Window:
        self.decided.set()
        await self.go.wait()
        return window


@pytest_asyncio.fixture
async def slow(consent: Any) -> Slow:
    return Slow(DecisionServiceStub(consent))


@pytest_asyncio.fixture
async def late(slow: Slow, desk: Desk, clock: Clock, world: World, serve: Any, dial: Any) -> Talking:
    """A replica on which deciding takes long."""
    conversations = ConversationService(replace(desk, deciding=slow))
    address = await serve("messaging", partial(add_ConversationServiceServicer_to_server, conversations))
    return Talking(ConversationServiceStub(await dial(address, "messaging")), str(world.patient), clock)


async def test_who_was_taken_out_meanwhile_reads_nothing_that_was_written_since(
    talking: Talking, late: Talking, slow: Slow, being: As, people: People
) -> None:
    being("gp")
    side = await talking.open(SIDE, professional_ids=[str(people.nurse)])
    await talking.post(side, "Avant")
    being("nurse")
    reading = asyncio.create_task(late.page(side))
    await slow.decided.wait()
    being("gp")
    await talking.change(side, removed_professional_ids=[str(people.nurse)])
    await talking.post(side, "Après")
    slow.go.set()

    assert [one.text for one in (await reading).messages] == ["Avant"]
