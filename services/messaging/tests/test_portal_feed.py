"""A portal hears what those who chose it may be told of, once for each: live, page by page, from a cursor on."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from terresante.messaging.v1 import feed_service_pb2 as pb
from terresante_messaging.domain.log import EntryKind
from terresante_messaging.domain.threads import ThreadKind
from terresante_platform.database import Database
from terresante_platform.refusals import Denied

from . import feed_world
from .feed_world import Client, Replica, Scene, opened, professional


@pytest_asyncio.fixture
async def scene(database: Database, database_url: str, serve: Any, dial: Any, calling_as: Any) -> AsyncIterator[Scene]:
    async with feed_world.scene(database, database_url, serve, dial, calling_as) as made:
        yield made


@pytest.fixture
def portal() -> UUID:
    return uuid4()


async def choose(scene: Scene, portal: UUID, *people: tuple[str, UUID]) -> None:
    chosen = text("insert into portal_choice (portal_id, realm, person_id) values (:portal, :realm, :id)")
    async with scene.writing.database.transaction() as transaction:
        for realm, id in people:
            await transaction.execute(chosen, {"portal": portal, "realm": realm, "id": id})


async def started(scene: Scene, portal: UUID) -> Replica:
    """A replica, on which the portal calls."""
    replica = await scene.start(per_person=100)
    scene.be("system", portal)
    return replica


def whom(events: list[pb.Event]) -> list[tuple[str, str]]:
    return [(one.message_id, one.recipient_professional_id or one.recipient_person_id) for one in events]


def has(client: Client, count: int) -> bool:
    return len(client.events) == count


async def pages(replica: Replica, limit: int, cursor: str = "") -> list[pb.Event]:
    found: list[pb.Event] = []
    while True:
        page = await replica.page(cursor, limit)
        assert len(page.events) <= limit
        found += page.events
        cursor = page.next_cursor
        if not page.more:
            return found


async def test_each_event_comes_once_for_each_who_chose_the_portal_and_may_be_told(scene: Scene, portal: UUID) -> None:
    other, stranger = uuid4(), uuid4()
    everybody = [scene.gp, scene.nurse, scene.patient]
    await choose(scene, portal, *(("professional", id) for id in (scene.gp, scene.nurse, stranger)))
    await choose(scene, portal, ("person", scene.patient))
    await choose(scene, other, ("professional", stranger))
    replica = await started(scene, portal)
    client, stream = await opened(replica.follow())
    scene.be("system", other)
    elsewhere, foreign = await opened(replica.follow())
    circle = await scene.circle()
    both = await scene.writing.thread(ThreadKind.WITH_PATIENT, patient_id=scene.patient)
    posted = [await scene.writing.post(circle), await scene.writing.post(both)]
    await scene.writing.note(EntryKind.NOTIFIED, recipient=professional(stranger))
    await client.read(stream, lambda c: len(c.events) == 6)
    await elsewhere.read(foreign, lambda c: c.events)

    assert sorted(whom(client.events[:2])) == sorted((posted[0], str(id)) for id in everybody[:2])
    assert sorted(whom(client.events[2:5])) == sorted((posted[1], str(id)) for id in everybody)
    assert [whom([one.events[-1]]) for one in (client, elsewhere)] == [[("", str(stranger))]] * 2
    assert len(elsewhere.events) == 1


async def test_a_person_of_one_realm_is_never_taken_for_one_of_the_other(scene: Scene, portal: UUID) -> None:
    await choose(scene, portal, ("person", scene.gp), ("professional", scene.nurse))
    replica = await started(scene, portal)
    client, stream = await opened(replica.follow())
    post = await scene.writing.post(await scene.circle())
    await client.read(stream, lambda c: c.events)

    assert whom(client.events) == [(post, str(scene.nurse))]


async def test_pages_end_anywhere_even_between_the_recipients_of_one_event(scene: Scene, portal: UUID) -> None:
    await choose(scene, portal, ("professional", scene.gp), ("professional", scene.nurse), ("person", scene.patient))
    replica = await started(scene, portal)
    live, stream = await opened(replica.follow())
    thread = await scene.writing.thread(ThreadKind.WITH_PATIENT, patient_id=scene.patient)
    for _ in range(4):
        await scene.writing.post(thread)
    await live.read(stream, lambda c: len(c.events) == 12)
    for limit in (1, 2, 5, 1000):
        assert whom(await pages(replica, limit)) == whom(live.events)
    for event in live.events:
        client, rest = Client(), whom(live.events)[live.events.index(event) + 1 :]
        assert whom(await pages(replica, 3, event.cursor)) == rest
        if rest:
            await client.read(replica.follow(event.cursor), partial(has, count=len(rest)))
        assert whom(client.events) == rest


async def test_a_page_goes_on_after_its_recipient_though_who_chose_the_portal_changes(
    scene: Scene, portal: UUID
) -> None:
    everybody = sorted([scene.gp, scene.nurse])
    await choose(scene, portal, *(("professional", id) for id in everybody))
    replica = await started(scene, portal)
    await scene.writing.post(await scene.circle())
    await replica.sequencer.give()
    async with asyncio.timeout(10):
        while not (page := await replica.page(limit=1)).events:
            pass
    async with scene.writing.database.transaction() as transaction:
        await transaction.execute(text("delete from portal_choice where person_id = :id"), {"id": everybody[0]})

    assert [one.recipient_professional_id for one in page.events] == [str(everybody[0])]
    assert [one.recipient_professional_id for one in await pages(replica, 1, page.next_cursor)] == [str(everybody[1])]


async def test_a_portal_that_lost_its_database_gets_only_what_may_be_told_now(scene: Scene, portal: UUID) -> None:
    await choose(scene, portal, ("professional", scene.gp), ("professional", scene.nurse))
    replica = await started(scene, portal)
    live, stream = await opened(replica.follow())
    await scene.writing.post(await scene.circle())
    await live.read(stream, lambda c: len(c.events) == 2)
    del scene.consent.circles[scene.patient][scene.nurse]

    assert [one.recipient_professional_id for one in await pages(replica, 10)] == [str(scene.gp)]


async def test_long_stretches_of_which_nothing_concerns_the_portal_are_passed_over(scene: Scene, portal: UUID) -> None:
    await choose(scene, portal, ("professional", scene.gp))
    for _ in range(5):
        await scene.writing.note(EntryKind.NOTIFIED, recipient=professional(scene.nurse))
    replica = await started(scene, portal)
    await replica.sequencer.give()
    last = await scene.writing.post(await scene.circle())
    await replica.sequencer.give()
    async with asyncio.timeout(10):
        while not (found := await pages(replica, 10)):
            pass

    assert whom(found) == [(last, str(scene.gp))]


async def test_a_system_that_may_not_hear_is_refused_and_its_stream_ends_once_it_may_not_any_more(
    scene: Scene, portal: UUID
) -> None:
    replica = await started(scene, portal)
    _, stream = await opened(replica.follow())
    scene.consent.closed.add(portal)
    with pytest.raises(Denied) as ended:
        await asyncio.wait_for(anext(stream), 10)
    with pytest.raises(Denied) as refused:
        await replica.page()

    assert [ended.value.reason, refused.value.reason] == ["ACCOUNT_SUSPENDED"] * 2
