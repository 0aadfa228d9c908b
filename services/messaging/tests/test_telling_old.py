"""What telling keeps goes when it is old, and with its person; what counts is told as numbers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import func, select
from terresante_messaging.domain.people import Recipient
from terresante_messaging.domain.preferences import Topic
from terresante_messaging.store import telling_old, telling_tables
from terresante_messaging.telling.forgetting import forget
from terresante_messaging.telling.running import COUNTS
from terresante_platform.counted import Counting
from terresante_platform.database import Database

from .telling_world import World, telling_world

TABLES = [
    telling_tables.preference,
    telling_tables.address,
    telling_tables.mail,
    telling_tables.mail_line,
    telling_tables.absence,
    telling_tables.on_call,
    telling_tables.escalation,
]


@pytest_asyncio.fixture
async def world(database: Database, serve: Any, dial: Any) -> AsyncIterator[World]:
    async with telling_world(database, serve, dial) as made:
        yield made


async def rows(world: World) -> dict[str, int]:
    return {
        table.name: (await world.one(lambda table=table: select(func.count()).select_from(table)))[0][0]  # type: ignore[misc]
        for table in TABLES
    }


async def full(world: World, who: Recipient) -> None:
    """Something of everything."""
    await world.has_mail(who, "nurse@mail.example", Topic.URGENT_MESSAGE)
    await world.away(who, None, hours=1)
    await world.on_call(who)
    await world.post(world.gp, urgent=True)
    await world.follow()
    await world.mailing.round()
    await world.has_read(who)
    world.clock.pass_(minutes=15)
    await world.escalating.round()


async def test_mail_goes_after_90_days_absences_after_a_year_choices_and_address_stay(world: World) -> None:
    await full(world, world.nurse)
    whole = await rows(world)
    assert all(whole.values())
    assert await forget(world.database, world.clock.now + timedelta(days=89)) == 0

    await forget(world.database, world.clock.now + timedelta(days=91))
    assert {name for name, count in (await rows(world)).items() if not count} == {"mail", "mail_line", "escalation"}
    await forget(world.database, world.clock.now + timedelta(days=400))
    assert {name for name, count in (await rows(world)).items() if count} == {"preference", "address"}


async def test_what_has_not_left_is_not_forgotten(world: World) -> None:
    world.inbox.answer = "451 later"
    await world.has_mail(world.nurse, "nurse@mail.example", Topic.MESSAGE)
    await world.post(world.gp)
    await world.follow()
    await world.mailing.round()

    assert await forget(world.database, world.clock.now + timedelta(days=400)) == 0


async def test_with_a_person_goes_all_that_is_theirs_and_nothing_of_others(world: World) -> None:
    await full(world, world.nurse)
    await world.has_mail(world.doctor, "doctor@mail.example", Topic.RECORD)
    async with world.database.transaction() as transaction:
        assert await telling_old.erase(transaction, world.nurse) == 6
        assert await telling_old.erase(transaction, world.nurse) == 0

    kept = {name for name, count in (await rows(world)).items() if count}
    assert kept == {"preference", "address", "escalation"}
    assert (await world.address(world.doctor)).confirmed == "doctor@mail.example"


async def test_what_waits_failed_and_is_unread_is_counted(world: World) -> None:
    for who, address in ((world.nurse, "nurse@mail.example"), (world.doctor, "doctor@mail.example")):
        await world.has_mail(who, address, Topic.URGENT_MESSAGE)
    world.inbox.refused.add("doctor@mail.example")
    world.inbox.answer = "451 later"
    await world.post(world.gp, urgent=True)
    await world.follow()
    await world.mailing.round()
    counting = Counting(world.database, COUNTS)

    await counting.ask()

    told = {count.gauge.name.rpartition("messaging.")[2]: counting.answer(count.gauge)[0][0] for count in COUNTS}
    assert (told["mail.waiting"], told["escalations.open"]) == (1, 1)
    assert told["mail.age"] > 0
