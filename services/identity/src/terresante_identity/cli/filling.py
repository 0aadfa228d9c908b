"""Fills an empty region in one transaction: indexes and constraints are put away, rows copied, then all is put back."""

import io
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from terresante_identity.cli.rows import COLUMNS, Rows
from terresante_identity.store.rarity import COUNT

INDEXES = """
select c.relname as name, pg_get_indexdef(i.indexrelid) as definition
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
where t.relname = any($1) and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
order by c.relname
"""
CONSTRAINTS = """
select t.relname as table, k.conname as name, k.contype::text as kind, pg_get_constraintdef(k.oid) as definition
from pg_constraint k join pg_class t on t.oid = k.conrelid
where t.relname = any($1) and k.contype in ('f', 'u') and t.relnamespace = current_schema()::regnamespace
order by k.contype = 'u', t.relname, k.conname
"""
# As `persons.add` remembers who was registered by an act of that kind.
REMEMBER = """
insert into person_version (person_id, version, act, detail, acted_by, acted_at, state)
select id, version, 'registered', '', registered_by, created_at, to_jsonb(person) from person
"""
MEMORY = "512MB"
Told = Callable[[str], object]


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


async def filled(connection: Any, batches: AsyncIterable[Rows], told: Told) -> None:
    """Copies all batches, or nothing. Raises RegionHasPeople. `told`: what is being done, after the rows."""
    tables = list(COLUMNS)
    async with connection.transaction():
        await connection.execute(f"lock table {', '.join(tables)} in access exclusive mode")
        if await connection.fetchval("select exists (select from person) or exists (select from source)"):
            raise RegionHasPeople(
                "the region has people already: a load is for an empty one, feeders register the others"
            )
        await connection.execute(f"set local maintenance_work_mem = '{MEMORY}'")
        indexes, constraints = await _put_away(connection, tables)
        async for rows in batches:
            for table, columns in COLUMNS.items():
                await connection.copy_to_table(table, source=io.BytesIO(rows.copies[table]), columns=columns)
        for index in indexes:
            told(index["name"])
            await connection.execute(index["definition"])
        for one in reversed(constraints):
            told(one["name"])
            await connection.execute(f"alter table {one['table']} add constraint {one['name']} {one['definition']}")
        await connection.execute(
            "select setval(pg_get_serial_sequence('linkage_act', 'place'), coalesce(max(place), 1)) from linkage_act"
        )
        told("statistics")
        await connection.execute(f"analyze {', '.join(tables)}")
        told("versions")
        await connection.execute(REMEMBER)
        told("how frequent names are")
        await connection.execute(COUNT.text)


async def _put_away(connection: Any, tables: list[str]) -> tuple[list[Any], list[Any]]:
    """Foreign keys before the uniqueness they lean on; primary keys stay, for ids come in order."""
    constraints = await connection.fetch(CONSTRAINTS, tables)
    for one in constraints:
        await connection.execute(f"alter table {one['table']} drop constraint {one['name']}")
    indexes = await connection.fetch(INDEXES, tables)
    for index in indexes:
        await connection.execute(f"drop index {index['name']}")
    return indexes, constraints
