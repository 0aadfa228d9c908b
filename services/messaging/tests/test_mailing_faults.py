"""A mail server that is away, refuses, or is cut off: nothing is lost, nothing comes as two."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from terresante_messaging.domain.preferences import Topic
from terresante_messaging.domain.threads import ThreadKind
from terresante_messaging.telling.mailing import LEASE
from terresante_messaging.telling.posting import ServerAway
from terresante_platform.database import Database

from .feed_world import professional
from .telling_mail import mail_server
from .telling_world import NURSE, World, states, telling_world


@pytest_asyncio.fixture
async def world(database: Database, serve: Any, dial: Any) -> AsyncIterator[World]:
    async with telling_world(database, serve, dial) as made:
        yield made


async def test_while_consent_is_silent_nothing_leaves_and_nothing_is_lost(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    await world.post(world.gp)
    await world.follow()
    world.consent.silent = True

    with pytest.raises(Exception) as refused:
        await world.mailing.round()
    assert getattr(refused.value, "kind", "") == "UNAVAILABLE" and world.inbox.taken == []

    world.consent.silent = False
    world.clock.now += LEASE
    assert await world.mailing.round() == 1
    assert len(world.inbox.taken) == 1


async def test_a_server_that_is_away_for_a_day_loses_and_doubles_nothing(
    database: Database, serve: Any, dial: Any
) -> None:
    async with telling_world(database, serve, dial, served=False) as world:
        await away_for_a_day(world)


async def away_for_a_day(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    other = await world.open(ThreadKind.DIRECT, first_id=world.gp.id, second_id=world.nurse.id)
    for thread in (world.thread, other):
        await world.post(world.gp, thread)
        await world.follow()
        with pytest.raises(ServerAway):
            await world.mailing.round()
        world.clock.pass_(hours=12)

    async with mail_server(world.inbox):
        assert await world.mailing.round() == 1
        assert await world.mailing.round() == 0

    assert world.inbox.subjects == ["Vous avez 2 nouveautés"]
    assert await states(world) == ["SENT"]


async def test_a_mail_taken_but_not_acknowledged_is_offered_again_as_the_same_one(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    await world.post(world.gp)
    await world.follow()
    world.inbox.cuts = True
    with pytest.raises(ServerAway):
        await world.mailing.round()
    world.inbox.cuts = False
    assert await world.mailing.round() == 0

    world.clock.now += LEASE
    await world.mailing.round()

    first, second = world.inbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert await states(world) == ["SENT"]


async def test_what_comes_after_a_mail_was_offered_is_another_mail(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    other = await world.open(ThreadKind.DIRECT, first_id=world.gp.id, second_id=world.nurse.id)
    world.inbox.answer = "451 later"
    await world.post(world.gp)
    await world.follow()
    await world.mailing.round()
    await world.post(world.gp, other)
    await world.follow()
    world.inbox.answer = "250 OK"
    world.clock.pass_(minutes=1)

    await world.mailing.round()

    assert [one["Subject"] for one in world.inbox.mails] == ["Vous avez un nouveau message"] * 2
    assert len({one["Message-ID"] for one in world.inbox.mails}) == 2


async def test_later_means_later_each_time_and_in_the_end_never(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    world.inbox.answer = "451 later"
    await world.post(world.gp)
    await world.follow()
    assert await world.mailing.round() == 1
    assert await world.mailing.round() == 0
    world.clock.pass_(minutes=1)
    assert await world.mailing.round() == 1
    world.clock.pass_(minutes=1)
    assert await world.mailing.round() == 0

    world.clock.pass_(days=3)
    await world.mailing.round()

    assert await states(world) == ["GIVEN_UP"]
    assert (await world.address(world.nurse)).failed_at == world.clock.now


@pytest.mark.parametrize("where", ["answer", "answer_to_content"])
async def test_a_refused_address_is_told_to_its_owner_and_rests_for_a_day(world: World, where: str) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    setattr(world.inbox, where, "550 no such user")
    await world.post(world.gp)
    await world.follow()
    await world.mailing.round()
    assert await states(world) == ["REFUSED"]
    assert (await world.address(world.nurse)).failed_at == world.clock.now

    setattr(world.inbox, where, "250 OK")
    await world.has_read(world.nurse)
    await world.post(world.gp)
    await world.follow()
    assert await world.mailing.round() == 0
    world.clock.pass_(days=1)
    assert await world.mailing.round() == 1

    assert len(world.inbox.taken) == 1
    assert (await world.address(world.nurse)).failed_at is None


async def test_one_bad_address_keeps_no_other_mail_back(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    await world.has_mail(world.doctor, "bad@mail.example", Topic.MESSAGE)
    world.inbox.refused.add("bad@mail.example")
    await world.post(world.gp)
    await world.follow()

    assert await world.mailing.round() == 2
    assert world.inbox.to == [NURSE]
    assert sorted(await states(world)) == ["REFUSED", "SENT"]


async def test_two_processes_send_each_mail_once(world: World) -> None:
    people = [professional(uuid4()) for _ in range(12)]
    for number, one in enumerate(people):
        world.consent.circles[world.patient][one.id] = None
        await world.has_mail(one, f"{number}@mail.example", Topic.MESSAGE)
    await world.post(world.gp)
    await world.follow()

    sent = await asyncio.gather(*(world.mailing.round() for _ in range(3)))

    assert sum(sent) == len(world.inbox.taken) == len(set(world.inbox.to)) == 12
