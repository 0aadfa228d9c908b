"""A receiver that says when to come back (429, 503 with Retry-After) is left alone so long: not longer than our longest
step, not beyond three days in all."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from terresante_messaging.domain.webhooks import TRIED_FOR, DeliveryState, asked_wait
from terresante_messaging.webhooks.sending import OF_ONE
from terresante_platform.database import Database

from .webhook_post import START, Post, made
from .webhook_world import Answer, receiving, says

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def post(database: Database) -> Post:
    return made(database)


def busy(seconds: object, status: int = 429) -> Answer:
    return says(status, b"", f"Retry-After: {seconds}")


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("90", 90),
        ("0", 0),
        ("9" * 60, 4 * 3600),
        ("14401", 4 * 3600),
        ("Mon, 30 Nov 2026 09:02:00 GMT", 120),
        ("Mon, 30 Nov 2026 08:00:00 GMT", 0),
        ("Tue, 30 Nov 2027 08:00:00 GMT", 4 * 3600),
        ("Mon, 30 Nov 2026 09:02:00 -0000", 0),
        ("Mon, 30 Nov 20266666666 09:02:00 GMT", 0),
        ("-5", 0),
        ("1.5", 0),
        ("²", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_seconds_and_dates_are_understood_and_what_is_neither_asks_for_nothing(said: str, wait: int) -> None:
    assert asked_wait(said, NOW) == timedelta(seconds=wait)


@pytest.mark.parametrize("status", [429, 503])
async def test_it_is_not_tried_earlier_than_it_says(post: Post, status: int) -> None:
    async with receiving(busy(600, status)) as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        await post.send()
        assert (await post.delivery(webhook)).next_try_at == post.now + 10 * MINUTE

        receiver.answer = says(204)
        post.later(10 * MINUTE - timedelta(seconds=1))
        assert await post.send() == 0
        post.later(timedelta(seconds=1))
        assert await post.send() == 1

    assert await post.states(webhook) == {"SENT": 1}


async def test_a_date_is_heard_too(post: Post) -> None:
    async with receiving(busy(format_datetime(START + 10 * MINUTE, usegmt=True))) as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        await post.send()

    assert (await post.delivery(webhook)).next_try_at == post.now + 10 * MINUTE


async def test_what_happens_meanwhile_waits_with_it_also_when_another_was_taken(post: Post) -> None:
    async with receiving() as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()

        async def only_the_first(writer: object) -> None:
            answer = says(204) if len(receiver.heard) == 1 else busy(600)
            await answer(writer)  # type: ignore[arg-type]

        receiver.answer = only_the_first
        await post.happens(OF_ONE)
        await post.send()
        assert await post.states(webhook) == {"SENT": 1, "WAITING": OF_ONE - 1}
        await post.happens()
        post.later(9 * MINUTE)
        assert await post.send() == 0

        receiver.answer = says(204)
        post.later(MINUTE)
        while await post.send():
            pass

    assert await post.states(webhook) == {"SENT": OF_ONE + 1}


@pytest.mark.parametrize("answer", [busy(600, 500), busy(1), busy("soon"), busy("9" * 100)])
async def test_what_asks_for_less_or_may_not_ask_or_is_no_moment_is_tried_as_ever(post: Post, answer: Answer) -> None:
    async with receiving(answer) as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        await post.send()

    assert (await post.delivery(webhook)).next_try_at == post.now + timedelta(seconds=5)


async def test_it_puts_nothing_off_beyond_four_hours_or_three_days_in_all(post: Post) -> None:
    async with receiving(busy(30 * 24 * 3600)) as receiver:
        webhook, _ = await post.webhook(receiver), await post.reader()
        await post.happens()
        while post.now < START + TRIED_FOR:
            assert await post.send() == 1
            await post.sending.tidy()
            post.later(timedelta(hours=4))
        await post.sending.tidy()

    assert len(receiver.heard) == TRIED_FOR // timedelta(hours=4)
    assert (await post.delivery(webhook)).state == DeliveryState.PARKED
