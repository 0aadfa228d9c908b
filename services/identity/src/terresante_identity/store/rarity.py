"""How frequent names and places are in the region: counted at intervals by one statement, held in memory.

A name borne once is not kept: a name never seen counts as one seen once.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import asyncpg
import numpy as np
from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError
from terresante_platform.background import running
from terresante_platform.database import Database
from terresante_platform.telemetry import log

from terresante_identity.matching.frequencies import Counts, Frequencies, filled_up

EVERY_SECONDS = 3600.0
AWAY = (SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""How a database that is away, or only starts, shows: as SQLAlchemy or the driver says it."""
AGAIN_SECONDS = 2.0
"""Before the next attempt when the database was away."""
LOCK = text("select pg_try_advisory_xact_lock(hashtextextended('name_frequency', 5))")
DUE = text("select coalesce(max(counted_at) < now() - make_interval(secs => :seconds), true) from name_frequency")
PATIENCE = text("set local statement_timeout = '10min'")
# One pass over the table. Hash 0 of a kind: how many have such a trait; `people`: how many persons there are.
COUNT = text("""
insert into name_frequency (kind, hash, bearers, counted_at)
select case
        when grouping(f_birth_name) = 0 then 'birth_name'
        when grouping(f_first_name) = 0 then 'first_name'
        else 'place'
    end, coalesce(f_birth_name, f_first_name, f_place), count(*), now()
from source_features
group by grouping sets ((f_birth_name), (f_first_name), (f_place))
having coalesce(f_birth_name, f_first_name, f_place) is not null and count(*) > 1
union all
select total.kind, 0, total.bearers, now()
from (
    select count(f_birth_name), count(f_first_name), count(f_place), count(distinct person_id) from source_features
) as counted (birth_names, first_names, places, people)
cross join lateral (values
    ('birth_name', birth_names), ('first_name', first_names), ('place', places), ('people', people)
) as total (kind, bearers)
on conflict (kind, hash) do update set bearers = excluded.bearers, counted_at = excluded.counted_at
""")
FORGET = text("delete from name_frequency where counted_at < now()")
KNOWN = text("select hash, bearers from name_frequency where kind = :kind and hash <> 0 and bearers > 0")
TOTALS = text("select kind, bearers from name_frequency where hash = 0")


async def count(database: Database, every_seconds: float = 0.0) -> bool:
    """Counts anew, unless that was done in the last `every_seconds`, or is being done. Whether it was."""
    async with database.transaction() as transaction:
        mine = (await transaction.execute(LOCK)).scalar_one()
        if not mine or not (await transaction.execute(DUE, {"seconds": every_seconds})).scalar_one():
            return False
        await transaction.execute(PATIENCE)
        await transaction.execute(COUNT)
        await transaction.execute(FORGET)
    return True


async def known(database: Database) -> Frequencies:
    """As counted last. In a small region the names of France stand for the people it does not have yet."""
    async with database.reading() as connection:
        totals = {row.kind: row.bearers for row in await connection.execute(TOTALS)}
        birth_names, first_names, places = [
            _counts((await connection.execute(KNOWN, {"kind": kind})).all(), totals.get(kind, 0))
            for kind in ("birth_name", "first_name", "place")
        ]
    return filled_up(Frequencies(birth_names, first_names, places, totals.get("people", 0)))


def _counts(rows: Sequence[Row[Any]], total: int) -> Counts:
    hashes = np.array([row.hash for row in rows], dtype=np.int64).view(np.uint64)
    order = np.argsort(hashes)
    return Counts(hashes[order], np.array([row.bearers for row in rows], dtype=np.int64)[order], total)


class Knowing(Protocol):
    """What is told how frequent names are: the matcher."""

    async def know(self, known: Frequencies) -> None: ...


@asynccontextmanager
async def refreshing(database: Database, matcher: Knowing, every_seconds: float = EVERY_SECONDS) -> AsyncIterator[None]:
    """Tells what was counted last, then counts and tells at intervals until left; of several replicas one counts.
    Waits out a database that is away: whoever is told is told as soon as it is back.
    """

    async def told(counting: bool) -> bool:
        try:
            if counting:
                await count(database, every_seconds)
            await matcher.know(await known(database))
        except AWAY as fault:
            log.warning("counting names waits", fault=type(fault).__name__)
            return False
        return True

    async def run(known_by_now: bool) -> None:
        while True:
            if not known_by_now:
                await asyncio.sleep(min(AGAIN_SECONDS, every_seconds))
                known_by_now = await told(counting=False)
                continue
            known_by_now = await told(counting=True)
            if known_by_now:
                await asyncio.sleep(every_seconds)

    async with running(run(await told(counting=False))):
        yield
