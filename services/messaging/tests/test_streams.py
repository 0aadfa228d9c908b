"""Open streams: on any replica, in order, and to those alone who may read when it is told."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from terresante_messaging.domain.log import EntryKind
from terresante_messaging.domain.people import NotificationId, PatientId
from terresante_messaging.domain.threads import ThreadKind
from terresante_messaging.feed.following import Following
from terresante_messaging.feed.missing import OwnLog
from terresante_platform.bus import Bus
from terresante_platform.database import Database

from . import feed_world
from .feed_world import Scene, kinds, later, opened, person, professional

RACES = 1_000 if os.environ.get("LONG") else 100


@pytest_asyncio.fixture
async def scene(database: Database, database_url: str, serve: Any, dial: Any, calling_as: Any) -> AsyncIterator[Scene]:
    async with feed_world.scene(database, database_url, serve, dial, calling_as) as made:
        yield made


async def test_a_stream_on_one_replica_sees_what_is_posted_through_another(scene: Scene, bus: Bus) -> None:
    _, there = await scene.start(bus), await scene.start(bus)
    circle = await scene.circle()
    client, stream = await opened(there.follow())
    for _ in range(5):
        await scene.writing.post(circle)
    await client.read_messages(stream, 5)

    assert client.messages == scene.writing.posted
    assert [event.place for event in client.events] == [1, 2, 3, 4, 5]
    assert {event.patient_id for event in client.events} == {str(scene.patient)}
    assert client.cursor == client.events[-1].cursor


async def test_polling_alone_serves_while_the_bus_is_away(scene: Scene) -> None:
    replica = await scene.start(None)
    circle = await scene.circle()
    client, stream = await opened(replica.follow())
    await scene.writing.post(circle)
    await client.read_messages(stream, 1)

    assert client.messages == scene.writing.posted


async def test_a_person_hears_what_is_theirs_and_nothing_else(scene: Scene) -> None:
    stranger, structure, parent, nurse = uuid4(), uuid4(), uuid4(), scene.nurse
    scene.consent.persons[scene.patient].append(parent)
    scene.consent.teams[structure] = [nurse]
    replica, make, side = await scene.start(), scene.writing.thread, ThreadKind.SIDE
    around: dict[str, Any] = {"patient_id": scene.patient}
    threads = {
        "circle": await make(ThreadKind.CIRCLE, **around),
        "patient": await make(ThreadKind.WITH_PATIENT, **around),
        "secret": await make(side, **around, with_patient=True, hidden_from_representatives=True),
        "named": await make(side, **around, members={nurse: 0}),
        "unnamed": await make(side, **around, members={stranger: 0}),
        "late": await make(side, **around, members={nurse: 1}),
        "two": await make(ThreadKind.DIRECT, first_id=nurse, second_id=stranger),
        "others": await make(ThreadKind.DIRECT, first_id=uuid4(), second_id=stranger),
        "team": await make(ThreadKind.TEAM, structure_id=structure),
        "elsewhere": await make(ThreadKind.TEAM, structure_id=uuid4()),
        "foreign": await make(ThreadKind.CIRCLE, patient_id=uuid4()),
    }
    names = {str(id): name for name, id in threads.items()}
    clients = {}
    for who, kind in ((nurse, "professional"), (scene.patient, "patient"), (parent, "patient")):
        scene.be(kind, who)
        clients[who] = await opened(replica.follow())
    for thread in threads.values():
        await scene.writing.post(thread)
    told: dict[UUID, list[str]] = {}
    for who, (client, stream) in clients.items():
        await scene.writing.note(EntryKind.NOTIFIED, recipient=professional(who) if who == nurse else person(who))
        await client.read(stream, lambda c: "NOTIFIED" in kinds(c.events))
        told[who] = [names[event.thread_id] for event in client.events if event.thread_id]

    assert told[nurse] == ["circle", "patient", "named", "two", "team"]
    assert told[scene.patient] == ["patient", "secret"]
    assert told[parent] == ["patient"]
    assert all(kinds(client.events).count("NOTIFIED") == 1 for client, _ in clients.values())


async def test_who_sees_a_conversation_from_a_moment_on_hears_of_no_message_sent_before(scene: Scene) -> None:
    circle, writing = await scene.circle(), scene.writing
    before = await writing.post(circle, later(0))
    scene.consent.circles[scene.patient][scene.gp] = datetime.now(UTC)
    replica = await scene.start()
    client, stream = await opened(replica.follow())
    edited = {"thread": circle, "message": UUID(before), "place": 1}
    await writing.note(EntryKind.MESSAGE_EDITED, datetime.now(UTC), **edited)
    await writing.note(EntryKind.THREAD_MARKED, datetime.now(UTC), thread=circle, place=1)
    await asyncio.sleep(0.002)  # an id bears the millisecond
    after = await writing.post(circle, datetime.now(UTC))
    edited = {"thread": circle, "message": UUID(after), "place": 2}
    await writing.note(EntryKind.MESSAGE_EDITED, datetime.now(UTC), **edited)
    await client.read(stream, lambda c: len(c.events) == 2)

    assert kinds(client.events) == ["MESSAGE_POSTED", "MESSAGE_EDITED"]
    assert {event.message_id for event in client.events} == {after}


async def test_news_of_a_record_go_to_who_may_read_around_the_patient_now_and_those_of_ones_standing_always(
    scene: Scene,
) -> None:
    removed, ids = uuid4(), [NotificationId(uuid4()) for _ in range(2)]
    noted = (
        "insert into notification (id, event_id, recipient_realm, recipient_id, kind, patient_id, about_id, at)"
        " values (:id, :id, 'professional', :who, :kind, :patient, :id, now())"
    )
    async with scene.writing.database.transaction() as transaction:
        for id, kind in zip(ids, ("DOCUMENT_PUBLISHED", "MEMBER_REMOVED"), strict=True):
            row = {"id": id, "who": removed, "kind": kind, "patient": scene.patient}
            await transaction.execute(text(noted), row)
    replica = await scene.start()
    scene.be("professional", removed)
    client, stream = await opened(replica.follow())
    about: dict[str, Any] = {"patient": PatientId(scene.patient), "recipient": professional(removed)}
    for id in ids:
        await scene.writing.note(EntryKind.NOTIFIED, notification=id, **about)
    await client.read(stream, lambda c: c.events)

    assert [event.notification_id for event in client.events] == [str(ids[1])]


@pytest.mark.timeout(120 + RACES // 2)
async def test_after_a_removal_is_acknowledged_nothing_that_happens_is_told(scene: Scene, bus: Bus) -> None:
    here, there = await scene.start(bus), await scene.start(bus)
    circle, writing, seen = await scene.circle(), scene.writing, scene.consent.circles[scene.patient]
    watching, watched = await opened(here.follow())
    scene.be("professional", scene.nurse)
    client, stream = await opened(there.follow())
    reading, forbidden = asyncio.gather(client.read_all(stream), watching.read_all(watched)), set[str]()
    for _ in range(RACES):
        racing = asyncio.gather(*(writing.post(circle) for _ in range(2)))
        await asyncio.sleep(0.005)  # somewhere in the midst of it
        del seen[scene.nurse]
        await racing
        forbidden.add(await writing.post(circle))
        async with asyncio.timeout(10):
            while there.feed.streams.position < len(writing.posted):
                await asyncio.sleep(0.001)
        seen[scene.nurse] = None
    last = await writing.post(circle)
    async with asyncio.timeout(30):
        while not (last in client.messages and last in watching.messages):
            await asyncio.sleep(0.01)
    reading.cancel()

    assert sorted(watching.messages) == sorted(writing.posted)
    assert [event.place for event in watching.events] == list(range(1, len(writing.posted) + 1))
    assert not forbidden & set(client.messages)
    assert len(client.messages) == len(set(client.messages))


async def test_what_waited_for_a_client_is_decided_again_before_it_is_given(scene: Scene) -> None:
    replica, circle, me = await scene.start(), await scene.circle(), professional(scene.gp)
    streams = replica.feed.streams
    with streams.room(me) as stream:
        log = OwnLog(replica.feed.database, replica.feed.consent, replica.feed.readers, me)
        steps = Following(streams, stream, log, time.time() + 60).steps(None)
        await anext(steps)
        await scene.writing.post(circle)
        while (await asyncio.wait_for(anext(steps), 10))[0] is None:
            pass
        await scene.writing.post(circle)
        async with asyncio.timeout(10):
            while not stream.waiting or time.monotonic() - stream.waiting[0].decided < 0.6:
                await asyncio.sleep(0.01)
        del scene.consent.circles[scene.patient][scene.gp]
        told, cursor = await asyncio.wait_for(anext(steps), 10)

    assert told is None
    assert cursor.position == 2


async def test_a_response_says_how_far_the_reader_has_come_though_nothing_is_theirs(scene: Scene) -> None:
    replica, me = await scene.start(), professional(scene.gp)
    foreign, streams = await scene.writing.thread(ThreadKind.CIRCLE, patient_id=uuid4()), replica.feed.streams
    with streams.room(me) as stream:
        log = OwnLog(replica.feed.database, replica.feed.consent, replica.feed.readers, me)
        steps = Following(streams, stream, log, time.time() + 60, heartbeat=0.3).steps(None)
        assert (await anext(steps))[1].position == 0
        await scene.writing.post(foreign)
        async with asyncio.timeout(10):
            while (step := await anext(steps))[1].position != 1:
                assert step[0] is None


async def test_a_stream_goes_on_after_its_connection_to_the_database_is_killed(scene: Scene) -> None:
    replica, circle = await scene.start(), await scene.circle()
    client, stream = await opened(replica.follow())
    kill = (
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        " and pid <> pg_backend_pid() and backend_type = 'client backend'"
    )
    for number in range(1, 4):
        async with scene.writing.database.reading() as connection:
            await connection.execute(text(kill))
        await scene.writing.post(circle)
        await client.read_messages(stream, number)

    assert client.messages == scene.writing.posted
