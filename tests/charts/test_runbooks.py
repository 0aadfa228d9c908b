"""What a runbook tells operators to do brings about what it says, with real parts."""

import asyncio
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from nats.js.api import StreamConfig
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.consent.v1 import consent_events_pb2 as events
from terresante_platform import consumer, outbox
from terresante_platform.bus import STREAM, Bus
from terresante_platform.consumer import Reaction
from terresante_platform.database import Database

from tests.charts.rendered import ROOT

SUBJECT = "terresante.consent.v1.consent_withdrawn"
PARKED = (ROOT / "docs" / "runbooks" / "event-parked.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def package() -> str:
    """A service with an outbox, an inbox and dead letters: any."""
    return "terresante_messaging"


class Effect:
    """A reaction that cannot read what comes, until it is put right."""

    def __init__(self) -> None:
        self.right = False
        self.applied: list[UUID] = []

    async def apply(self, _: AsyncConnection, event_id: UUID, __: Any, ___: Any) -> None:
        if not self.right:
            raise ValueError("unreadable")
        self.applied.append(event_id)


async def rows(database: Database, statement: str) -> list[Any]:
    async with database.transaction() as transaction:
        done = await transaction.execute(text(statement))
        return list(done.all()) if done.returns_rows else []


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.02)


async def delivered(bus: Bus, sequence: int) -> bool:
    """Whether the consumer has acknowledged everything up to that place of the stream."""
    found = await bus.stream.consumer_info(STREAM, "messaging")
    return found.ack_floor is not None and found.ack_floor.stream_seq >= sequence


async def test_an_event_that_was_given_up_is_sent_again_and_has_its_effect_once(database: Database, bus: Bus) -> None:
    await bus.stream.update_stream(
        StreamConfig(name=STREAM, subjects=["terresante.*.v1.>"], duplicate_window=0.1)
    )  # production's two minutes are what "three minutes or more" is about
    blocks = [block.strip() for block in re.findall(r"```sql\n(.*?)```", PARKED, re.DOTALL)]
    seen, again, (applied, gone) = blocks[0], blocks[1], blocks[2].split("\n")
    effect = Effect()
    async with (
        outbox.relaying(database, bus),
        consumer.consuming("messaging", database, bus, [Reaction(SUBJECT, events.ConsentWithdrawn, effect.apply)]),
    ):
        async with database.transaction() as transaction:
            await outbox.add(transaction, SUBJECT, events.ConsentWithdrawn(patient_id="p"))
        await until(lambda: rows(database, seen.rstrip(";")))
        ((id, subject, fault, _),) = await rows(database, seen.rstrip(";"))
        assert (subject, fault, effect.applied) == (SUBJECT, "builtins.ValueError", [])

        effect.right = True
        await rows(database, again.replace("<event id>", str(id)))
        await until(lambda: rows(database, applied.replace("<event id>", str(id))))
        assert effect.applied == [id]
        await rows(database, gone.replace("<event id>", str(id)))
        assert await rows(database, seen.rstrip(";")) == []

        before = (await bus.state()).last_sequence
        await rows(database, again.replace("<event id>", str(id)))
        await until(lambda: delivered(bus, before + 1))
    assert effect.applied == [id]
