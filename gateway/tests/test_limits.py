"""How often one caller may: counted by person, told before it is refused, and forgotten."""

from uuid import uuid4

import pytest
from terresante_gateway.limits import A_MINUTE, MOST_KEPT, AskedTooOften, Budget, Header, Limits

from .conftest import Clock


def asked(limits: Limits, caller: object, budget: Budget = Budget.SEARCHES) -> dict[bytes, bytes]:
    headers: list[Header] = []
    limits.admit(budget, caller, headers)  # type: ignore[arg-type]  # a UUID
    return dict(headers)


def test_what_is_left_is_told_as_the_draft_says() -> None:
    limits, caller = Limits({Budget.SEARCHES: 30}, Clock()), uuid4()

    assert asked(limits, caller) == {b"ratelimit-policy": b'"searches";q=30;w=60', b"ratelimit": b'"searches";r=29;t=2'}
    assert asked(limits, caller)[b"ratelimit"] == b'"searches";r=28;t=4'
    assert asked(Limits({Budget.SEARCHES: 40}, Clock()), caller)[b"ratelimit"] == b'"searches";r=39;t=2'  # of 1.5 s


def test_more_is_refused_with_when_to_come_back_and_costs_nothing() -> None:
    clock = Clock()
    limits, caller = Limits({Budget.SEARCHES: 2}, clock), uuid4()
    asked(limits, caller)
    asked(limits, caller)
    for _ in range(10):
        headers: list[Header] = []
        with pytest.raises(AskedTooOften) as refused:
            limits.admit(Budget.SEARCHES, caller, headers)
        assert (refused.value.reason, refused.value.details) == ("RATE_LIMITED", {"retry_after": "31"})
        assert dict(headers)[b"ratelimit"] == b'"searches";r=0;t=60'

    clock.seconds += 31
    asked(limits, caller)


def test_nobody_pays_for_another_nor_for_another_budget() -> None:
    limits, caller = Limits({Budget.SEARCHES: 1, Budget.MESSAGES: 1}, Clock()), uuid4()
    asked(limits, caller)

    asked(limits, uuid4())
    asked(limits, caller, Budget.MESSAGES)
    with pytest.raises(AskedTooOften):
        asked(limits, caller)


def test_who_has_it_whole_again_is_forgotten_and_no_more_are_kept_than_so_many() -> None:
    clock = Clock()
    limits = Limits(now=clock)
    kept = limits._left[Budget.SEARCHES]
    for _ in range(100):
        asked(limits, uuid4())
    assert len(kept) == 100
    clock.seconds += 60 / A_MINUTE[Budget.SEARCHES]
    asked(limits, uuid4())
    assert len(kept) == 1

    for _ in range(MOST_KEPT + 10):
        asked(limits, uuid4())
    assert len(kept) == MOST_KEPT
