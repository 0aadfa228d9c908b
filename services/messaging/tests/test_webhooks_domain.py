"""Webhooks by rule: what is tried again when, what ids say, what is refused."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from terresante_messaging.domain import webhooks as domain
from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.notifications import Kind
from terresante_messaging.domain.people import NotificationId, Realm, Recipient
from terresante_messaging.domain.preferences import Topic
from terresante_messaging.domain.webhooks import (
    LabelInvalid,
    PeriodInvalid,
    WebhookId,
    delivery_id,
    next_probe,
    next_try,
)
from terresante_platform.ids import new_id

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_tries_are_five_seconds_apart_then_twice_as_long_each_time_up_to_four_hours() -> None:
    waits = [next_try(attempts, 0.5) for attempts in range(1, 60)]

    assert waits[:4] == [5 * SECOND, 10 * SECOND, 20 * SECOND, 40 * SECOND]
    assert all(one <= two for one, two in pairwise(waits))
    assert waits[-1] == timedelta(hours=4)


def test_what_failed_together_comes_back_apart_by_a_fifth_at_most() -> None:
    assert (next_try(2, 0.0), next_try(2, 1.0)) == (8 * SECOND, 12 * SECOND)


def test_three_days_hold_some_thirty_tries() -> None:
    spent, attempts = timedelta(), 0
    while spent < domain.TRIED_FOR:
        attempts += 1
        spent += next_try(attempts, 0.5)

    assert 25 <= attempts <= 35


def test_a_webhook_is_left_alone_from_its_third_failure_on_up_to_five_minutes() -> None:
    assert [next_probe(failures) for failures in (0, 2, 3, 4)] == [0 * SECOND, 0 * SECOND, 5 * SECOND, 10 * SECOND]
    assert next_probe(10_000) == timedelta(minutes=5)


def test_the_same_entry_for_the_same_person_by_the_same_webhook_has_one_id() -> None:
    webhook, entry, who = WebhookId(uuid4()), new_id(), Recipient(Realm.PERSON, uuid4())
    id = delivery_id(webhook, entry, who)

    assert delivery_id(webhook, entry, who) == id
    assert id.version == 8 and id.variant == "specified in RFC 4122"
    others = {
        delivery_id(WebhookId(uuid4()), entry, who),
        delivery_id(webhook, new_id(), who),
        delivery_id(webhook, entry, Recipient(Realm.PROFESSIONAL, who.id)),
        delivery_id(webhook, entry, Recipient(Realm.PERSON, uuid4())),
    }
    assert id not in others and len(others) == 4


def test_ids_are_in_the_order_of_entries() -> None:
    webhook, who = WebhookId(uuid4()), Recipient(Realm.PERSON, uuid4())
    earlier, later = new_id(), new_id()
    while later.bytes[:6] == earlier.bytes[:6]:
        later = new_id()

    assert delivery_id(webhook, earlier, who) < delivery_id(webhook, later, who)


@pytest.mark.parametrize("text", ["", "   ", "x" * 81, "Portail\nde santé", "Portail \u202e"])
def test_a_label_is_one_line_that_can_be_read(text: str) -> None:
    with pytest.raises(LabelInvalid) as refused:
        domain.label(text)

    assert refused.value.reason == "LABEL_INVALID"


def test_a_label_loses_the_spaces_around_it() -> None:
    assert domain.label("  Mon espace santé du territoire ") == "Mon espace santé du territoire"


@pytest.mark.parametrize("ago", [timedelta(days=14, seconds=1), timedelta(seconds=-1)])
def test_all_is_sent_again_of_the_last_fourteen_days_only(ago: timedelta) -> None:
    with pytest.raises(PeriodInvalid) as refused:
        domain.since(MONDAY - ago, MONDAY)

    assert refused.value.reason == "PERIOD_INVALID"
    assert domain.since(MONDAY - timedelta(days=14), MONDAY) == MONDAY - timedelta(days=14)


def test_a_message_is_told_by_its_topic_and_a_notification_by_that_of_its_kind() -> None:
    id = NotificationId(uuid4())
    notified = NewEntry(EntryKind.NOTIFIED, MONDAY, notification=id)

    assert domain.topic(NewEntry(EntryKind.MESSAGE_POSTED, MONDAY), {}) is Topic.MESSAGE
    assert domain.topic(NewEntry(EntryKind.MESSAGE_POSTED, MONDAY, urgent=True), {}) is Topic.URGENT_MESSAGE
    assert domain.topic(notified, {id: Kind.EMERGENCY_OPENED}) is Topic.EMERGENCY
    assert domain.topic(NewEntry(EntryKind.MESSAGE_DELETED, MONDAY), {}) is None


def test_every_kind_of_entry_but_how_far_somebody_has_read_is_told() -> None:
    assert set(EntryKind) - domain.TOLD == {EntryKind.THREAD_MARKED}
