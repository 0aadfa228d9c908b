"""What the log makes of a message: who is told that they were named, who in whose place; decided when it is told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select
from terresante_messaging.domain.log import EntryKind
from terresante_messaging.domain.preferences import Topic
from terresante_messaging.domain.threads import ThreadKind
from terresante_messaging.store.tables import log_entry, notification
from terresante_platform.database import Database

from .feed_world import professional
from .telling_world import World, telling_world


@pytest_asyncio.fixture
async def world(database: Database, serve: Any, dial: Any) -> AsyncIterator[World]:
    async with telling_world(database, serve, dial) as made:
        yield made


async def test_who_is_named_is_told_of_the_message_and_where_it_stands_live_too(world: World) -> None:
    id = await world.post(world.gp, mentions=[world.nurse])
    await world.follow()

    (kept,) = await world.one(lambda: select(notification))
    assert (kept.recipient_id, kept.kind, kept.patient_id) == (world.nurse.id, "MENTIONED", world.patient)
    assert (kept.about_id, kept.actor_id, kept.thread_id, kept.place) == (id, world.gp.id, world.thread, 1)
    query = select(log_entry).where(log_entry.c.kind == EntryKind.NOTIFIED.value)
    (told,) = await world.one(lambda: query)
    assert (told.recipient_id, told.notification_id, told.message_id) == (world.nurse.id, kept.id, id)
    assert await world.told(world.doctor) == []


async def test_naming_somebody_between_two_is_told_without_a_patient(world: World) -> None:
    direct = await world.open(ThreadKind.DIRECT, first_id=world.gp.id, second_id=world.nurse.id)
    await world.post(world.gp, direct, mentions=[world.nurse])
    await world.follow()

    (kept,) = await world.one(lambda: select(notification))
    assert (kept.kind, kept.patient_id, kept.thread_id) == ("MENTIONED", None, direct)


async def test_who_may_not_read_it_when_it_is_told_is_not_told_that_they_were_named(world: World) -> None:
    stranger, late = professional(uuid4()), world.doctor
    world.consent.circles[world.patient][late.id] = world.clock.now + timedelta(seconds=1)
    await world.post(world.gp, mentions=[stranger, late, world.gp])
    await world.follow()

    assert await world.one(lambda: select(notification)) == []


async def test_who_stands_in_is_told_in_place_of_who_is_away(world: World) -> None:
    await world.away(world.nurse, world.doctor, hours=1)
    await world.post(world.gp, mentions=[world.nurse])
    await world.follow()

    query = select(notification.c.recipient_id, notification.c.instead_of_id)
    assert {tuple(row) for row in await world.one(lambda: query)} == {
        (world.nurse.id, None),
        (world.doctor.id, world.nurse.id),
    }


async def test_who_stands_in_is_told_only_of_what_they_may_read_themselves(world: World) -> None:
    await world.away(world.nurse, professional(uuid4()), hours=1)
    await world.post(world.gp, mentions=[world.nurse])
    await world.follow()

    query = select(notification.c.recipient_id)
    assert [row.recipient_id for row in await world.one(lambda: query)] == [world.nurse.id]


async def test_after_an_absence_nobody_stands_in(world: World) -> None:
    await world.away(world.nurse, world.doctor, hours=1)
    world.clock.pass_(hours=1)
    await world.post(world.gp, mentions=[world.nurse])
    await world.follow()

    assert await world.told(world.doctor) == []


async def test_while_consent_is_silent_the_log_waits(world: World) -> None:
    await world.post(world.gp, mentions=[world.nurse])
    world.consent.silent = True
    with pytest.raises(Exception) as refused:
        await world.follow()
    assert getattr(refused.value, "kind", "") == "UNAVAILABLE"
    assert await world.told(world.nurse) == []

    world.consent.silent = False
    await world.follow()
    assert await world.told(world.nurse) == ["MENTIONED"]


async def test_naming_somebody_writes_to_who_wants_mail_of_that_only(world: World) -> None:
    await world.has_mail(world.nurse, "nurse@mail.example", Topic.MENTION)
    await world.post(world.gp)
    await world.follow()
    assert await world.mailing.round() == 0

    await world.post(world.gp, mentions=[world.nurse])
    await world.follow()
    assert await world.mailing.round() == 1
    assert world.inbox.subjects == ["Vous avez un nouveau message"]
