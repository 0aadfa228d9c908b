"""What a database that is away looks like, and what does not."""

import asyncio
from functools import partial
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from terresante_platform import database as databases
from terresante_platform.database import Database, is_away, is_driver_away
from terresante_platform.rpc.server import as_refusal


class Said(Exception):
    """A driver's error that carries a SQLSTATE."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__()
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "away"),
    [
        ("57P03", True),
        ("57P01", True),
        ("08003", True),
        ("53300", True),
        ("40P01", True),
        ("55P03", True),
        ("57014", True),
        ("23505", False),
        ("42601", False),
        (None, False),
    ],
)
def test_starting_stopping_full_busy_or_cut_off_is_away(sqlstate: str | None, away: bool) -> None:
    assert is_away(DBAPIError("select 1", {}, Said(sqlstate))) is away
    assert is_driver_away(Said(sqlstate)) is away


@pytest.mark.parametrize(
    ("fault", "away"),
    [
        (ConnectionRefusedError(), True),
        (asyncpg.InterfaceError("closed"), True),
        (asyncpg.UniqueViolationError(), False),
    ],
)
def test_what_the_driver_raises_by_itself_is_told_apart_too(fault: Exception, away: bool) -> None:
    assert is_driver_away(fault) is away


def test_a_fault_of_ours_is_not_the_database_being_away() -> None:
    assert not is_away(LookupError("bug"))


@pytest.mark.parametrize("statement", ["select cast(:given as text)", "select cast(:given as jsonb)"])
async def test_a_text_with_a_nul_is_the_callers_fault_and_says_so(database: Database, statement: str) -> None:
    given = '"\\u0000"' if "jsonb" in statement else "a\x00"
    with pytest.raises(DBAPIError) as wrong:
        async with database.reading() as connection:
            await connection.execute(text(statement), {"given": given})

    refusal = as_refusal(wrong.value)

    assert refusal is not None and (refusal.reason, refusal.kind) == ("TEXT_INVALID", "INVALID")


async def test_a_wrong_statement_is_ours(database: Database) -> None:
    with pytest.raises(DBAPIError) as wrong:
        async with database.reading() as connection:
            await connection.execute(text("select nothing from nowhere"))
    assert not is_away(wrong.value)
    assert as_refusal(wrong.value) is None


async def test_a_server_that_is_killed_is_away_and_then_served_again(postgres: Any, database_url: str) -> None:
    async with databases.connected(database_url, 2) as kept:
        await _one(kept)
        await asyncio.to_thread(postgres.kill)
        try:
            with pytest.raises(Exception) as gone:
                await _one(kept)
        finally:
            await asyncio.to_thread(postgres.start)
        assert is_away(gone.value)
        assert await _one(kept) == 1


async def test_a_connection_that_ended_while_nobody_used_it_fails_nobody(postgres: Any, database_url: str) -> None:
    async with databases.connected(database_url, 2) as kept:
        await asyncio.gather(_one(kept), _one(kept))
        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)

        assert await asyncio.gather(_one(kept), _one(kept)) == [1, 1]


async def _one(kept: Database) -> Any:
    async with kept.reading() as connection:
        return (await connection.execute(text("select 1"))).scalar()


@pytest.mark.parametrize(("once", "mode"), [(True, "force_generic_plan"), (False, "auto")])
async def test_statements_are_planned_once_where_that_is_asked_for(database_url: str, once: bool, mode: str) -> None:
    async with databases.connected(database_url, 1, planned_once=once) as database, database.reading() as connection:
        assert (await connection.execute(text("show plan_cache_mode"))).scalar_one() == mode


async def test_a_commit_of_either_pool_wakes_who_waits(database_url: str) -> None:
    woken: list[str] = []
    async with (
        databases.connected(database_url, 1) as calls,
        databases.connected(database_url, 1, beside=calls) as work,
    ):
        calls.after_commit["one"].append(lambda: woken.append("one"))
        for either in (calls, work):
            async with either.transaction() as transaction:
                databases.wake_after(transaction, "one")
    assert woken == ["one", "one"]


async def test_a_commit_wakes_who_waits_for_what_it_told_of_and_nobody_else(database_url: str) -> None:
    woken: list[str] = []
    async with databases.connected(database_url, 1) as database:
        for name in ("one", "another", "third"):
            database.after_commit[name].append(partial(woken.append, name))
        async with database.transaction() as transaction:
            databases.wake_after(transaction, "one")
            databases.wake_after(transaction, "third")
            databases.wake_after(transaction, "one")
        async with database.transaction():
            pass
    assert sorted(woken) == ["one", "third"]
