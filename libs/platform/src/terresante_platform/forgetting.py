"""What the platform's own tables keep no longer than it is of use: published events, the inbox, idempotency keys.

A little at a time, so that no request waits for it; several processes may do it on one database.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Delete, delete, select

from terresante_platform import background
from terresante_platform.consumer import inbox
from terresante_platform.database import Database
from terresante_platform.idempotency import keys
from terresante_platform.outbox import RETENTION, rows
from terresante_platform.telemetry import log

EVERY = timedelta(hours=1)
AT_ONCE = 5_000
"""Rows removed by one statement."""
KEYS_KEPT = timedelta(days=7)
"""How long the same create asked again under its key is answered the same."""
INBOX_KEPT = 2 * RETENTION
"""Longer than an event may still come: as long as an outbox keeps it, and then as long as the stream does."""


def _published(now: datetime) -> Delete:
    sent = select(rows.c.sequence, rows.c.published_at).where(rows.c.published_at.is_not(None))
    oldest = sent.order_by(rows.c.sequence).limit(AT_ONCE).subquery()
    return delete(rows).where(
        rows.c.sequence.in_(select(oldest.c.sequence).where(oldest.c.published_at < now - RETENTION))
    )


def _received(now: datetime) -> Delete:
    """By the moment that an event's id holds (UUIDv7), which the primary key is in order of."""
    before = UUID(int=int((now - INBOX_KEPT).timestamp() * 1000) << 80)
    return delete(inbox).where(
        inbox.c.event_id.in_(
            select(inbox.c.event_id).where(inbox.c.event_id < before).order_by(inbox.c.event_id).limit(AT_ONCE)
        )
    )


def _answered(now: datetime) -> Delete:
    old = (
        select(keys.c.caller_id, keys.c.key)
        .where(keys.c.created_at < now - KEYS_KEPT)
        .order_by(keys.c.created_at)
        .limit(AT_ONCE)
        .subquery()
    )
    return delete(keys).where(keys.c.caller_id == old.c.caller_id, keys.c.key == old.c.key)


async def forget(database: Database, now: datetime) -> int:
    """Removes all that is too old at that moment. Gives how many rows that was."""
    removed = 0
    for statement in (_published(now), _received(now), _answered(now)):
        while True:
            async with database.transaction() as transaction:
                some = (await transaction.execute(statement)).rowcount
            removed += some
            if some < AT_ONCE:
                break
    return removed


async def _for_ever(database: Database) -> None:
    while True:
        await asyncio.sleep(EVERY.total_seconds() * random.uniform(0.5, 1.5))  # noqa: S311 -- replicas take turns
        try:
            removed = await forget(database, datetime.now(UTC))
        except Exception as fault:  # what is too old waits for the next time
            log.warning("forgetting waits", exc_info=fault)
        else:
            log.info("forgotten", rows=removed)


@asynccontextmanager
async def regularly(database: Database) -> AsyncIterator[None]:
    """Forgets in the background, about once an hour, until left."""
    async with background.running(_for_ever(database)):
        yield
