"""What is not taken is tried again, later and later, then given up; and nobody waits for who does not answer."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from terresante_messaging.domain.webhooks import TRIED_FOR, DeliveryState, PortalId
from terresante_messaging.store import webhook_deliveries as deliveries
from terresante_messaging.store.webhook_gauges import COUNTS, FAILING, NOT_SENT, OLDEST
from terresante_messaging.webhooks.sending import OF_ONE
from terresante_platform.counted import Counting
from terresante_platform.database import Database

from .webhook_post import START, Post, made
from .webhook_world import receiving, says, says_nothing


@pytest.fixture
def post(database: Database) -> Post:
    return made(database)


async def test_while_consent_is_silent_nothing_leaves_and_nothing_is_lost(post: Post) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        post.standing.silent = True
        await post.send()
        assert (receiver.heard, await post.states(webhook)) == ([], {"WAITING": 1})
        assert (await post.delivery(webhook)).attempts == 0

        post.standing.silent = False
        post.later(timedelta(seconds=10))
        await post.send()

    assert len(receiver.heard) == 1


@pytest.mark.parametrize("fault", [ConnectionRefusedError(), TimeoutError()])
async def test_that_our_own_database_is_away_is_no_failure_of_the_webhook(post: Post, fault: Exception) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        post.standing.broken = fault
        await post.send()
        assert (receiver.heard, (await post.row(webhook)).failures) == ([], 0)
        assert (await post.delivery(webhook)).attempts == 0

        post.standing.broken = None
        post.later(timedelta(seconds=10))
        await post.send()

    assert len(receiver.heard) == 1


async def test_a_failure_is_tried_again_later_and_later_under_the_same_id(post: Post) -> None:
    async with receiving(says(500)) as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        await post.send()
        one = await post.delivery(webhook)
        assert (one.state, one.attempts, one.last_failure) == (DeliveryState.WAITING, 1, "HTTP_500")
        assert one.next_try_at == post.now + timedelta(seconds=5)
        assert await post.send() == 0

        post.later(timedelta(seconds=5))
        assert await post.send() == 1
        assert (await post.delivery(webhook)).next_try_at == post.now + timedelta(seconds=10)
        receiver.answer = says(204)
        post.later(timedelta(seconds=10))
        await post.send()

    assert len(set(receiver.ids)) == 1 and len(receiver.ids) == 3
    assert await post.states(webhook) == {"SENT": 1}
    kept = await post.row(webhook)
    assert (kept.failures, kept.last_failure, kept.last_success_at) == (0, "", post.now)


async def test_after_three_days_it_is_parked_and_can_be_sent_again_by_hand(post: Post) -> None:
    async with receiving(says(503)) as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        while post.now < START + TRIED_FOR:
            await post.send()
            await post.sending.tidy()
            assert await post.states(webhook) == {"WAITING": 1}
            post.later(timedelta(hours=1))
        await post.sending.tidy()
        parked = await post.delivery(webhook)
        assert (parked.state, parked.last_failure) == (DeliveryState.PARKED, "HTTP_503")
        assert await post.send() == 0

        receiver.answer = says(204)
        async with post.database.transaction() as transaction:
            await deliveries.resend(transaction, webhook, [parked.id], post.now)
        await post.send()

    assert await post.states(webhook) == {"SENT": 1}
    assert set(receiver.ids) == {str(parked.id)}


async def test_what_was_never_tried_because_the_webhook_was_left_alone_is_parked_too(post: Post) -> None:
    async with receiving(says(500)) as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens(20)
        post.later(TRIED_FOR)
        await post.sending.tidy()

    assert await post.states(webhook) == {"PARKED": 20}
    assert receiver.heard == []


async def test_a_failing_webhook_is_tried_with_one_delivery_at_a_time_and_recovers_at_once(post: Post) -> None:
    async with receiving(says(500)) as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens(30)
        assert await post.send() == OF_ONE
        assert await post.send() == 0
        post.later(timedelta(seconds=10))
        assert [await post.send(), await post.send()] == [1, 0]

        receiver.answer = says(204)
        post.later(timedelta(minutes=5))
        assert await post.send() == 1
        while await post.send():
            pass

    assert await post.states(webhook) == {"SENT": 30}


async def test_a_dead_webhook_delays_no_other(database: Database) -> None:
    post, other = made(database, patience=100.0), PortalId(uuid4())
    async with receiving(says_nothing) as dead, receiving() as alive:
        slow, fast = await post.webhook(dead), await post.webhook(alive, other)
        await post.choose(other, await post.reader())
        await post.happens(40)
        running = asyncio.create_task(post.sending.run())
        try:
            async with asyncio.timeout(60):
                while (await post.states(fast)).get("SENT", 0) < 40:
                    await asyncio.sleep(0.02)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        assert (dead.most_at_once, len(dead.heard)) == (OF_ONE, OF_ONE)
    assert await post.states(slow) == {"WAITING": 40}


async def test_one_that_says_it_is_gone_is_paused_not_forgotten(post: Post) -> None:
    async with receiving(says(410)) as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens(2)
        await post.send()
        post.later(timedelta(hours=1))
        assert await post.send() == 0

    kept = await post.row(webhook)
    assert (kept.paused, kept.version, kept.last_failure) == (True, 2, "HTTP_410")
    assert await post.states(webhook) == {"WAITING": 2}


async def test_what_was_sent_is_forgotten_after_fourteen_days_what_was_given_up_with_the_log(post: Post) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        await post.send()
        receiver.answer = says(500)
        await post.happens()
        post.later(TRIED_FOR)
        await post.sending.tidy()
        assert await post.states(webhook) == {"SENT": 1, "PARKED": 1}
        post.later(timedelta(days=12))
        await post.sending.tidy()
        assert await post.states(webhook) == {"PARKED": 1}
        post.later(timedelta(days=90))
        await post.sending.tidy()

    assert await post.states(webhook) == {}


async def test_operations_see_what_waits_what_was_given_up_and_who_fails(post: Post) -> None:
    async with receiving(says(500)) as receiver:
        await post.webhook(receiver)
        await post.reader()
        await post.happens(3)
        await post.send()
        post.later(TRIED_FOR)
        await post.sending.tidy()
        await post.happens(2)

    counting = Counting(post.database, COUNTS)
    await counting.ask()
    assert sorted(counting.answer(NOT_SENT)) == [(2.0, {"state": "WAITING"}), (3.0, {"state": "PARKED"})]
    ((failing, words),) = counting.answer(FAILING)
    assert (failing, words) == (1.0, {})
    assert len(counting.answer(OLDEST)) == 1
