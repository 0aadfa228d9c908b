"""What changes while a webhook's try is under way: the webhook is removed or paused, the message is taken back."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import insert, select, update
from terresante_messaging.domain.log import Entry, EntryKind, NewEntry
from terresante_messaging.domain.people import MessageId, ThreadId
from terresante_messaging.domain.webhooks import WebhookId
from terresante_messaging.store import feed
from terresante_messaging.store import log as log_store
from terresante_messaging.store import webhooks as store
from terresante_messaging.store.moments import id_at
from terresante_messaging.store.tables import message
from terresante_messaging.store.webhook_tables import webhook as webhook_table
from terresante_messaging.store.webhook_tables import webhook_delivery
from terresante_messaging.webhooks.guarding import Address, Guard
from terresante_messaging.webhooks.posting import Poster
from terresante_messaging.webhooks.sending import Sending
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .webhook_post import START, Post, here, made
from .webhook_world import Answer, Receiver, receiving, says


@pytest.fixture
def post(database: Database) -> Post:
    return made(database)


async def remove(post: Post, webhook: WebhookId) -> None:
    async with post.database.transaction() as transaction:
        await store.remove(transaction, webhook, post.now)


async def pause(post: Post, webhook: WebhookId) -> None:
    async with post.database.transaction() as transaction:
        await transaction.execute(update(webhook_table).where(webhook_table.c.id == webhook).values(paused=True))


async def first(meanwhile: Callable[[], Awaitable[None]], receiver: Receiver, answer: Answer) -> None:
    """Before the receiver answers."""

    async def then(writer: asyncio.StreamWriter) -> None:
        await meanwhile()
        await answer(writer)

    receiver.answer = then


@pytest.mark.parametrize("status", [204, 500, 410, 503])
async def test_of_a_webhook_removed_before_the_answer_nothing_is_kept_and_nothing_tried_again(
    post: Post, status: int
) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        await first(lambda: remove(post, webhook), receiver, says(status))
        await post.send()
        one, kept = await post.delivery(webhook), await post.row(webhook)
        assert (one.state.value, one.last_failure, one.attempts) == ("WAITING", "", 1)
        assert (kept.failures, kept.last_success_at, kept.last_failure_at, kept.probe_at) == (0, None, None, None)

        post.clock[0] = one.next_try_at
        assert await post.send() == 0
        await post.sending.tidy()

    assert len(receiver.heard) == 1
    assert await post.states(webhook) == {}
    async with post.database.reading() as connection:
        assert (await connection.execute(select(webhook_table))).all() == []


@pytest.mark.parametrize(("change", "left"), [(remove, {}), (pause, {"WAITING": 1})])
async def test_one_that_is_removed_or_paused_while_the_way_is_opened_is_sent_nothing(
    post: Post, change: Callable[[Post, WebhookId], Awaitable[None]], left: dict[str, int]
) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()

        async def resolved(host: str, port: int) -> Sequence[Address]:
            await change(post, webhook)
            return await here(host, port)

        poster = Poster(Guard(["127.0.0.0/8"], resolved), ssl.create_default_context())
        post.sending = Sending(replace(post.parts, poster=poster))
        assert await post.send() == 1
        await post.sending.tidy()

    assert receiver.heard == []
    assert await post.states(webhook) == left


async def test_what_happened_as_it_was_removed_leaves_no_delivery(post: Post) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        entries = await post.written()
        new = await post.queueing.ask(entries)
        assert len(new) == 1
        await remove(post, webhook)
        await post.sending.tidy()
        async with post.database.transaction() as transaction:
            await post.queueing.apply(transaction, entries, new)

    async with post.database.reading() as connection:
        assert (await connection.execute(select(webhook_delivery))).all() == []


async def written(post: Post, kinds: list[EntryKind]) -> tuple[MessageId, list[Entry]]:
    """A message, and entries about it."""
    id, thread = MessageId(id_at(START)), ThreadId(new_id())
    row = {
        "id": id,
        "retention": "patient",
        "thread_id": thread,
        "place": 7,
        "author_realm": "professional",
        "author_id": new_id(),
        "sent_at": START,
        "body": b"sealed",
        "urgent": False,
        "mentioned_professionals": [],
        "mentioned_persons": [],
        "attachments": 0,
        "item": False,
        "origin": "PLATFORM",
        "version": 1,
    }
    async with post.database.transaction() as transaction:
        await transaction.execute(insert(message), [row])
        what = [NewEntry(kind, post.now, post.patient, thread, id, 7) for kind in kinds]
        await log_store.add(transaction, *what)
        await feed.give_positions(transaction)
    async with post.database.reading() as connection:
        last = await feed.position(connection)
        return id, await feed.after(connection, last - len(kinds))


async def test_of_a_message_taken_back_before_it_left_only_that_is_told(post: Post) -> None:
    kinds = [EntryKind.MESSAGE_POSTED, EntryKind.MESSAGE_EDITED, EntryKind.MESSAGE_DELETED]
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        id, entries = await written(post, kinds)
        await post.queue(entries)
        async with post.database.transaction() as transaction:
            await transaction.execute(update(message).where(message.c.id == id).values(deleted_at=post.now))
        await post.send()

    assert [b"message_deleted" in one.body for one in receiver.heard] == [True]
    assert await post.states(webhook) == {"SENT": 1, "WITHHELD": 2}


async def test_of_a_message_that_stands_all_is_told(post: Post) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        _, entries = await written(post, [EntryKind.MESSAGE_POSTED, EntryKind.MESSAGE_EDITED])
        await post.queue(entries)
        await post.send()

    assert await post.states(webhook) == {"SENT": 2}
