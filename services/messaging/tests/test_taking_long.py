"""What was missed takes long to read: around very many patients, or on a machine that has much to do. It is decided
anew and given all the same, however little at a time.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest_asyncio
from sqlalchemy import text
from terresante_messaging.domain.log import Cursor
from terresante_messaging.feed.following import Following
from terresante_messaging.feed.missing import Log, Missed, OwnLog
from terresante_platform.database import Database

from . import feed_world
from .feed_consent import Consent
from .feed_world import Replica, Scene, professional


@pytest_asyncio.fixture
async def scene(database: Database, database_url: str, serve: Any, dial: Any, calling_as: Any) -> AsyncIterator[Scene]:
    async with feed_world.scene(database, database_url, serve, dial, calling_as) as made:
        yield made


@dataclass
class Slow:
    """A log of which each event takes a while to read after the decision."""

    log: Log
    seconds: float
    asked: list[int] = field(default_factory=list)
    """How many events were asked for."""

    async def missed(self, cursor: Cursor, up_to: int, most: int) -> Missed:
        """See `Log`."""
        self.asked.append(most)
        page = await self.log.missed(cursor, up_to, most)
        return replace(page, decided=page.decided - len(page.told) * self.seconds)


@dataclass
class Removing:
    """A consent service that removes somebody from every circle as soon as it has said what they may read."""

    stub: Any
    consent: Consent

    async def ListMyConversations(self, request: Any) -> Any:
        """See the contract."""
        reply = await self.stub.ListMyConversations(request)
        self.consent.circles.clear()
        return reply


def own_log(replica: Replica, scene: Scene, **more: Any) -> OwnLog:
    feed = replica.feed
    return replace(OwnLog(feed.database, feed.consent, feed.readers, professional(scene.gp)), **more)


async def settled(scene: Scene, count: int) -> None:
    """Once so many entries have their position."""
    async with asyncio.timeout(20), scene.writing.database.reading() as connection:
        while (await connection.execute(text("select count(position) from log_entry"))).scalar_one() < count:
            await asyncio.sleep(0.01)


async def test_a_stream_gives_smaller_pages_rather_than_none(scene: Scene) -> None:
    replica, circle = await scene.start(), await scene.circle()
    for _ in range(40):
        await scene.writing.post(circle)
    await settled(scene, 40)
    streams, log = replica.feed.streams, Slow(own_log(replica, scene), 0.02)
    async with asyncio.timeout(20):
        while streams.position < 40:
            await asyncio.sleep(0.01)
        with streams.room(professional(scene.gp)) as stream:
            async with aclosing(Following(streams, stream, log, time.time() + 60).steps(Cursor(0))) as steps:  # type: ignore[type-var]
                told = [step[0] async for step in _until(steps, 40)]

    assert [str(one.entry.what.message) for one in told if one is not None] == scene.writing.posted
    assert log.asked[:3] == [1_000, 125, 15]


async def _until(steps: Any, position: int) -> AsyncIterator[Any]:
    async for step in steps:
        yield step
        if step[1].position == position:
            return


async def test_what_took_long_to_read_is_decided_again_before_it_is_given(scene: Scene) -> None:
    replica, circle = await scene.start(), await scene.circle()
    await scene.writing.post(circle)
    await settled(scene, 1)
    consent: Any = Removing(replica.feed.consent, scene.consent)
    around = {**scene.consent.circles}
    quick = await own_log(replica, scene, consent=consent).missed(Cursor(0), 1, 10)
    assert [str(one.entry.what.message) for one in quick.told] == scene.writing.posted

    scene.consent.circles |= around
    late = await own_log(replica, scene, consent=consent, fresh=0.0).missed(Cursor(0), 1, 10)
    assert (late.told, late.come_to, late.more) == ([], Cursor(1), False)

    scene.consent.circles |= around
    still = await own_log(replica, scene, fresh=0.0).missed(Cursor(0), 1, 10)
    assert [str(one.entry.what.message) for one in still.told] == scene.writing.posted


async def test_a_stream_from_now_on_reads_nothing_of_the_log_for_what_happens_at_its_beginning(scene: Scene) -> None:
    """Who is around too many patients to be told what was missed is told what happens, from the first moment on."""
    replica, circle = await scene.start(), await scene.circle()
    scene.consent.too_many = True
    streams = replica.feed.streams
    with streams.room(professional(scene.gp)) as stream:
        async with aclosing(Following(streams, stream, own_log(replica, scene), time.time() + 60).steps(None)) as steps:  # type: ignore[type-var]
            await asyncio.wait_for(anext(steps), 10)
            last = await scene.writing.post(circle)
            async with asyncio.timeout(10):
                while not stream.waiting:
                    await asyncio.sleep(0.01)
            told, _ = await asyncio.wait_for(anext(steps), 10)

    assert told is not None
    assert str(told.entry.what.message) == last
