"""Removes files that nobody is to read any more: of messages taken back or erased, uploads that no message took within
a day, contents that no row came to name."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from terresante_contents.store import Contents
from terresante_platform import background
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_platform.telemetry import log

from terresante_messaging.domain.attachments import TAKEN_WITHIN
from terresante_messaging.store import attachment_work as work

EVERY_SECONDS = 300.0
NAMED_WITHIN = timedelta(days=1)
"""No upload lasts so long: what has no row by then was cut between its content and its row."""
LOOKS_BACK = timedelta(days=30)
"""A sweeper that did not run for longer leaves what is older: it takes room, and nobody can read it."""


async def sweep(database: Database, contents: Contents, now: datetime) -> int:
    """Removes from the store first, then the row: what is cut in between is done again. Gives how many."""
    async with database.transaction() as transaction:
        await work.let_go_free(transaction, now - TAKEN_WITHIN)
    removed = await _leaving(database, contents) + await _unnamed(database, contents, now - NAMED_WITHIN)
    if removed:
        log.info("files removed", count=removed)
    return removed


async def _leaving(database: Database, contents: Contents) -> int:
    removed = 0
    while True:
        async with database.reading() as connection:
            ids = await work.leaving(connection)
        if not ids:
            return removed
        await contents.forget(ids)
        async with database.transaction() as transaction:
            await work.gone(transaction, ids)
        removed += len(ids)


async def _unnamed(database: Database, contents: Contents, before: datetime) -> int:
    removed = 0
    async for ids in contents.written((before - LOOKS_BACK).date(), before):
        async with database.reading() as connection:
            named = await work.known(connection, ids)
        orphans = [id for id in ids if id not in named]
        await contents.forget(orphans)
        removed += len(orphans)
    return removed


async def _run(database: Database, contents: Contents, now: Callable[[], datetime]) -> None:
    while True:
        try:
            await sweep(database, contents, now())
        except (Refusal, SQLAlchemyError, OSError) as fault:
            log.warning("sweep put off", exc_info=fault)
        await asyncio.sleep(EVERY_SECONDS)


@asynccontextmanager
async def sweeping(database: Database, contents: Contents, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """Sweeps in the background until left."""
    async with background.running(_run(database, contents, now)):
        yield
