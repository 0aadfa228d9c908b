"""A patient's starting code: single use, expiring, limited; and how often people may be looked for."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_identity.domain.account import (
    ALPHABET,
    ISSUED_PER_DAY,
    LIFETIME,
    Activation,
    ActivationAlreadyDone,
    ActivationBusy,
    ActivationId,
    ActivationRateLimited,
    code_of,
    issued,
    username_of,
)
from terresante_identity.domain.identity import PersonId, ProfessionalId
from terresante_identity.domain.search_budget import Allowance, SearchRateLimited, full, spend

LOUISE = PersonId(UUID(int=1))
DOCTOR = ProfessionalId(UUID(int=2))


def issue(at: datetime, *earlier: Activation, in_use: bool = False, replace: bool = False) -> Activation:
    return issued(
        ActivationId(UUID(int=9)),
        LOUISE,
        earlier=earlier,
        by=DOCTOR,
        at=at,
        account_in_use=in_use,
        replace=replace,
    )


def test_a_code_may_be_used_until_the_very_moment_it_expires(monday: datetime) -> None:
    activation = issue(monday)

    assert activation.open(monday + LIFETIME - timedelta(microseconds=1))
    assert not activation.open(monday + LIFETIME)


def test_a_code_that_was_used_or_replaced_is_worth_nothing(monday: datetime) -> None:
    used = replace(issue(monday), ended_at=monday + timedelta(hours=1))

    assert not used.open(monday + timedelta(hours=2))


def test_three_codes_a_day_and_no_more(monday: datetime) -> None:
    earlier = [
        replace(issue(monday + timedelta(hours=hour)), confirmed_at=monday + timedelta(hours=hour))
        for hour in range(ISSUED_PER_DAY)
    ]

    with pytest.raises(ActivationRateLimited):
        issue(monday + timedelta(hours=23), *earlier)
    assert issue(monday + timedelta(days=1), *earlier)


def test_two_codes_are_never_made_at_once(monday: datetime) -> None:
    reserved = issue(monday)

    with pytest.raises(ActivationBusy):
        issue(monday + timedelta(seconds=1), reserved)
    assert issue(monday + timedelta(seconds=1), replace(reserved, confirmed_at=monday))
    assert issue(monday + timedelta(seconds=60), reserved)


def test_who_has_an_account_gets_no_second_start_that_nobody_asked_for(monday: datetime) -> None:
    with pytest.raises(ActivationAlreadyDone) as refused:
        issue(monday, in_use=True)
    assert "replace" in refused.value.todo


def test_who_lost_their_device_starts_again_and_it_counts_as_any_code(monday: datetime) -> None:
    hours = [monday + timedelta(hours=hour) for hour in range(3)]
    earlier = [replace(issue(hour), confirmed_at=hour) for hour in hours]

    again = issue(monday + timedelta(hours=2), *earlier[:2], in_use=True, replace=True)
    assert again.expires_at == monday + timedelta(hours=2) + LIFETIME
    with pytest.raises(ActivationRateLimited):
        issue(monday + timedelta(hours=3), *earlier, in_use=True, replace=True)
    with pytest.raises(ActivationBusy):
        issue(monday + timedelta(seconds=1), issue(monday), in_use=True, replace=True)


def test_a_code_is_sixteen_unmistakable_signs_in_groups() -> None:
    code = code_of(bytes(range(32)))

    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert set(code) <= set(ALPHABET) | {"-"}
    assert not set("01OILU") & set(ALPHABET)


def test_a_login_name_is_chance() -> None:
    assert username_of(bytes(range(64))) != username_of(bytes(range(1, 65)))
    assert len(username_of(bytes(range(64)))) == len("patient-") + 11


def test_each_sign_of_a_code_is_equally_likely() -> None:
    signs = [code_of(bytes([byte]) * 16)[0] for byte in range(240)]
    with pytest.raises(ValueError, match="random"):
        code_of(bytes([240]) * 64)

    assert {signs.count(sign) for sign in ALPHABET} == {8}


@given(st.binary(max_size=64))
def test_a_code_is_whole_or_not_made(random: bytes) -> None:
    enough = sum(byte < 240 for byte in random) >= 16
    if enough:
        assert len(code_of(random)) == 19
    else:
        with pytest.raises(ValueError, match="random"):
            code_of(random)


def test_searches_are_limited_and_come_back_with_time(monday: datetime) -> None:
    allowance = Allowance(burst=3, per_hour=60)
    budget = full(allowance, monday)
    for _ in range(3):
        budget = spend(budget, allowance, monday)

    with pytest.raises(SearchRateLimited) as refused:
        spend(budget, allowance, monday + timedelta(seconds=59))
    assert refused.value.details["retry_after"] in {"1", "2"}
    budget = spend(budget, allowance, monday + timedelta(seconds=60))
    assert budget.left == pytest.approx(0)


@given(st.lists(st.integers(0, 600), min_size=1, max_size=200))
def test_nobody_searches_more_than_the_burst_and_the_rate(gaps: list[int]) -> None:
    allowance = Allowance(burst=5, per_hour=120)
    start = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
    now, budget, done = start, full(allowance, start), 0
    for gap in gaps:
        now += timedelta(seconds=gap)
        try:
            budget = spend(budget, allowance, now)
        except SearchRateLimited:
            continue
        done += 1

    assert done <= allowance.burst + (now - start).total_seconds() * allowance.per_hour / 3600 + 1e-6


def test_a_clock_that_steps_back_gives_nothing(monday: datetime) -> None:
    allowance = Allowance(burst=2, per_hour=60)
    budget = spend(full(allowance, monday), allowance, monday)

    budget = spend(budget, allowance, monday - timedelta(hours=1))

    with pytest.raises(SearchRateLimited):
        spend(budget, allowance, monday)
