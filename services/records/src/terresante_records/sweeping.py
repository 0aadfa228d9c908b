"""Removes contents that no document came to name: a publication that was cut between its content and its row."""

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

from terresante_records.domain.documents import DocumentId
from terresante_records.store import documents

LOOKS_BACK = timedelta(days=30)
"""A sweeper that did not run for longer leaves what is older: it takes room, and nobody can read it."""


async def sweep(database: Database, contents: Contents, before: datetime) -> int:
    """Removes what was written before that moment and has no document. Gives how many.

    `before` must lie further back than any publication lasts. Deleted documents keep their content.
    """
    removed = 0
    async for ids in contents.written((before - LOOKS_BACK).date(), before):
        async with database.reading() as connection:
            named = await documents.known(connection, [DocumentId(id) for id in ids])
        orphans = [id for id in ids if id not in named]
        await contents.forget(orphans)
        removed += len(orphans)
    if removed:
        log.info("contents without a document removed", count=removed)
    return removed


async def _run(
    database: Database, contents: Contents, now: Callable[[], datetime], every: float, min_age: timedelta
) -> None:
    while True:
        try:
            await sweep(database, contents, now() - min_age)
        except (Refusal, SQLAlchemyError, OSError) as fault:
            log.warning("sweep put off", exc_info=fault)
        await asyncio.sleep(every)


@asynccontextmanager
async def sweeping(
    database: Database, contents: Contents, now: Callable[[], datetime], every: float, min_age: timedelta
) -> AsyncIterator[None]:
    """Sweeps in the background, every so many seconds, until left."""
    async with background.running(_run(database, contents, now, every, min_age)):
        yield
