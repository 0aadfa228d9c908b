"""Work on the log, entry by entry: at least once, in order, by one process at a time a name.

How far a reader has come is kept in the transaction of what it did, so that what was done is done once in effect.
Whatever must be asked of others is asked before the transaction; if another process was faster meanwhile, nothing is
done.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database
from terresante_platform.telemetry import log

from terresante_messaging.domain.log import Entry
from terresante_messaging.store import feed as store

BATCH = 200
POLL_SECONDS = 0.25
BEATEN_SECONDS = 2.0
"""How long a process leaves the work to another that was faster."""
FAILED_SECONDS = 0.5

Ask = Callable[[Sequence[Entry]], Awaitable[Any]]
Apply = Callable[[AsyncConnection, Sequence[Entry], Any], Awaitable[None]]


async def work(database: Database, name: str, apply: Apply, ask: Ask | None = None, *, begin: str = "now") -> None:
    """Hands what happens to `ask` (other services; no transaction), then to `apply` with its answer (None without
    `ask`), for ever. What fails is tried again, and what follows waits.

    `begin`: where a name that was never used begins: "now", or "oldest" for all that is kept.
    """
    while True:
        try:
            rest = await step(database, name, apply, ask, begin=begin)
        except Exception as fault:  # whatever it is, what happened must not be passed over
            log.warning("reader of the log waits", reader=name, exc_info=fault)
            rest = FAILED_SECONDS
        if rest:
            await asyncio.sleep(rest)


async def step(database: Database, name: str, apply: Apply, ask: Ask | None = None, *, begin: str = "now") -> float:
    """Does the next batch. Gives the seconds to rest: 0 if there may be more."""
    async with database.reading() as connection:
        kept, entries = await store.next_of(connection, name, BATCH)
        if kept is None:
            kept = await store.begun(connection, name, oldest=begin == "oldest")
            entries = await store.after(connection, kept, BATCH)
    if not entries:
        return POLL_SECONDS
    answer = await ask(entries) if ask is not None else None
    async with database.transaction() as transaction:
        if not await store.moved(transaction, name, (kept, entries[-1].position)):
            return BEATEN_SECONDS
        await apply(transaction, entries, answer)
    return 0.0 if len(entries) == BATCH else POLL_SECONDS
