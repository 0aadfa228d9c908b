"""Fills an empty region in one transaction: indexes and constraints are put away, rows copied, then all is put back."""

from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg

from terresante_identity.cli.rows import Rows
from terresante_identity.cli.tables import COLUMNS
from terresante_identity.store.rarity import COUNT

INDEXES = """
select c.relname as name, pg_get_indexdef(i.indexrelid) as definition
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
where t.relname = any($1) and t.relnamespace = current_schema()::regnamespace
    and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
order by c.relname
"""
# Of these tables, and of others that lean on them: foreign keys first, then what they lean on.
CONSTRAINTS = """
select t.relname as table, k.conname as name, pg_get_constraintdef(k.oid) as definition
from pg_constraint k join pg_class t on t.oid = k.conrelid left join pg_class o on o.oid = k.confrelid
where k.contype in ('f', 'u', 'p') and t.relnamespace = current_schema()::regnamespace
    and (t.relname = any($1) or o.relname = any($1))
order by k.contype = 'f' desc, t.relname, k.conname
"""
# It copies what the version before this one writes of the platform's own persons, row by row, and finds nothing to
# copy of another issuer's.
COPYING = "select tgname from pg_trigger where tgrelid = 'person_version'::regclass and tgname = 'copy_person_version'"
PEOPLE = f"select {' or '.join([f'exists (select from {name})' for name in COLUMNS])}"  # noqa: S608 -- our own names
MEMORY, WORK_MEMORY = "768MB", "256MB"
Told = Callable[[str, str], object]
"""Is told what is being done from now on: the stage, and which part of it."""


class RegionHasPeople(ValueError):
    """A load is for an empty region only."""


class DatabaseUnusable(ValueError):
    """The database is not there, or refused a row: says its code, never what was in the row."""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    """A connection as the owner of the tables, without the service's time limits."""
    try:
        connection = await asyncpg.connect(url, server_settings={"application_name": "identity load"})
        try:
            yield connection
        finally:
            await connection.close()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as fault:
        code = getattr(fault, "sqlstate", None) or type(fault).__name__
        raise DatabaseUnusable(f"the database cannot be used ({code}); nothing was kept") from fault


async def next_place(connection: Any) -> int:
    """Of the first act to come."""
    return int(await connection.fetchval("select coalesce(max(place), 0) + 1 from linkage_act"))


async def in_json(connection: Any, at: datetime) -> str:
    """A moment as this connection's `to_jsonb` writes it, without quotes."""
    return str(await connection.fetchval("select to_jsonb($1::timestamptz) #>> '{}'", at))


async def filled(connection: Any, batches: AsyncIterable[Rows], told: Told) -> None:
    """Copies all batches, or nothing. Raises RegionHasPeople."""
    tables = list(COLUMNS)
    async with connection.transaction():
        await connection.execute(f"lock table {', '.join(tables)} in access exclusive mode")
        if await connection.fetchval(PEOPLE):
            raise RegionHasPeople(
                "the region has people already: a load is for an empty one, feeders register the others"
            )
        await connection.execute(f"set local maintenance_work_mem = '{MEMORY}'")
        await connection.execute(f"set local work_mem = '{WORK_MEMORY}'")
        indexes, constraints = await _put_away(connection, tables)
        told("rows", "")
        await _copied(connection, batches)
        for index in indexes:
            told("indexes", index["name"])
            await connection.execute(index["definition"])
        told("statistics", "")
        await connection.execute(f"analyze {', '.join(tables)}")
        for one in reversed(constraints):
            told("constraints", one["name"])
            await connection.execute(f"alter table {one['table']} add constraint {one['name']} {one['definition']}")
        await connection.execute(
            "select setval(pg_get_serial_sequence('linkage_act', 'place'), coalesce(max(place), 1)) from linkage_act"
        )
        told("names counted", "")
        await connection.execute(COUNT.text)
        told("commit", "")


async def _put_away(connection: Any, tables: list[str]) -> tuple[list[Any], list[Any]]:
    """Foreign keys before the uniqueness they lean on."""
    constraints = await connection.fetch(CONSTRAINTS, tables)
    for one in constraints:
        await connection.execute(f"alter table {one['table']} drop constraint {one['name']}")
    indexes = await connection.fetch(INDEXES, tables)
    for index in indexes:
        await connection.execute(f"drop index {index['name']}")
    return indexes, constraints


async def _copied(connection: Any, batches: AsyncIterable[Rows]) -> None:
    """Rows are frozen as they come (the tables were emptied by this transaction): nothing is to be vacuumed later."""
    await connection.execute(f"truncate {', '.join(COLUMNS)}")
    copying = await connection.fetch(COPYING)
    for trigger in copying:
        await connection.execute(f"alter table person_version disable trigger {trigger['tgname']}")
    async for rows in batches:
        for name, content in rows.copies.items():
            await connection.copy_to_table(
                name, source=memoryview(content), columns=COLUMNS[name], format="binary", freeze=True
            )
    for trigger in copying:
        await connection.execute(f"alter table person_version enable trigger {trigger['tgname']}")
