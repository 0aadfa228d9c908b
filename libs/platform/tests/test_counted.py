"""Numbers that the database and the bus know: what waits, what was given up; none rather than an old one."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from terresante.consent.v1 import consent_events_pb2 as events
from terresante_platform import consumer, outbox
from terresante_platform.bus import Bus
from terresante_platform.consumer import Reaction
from terresante_platform.counted import Count, Counting, counting
from terresante_platform.database import Database
from terresante_platform.measures import Gauge
from terresante_platform.testing.measured import reading, values

SERVICE = "sample_service"
SUBJECT = "terresante.consent.v1.consent_withdrawn"


@pytest.fixture(scope="module", autouse=True)
def provider() -> None:
    """Measures begin to be kept: instruments made before follow the first provider that is set."""
    reading()


async def announce(database: Database) -> None:
    async with database.transaction() as transaction:
        await outbox.add(transaction, SUBJECT, events.ConsentWithdrawn(patient_id="p"))


async def until_told(name: str, expected: list[tuple[dict[str, Any], float]]) -> None:
    async with asyncio.timeout(10):
        while values(name) != expected:
            await asyncio.sleep(0.02)


async def test_what_waits_in_the_outbox_is_told_with_its_age_and_nothing_when_it_was_sent(
    database: Database, bus: Bus
) -> None:
    await announce(database)
    async with database.transaction() as transaction:
        await transaction.execute(text("update outbox set created_at = now() - interval '90 seconds'"))
    async with counting(database, outbox.COUNTS) as asking:
        await asking.ask()
        ((_, age),) = values("terresante.outbox.age")
        assert values("terresante.outbox.waiting") == [({}, 1.0)]
        assert 90 <= age < 120

        assert await outbox.Relay(database, bus).publish_batch() == 1
        await asking.ask()
        assert values("terresante.outbox.waiting") == [({}, 0.0)]
        assert values("terresante.outbox.age") == [({}, 0.0)]
    assert values("terresante.outbox.age") == []


async def test_events_that_were_given_up_are_told_by_their_subject(database: Database) -> None:
    async with database.transaction() as transaction:
        insert = text("insert into dead_letter (event_id, subject, payload, fault) values (:id, :subject, '', 'x')")
        await transaction.execute(insert, [{"id": uuid4(), "subject": SUBJECT} for _ in range(2)])
    async with counting(database, consumer.COUNTS) as asking:
        await asking.ask()
        assert values("terresante.dead_letters") == [({"subject": SUBJECT}, 2.0)]


async def test_what_others_announced_and_is_not_applied_here_is_told(database: Database, bus: Bus) -> None:
    applied = asyncio.Event()

    async def apply(*_: Any) -> None:
        await applied.wait()

    for _ in range(2):
        await announce(database)
    await outbox.Relay(database, bus).publish_batch()
    async with consumer.consuming(SERVICE, database, bus, [Reaction(SUBJECT, events.ConsentWithdrawn, apply)]):
        await until_told("terresante.inbox.waiting", [({}, 2.0)])
        applied.set()
    assert values("terresante.inbox.waiting") == []


async def test_nothing_is_told_to_wait_where_nothing_was_announced(database: Database, bus: Bus) -> None:
    async with consumer.consuming(SERVICE, database, bus, []):
        await until_told("terresante.inbox.waiting", [({}, 0.0)])


async def test_a_number_that_cannot_be_had_is_not_told_rather_than_told_old(database: Database) -> None:
    gauge = Gauge("sample.rows", "{row}", "Rows of a table that goes")
    async with database.transaction() as transaction:
        await transaction.execute(text("create table goes (id int)"))
    async with counting(database, [Count(gauge, text("select count(*) from goes"))]) as asking:
        await asking.ask()
        assert values("sample.rows") == [({}, 0.0)]
        async with database.transaction() as transaction:
            await transaction.execute(text("drop table goes"))
        await asking.ask()
        assert values("sample.rows") == []


async def test_a_question_that_fails_does_not_keep_the_next_from_being_asked(database: Database) -> None:
    wrong = Gauge("sample.wrong", "{row}", "Nothing")
    blank = Gauge("sample.blank", "{row}", "No number")
    right = Gauge("sample.right", "{row}", "One")
    counts = [Count(wrong, text("select nothing")), Count(blank, text("select null")), Count(right, text("select 1"))]
    asking = Counting(database, counts)
    await asking.ask()
    assert asking.answer(wrong) == asking.answer(blank) == []
    assert asking.answer(right) == [(1.0, {})]
