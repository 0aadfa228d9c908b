"""Reads on connections of their own: what happens when the database goes away, is busy, or the caller leaves."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import Float, bindparam, func, literal_column, select
from terresante_platform.testing.postgres import Server
from terresante_records.store.prepared import Prepared, Reads, reading

NAME = "records reads"
ONE = Prepared(select(literal_column("1").label("one")))
SLOW = Prepared(select(func.pg_sleep(bindparam("seconds", type_=Float)).label("slept")))


@pytest_asyncio.fixture
async def reads(database_url: str) -> AsyncIterator[Reads]:
    async with reading(database_url, 2, NAME) as connections:
        yield connections


def count(postgres: Server, condition: str = "true") -> int:
    return int(postgres.sql(f"select count(*) from pg_stat_activity where application_name = '{NAME}' and {condition}"))  # noqa: S608


def terminate(postgres: Server) -> None:
    postgres.sql(f"select pg_terminate_backend(pid) from pg_stat_activity where application_name = '{NAME}'")  # noqa: S608


async def until_running(postgres: Server, number: int) -> None:
    async with asyncio.timeout(10):
        while await asyncio.to_thread(count, postgres, "state = 'active'") != number:
            await asyncio.sleep(0.02)


async def works(reads: Reads) -> bool:
    row = await reads.first(ONE, {})
    return row is not None and row["one"] == 1


async def test_a_read_that_the_database_breaks_off_is_told_as_such_and_the_next_one_works(
    reads: Reads, postgres: Server
) -> None:
    slow = asyncio.create_task(reads.rows(SLOW, {"seconds": 60.0}))
    await until_running(postgres, 1)
    await asyncio.to_thread(terminate, postgres)

    with pytest.raises(ConnectionError):
        await slow
    assert await works(reads)


async def test_a_connection_that_died_while_idle_is_replaced(reads: Reads, postgres: Server) -> None:
    assert await works(reads)
    await asyncio.to_thread(terminate, postgres)
    async with asyncio.timeout(10):
        while await asyncio.to_thread(count, postgres):
            await asyncio.sleep(0.02)

    assert await works(reads)


async def test_a_database_that_cannot_be_reached_is_away() -> None:
    async with reading("postgresql://nobody@127.0.0.1:1/none", 2, NAME) as reads:
        with pytest.raises(ConnectionError):
            await reads.rows(ONE, {})


async def test_more_readers_than_connections_take_turns(reads: Reads, postgres: Server) -> None:
    async def read() -> int:
        await reads.rows(SLOW, {"seconds": 0.01})
        return await asyncio.to_thread(count, postgres)

    assert max(await asyncio.gather(*(read() for _ in range(12)))) <= 2


async def test_who_waits_too_long_for_a_connection_is_told_that_the_database_is_busy(
    reads: Reads, postgres: Server
) -> None:
    holding = [asyncio.create_task(reads.rows(SLOW, {"seconds": 4.0})) for _ in range(2)]
    await until_running(postgres, 2)

    with pytest.raises(ConnectionError):
        await reads.rows(ONE, {})

    await asyncio.gather(*holding)
    assert await works(reads)


async def test_a_caller_who_leaves_keeps_no_connection(reads: Reads, postgres: Server) -> None:
    for _ in range(3):
        left = asyncio.create_task(reads.rows(SLOW, {"seconds": 60.0}))
        await until_running(postgres, 1)
        left.cancel()
        await asyncio.wait({left})
        await asyncio.to_thread(terminate, postgres)
        await until_running(postgres, 0)

    assert await works(reads)


async def test_a_statement_that_takes_too_long_is_given_up(reads: Reads) -> None:
    with pytest.raises(ConnectionError):
        await reads.rows(SLOW, {"seconds": 60.0})

    assert await works(reads)
