"""An urgent message that nobody reads goes to the next in line, each step decided anew, until somebody has read it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from terresante_messaging.domain.people import MessageId, Recipient
from terresante_messaging.domain.threads import ThreadKind
from terresante_messaging.store.tables import mark, message, notification
from terresante_messaging.store.telling_tables import escalation
from terresante_platform.database import Database, is_away

from .conversing import until_somebody_waits
from .feed_world import professional
from .telling_world import World, telling_world


@pytest_asyncio.fixture
async def world(database: Database, serve: Any, dial: Any) -> AsyncIterator[World]:
    async with telling_world(database, serve, dial) as made:
        yield made


async def urgent(world: World, *mentions: Recipient, **more: Any) -> MessageId:
    id = await world.post(more.pop("author", world.gp), urgent=True, mentions=list(mentions), **more)
    await world.follow()
    return id


async def wait(world: World, minutes: float = 15) -> None:
    world.clock.pass_(minutes=minutes)
    await world.escalating.round()
    await world.follow()


async def state(world: World) -> str:
    (found,) = await world.one(lambda: select(escalation.c.state))
    return str(found.state)


async def unread(world: World, who: Recipient) -> int:
    return (await world.told(who)).count("URGENT_UNREAD")


async def test_one_that_is_read_in_time_goes_no_further(world: World) -> None:
    await urgent(world)
    await wait(world, 14)
    assert await unread(world, world.nurse) == 0
    await world.has_read(world.doctor)

    await wait(world, 1)

    assert (await state(world), await unread(world, world.nurse)) == ("READ", 0)


async def test_an_ordinary_message_goes_nowhere(world: World) -> None:
    await world.post(world.gp)
    await world.follow()

    assert await world.one(lambda: select(escalation)) == []


async def test_the_line_is_walked_step_by_step_to_its_end(world: World) -> None:
    await world.away(world.nurse, world.doctor, days=1)
    called = professional(uuid4())
    world.consent.circles[world.patient][called.id] = None
    await world.on_call(called)
    await urgent(world, world.nurse)

    told = []
    for _ in range(4):
        await wait(world)
        told.append([await unread(world, who) for who in (world.doctor, called, world.nurse, world.gp)])

    assert told == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]
    assert await state(world) == "EXHAUSTED"
    await wait(world)
    assert await unread(world, world.gp) == 1
    query = select(notification.c.instead_of_id).where(
        notification.c.recipient_id == world.doctor.id, notification.c.kind == "URGENT_UNREAD"
    )
    assert [row.instead_of_id for row in await world.one(lambda: query)] == [world.nurse.id]


async def test_it_ends_when_one_who_was_told_since_has_read_it(world: World) -> None:
    await world.away(world.nurse, world.doctor, days=1)
    await urgent(world, world.nurse)
    await wait(world)
    await world.has_read(world.doctor)

    await wait(world)

    assert (await state(world), await unread(world, world.nurse), await unread(world, world.gp)) == ("READ", 0, 0)


async def test_that_another_reads_it_than_those_it_is_for_does_not_end_it(world: World) -> None:
    await urgent(world, world.nurse)
    await world.has_read(world.doctor)

    await wait(world)

    assert (await state(world), await unread(world, world.nurse)) == ("OPEN", 1)


async def test_who_was_removed_since_is_not_told(world: World) -> None:
    await urgent(world)
    del world.consent.circles[world.patient][world.nurse.id]

    await wait(world)

    assert [await unread(world, who) for who in (world.nurse, world.doctor)] == [0, 1]


async def test_one_that_was_taken_back_goes_no_further(world: World) -> None:
    id = await urgent(world)
    async with world.database.transaction() as transaction:
        await transaction.execute(update(message).where(message.c.id == id).values(deleted_at=world.clock.now))

    await wait(world)

    assert (await state(world), await unread(world, world.nurse)) == ("TAKEN_BACK", 0)


async def test_while_consent_is_silent_it_stays_due(world: World) -> None:
    await urgent(world)
    world.consent.silent = True
    with pytest.raises(Exception) as refused:
        await wait(world)
    assert getattr(refused.value, "kind", "") == "UNAVAILABLE"

    world.consent.silent = False
    await wait(world, 0)
    assert await unread(world, world.nurse) == 1


async def test_one_that_breaks_holds_up_no_other_and_is_tried_again(world: World) -> None:
    other = await world.open(ThreadKind.DIRECT, first_id=world.gp.id, second_id=world.nurse.id)
    broken = {
        "thread_id": world.thread,
        "realm": "nobody's",
        "person_id": uuid4(),
        "received_up_to": 9,
        "read_up_to": 9,
    }
    async with world.database.transaction() as transaction:
        await transaction.execute(insert(mark), [broken])
    await urgent(world)
    await urgent(world, thread=other)

    await wait(world)
    assert [await unread(world, who) for who in (world.doctor, world.nurse)] == [0, 1]

    async with world.database.transaction() as transaction:
        await transaction.execute(delete(mark).where(mark.c.realm == broken["realm"]))
    await wait(world, 0)
    assert await unread(world, world.doctor) == 0
    await wait(world, 1)
    assert await unread(world, world.doctor) == 1


async def test_the_shortest_time_of_those_it_is_for_counts(world: World) -> None:
    await world.has_mail(world.nurse, "nurse@mail.example", urgent_minutes=5)
    await urgent(world)

    await wait(world, 5)

    assert await unread(world, world.doctor) == 1


async def test_nobody_reading_comes_by_mail_whatever_was_chosen(world: World) -> None:
    await world.has_mail(world.nurse, "nurse@mail.example")
    await urgent(world)
    assert await world.mailing.round() == 0

    await wait(world)

    assert await world.mailing.round() == 1
    assert world.inbox.subjects == ["Vous avez un message urgent"]


async def test_who_has_read_it_before_the_mail_leaves_gets_none(world: World) -> None:
    await world.has_mail(world.nurse, "nurse@mail.example")
    await urgent(world, world.doctor)
    await wait(world)
    await world.has_read(world.nurse)
    await world.mailing.round()
    assert world.inbox.to == []


async def test_the_author_is_written_to_when_nobody_has_read_it(world: World) -> None:
    await world.has_mail(world.gp, "gp@mail.example")
    await urgent(world)
    await wait(world)
    await wait(world)
    await world.mailing.round()

    assert (world.inbox.to, await state(world)) == (["gp@mail.example"], "EXHAUSTED")


async def test_where_nobody_else_may_read_it_its_author_is_told_so(world: World) -> None:
    world.consent.circles[world.patient] = {world.gp.id: None}
    await urgent(world)

    await wait(world)

    assert (await unread(world, world.gp), await state(world)) == (1, "EXHAUSTED")


async def test_two_processes_do_a_step_once(world: World) -> None:
    for _ in range(5):
        await urgent(world)
    world.clock.pass_(minutes=15)

    await asyncio.gather(*(world.escalating.round() for _ in range(3)))

    query = select(notification.c.about_id).where(notification.c.recipient_id == world.nurse.id)
    told = [row.about_id for row in await world.one(lambda: query)]
    assert len(told) == len(set(told)) == 5
    assert await unread(world, world.gp) == 0


async def test_a_database_that_goes_away_meanwhile_puts_no_step_off(world: World) -> None:
    await urgent(world)
    world.clock.pass_(minutes=15)
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'"
    async with world.database.transaction() as holding:
        await holding.execute(text("lock table notification in exclusive mode"))
        moving = asyncio.create_task(world.escalating.round())
        await until_somebody_waits(world.database)
        await holding.execute(text(f"{cut} and datname = current_database()"))
        with pytest.raises(DBAPIError) as gone:
            await moving
    assert is_away(gone.value)

    await world.escalating.round()

    assert await unread(world, world.nurse) == 1


async def test_between_two_professionals_the_other_then_the_author_is_told(world: World) -> None:
    direct = await world.open(ThreadKind.DIRECT, first_id=world.gp.id, second_id=world.nurse.id)
    await urgent(world, thread=direct)

    await wait(world)
    assert [await unread(world, who) for who in (world.nurse, world.doctor, world.gp)] == [1, 0, 0]
    await wait(world)
    assert (await unread(world, world.gp), await state(world)) == (1, "EXHAUSTED")


async def test_a_message_of_the_patient_goes_to_the_professionals_of_the_circle(world: World) -> None:
    with_patient = await world.open(ThreadKind.WITH_PATIENT, patient_id=world.patient)
    await urgent(world, author=world.himself, thread=with_patient)

    await wait(world)

    assert [await unread(world, who) for who in (world.gp, world.nurse, world.doctor)] == [1, 1, 1]
    assert await unread(world, world.himself) == 0
