"""Stays and limits of measures: their rules."""

import math
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_platform.refusals import Refusal
from terresante_records.domain.entries import Authorship, PatientId, PersonId, StructureId, Visibility
from terresante_records.domain.observations import LOINC, Measure, Quantity
from terresante_records.domain.stays import Kind, Stay, StayId, check_admission, check_unit, discharged
from terresante_records.domain.thresholds import Limits, check, check_room, crossed

from .conftest import MONDAY

WEIGHT = "29463-7"
BY = Authorship(PersonId(uuid4()), None, MONDAY)
STAY = Stay(
    StayId(uuid4()),
    PatientId(uuid4()),
    "liaison_note",
    StructureId(uuid4()),
    Kind.INPATIENT,
    "",
    MONDAY - timedelta(days=2),
    BY,
    Visibility(),
)


def why(rule: Any, *arguments: Any) -> str:
    """The reason for which the rule refuses; blank if it does not."""
    try:
        rule(*arguments)
    except Refusal as refused:
        return refused.reason
    return ""


@pytest.mark.parametrize(
    ("begins", "reason"),
    [
        (MONDAY, ""),
        (MONDAY + timedelta(minutes=4), ""),
        (MONDAY - timedelta(days=31), ""),
        (MONDAY + timedelta(minutes=6), "STAY_DATE_INVALID"),
        (MONDAY - timedelta(days=31, seconds=1), "STAY_DATE_INVALID"),
        (None, "STAY_DATE_INVALID"),
    ],
)
def test_an_admission_is_said_when_it_is_no_older_than_a_month(begins: datetime | None, reason: str) -> None:
    assert why(check_admission, begins, MONDAY) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", ""), ("Gériatrie, 2e", ""), ("a" * 200, ""), ("a" * 201, "UNIT_INVALID"), ("a\u202eb", "UNIT_INVALID"),
     ("deux\nlignes", "UNIT_INVALID"), ("   ", "UNIT_INVALID")],
)  # fmt: skip
def test_a_unit_is_blank_or_one_readable_line(text: str, reason: str) -> None:
    assert why(check_unit, text) == reason


def test_a_stay_ends_once_on_the_version_that_was_read() -> None:
    ended = discharged(STAY, BY, MONDAY, version=1)

    assert (ended.ends, ended.discharged, ended.version) == (MONDAY, BY, 2)
    assert why(discharged, ended, BY, MONDAY, 2) == "STAY_ENDED"
    assert why(discharged, STAY, BY, MONDAY, 2) == "VERSION_STALE"


@pytest.mark.parametrize("ends", [None, STAY.begins - timedelta(seconds=1), MONDAY + timedelta(minutes=6)])
def test_nobody_leaves_before_they_came_or_after_now(ends: datetime | None) -> None:
    assert why(discharged, STAY, BY, ends, 1) == "STAY_DATE_INVALID"


def limits(**changes: Any) -> Limits:
    said: dict[str, Any] = {"code": WEIGHT, "unit": "kg", "low": 50.0, "high": 60.0}
    return Limits(**(said | changes))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "poids"}, "code"),
        ({"code": ""}, "code"),
        ({"unit": ""}, "unit"),
        ({"unit": "k g"}, "unit"),
        ({"low": None, "high": None}, "low"),
        ({"low": math.nan}, "low"),
        ({"high": math.inf}, "low"),
        ({"low": 60.5}, "low"),
    ],
)
def test_limits_that_no_measure_can_be_held_against_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        check(limits(**changes))

    assert (refused.value.reason, refused.value.details["field"]) == ("THRESHOLD_INVALID", field)


def test_one_limit_is_enough_and_both_may_be_the_same() -> None:
    for fine in (limits(low=None), limits(high=None), limits(low=60.0)):
        assert check(fine) is fine


def test_a_record_has_a_hundred_limits_at_most() -> None:
    assert (why(check_room, 99), why(check_room, 100)) == ("", "THRESHOLD_INVALID")


def measure(number: str = "49.9", **changes: Any) -> Measure:
    said: dict[str, Any] = {
        "code_system": LOINC,
        "code": WEIGHT,
        "label": "Poids",
        "value": Quantity(number, "kg"),
        "observed_at": MONDAY,
    }
    return Measure(**(said | changes))


@pytest.mark.parametrize(
    ("value", "expected"), [("49.9", True), ("50", False), ("50.0", False), ("60.00", False), ("60.0000000001", True)]
)
def test_a_measure_is_told_when_it_lies_outside_both_ends_included(value: str, expected: bool) -> None:
    assert crossed(limits(), measure(value)) is expected


@pytest.mark.parametrize(
    "other",
    [
        {"code": "8867-4"},
        {"code_system": "urn:oid:1.2.3"},
        {"value": Quantity("49.9", "g")},
        {"value": "très bas"},
    ],
)
def test_what_cannot_be_compared_is_not_told(other: dict[str, Any]) -> None:
    assert not crossed(limits(), measure(**other))


@given(st.decimals(-(10**6), 10**6, places=3), st.integers(-1000, 1000), st.integers(0, 1000))
def test_one_limit_alone_tells_half_of_what_both_tell(value: Any, low: int, span: int) -> None:
    high = low + span
    both = crossed(limits(low=float(low), high=float(high)), measure(f"{value:f}"))

    assert both is (
        crossed(limits(low=float(low), high=None), measure(f"{value:f}"))
        or crossed(limits(low=None, high=float(high)), measure(f"{value:f}"))
    )
    assert both is not (low <= value <= high)
