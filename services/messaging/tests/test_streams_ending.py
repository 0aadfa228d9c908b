"""How streams end: refused, cut, expired, held back; and that each is resumed without a gap or a double."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.wrappers_pb2 import StringValue
from sqlalchemy import text
from terresante_messaging.store import feed as store
from terresante_platform.bus import Bus
from terresante_platform.database import Database
from terresante_platform.refusals import Denied, Invalid, TooMany, Unauthenticated, Unavailable, Unknown

from . import feed_world
from .feed_world import Replica, Scene, opened


@pytest_asyncio.fixture
async def scene(database: Database, database_url: str, serve: Any, dial: Any, calling_as: Any) -> AsyncIterator[Scene]:
    async with feed_world.scene(database, database_url, serve, dial, calling_as) as made:
        yield made


async def both(replica: Replica, cursor: str) -> AsyncIterator[Any]:
    """The two ways to go on from a cursor."""
    yield opened(replica.follow(cursor))
    yield replica.page(cursor)


async def test_an_account_that_is_suspended_ends_its_streams_within_a_second_of_the_hint(
    scene: Scene, bus: Bus
) -> None:
    replica = await scene.start(bus)
    _, stream = await opened(replica.follow())
    await bus.client.flush()
    scene.consent.closed.add(scene.gp)
    begun = time.monotonic()
    payload = StringValue(value=str(scene.gp)).SerializeToString()
    await bus.client.publish("terresante.directory.v1.professional_changed", payload)
    with pytest.raises(Denied) as refused:
        await asyncio.wait_for(anext(stream), 10)

    assert refused.value.reason == "ACCOUNT_SUSPENDED"
    assert time.monotonic() - begun < 1.0
    async for asked in both(replica, ""):
        with pytest.raises(Denied) as again:
            await asked
        assert again.value.reason == "ACCOUNT_SUSPENDED"


async def test_who_consent_never_heard_of_is_heard_of_when_they_ask(scene: Scene) -> None:
    replica, circle = await scene.start(), await scene.circle()
    scene.consent.unheard.add(scene.gp)
    client, stream = await opened(replica.follow())
    await scene.writing.post(circle)
    await client.read_messages(stream, 1)

    assert client.messages == scene.writing.posted


async def test_a_suspension_that_nobody_hinted_at_is_found_while_the_bus_is_away(scene: Scene) -> None:
    replica = await scene.start(None)
    _, stream = await opened(replica.follow())
    scene.consent.closed.add(scene.gp)
    with pytest.raises(Denied) as refused:
        await asyncio.wait_for(anext(stream), 10)

    assert refused.value.reason == "ACCOUNT_SUSPENDED"


async def test_a_stream_ends_with_the_token_it_was_opened_with(scene: Scene) -> None:
    replica = await scene.start()
    scene.be("professional", scene.gp, exp=int(time.time()) + 2)
    _, stream = await opened(replica.follow())
    with pytest.raises(Unauthenticated) as refused:
        await asyncio.wait_for(anext(stream), 10)

    assert refused.value.reason == "LOGIN_EXPIRED"


async def test_while_consent_is_silent_nothing_is_told_then_streams_end_and_resume_without_gap_or_double(
    scene: Scene,
) -> None:
    replica, circle = await scene.start(), await scene.circle()
    client, stream = await opened(replica.follow())
    await scene.writing.post(circle)
    await client.read_messages(stream, 1)
    scene.consent.silent = True
    await scene.writing.post(circle)
    for silent in (stream, replica.follow(client.cursor)):
        with pytest.raises(Unavailable) as refused:
            await client.read(silent)
        assert refused.value.reason == "CONSENT_UNAVAILABLE"
    assert client.messages == scene.writing.posted[:1]

    scene.consent.silent = False
    await scene.writing.post(circle)
    await client.read_messages(replica.follow(client.cursor), 3)
    assert client.messages == scene.writing.posted


async def test_a_short_silence_of_consent_holds_what_follows_back_and_loses_nothing(scene: Scene) -> None:
    replica, circle = await scene.start(), await scene.circle()
    client, stream = await opened(replica.follow())
    asked, scene.consent.silent = scene.consent.asked, True
    await scene.writing.post(circle)
    async with asyncio.timeout(10):
        while scene.consent.asked == asked:
            await asyncio.sleep(0.01)
    await scene.writing.post(circle)
    scene.consent.silent = False
    await client.read_messages(stream, 2)

    assert client.messages == scene.writing.posted


async def test_a_client_that_does_not_take_what_it_is_given_is_cut_and_resumes_without_gap_or_double(
    scene: Scene,
) -> None:
    replica, circle = await scene.start(), await scene.circle()
    client, stream = await opened(replica.follow())
    count = 0
    async with asyncio.timeout(100):
        while not any(one.ended for one in replica.feed.streams.open):
            await asyncio.gather(*(scene.writing.post(circle) for _ in range(40)))
            count += 40
            assert all(len(one.waiting) <= 256 for one in replica.feed.streams.open)
    with pytest.raises(TooMany) as refused:
        await client.read(stream)
    assert refused.value.reason == "STREAM_SLOW"
    assert len(client.messages) < count

    await client.read_messages(replica.follow(client.cursor), count)
    assert [event.place for event in client.events] == list(range(1, count + 1))


async def test_more_streams_of_one_person_than_are_held_are_refused(scene: Scene) -> None:
    replica = await scene.start(per_person=2)
    kept = [await opened(replica.follow()) for _ in range(2)]
    with pytest.raises(TooMany) as refused:
        await opened(replica.follow())
    assert refused.value.reason == "STREAMS_TOO_MANY"

    scene.be("professional", scene.nurse)
    kept.append(await opened(replica.follow()))
    assert len(replica.feed.streams) == 3


@pytest.mark.parametrize("cursor", ["x", "-1", "1.professional." + "0" * 32, "9" * 30, "7", "1 ", "١"])
async def test_a_cursor_that_was_not_given_is_refused(scene: Scene, cursor: str) -> None:
    async for asked in both(await scene.start(), cursor):
        with pytest.raises(Invalid) as refused:
            await asked
        assert refused.value.reason == "CURSOR_INVALID"


async def test_a_cursor_older_than_what_is_kept_is_refused(scene: Scene) -> None:
    replica, circle = await scene.start(), await scene.circle()
    await scene.writing.post(circle)
    await replica.sequencer.give()
    today = datetime.now(UTC).date()
    after = today.replace(day=1, month=today.month % 12 + 1, year=today.year + today.month // 12)
    async with scene.writing.database.transaction() as transaction:
        assert await store.drop_before(transaction, after)
        made = text("select make_partitions(array['patient'], cast(:today as date), 1)")
        await transaction.execute(made, {"today": today})
    async for asked in both(replica, "0"):
        with pytest.raises(Unknown) as refused:
            await asked
        assert refused.value.reason == "CURSOR_GONE"

    page = await replica.page()
    assert (list(page.events), page.next_cursor, page.more) == ([], "1", False)


async def test_streams_end_when_the_process_stops_to_be_resumed_elsewhere(scene: Scene) -> None:
    replica = await scene.start()
    _, stream = await opened(replica.follow())
    with replica.feed.streams.serving():
        pass
    for ended in (stream, replica.follow()):
        with pytest.raises(Unavailable) as refused:
            await asyncio.wait_for(anext(ended), 5)
        assert refused.value.reason == "STOPPING"
