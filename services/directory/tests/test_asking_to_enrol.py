"""Whoever asks to enrol learns nothing of who exists, and asks so many times."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_directory.domain.enrolment import FOR_ALL, PER_ADDRESS, WAITING, remaining
from terresante_directory.joining import Joining
from terresante_directory.rpc.enrolment_desk import EnrolmentService
from terresante_directory.store import enrolments
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.refusals import TooMany

from .counter import Counter
from .desk import CallingAs, Clock, Desk, reason
from .in_memory import AccountsInMemory
from .joining import OTHER, RPPS, known


async def test_whoever_asks_is_told_the_same_and_nothing_is_looked_up_before_the_answer(
    desk: Desk, counter: Counter, joining: Joining, database: Database, keycloak: AccountsInMemory, clock: Clock
) -> None:
    await known(database, RPPS)
    enrolled = await desk.someone(rpps=OTHER)
    counter.calling_as(None)

    answers = [await counter.ask_to_enrol(rpps) for rpps in (RPPS, OTHER, "10009999999", RPPS)]

    assert {answer.until.ToDatetime() for answer in answers} == {(clock.at + WAITING).replace(tzinfo=None)}
    async with database.reading() as connection:
        assert await connection.scalar(text("select count(*) from account")) == 0
    assert await joining.round() == 3
    async with database.reading() as connection:
        assert await connection.scalar(text("select count(*) from account")) == 1
        assert await connection.scalar(text("select count(*) from enrolment_ask")) == 0
    assert UUID(enrolled.professional_id) not in keycloak.users
    assert await reason(counter.ask_to_enrol("123")) == "RPPS_INVALID"


async def test_an_address_and_everybody_together_ask_so_many_times(
    doors: EnrolmentService, clock: Clock, database: Database
) -> None:
    async def ask(address: str = "192.0.2.1") -> None:
        calls.enter(calls.Call(client=address))
        await doors.AskToEnrol(pb.AskToEnrolRequest(rpps=RPPS), None)

    for _ in range(PER_ADDRESS.burst):
        await ask()
    assert await reason(ask()) == "RATE_LIMITED"
    await ask("192.0.2.2")
    clock.at += timedelta(minutes=6)
    await ask()
    assert await reason(ask()) == "RATE_LIMITED"
    async with database.transaction() as transaction:
        await transaction.execute(text("update enrolment_budget set remaining = 0 where key = 'all'"))
    assert await reason(ask("192.0.2.3")) == "RATE_LIMITED"
    async with database.reading() as connection:
        keys = [row.key for row in await connection.execute(text("select key from enrolment_budget"))]
    assert not any("192.0.2" in key for key in keys)


def test_a_budget_fills_again_with_time_and_never_above_its_burst() -> None:
    assert remaining(FOR_ALL, FOR_ALL.burst, timedelta(days=9)) == FOR_ALL.burst - 1
    assert remaining(PER_ADDRESS, 0, timedelta(minutes=6)) == pytest.approx(0)
    with pytest.raises(TooMany):
        remaining(PER_ADDRESS, 0.5, timedelta(seconds=-60))


async def test_what_one_round_looks_up_no_other_does(
    counter: Counter, joining: Joining, database: Database, calling_as: CallingAs
) -> None:
    await known(database, RPPS)
    calling_as(None)
    await counter.ask_to_enrol(RPPS)
    async with database.transaction() as first:
        assert await enrolments.take_asked(first) is not None
        assert await joining.round() == 0
    assert await joining.round() == 0
