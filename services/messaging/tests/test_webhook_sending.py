"""From the log to the other side: what waits, is sent, tried again, given up, withheld; nobody waits for a dead one."""

import asyncio
import base64
import hmac
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_messaging.domain.log import EntryKind
from terresante_messaging.domain.webhooks import PortalId
from terresante_messaging.store import webhook_deliveries as deliveries
from terresante_messaging.store import webhooks as store
from terresante_messaging.webhooks import sending
from terresante_messaging.webhooks.audience import Audience
from terresante_messaging.webhooks.sending import HELD_FOR, Sending
from terresante_platform.database import Database

from .webhook_post import START, Post, made
from .webhook_world import receiving


@pytest.fixture
def post(database: Database) -> Post:
    return made(database)


class Lost(Database):
    """A database that is gone once something is to be kept."""

    def __init__(self, real: Database) -> None:
        self.reading = real.reading  # type: ignore[method-assign]
        self.after_commit = defaultdict(list)

    def transaction(self) -> Any:
        raise RuntimeError("gone")


class Meanwhile(Database):
    """A database that is read while something else happens."""

    def __init__(self, real: Database, happens: Callable[[], None]) -> None:
        self._real, self._happens = real, happens

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        async with self._real.reading() as connection:
            yield connection
        self._happens()


async def test_who_may_be_told_and_chose_the_portal_is_told_once(post: Post) -> None:
    async with receiving() as receiver:
        webhook, who = await post.webhook(receiver), await post.reader()
        (entry,) = await post.happens()
        await post.queue([entry])
        assert await post.send() == 1

    (heard,) = receiver.heard
    said = json.loads(heard.body)
    assert said == {
        "type": "message_posted",
        "timestamp": f"{START:%Y-%m-%dT%H:%M:%S}.000Z",
        "data": {
            "event_id": str(entry.id),
            "position": entry.position,
            "patient_id": str(post.patient),
            "thread_id": str(entry.what.thread),
            "place": 7,
            "urgent": False,
            "recipient_professional_id": str(who.id),
        },
    }
    assert await post.states(webhook) == {"SENT": 1}


async def test_it_is_signed_over_id_time_and_body(post: Post) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        await post.send()

    (heard,) = receiver.heard
    assert heard.headers["webhook-timestamp"] == str(int(START.timestamp()))
    said = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode() + heard.body
    expected = base64.b64encode(hmac.digest(post.secrets[webhook], said, "sha256")).decode()
    assert heard.headers["webhook-signature"] == f"v1,{expected}"


async def test_who_did_not_choose_the_portal_or_may_not_be_told_is_not(post: Post) -> None:
    async with receiving() as receiver:
        webhook = await post.webhook(receiver)
        await post.reader(PortalId(uuid4()))
        removed = await post.reader()
        post.standing.people[post.patient].discard(removed)
        await post.happens()

        assert await post.send() == 0
    assert await post.states(webhook) == {}


async def test_how_far_somebody_has_read_is_not_sent(post: Post) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens(kind=EntryKind.THREAD_MARKED)

    assert await post.states(webhook) == {}


async def test_who_lost_their_right_before_it_left_is_told_nothing(post: Post) -> None:
    async with receiving() as receiver:
        webhook, who = await post.webhook(receiver), await post.reader()
        await post.happens()
        post.standing.people[post.patient].discard(who)
        await post.send()

    assert receiver.heard == []
    assert await post.states(webhook) == {"WITHHELD": 1}


async def test_consent_is_asked_last_of_all_before_a_delivery_leaves(post: Post) -> None:
    async with receiving() as receiver:
        webhook, who = await post.webhook(receiver), await post.reader()
        await post.happens()
        removed = Meanwhile(post.database, lambda: post.standing.people[post.patient].discard(who))
        post.sending = Sending(replace(post.parts, audience=Audience(removed, post.standing)))
        await post.send()

    assert receiver.heard == []
    assert await post.states(webhook) == {"WITHHELD": 1}


async def test_a_portal_whose_account_is_closed_is_told_nothing(post: Post) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        post.standing.closed.add(post.portal)
        await post.happens()
        await post.send()

    assert receiver.heard == []
    assert await post.states(webhook) == {"WITHHELD": 1}


async def test_what_is_sent_and_not_committed_is_sent_again_under_the_same_id(post: Post) -> None:
    """As after a crash between the answer and its commit: it was taken, sent, and nothing was kept."""
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        async with post.database.transaction() as transaction:
            (taken,) = await deliveries.take(transaction, webhook, 1, post.now, post.now + HELD_FOR)
        crashed = Sending(replace(post.parts, database=Lost(post.database)))
        with pytest.raises(RuntimeError):
            await crashed.send(taken)
        assert await post.send() == 0
        post.later(HELD_FOR)
        assert await post.send() == 1

    assert len(receiver.ids) == 2 and len(set(receiver.ids)) == 1
    assert await post.states(webhook) == {"SENT": 1}


async def test_two_replicas_take_each_delivery_once(post: Post) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens(40)
        other = Sending(post.parts)
        async with asyncio.TaskGroup() as tries:
            while (await post.states(webhook)).get("SENT", 0) < 40:
                await asyncio.gather(post.sending.start_due(tries), other.start_due(tries))
                await asyncio.sleep(0.01)

    assert sorted(receiver.ids) == sorted(set(receiver.ids)) and len(receiver.ids) == 40


async def test_what_waited_is_not_sent_once_the_webhook_is_removed_and_goes(post: Post) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens(3)
        async with post.database.transaction() as transaction:
            await store.remove(transaction, webhook, post.now)
        assert await post.send() == 0
        await post.happens()
        await post.sending.tidy()

    assert receiver.heard == []
    assert await post.states(webhook) == {}
    async with post.database.reading() as connection:
        assert (await connection.execute(text("select count(*) from webhook"))).scalar_one() == 0


async def test_with_a_new_secret_both_sign_for_a_day(post: Post) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.rotate(webhook, b"n" * 32)
        await post.happens()
        await post.send()
        post.later(timedelta(days=1))
        await post.happens()
        await post.send()

    signatures = [one.headers["webhook-signature"].split(" ") for one in receiver.heard]
    assert [len(some) for some in signatures] == [2, 1]
    for heard, some in zip(receiver.heard, signatures, strict=True):
        said = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode() + heard.body
        keys = [b"n" * 32, post.secrets[webhook]][: len(some)]
        assert some == [f"v1,{base64.b64encode(hmac.digest(key, said, 'sha256')).decode()}" for key in keys]


async def test_all_since_a_moment_is_sent_again_also_to_who_chose_the_portal_since(post: Post) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens(3)
        while await post.send():
            pass
        await post.reader()
        async with post.database.transaction() as transaction:
            up_to = (await transaction.execute(text("select max(position) from log_entry"))).scalar_one()
            await store.replay(transaction, webhook, 0, up_to)
        await post.queueing.replay()
        await post.queueing.replay()
        while await post.send():
            pass

    assert len(receiver.ids) == 9 and len(set(receiver.ids)) == 6
    assert (await post.row(webhook)).replay_after is None


async def test_neither_address_nor_secret_lies_in_clear(post: Post) -> None:
    async with receiving() as receiver:
        webhook = await post.webhook(receiver)

    kept = await post.row(webhook)
    assert b"receiver" not in kept.url and post.secrets[webhook] not in kept.secret


async def test_what_happens_is_told_by_itself_and_told_once_by_two_replicas(post: Post) -> None:
    async with receiving() as receiver, sending.sending(post.parts), sending.sending(post.parts):
        webhook, _ = await post.webhook(receiver), await post.reader()
        async with asyncio.timeout(20):
            while not await post.is_read():
                await asyncio.sleep(0.02)
            entries = await post.written(3)
            while (await post.states(webhook)).get("SENT", 0) < 3:
                await asyncio.sleep(0.02)

    assert len(receiver.ids) == len(set(receiver.ids)) == len(entries)
