"""Who was away goes on from their cursor: everything they may be told of now, once, in order, and then what happens."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from terresante_messaging.domain.log import EntryKind
from terresante_messaging.domain.threads import ThreadKind
from terresante_platform.database import Database
from terresante_platform.ids import new_id
from terresante_platform.refusals import Conflict, Invalid, Unavailable

from . import feed_world
from .feed_world import Client, Replica, Scene, kinds, later, opened, professional


@pytest_asyncio.fixture
async def scene(database: Database, database_url: str, serve: Any, dial: Any, calling_as: Any) -> AsyncIterator[Scene]:
    async with feed_world.scene(database, database_url, serve, dial, calling_as) as made:
        yield made


async def settled(scene: Scene) -> None:
    """Once everything that was written has its position."""
    async with asyncio.timeout(20), scene.writing.database.reading() as connection:
        while (await connection.execute(text("select 1 from log_entry where position is null"))).first():
            await asyncio.sleep(0.01)


async def pages(replica: Replica, cursor: str = "", limit: int = 0) -> list[Any]:
    """All events, page by page."""
    found: list[Any] = []
    while True:
        page = await replica.page(cursor, limit)
        found += page.events
        cursor = page.next_cursor
        if not page.more:
            return found


async def test_pages_from_the_oldest_on_hold_what_is_the_callers_once_and_in_order(scene: Scene) -> None:
    replica, circle = await scene.start(), await scene.circle()
    foreign = await scene.writing.thread(ThreadKind.CIRCLE, patient_id=uuid4())
    for _ in range(7):
        await scene.writing.post(circle)
        await scene.writing.post(foreign)
        scene.writing.posted.pop()
    await scene.writing.note(EntryKind.STANDING_CHANGED, patient=scene.patient)
    await scene.writing.note(EntryKind.NOTIFIED, recipient=professional(scene.gp))
    await scene.writing.note(EntryKind.NOTIFIED, recipient=professional(scene.nurse))
    await settled(scene)
    for limit in (1, 3, 0):
        found = await pages(replica, limit=limit)
        assert [one.message_id for one in found[:7]] == scene.writing.posted
        assert kinds(found[7:]) == ["STANDING_CHANGED", "NOTIFIED"]

    again = await pages(replica, found[3].cursor)
    assert [one.cursor for one in again] == [one.cursor for one in found[4:]]


async def test_a_page_says_what_a_stream_said(scene: Scene) -> None:
    structure, other = uuid4(), uuid4()
    scene.consent.teams[structure] = [scene.gp]
    replica, make, around = await scene.start(), scene.writing.thread, {"patient_id": scene.patient}
    threads = [
        await make(ThreadKind.CIRCLE, **around),
        await make(ThreadKind.WITH_PATIENT, **around),
        await make(ThreadKind.SIDE, **around, members={scene.gp: 1}),
        await make(ThreadKind.SIDE, **around, members={other: 0}),
        await make(ThreadKind.SIDE, **around, with_patient=True, hidden_from_representatives=True),
        await make(ThreadKind.DIRECT, first_id=scene.gp, second_id=other),
        await make(ThreadKind.DIRECT, first_id=other, second_id=scene.gp),
        await make(ThreadKind.TEAM, structure_id=structure),
        await make(ThreadKind.TEAM, structure_id=uuid4()),
    ]
    parent = uuid4()
    scene.consent.persons[scene.patient].append(parent)
    readers = (("professional", scene.gp), ("patient", scene.patient), ("patient", parent))
    clients = []
    for kind, who in readers:
        scene.be(kind, who)
        clients.append(await opened(replica.follow()))
    for thread in threads * 2:
        await scene.writing.post(thread)
    last = await scene.writing.post(threads[1])
    for (kind, who), (client, stream) in zip(readers, clients, strict=True):
        await client.read(stream, lambda c: last in c.messages)
        scene.be(kind, who)
        assert [one.message_id for one in await pages(replica)] == client.messages


async def test_whichever_place_was_chosen_the_same_is_told_live_and_later(scene: Scene) -> None:
    """Who practises in two structures hears of the patients of both, as it happens and when they come back."""
    ward, home, there = str(uuid4()), str(uuid4()), uuid4()
    scene.consent.circles[there] = {scene.gp: None}
    scene.consent.by_place |= {(scene.patient, scene.gp): ward, (there, scene.gp): home}
    replica = await scene.start()
    threads = [await scene.circle(), await scene.writing.thread(ThreadKind.CIRCLE, patient_id=there)]
    scene.be("professional", scene.gp, place=ward)
    client, stream = await opened(replica.follow())
    before = client.cursor
    for thread in threads * 2:
        await scene.writing.post(thread)
    await client.read_messages(stream, 4)
    assert client.messages == scene.writing.posted

    for place in (ward, home, ""):
        scene.be("professional", scene.gp, place=place)
        again = Client()
        await again.read_messages(replica.follow(before), 4)
        assert again.messages == scene.writing.posted
        assert [one.message_id for one in await pages(replica)] == scene.writing.posted


async def test_a_first_stream_needs_no_choice_between_several_places(scene: Scene) -> None:
    """Consent has not heard of them yet, and is asked what is the same from each of their places."""
    scene.consent.in_several_places.add(scene.gp)
    scene.consent.unheard.add(scene.gp)
    replica, circle = await scene.start(), await scene.circle()

    client, stream = await opened(replica.follow())
    await scene.writing.post(circle)
    await client.read_messages(stream, 1)

    assert client.messages == scene.writing.posted
    assert [one.message_id for one in await pages(replica)] == scene.writing.posted


async def test_who_is_around_too_many_patients_is_told_so_of_what_was_missed_and_hears_what_happens(
    scene: Scene,
) -> None:
    replica, circle = await scene.start(), await scene.circle()
    await scene.writing.post(circle)
    await settled(scene)
    scene.consent.too_many = True
    with pytest.raises(Conflict) as refused:
        await replica.page()
    assert refused.value.reason == "PATIENTS_TOO_MANY"

    client, stream = await opened(replica.follow())
    last = await scene.writing.post(circle)
    await client.read_messages(stream, 1)
    assert client.messages == [last]


async def test_what_was_before_ones_time_and_what_one_no_longer_may_read_is_in_no_page(scene: Scene) -> None:
    replica, circle = await scene.start(), await scene.circle()
    await scene.writing.post(circle, later(0))
    scene.consent.circles[scene.patient][scene.gp] = datetime.now(UTC)
    await scene.writing.note(EntryKind.THREAD_MARKED, datetime.now(UTC), thread=circle, place=1)
    after = await scene.writing.post(circle)
    await settled(scene)
    assert [one.message_id for one in await pages(replica)] == [after]

    del scene.consent.circles[scene.patient][scene.gp]
    assert await pages(replica) == []


async def test_a_stream_goes_on_from_a_cursor_while_posts_go_on_without_gap_or_double(scene: Scene) -> None:
    replica, circle = await scene.start(), await scene.circle()
    writing = asyncio.create_task(_post(scene, circle, 300))
    client = Client()
    async with asyncio.timeout(100):
        while len(client.messages) < 300:
            stream, wanted = replica.follow(client.cursor or "0"), len(client.messages) + 37
            await client.read_messages(stream, min(wanted, 300))
    await writing

    assert [event.place for event in client.events] == list(range(1, 301))
    assert client.messages == scene.writing.posted


async def _post(scene: Scene, thread: Any, count: int) -> None:
    for _ in range(count):
        await scene.writing.post(thread)


async def test_a_cursor_that_another_replica_gave_is_ahead_of_this_one_and_gives_nothing_twice(scene: Scene) -> None:
    here, circle = await scene.start(), await scene.circle()
    client, stream = await opened(here.follow())
    await scene.writing.post(circle)
    await client.read_messages(stream, 1)
    there = await scene.start()
    there.feed.streams.position = 0
    await client.read(there.follow(client.cursor), lambda c: True)
    await scene.writing.post(circle)
    await client.read_messages(there.follow(client.cursor), 2)

    assert client.messages == scene.writing.posted


async def test_without_an_answer_of_consent_there_is_no_page(scene: Scene) -> None:
    replica, circle = await scene.start(), await scene.circle()
    await scene.writing.post(circle)
    await settled(scene)
    scene.consent.silent = True
    with pytest.raises(Unavailable) as refused:
        await replica.page()

    assert refused.value.reason == "CONSENT_UNAVAILABLE"


@pytest.mark.parametrize("limit", [-1, 1_001])
async def test_a_size_of_page_out_of_bounds_is_refused(scene: Scene, limit: int) -> None:
    with pytest.raises(Invalid) as refused:
        await (await scene.start()).page(limit=limit)

    assert refused.value.reason == "LIMIT_INVALID"


_FILL = """
    insert into log_entry (id, position, kind, at, patient_id, thread_id, place, urgent)
    select overlay(gen_random_uuid()::text placing :now from 1 for 13)::uuid, (n - 1) * :threads + :nth,
        'MESSAGE_POSTED', now(), :patient, :thread, n, false
    from generate_series(1, :count) n
"""


async def test_ten_thousand_events_are_caught_up_in_seconds_among_ten_times_as_many_of_others(scene: Scene) -> None:
    """With room for a shared machine: it fails when the way changes. The figure itself is the bench's."""
    count, make = 10_000, scene.writing.thread
    threads = [await scene.circle(), *[await make(ThreadKind.CIRCLE, patient_id=uuid4()) for _ in range(10)]]
    async with scene.writing.database.transaction() as transaction:
        for nth, thread in enumerate(threads, 1):
            row = {"nth": nth, "thread": thread, "patient": scene.writing.patients[thread], "count": count}
            row |= {"threads": len(threads), "now": str(new_id())[:13]}
            await transaction.execute(text(_FILL), row)
        first = text("insert into log_reader (name, position) values ('sequencer', :last)")
        await transaction.execute(first, {"last": count * len(threads)})
    replica, client = await scene.start(), Client()
    begun = time.monotonic()
    await client.read_messages(replica.follow("0"), count)
    took = time.monotonic() - begun

    assert [event.place for event in client.events] == list(range(1, count + 1))
    assert took < 15, took
