"""Counts the messages that professionals write, by week: what territories' indicators ask for. Each once in effect."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform import background
from terresante_platform.database import Database

from terresante_messaging.domain.counting import KEPT, weeks_of
from terresante_messaging.domain.log import Entry
from terresante_messaging.feed import reading
from terresante_messaging.store import counting

READER = "counting"
"""Its name in the log."""


async def apply(transaction: AsyncConnection, entries: Sequence[Entry], _: None) -> None:
    """Counts what was posted, and lets go of counts that are too old for anybody to ask for."""
    weeks = weeks_of(entries)
    if weeks:
        await counting.add(transaction, weeks)
        await counting.forget(transaction, max(weeks.values()) - KEPT)


@asynccontextmanager
async def counting_messages(database: Database) -> AsyncIterator[None]:
    """Counts until left, from the oldest entry on that is kept."""
    async with background.running(reading.work(database, READER, apply, begin="oldest")):
        yield
