"""What telling keeps is forgotten by age, a little at a time."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime

from terresante_platform.database import Database
from terresante_platform.telemetry import log

from terresante_messaging.store import telling_old

EVERY_SECONDS = 3600.0


async def forget(database: Database, now: datetime) -> int:
    """Removes all that is too old. Gives how many rows that was."""
    removed = 0
    while True:
        async with database.transaction() as transaction:
            some = await telling_old.forget(transaction, now)
        removed += some
        if not some:
            return removed


async def regularly(database: Database, now: Callable[[], datetime]) -> None:
    """About once an hour, for ever."""
    while True:
        await asyncio.sleep(EVERY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 -- replicas take turns
        try:
            log.info("telling forgot", rows=await forget(database, now()))
        except Exception as fault:  # what is too old waits for the next time
            log.warning("forgetting of telling waits", exc_info=fault)
