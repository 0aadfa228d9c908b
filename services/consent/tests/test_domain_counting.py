"""Counts in which nobody can be made out: what may be asked, and how changes add up."""

from datetime import UTC, datetime, timedelta

import pytest
from terresante_consent.domain.counting import (
    MOST_MEMBERS,
    MOST_MOMENTS,
    Asked,
    CountInvalid,
    Span,
    must_be_countable,
    totals,
)
from terresante_platform.ids import new_id

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WEEKS = [MONDAY + timedelta(weeks=week) for week in range(3)]


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
