"""Who an edit comes to name is told once; what was told before is not told again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest_asyncio
from sqlalchemy import select
from terresante_messaging.domain.preferences import Topic
from terresante_messaging.store.tables import notification
from terresante_platform.database import Database

from .feed_world import professional
from .telling_world import World, telling_world

MENTIONED = ["MENTIONED"]


@pytest_asyncio.fixture
async def world(database: Database, serve: Any, dial: Any) -> AsyncIterator[World]:
    async with telling_world(database, serve, dial) as made:
        yield made


async def test_who_an_edit_names_is_told_of_it_and_when(world: World) -> None:
    id = await world.post(world.gp)
    await world.follow()
    world.clock.pass_(minutes=5)
    await world.edit(id, world.nurse)
    await world.follow()

    (kept,) = await world.one(lambda: select(notification))
    assert (kept.recipient_id, kept.kind, kept.about_id) == (world.nurse.id, "MENTIONED", id)
    assert (kept.actor_id, kept.place, kept.at) == (world.gp.id, 1, world.clock.now)


async def test_who_was_named_before_is_not_told_again_however_often_it_is_edited(world: World) -> None:
    id = await world.post(world.gp, mentions=[world.nurse])
    await world.follow()
    for named in ([world.nurse], [world.nurse, world.doctor], [world.doctor], [world.nurse, world.doctor]):
        world.clock.pass_(minutes=1)
        await world.edit(id, *named)
        await world.follow()

    assert (await world.told(world.nurse), await world.told(world.doctor)) == (MENTIONED, MENTIONED)


async def test_an_edit_that_comes_before_the_message_was_told_tells_once(world: World) -> None:
    id = await world.post(world.gp, mentions=[world.nurse])
    await world.edit(id, world.nurse, world.doctor)
    await world.follow()

    assert (await world.told(world.nurse), await world.told(world.doctor)) == (MENTIONED, MENTIONED)


async def test_the_log_read_twice_tells_nobody_twice(world: World) -> None:
    id = await world.post(world.gp, mentions=[world.nurse])
    await world.follow()
    await world.edit(id, world.nurse, world.doctor)
    await world.follow()
    await world.forget_place()
    await world.follow()

    assert (await world.told(world.nurse), await world.told(world.doctor)) == (MENTIONED, MENTIONED)


async def test_an_edit_tells_nobody_who_may_not_read_the_message(world: World) -> None:
    stranger, late = professional(uuid4()), world.doctor
    id = await world.post(world.gp)
    world.consent.circles[world.patient][late.id] = world.clock.now + timedelta(seconds=1)
    await world.edit(id, stranger, late, world.gp)
    await world.follow()

    assert await world.one(lambda: select(notification)) == []


async def test_who_stands_in_is_told_once_and_again_when_named_themselves(world: World) -> None:
    await world.away(world.nurse, world.doctor, hours=1)
    id = await world.post(world.gp)
    await world.edit(id, world.nurse)
    await world.follow()
    await world.edit(id, world.nurse)
    await world.follow()
    assert await world.told(world.doctor) == MENTIONED

    await world.edit(id, world.nurse, world.doctor)
    await world.follow()

    query = select(notification.c.instead_of_id).where(notification.c.recipient_id == world.doctor.id)
    assert [row.instead_of_id for row in await world.one(lambda: query)] == [world.nurse.id, None]


async def test_a_message_taken_back_after_an_edit_tells_nobody(world: World) -> None:
    id = await world.post(world.gp)
    await world.follow()
    await world.edit(id, world.nurse)
    await world.take_back(id)
    await world.follow()

    assert await world.told(world.nurse) == []


async def test_who_read_the_message_before_it_named_them_gets_mail_of_that(world: World) -> None:
    await world.has_mail(world.nurse, "nurse@mail.example", Topic.MENTION)
    id = await world.post(world.gp)
    await world.follow()
    await world.has_read(world.nurse)
    world.clock.pass_(minutes=5)
    await world.edit(id, world.nurse)
    await world.follow()

    await world.mailing.round()

    assert world.inbox.subjects == ["Vous avez un nouveau message"]


async def test_who_read_it_since_it_names_them_gets_none(world: World) -> None:
    await world.has_mail(world.nurse, "nurse@mail.example", Topic.MENTION)
    id = await world.post(world.gp)
    await world.edit(id, world.nurse)
    await world.follow()
    world.clock.pass_(seconds=5)
    await world.has_read(world.nurse)

    assert await world.mailing.round() == 1
    assert world.inbox.taken == []
