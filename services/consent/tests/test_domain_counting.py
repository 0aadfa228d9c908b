"""Counts in which nobody can be made out: what may be asked, and how much of it is told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_consent.domain.counting import (
    MOST_MEMBERS,
    MOST_MOMENTS,
    Asked,
    CountInvalid,
    Span,
    Told,
    must_be_countable,
    told,
    totals,
)
from terresante_platform.ids import new_id

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WEEKS = [MONDAY + timedelta(weeks=week) for week in range(3)]


@pytest.mark.parametrize(
    ("count", "expected"), [(0, None), (4, None), (5, 5), (9, 5), (10, 10), (14, 10), (1234, 1230)]
)
def test_few_and_none_are_told_alike_and_others_rounded_down(count: int, expected: int | None) -> None:
    assert told(count, 5) == (Told(0, masked=True) if expected is None else Told(expected))


def test_an_operator_may_have_them_told_exactly() -> None:
    assert [told(count, 1) for count in (0, 1, 8)] == [Told(0, masked=True), Told(1), Told(8)]


@given(st.integers(0, 200), st.integers(0, 200), st.integers(2, 20))
def test_nothing_told_leaves_fewer_counts_possible_than_the_smallest_nor_does_a_difference(
    one: int, other: int, smallest: int
) -> None:
    possible = [
        {count for count in range(250) if told(count, smallest) == told(true, smallest)} for true in (one, other)
    ]
    assert [len(counts) for counts in possible] == [smallest, smallest]
    assert one in possible[0] and other in possible[1]
    assert len({first - second for first in possible[0] for second in possible[1]}) == 2 * smallest - 1


def test_changes_add_up_to_how_many_there_are_at_each_moment() -> None:
    assert totals([], 3) == [0, 0, 0]
    assert totals([(0, 2), (1, 3), (2, -4), (3, -1)], 3) == [2, 5, 1]


def test_moments_out_of_order_none_or_too_many_and_spans_outside_of_them_are_refused() -> None:
    must_be_countable(Asked([Span(new_id(), 0, 3), Span(new_id(), 1, 1)], WEEKS))
    many = [MONDAY + timedelta(days=day) for day in range(MOST_MOMENTS + 1)]
    member = Span(new_id(), 0, 1)
    for asked in (
        Asked([], []),
        Asked([], many),
        Asked([], [MONDAY, MONDAY]),
        Asked([], [WEEKS[1], WEEKS[0]]),
        Asked([Span(new_id(), 0, 4)], WEEKS),
        Asked([Span(new_id(), 2, 1)], WEEKS),
        Asked([Span(new_id(), -1, 1)], WEEKS),
        Asked([member] * (MOST_MEMBERS + 1), WEEKS),
    ):
        with pytest.raises(CountInvalid):
            must_be_countable(asked)
