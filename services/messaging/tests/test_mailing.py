"""Mail through a real SMTP server: who gets one, when, what it says; a server that is away, refuses or is cut off."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select
from terresante_messaging.domain.notifications import EVERYBODY, Audience, Happening, Kind
from terresante_messaging.domain.people import PatientId, Recipient
from terresante_messaging.domain.preferences import Pace, Topic
from terresante_messaging.domain.threads import ThreadKind
from terresante_messaging.store import notifications
from terresante_messaging.store.telling_tables import mail, mail_line
from terresante_messaging.telling.notifying import Telling, notify
from terresante_platform.database import Database

from .telling_world import NURSE, PORTAL, World, states, telling_world


@pytest_asyncio.fixture
async def world(database: Database, serve: Any, dial: Any) -> AsyncIterator[World]:
    async with telling_world(database, serve, dial) as made:
        yield made


async def test_a_reader_who_wants_mail_gets_one_that_says_only_that_there_is_something(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    id = await world.post(world.gp)
    await world.follow()

    assert await world.mailing.round() == 1

    (taken,), (kept,) = world.inbox.taken, await world.one(lambda: select(mail))
    (told,) = world.inbox.mails
    assert (taken.mail_from, taken.rcpt_tos) == ("ne-pas-repondre@terresante.example", [NURSE])
    assert (told["Subject"], told["To"]) == ("Vous avez un nouveau message", NURSE)
    assert told["Message-ID"] == f"<{kept.id}@terresante.example>"
    texts = [part.get_content() for part in told.iter_parts()]
    assert [part.get_content_type() for part in told.iter_parts()] == ["text/plain", "text/html"]
    assert all(PORTAL in text and "préférences" in text for text in texts)
    raw = bytes(taken.content or b"") + "".join(texts).encode()
    for secret in (world.patient, world.gp.id, world.nurse.id, world.thread, id):
        assert str(secret).encode() not in raw and secret.hex.encode() not in raw


async def test_neither_the_author_nor_who_did_not_ask_for_it_gets_mail(world: World) -> None:
    await world.has_mail(world.gp, "gp@mail.example", Topic.MESSAGE)
    await world.has_mail(world.doctor, "doctor@mail.example", Topic.RECORD)
    await world.post(world.gp)
    await world.follow()

    assert await world.mailing.round() == 0
    assert world.inbox.taken == []


async def test_a_conversation_writes_once_until_its_reader_has_read_it(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    for _ in range(3):
        await world.post(world.gp)
        await world.follow()
        await world.mailing.round()
    assert len(world.inbox.taken) == 1

    await world.has_read(world.nurse)
    await world.post(world.gp)
    await world.follow()
    await world.mailing.round()

    assert len(world.inbox.taken) == 2


async def test_an_urgent_message_writes_although_an_ordinary_one_is_unread(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE, Topic.URGENT_MESSAGE)
    for urgent in (False, True, True, False):
        await world.post(world.gp, urgent=urgent)
        await world.follow()
        await world.mailing.round()

    assert world.inbox.subjects == ["Vous avez un nouveau message", "Vous avez un message urgent"]


async def test_what_was_read_before_the_mail_leaves_is_not_written_about(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    await world.post(world.gp)
    await world.follow()
    await world.has_read(world.nurse)

    await world.mailing.round()

    assert world.inbox.taken == []
    assert await states(world) == ["WITHHELD"]


async def test_what_was_read_before_it_is_told_is_no_reason_for_mail(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    await world.post(world.gp)
    await world.has_read(world.nurse)
    await world.follow()

    assert await world.one(lambda: select(mail_line)) == []


async def test_many_messages_at_once_are_one_reason(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    for _ in range(20):
        await world.post(world.gp)
    await world.follow()

    (line,) = await world.one(lambda: select(mail_line))
    assert line.place == 20


@pytest.mark.parametrize(("audience", "sent"), [(EVERYBODY, 1), (Audience(), 0)])
async def test_what_its_author_hides_before_the_mail_leaves_is_not_written_about(
    world: World, audience: Audience, sent: int
) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.RECORD)
    note = Happening(Kind.NOTE_WRITTEN, PatientId(world.patient), uuid4(), world.clock.now)
    async with world.database.transaction() as transaction:
        await notifications.keep_audience(transaction, note.about, EVERYBODY, 1)
        await notify(transaction, Telling(uuid4(), note, [world.nurse]))
    await world.follow()
    async with world.database.transaction() as transaction:
        await notifications.keep_audience(transaction, note.about, audience, 2)

    await world.mailing.round()

    assert len(world.inbox.taken) == sent


async def test_who_was_removed_after_the_message_gets_no_mail_of_it(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    await world.post(world.gp)
    await world.follow()
    del world.consent.circles[world.patient][world.nurse.id]

    await world.mailing.round()

    assert world.inbox.taken == []
    assert await states(world) == ["WITHHELD"]


async def test_who_joined_later_gets_no_mail_of_what_came_before(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    await world.post(world.gp)
    world.consent.circles[world.patient][world.nurse.id] = world.clock.now + timedelta(seconds=1)
    await world.follow()

    assert await world.mailing.round() == 0


async def test_a_digest_is_one_mail_for_all_that_came(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE, pace=Pace.DAILY)
    other = await world.open(ThreadKind.DIRECT, first_id=world.gp.id, second_id=world.nurse.id)
    for thread in (world.thread, other, world.thread):
        await world.post(world.gp, thread)
    await world.follow()
    assert await world.mailing.round() == 0

    world.clock.pass_(hours=20)
    await world.mailing.round()

    assert world.inbox.subjects == ["Vous avez 2 nouveautés"]


async def test_in_quiet_hours_mail_waits_until_they_end(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE, quiet_from=0, quiet_until=13 * 60)
    await world.post(world.gp)
    await world.follow()
    assert await world.mailing.round() == 0

    world.clock.pass_(hours=1)
    assert await world.mailing.round() == 1


async def test_the_log_read_twice_writes_once(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    await world.post(world.gp, mentions=[world.nurse], urgent=True)
    await world.follow()
    before = (await world.told(world.nurse), len(await world.one(lambda: select(mail_line))))
    await world.forget_place()
    await world.follow()

    assert (await world.told(world.nurse), len(await world.one(lambda: select(mail_line)))) == before


async def test_a_direct_message_is_written_about_to_the_other_unless_their_account_is_closed(world: World) -> None:
    other: dict[Recipient, Any] = {}
    for one, address in ((world.nurse, NURSE), (world.doctor, "doctor@mail.example")):
        await world.has_mail(one, address, Topic.MESSAGE)
        other[one] = await world.open(ThreadKind.DIRECT, first_id=world.gp.id, second_id=one.id)
        await world.post(world.gp, other[one])
    await world.follow()
    world.consent.closed.add(world.doctor.id)

    await world.mailing.round()

    assert world.inbox.to == [NURSE]


async def test_mail_to_who_is_away_with_a_stand_in_waits_until_they_are_back(world: World) -> None:
    await world.has_mail(world.nurse, NURSE, Topic.MESSAGE)
    await world.away(world.nurse, world.doctor, hours=3)
    await world.post(world.gp)
    await world.follow()
    assert await world.mailing.round() == 0

    world.clock.pass_(hours=3)
    assert await world.mailing.round() == 1
