"""The relay on real PostgreSQL and NATS: what is announced is published once, also into a stream that was lost."""

import asyncio

from sqlalchemy import select, text
from terresante_platform import background, outbox
from terresante_platform.bus import STREAM, Bus
from terresante_platform.database import Database
from terresante_platform.outbox import Relay

from .announcing import announce, stored


async def test_waiting_events_are_published_once_each_by_several_relays(database: Database, bus: Bus) -> None:
    for _ in range(300):
        await announce(database)

    relays = [Relay(database, bus), Relay(database, bus)]
    await asyncio.gather(*(relay.publish_batch() for relay in relays * 2))
    while await relays[0].publish_batch():
        pass

    assert await stored(bus) == 300


async def test_what_is_announced_shortly_after_a_round_goes_with_the_next_one(database: Database, bus: Bus) -> None:
    class Rounds(Relay):
        begun: list[float] = []  # noqa: RUF012  # of this test's one relay

        async def publish_batch(self) -> int:
            self.begun.append(asyncio.get_running_loop().time())
            return await super().publish_batch()

    pace, relay = 1.0, Rounds(database, bus, pace=1.0)
    async with background.running(relay.run()):
        for _ in range(20):
            await announce(database)
        async with asyncio.timeout(20):
            while await stored(bus) < 20:
                await asyncio.sleep(0.01)

    assert len(relay.begun) <= (relay.begun[-1] - relay.begun[0]) / pace + 1.5


async def test_a_lost_stream_is_filled_again_from_the_outbox(database: Database, bus: Bus) -> None:
    relay = Relay(database, bus)
    await relay.reconcile()
    for _ in range(5):
        await announce(database)
    await relay.publish_batch()
    config = (await bus.stream.stream_info(STREAM)).config
    await bus.stream.delete_stream(STREAM)
    await bus.stream.add_stream(config)

    await relay.reconcile()
    await relay.publish_batch()

    assert await stored(bus) == 5


async def test_a_stream_that_lost_its_tail_gets_just_the_tail_again(database: Database, bus: Bus) -> None:
    relay = Relay(database, bus)
    await relay.reconcile()
    for _ in range(5):
        await announce(database)
    await relay.publish_batch()
    async with database.transaction() as transaction:
        await transaction.execute(text("update outbox set stream_sequence = stream_sequence + 3"))

    await relay.reconcile()

    async with database.reading() as connection:
        waiting = (
            await connection.execute(select(outbox.rows.c.sequence).where(outbox.rows.c.published_at.is_(None)))
        ).all()
    assert len(waiting) == 3


async def test_what_was_marked_late_after_the_stream_was_lost_is_published_again(database: Database, bus: Bus) -> None:
    """A relay had the old stream's acknowledgement, and kept it only after another relay looked at the new stream."""
    relay = Relay(database, bus)
    old = await relay.reconcile()
    for _ in range(5):
        await announce(database)
    config = (await bus.stream.stream_info(STREAM)).config
    await bus.stream.delete_stream(STREAM)
    await bus.stream.add_stream(config)
    await relay.reconcile()
    async with database.transaction() as transaction:
        late = text("update outbox set published_at = now(), stream = :old, stream_sequence = sequence")
        await transaction.execute(late, {"old": old})

    await relay.reconcile()
    await relay.publish_batch()

    assert await stored(bus) == 5
