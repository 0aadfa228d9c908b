"""Asking to enrol without a login: one answer for everybody, and nothing told by who asks."""

from typing import Any

import pytest
from terresante.directory.v1 import enrolment_service_pb2 as enrolment
from terresante_directory.domain.enrolment import FOR_ALL, PER_ADDRESS
from terresante_gateway.cursors import Signer
from terresante_gateway.exchange import BUDGETS
from terresante_platform.strangers import site_of

from .calling import reason_of
from .things import AT, at

PATH = "/v1/enrolments"


@pytest.fixture
def asked(gateway: Any, services: Any) -> Any:
    """A directory that takes whatever is asked, and a budget that is whole."""
    gateway.clock.seconds += 10_000
    services.answer("directory.AskToEnrol", enrolment.AskToEnrolResponse(until=at()))
    return services


async def test_who_asks_needs_no_login_and_hears_what_comes_next(asked: Any, http: Any) -> None:
    answer = await http.post(PATH, json={"rpps": "10002813839"})

    assert answer.status_code == 202
    assert answer.json()["until"] == AT
    assert "carte CPS" in answer.json()["next"]
    call = asked.of("directory.AskToEnrol")
    assert call.request == enrolment.AskToEnrolRequest(rpps="10002813839")
    assert (call.call.caller, call.call.service) == (None, "gateway")


async def test_a_login_adds_nothing_and_is_not_handed_on(asked: Any, gateway: Any, http: Any) -> None:
    answer = await http.post(PATH, json={"rpps": "10002813839"}, headers=gateway.bearer("administrator"))

    assert answer.status_code == 202
    assert asked.of("directory.AskToEnrol").call.caller is None


@pytest.mark.parametrize("rpps", ["", "1000281383", "100028138390", "1000281383X", "１0002813839", "10002813839 ", 1])
async def test_what_is_no_number_is_refused_before_anybody_is_asked(asked: Any, http: Any, rpps: Any) -> None:
    answer = await http.post(PATH, json={"rpps": rpps})

    assert (answer.status_code, reason_of(answer)) == (400, "FIELDS_INVALID")
    assert asked.asked == []


async def test_a_number_is_never_in_an_address(asked: Any, http: Any) -> None:
    answer = await http.post(f"{PATH}?rpps=10002813839", json={"rpps": "10002813839"})

    assert (answer.status_code, reason_of(answer)) == (400, "QUERY_INVALID")
    assert asked.asked == []


async def test_what_is_refused_by_its_form_is_not_counted(asked: Any, http: Any) -> None:
    """A typing error costs nobody their next try: the directory never hears of it."""
    wrong = [await http.post(PATH, json={"rpps": "x"}) for _ in range(BUDGETS[0].burst + 1)]
    right = await http.post(PATH, json={"rpps": "10002813839"})

    assert {one.status_code for one in wrong} == {400}
    assert right.status_code == 202


async def test_nobody_asks_more_than_their_budget_and_the_directory_hears_no_address(asked: Any, http: Any) -> None:
    """Whatever they say of where they come from: no proxy is trusted here."""
    most = BUDGETS[0].burst
    lie = {"x-forwarded-for": "203.0.113.5", "forwarded": "for=203.0.113.6"}

    answers = [await http.post(PATH, json={"rpps": "10002813839"}, headers=lie) for _ in range(most + 1)]

    assert [one.status_code for one in answers] == [202] * most + [429]
    assert reason_of(answers[-1]) == "RATE_LIMITED"
    assert int(answers[-1].headers["retry-after"]) > 0
    assert len(asked.asked) == most
    assert {one.call.client for one in asked.asked} == {Signer(b"k" * 32).mark(site_of("127.0.0.1"))}


def test_this_door_counts_as_the_directory_does() -> None:
    ours, theirs = ([(one.burst, one.per_hour) for one in some] for some in (BUDGETS, (PER_ADDRESS, FOR_ALL)))
    assert ours == theirs
