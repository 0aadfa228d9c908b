"""Statements run by the driver itself: inside their transaction, and over connections that may be lost."""

import asyncio

import pytest
from sqlalchemy import text
from terresante_identity.store.direct import Reads, reading, under
from terresante_platform.database import Database
from terresante_platform.testing.postgres import free_port

KEEP = "insert into name_frequency values ('place', $1, 2, now())"
KEPT = "select hash from name_frequency order by hash"


async def test_what_is_done_first_in_a_transaction_is_taken_back_with_it(database: Database) -> None:
    with pytest.raises(LookupError):
        async with database.transaction() as transaction:
            await (await under(transaction)).rows(KEEP, 1)
            raise LookupError
    async with database.transaction() as transaction:
        await (await under(transaction)).rows(KEEP, 2)

    async with database.reading() as connection:
        assert [tuple(row) for row in await (await under(connection)).rows(KEPT)] == [(2,)]


async def test_a_look_up_sees_what_was_committed_before_it(database: Database, reads: Reads) -> None:
    before = await reads.rows(KEPT)
    async with database.transaction() as transaction:
        await (await under(transaction)).rows(KEEP, 3)

    assert (list(before), [tuple(row) for row in await reads.rows(KEPT)]) == ([], [(3,)])


async def test_connections_that_were_lost_are_opened_again(database: Database, reads: Reads) -> None:
    await asyncio.gather(*(reads.rows("select pg_sleep(0.05)") for _ in range(4)))
    async with database.reading() as connection:
        ended = await connection.execute(
            text("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'reads'")
        )
        assert ended.scalar_one() == 4

    outcomes = await asyncio.gather(*(reads.rows("select 1") for _ in range(8)), return_exceptions=True)

    lost = [one for one in outcomes if isinstance(one, BaseException)]
    assert all(isinstance(one, ConnectionError) for one in lost)
    assert len(lost) <= 4
    assert [tuple(row) for row in await reads.rows("select 1")] == [(1,)]


async def test_a_database_that_is_away_is_told_as_such() -> None:
    async with reading(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing", 1, "reads") as reads:
        with pytest.raises(ConnectionError):
            await reads.rows("select 1")


async def test_a_caller_who_leaves_takes_their_connection_with_them(reads: Reads) -> None:
    waiting = asyncio.create_task(reads.rows("select pg_sleep(30)"))
    await reads.rows("select 1")
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert [tuple(row) for row in await reads.rows("select 1")] == [(1,)]
