"""Of a message that was taken back nothing leaves any more: no mail, no step of an urgent one, no line of a digest; and
what else there is to read in its thread is not left untold for it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update
from terresante_messaging.domain.preferences import Pace, Topic
from terresante_messaging.domain.threads import ThreadKind
from terresante_messaging.store.tables import thread_member
from terresante_messaging.store.telling_tables import escalation, mail, mail_line
from terresante_platform.database import Database

from .telling_world import World, telling_world

NURSE = "nurse@mail.example"
NEW, URGENT = "Vous avez un nouveau message", "Vous avez un message urgent"


@pytest_asyncio.fixture
async def world(database: Database, serve: Any, dial: Any) -> AsyncIterator[World]:
    async with telling_world(database, serve, dial) as made:
        yield made


async def states(world: World) -> list[str]:
    return [row.state for row in await world.one(lambda: select(mail.c.state).order_by(mail.c.id))]


@pytest.mark.parametrize("followed", [True, False])
async def test_mail_about_it_does_not_leave_whether_its_end_was_followed_or_not(world: World, followed: bool) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    id = await world.post(world.gp)
    await world.follow()
    await world.take_back(id)
    if followed:
        await world.follow()

    await world.mailing.round()

    assert world.inbox.taken == []
    assert "SENT" not in await states(world)


async def test_mail_that_names_somebody_in_it_does_not_leave(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MENTION)
    id = await world.post(world.gp, mentions=[world.nurse])
    await world.follow()
    await world.take_back(id)

    await world.mailing.round()

    assert (world.inbox.taken, await states(world)) == ([], ["WITHHELD"])


async def test_a_digest_tells_of_the_other_conversation_only(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE, pace=Pace.DAILY)
    other = await world.open(ThreadKind.DIRECT, first_id=world.gp.id, second_id=world.nurse.id)
    id = await world.post(world.gp)
    await world.post(world.gp, other)
    await world.follow()
    await world.take_back(id)

    world.clock.pass_(hours=20)
    await world.mailing.round()

    assert world.inbox.subjects == [NEW]


@pytest.mark.parametrize("taken", ["first", "second"])
async def test_another_message_of_the_thread_is_what_they_get_mail_about(world: World, taken: str) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    first = await world.post(world.gp)
    await world.follow()
    second = await world.post(world.doctor)
    await world.follow()
    await world.take_back(first if taken == "first" else second)
    await world.follow()

    await world.mailing.round()
    await world.mailing.round()

    assert world.inbox.subjects == [NEW]


async def test_also_when_the_mail_was_withheld_before_the_end_was_followed(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    first = await world.post(world.gp)
    await world.follow()
    await world.post(world.doctor)
    await world.follow()
    await world.take_back(first)
    await world.mailing.round()
    assert world.inbox.taken == []

    await world.follow()
    await world.mailing.round()

    assert world.inbox.subjects == [NEW]


async def test_what_is_urgent_comes_first_in_its_place_and_what_is_not_wanted_never(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.URGENT_MESSAGE)
    first = await world.post(world.gp, urgent=True)
    await world.follow()
    await world.post(world.gp, urgent=True)
    await world.post(world.gp)
    await world.follow()
    await world.take_back(first)
    await world.follow()
    await world.mailing.round()
    assert world.inbox.subjects == [URGENT]

    ordinary = await world.open(ThreadKind.DIRECT, first_id=world.gp.id, second_id=world.nurse.id)
    second = await world.post(world.gp, ordinary, urgent=True)
    await world.post(world.gp, ordinary)
    await world.follow()
    await world.take_back(second)
    await world.follow()
    await world.mailing.round()
    assert world.inbox.subjects == [URGENT]


async def test_of_what_they_wrote_themselves_or_have_read_they_get_no_mail_in_its_place(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    await world.post(world.gp)
    await world.has_read(world.nurse)
    id = await world.post(world.gp)
    await world.post(world.nurse)
    await world.follow()
    await world.take_back(id)
    await world.follow()

    await world.mailing.round()

    assert world.inbox.taken == []


async def test_to_whom_mail_has_left_no_other_goes_until_they_read(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    id = await world.post(world.gp)
    await world.post(world.doctor)
    await world.follow()
    await world.mailing.round()
    await world.take_back(id)
    await world.follow()

    await world.mailing.round()

    assert world.inbox.subjects == [NEW]


async def test_a_mail_that_told_nothing_keeps_no_later_one_back(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    await world.post(world.gp)
    await world.follow()
    circle = world.consent.circles[world.patient]
    del circle[world.nurse.id]
    await world.mailing.round()
    circle[world.nurse.id] = world.clock.now

    await world.post(world.gp)
    await world.follow()
    await world.mailing.round()

    assert world.inbox.subjects == [NEW]
    assert [row.state for row in await world.one(lambda: select(mail_line.c.state).order_by(mail_line.c.id))] == [
        "WITHHELD",
        "BOUND",
    ]


async def test_its_way_along_the_line_ends_even_while_the_step_is_decided(world: World) -> None:
    id = await world.post(world.gp, urgent=True)
    await world.follow()
    world.clock.pass_(minutes=15)
    asked = world.readers.of_threads

    async def meanwhile(threads: Any) -> Any:
        found = await asked(threads)
        await world.take_back(id)
        return found

    world.readers.of_threads = meanwhile  # type: ignore[method-assign, assignment]
    await world.escalating.round()

    assert await world.told(world.nurse) == []
    (found,) = await world.one(lambda: select(escalation.c.state))
    assert found.state == "TAKEN_BACK"


async def test_who_left_the_side_thread_gets_neither_mail_nor_the_next_step(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.URGENT_MESSAGE)
    side = await world.open(ThreadKind.SIDE, patient_id=world.patient, title=b"sealed")
    members = [
        {
            "id": uuid4(),
            "added_by": world.gp.id,
            "thread_id": side,
            "professional_id": one.id,
            "since_place": 0,
            "since": world.clock.now,
        }
        for one in (world.gp, world.nurse)
    ]
    async with world.database.transaction() as transaction:
        await transaction.execute(insert(thread_member), members)
    await world.post(world.gp, side, urgent=True)
    await world.follow()
    async with world.database.transaction() as transaction:
        left = thread_member.c.professional_id == world.nurse.id
        await transaction.execute(update(thread_member).where(left).values(until=world.clock.now))

    await world.mailing.round()
    world.clock.pass_(minutes=15)
    await world.escalating.round()

    assert world.inbox.taken == []
    assert await world.told(world.nurse) == []
