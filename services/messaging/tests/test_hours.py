"""When mail leaves: quiet hours and digests on ordinary days, over midnight, and on days of 23 or 25 hours."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_messaging.domain.hours import PARIS, Quiet, leaves_at
from terresante_messaging.domain.preferences import Choice, Pace, Preferences, Topic

NIGHT = (21 * 60, 7 * 60)


def paris(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).astimezone(UTC)


def chosen(
    topic: Topic = Topic.MESSAGE, pace: Pace = Pace.AT_ONCE, quiet: tuple[int, int] = NIGHT, **more: bool
) -> Preferences:
    return Preferences({topic: Choice(pace=pace)}, *quiet, **more)


@pytest.mark.parametrize(
    ("at", "leaves"),
    [
        ("2026-11-23T20:59", "2026-11-23T20:59"),
        ("2026-11-23T21:00", "2026-11-24T07:00"),
        ("2026-11-24T03:00", "2026-11-24T07:00"),
        ("2026-11-24T06:59", "2026-11-24T07:00"),
        ("2026-11-24T07:00", "2026-11-24T07:00"),
        ("2026-03-28T23:00", "2026-03-29T07:00"),  # summer begins in that night
        ("2026-10-24T23:00", "2026-10-25T07:00"),  # winter begins in that night
    ],
)
def test_what_happens_in_a_quiet_night_leaves_when_it_ends_in_paris(at: str, leaves: str) -> None:
    assert leaves_at(paris(at), Topic.MESSAGE, chosen()) == paris(leaves)


def test_a_night_over_the_change_of_hour_is_an_hour_shorter_in_spring_and_longer_in_autumn() -> None:
    spring = leaves_at(paris("2026-03-28T23:00"), Topic.MESSAGE, chosen()) - paris("2026-03-28T23:00")
    autumn = leaves_at(paris("2026-10-24T23:00"), Topic.MESSAGE, chosen()) - paris("2026-10-24T23:00")

    assert (spring, autumn) == (timedelta(hours=7), timedelta(hours=9))


def test_an_end_that_does_not_come_is_taken_an_hour_later() -> None:
    until_half_past_two = (21 * 60, 2 * 60 + 30)

    left = leaves_at(paris("2026-03-28T23:00"), Topic.MESSAGE, chosen(quiet=until_half_past_two))

    assert left == paris("2026-03-29T03:30")


def test_an_end_that_comes_twice_is_the_next_one() -> None:
    quiet = chosen(quiet=(21 * 60, 2 * 60 + 30))

    assert leaves_at(paris("2026-10-24T23:00"), Topic.MESSAGE, quiet) == paris("2026-10-25T02:30")
    again = paris("2026-10-25T02:10", fold=1)
    assert leaves_at(again, Topic.MESSAGE, quiet) == paris("2026-10-25T02:30", fold=1) == again + timedelta(minutes=20)


def test_quiet_hours_of_the_day_do_not_reach_over_midnight() -> None:
    siesta = chosen(quiet=(13 * 60, 14 * 60))

    assert leaves_at(paris("2026-11-23T13:30"), Topic.MESSAGE, siesta) == paris("2026-11-23T14:00")
    assert leaves_at(paris("2026-11-23T23:30"), Topic.MESSAGE, siesta) == paris("2026-11-23T23:30")


@pytest.mark.parametrize("topic", [Topic.URGENT_MESSAGE, Topic.EMERGENCY])
def test_what_is_urgent_breaks_quiet_hours_only_for_who_lets_it(topic: Topic) -> None:
    at = paris("2026-11-24T03:00")

    assert leaves_at(at, topic, chosen(topic)) == at
    assert leaves_at(at, topic, chosen(topic, urgent_breaks_quiet=False)) == paris("2026-11-24T07:00")


def test_hourly_mail_leaves_at_the_next_full_hour_and_daily_mail_at_the_chosen_one() -> None:
    at = paris("2026-11-23T10:20")

    assert leaves_at(at, Topic.RECORD, chosen(Topic.RECORD, Pace.HOURLY)) == paris("2026-11-23T11:00")
    assert leaves_at(at, Topic.RECORD, chosen(Topic.RECORD, Pace.DAILY)) == paris("2026-11-24T08:00")
    early = paris("2026-11-23T07:30")
    assert leaves_at(early, Topic.RECORD, chosen(Topic.RECORD, Pace.DAILY)) == paris("2026-11-23T08:00")


def test_daily_mail_keeps_its_hour_in_paris_over_the_change_of_hour() -> None:
    left = leaves_at(paris("2026-03-28T10:00"), Topic.RECORD, chosen(Topic.RECORD, Pace.DAILY))

    assert left == paris("2026-03-29T08:00") == datetime(2026, 3, 29, 6, tzinfo=UTC)


@given(
    seconds=st.integers(0, 2 * 365 * 24 * 3600),
    quiet=st.tuples(st.integers(0, 1439), st.integers(0, 1439)),
    pace=st.sampled_from(Pace),
)
def test_mail_never_leaves_early_nor_in_quiet_hours_and_waits_at_most_two_days(
    seconds: int, quiet: tuple[int, int], pace: Pace
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    left = leaves_at(at, Topic.MESSAGE, chosen(pace=pace, quiet=quiet))

    assert at <= left <= at + timedelta(hours=50)
    assert Quiet(*quiet).end(left) is None
