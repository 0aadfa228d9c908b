"""Counts in which nobody can be made out: how much of each is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_platform.small_counts import Told, told


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
