"""Counts of a territory week by week: what they count, when a week begins, and which are not told."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_directory.domain.acts import MomentInvalid
from terresante_directory.domain.care import Standing
from terresante_directory.domain.indicators import Point, Series, masked, parts, united
from terresante_directory.domain.weeks import last_moments, monday, week_after, weeks
from terresante_directory.store.enrolment_tables import account_week
from terresante_platform.database import Database

from .counter import Counter, stamp
from .desk import Clock, Desk, reason
from .offering import enrol
from .tree import Tree

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
KINDS = ("enrolled",)


def test_a_week_begins_on_monday_in_paris_also_when_the_clocks_change() -> None:
    assert monday(NOW) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert monday(datetime(2026, 3, 29, 21, 59, tzinfo=UTC)) == datetime(2026, 3, 22, 23, tzinfo=UTC)
    assert week_after(datetime(2026, 3, 22, 23, tzinfo=UTC)) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    told = weeks(None, None, NOW)
    assert (len(told), told[-1]) == (12, monday(NOW))


def test_weeks_turned_round_too_many_or_not_begun_are_refused() -> None:
    ago = NOW - timedelta(weeks=3)
    assert len(weeks(ago, NOW, NOW)) == 4
    assert len(weeks(NOW - timedelta(weeks=105), None, NOW)) == 106
    for start, end in ((NOW, ago), (NOW - timedelta(weeks=106), None), (None, NOW + timedelta(weeks=1))):
        with pytest.raises(MomentInvalid):
            weeks(start, end, NOW)


def series(**values: int) -> list[Series]:
    """One week of a whole and its parts."""
    parts = [Series("enrolled", label, (Point(NOW, value),)) for label, value in values.items()]
    return [Series("enrolled", "", (Point(NOW, sum(values.values())),)), *parts]


def shown(told: list[Series]) -> dict[str, int | None]:
    return {one.label: None if one.points[0].masked else one.points[0].value for one in told}


def test_each_week_is_counted_just_before_it_is_over_and_this_one_now() -> None:
    starts = weeks(None, None, NOW)
    moments = last_moments(starts, NOW)
    assert [monday(at) for at in moments] == starts
    assert (moments[0], moments[-1]) == (starts[1] - timedelta(seconds=1), NOW - timedelta(seconds=1))
    assert last_moments(starts, starts[-1])[-1] == starts[-1], "a week that begins now"


def test_who_stands_twice_or_again_is_counted_once_at_a_time() -> None:
    anne, paul = uuid4(), uuid4()
    standing = [
        Standing(anne, "a", 2, 4),
        Standing(anne, "a", 0, 1),
        Standing(anne, "a", 1, 2),
        Standing(paul, "b", 0, 2),
    ]
    standing += [Standing(anne, "a", 5, 6), Standing(anne, "a", 0, 1)]
    mondays = [NOW + timedelta(weeks=week) for week in range(6)]
    assert united(standing) == [Standing(anne, "a", 0, 4), Standing(anne, "a", 5, 6), Standing(paul, "b", 0, 2)]
    told = {one.label: [point.value for point in one.points] for one in parts("enrolled", mondays, united(standing))}
    assert told == {"": [2, 2, 1, 1, 0, 1], "a": [1, 1, 1, 1, 0, 1], "b": [1, 1, 0, 0, 0, 0]}


def test_small_counts_are_masked_and_none_that_the_whole_would_tell() -> None:
    assert shown(masked(series(a=5, b=9), KINDS, 5)) == {"": 14, "a": 5, "b": 9}
    assert shown(masked(series(a=4, b=9, c=7), KINDS, 5)) == {"": 20, "a": None, "b": 9, "c": None}
    assert shown(masked(series(a=4, b=1, c=7), KINDS, 5)) == {"": 12, "a": None, "b": None, "c": 7}
    assert shown(masked(series(a=0, b=9), KINDS, 5)) == {"": 9, "a": None, "b": None}
    assert shown(masked(series(a=0, b=0, c=9), KINDS, 5)) == {"": 9, "a": None, "b": None, "c": None}
    assert shown(masked(series(a=1, b=2, c=9, d=8), KINDS, 5)) == {"": 20, "a": None, "b": None, "c": 9, "d": None}
    assert shown(masked(series(a=3), KINDS, 5)) == {"": None, "a": None}
    assert shown(masked(series(a=3), (), 5)) == {"": 3, "a": 3}
    assert shown(masked([Series("offers", "", (Point(NOW, 3),))], KINDS, 5)) == {"": 3}


@given(st.lists(st.integers(0, 30), min_size=2, max_size=8))
def test_nobody_works_out_a_masked_count_from_those_told(values: list[int]) -> None:
    told = masked(series(**{f"p{index}": value for index, value in enumerate(values)}), KINDS, 5)
    whole, *parts = (one.points[0] for one in told)
    assert all(part.masked for part, value in zip(parts, values, strict=True) if value < 5)
    hidden = [value for part, value in zip(parts, values, strict=True) if part.masked]
    assert whole.masked or not hidden or (len(hidden) > 1 and sum(hidden) >= 5)


async def test_a_territory_is_counted_at_the_end_of_each_week(
    desk: Desk, counter: Counter, tree: Tree, clock: Clock, database: Database
) -> None:
    await desk.administrator("95-sud")
    await desk.professional((await desk.structure(territory_code="95-sud")).structure_id)
    me = await desk.administrator("94-ouest")
    site = await tree.enrol()
    await enrol(tree, site.structure_id)
    people = [await desk.professional(site.structure_id) for _ in range(6)]
    clock.at += timedelta(weeks=1)
    closed = await tree.enrol(finess="940000029")
    others = [await desk.professional(closed.structure_id, profession="60") for _ in range(5)]
    await tree.close((await tree.told(closed.structure_id)).sheet, clock.at + timedelta(weeks=1, hours=1))
    async with database.transaction() as transaction:
        rows = [{"uid": UUID(one.professional_id), "week": clock.at.date()} for one in people]
        await transaction.execute(account_week.insert().values(rows))
    clock.at += timedelta(weeks=1, days=1)
    desk.sit(me)

    told = await counter.indicators(since=clock.at - timedelta(weeks=3))

    assert told["structures", ""] == [0, 1, 2, 1]
    assert told["offers", ""] == [0, 1, 1, 1]
    assert told["offers_stale", ""] == [0, 0, 0, 0]
    assert told["places", ""] == [None, 6, 11, 6]
    assert told["enrolled", ""] == [None, 6, 11, 6]
    assert told["enrolled", "Médecin"] == [None, None, 6, None], "one that is none alone would be told by the whole"
    assert told["enrolled", "Infirmier"] == [None, None, 5, None]
    assert told["active_users", ""] == [None, None, 6, None]
    assert len(others) == 5


async def test_indicators_are_those_of_the_callers_territories(desk: Desk, counter: Counter, clock: Clock) -> None:
    await desk.administrator("94-ouest")
    told = await counter.indicators()
    assert {kind for (kind, _), values in told.items() if not values} == {"circles", "consents", "messages"}, (
        "nobody counts them here"
    )
    assert {len(values) for values in told.values() if values} == {12}
    assert await reason(counter.indicators("95-sud")) == "TERRITORY_NOT_YOURS"
    assert await reason(counter.indicators("atlantide")) == "TERRITORY_UNKNOWN"
    assert await reason(counter.indicators(to=stamp(clock.at + timedelta(days=8)))) == "MOMENT_INVALID"
    desk.sit(uuid4())
    assert await reason(counter.indicators()) == "ADMINISTRATOR_UNKNOWN"
