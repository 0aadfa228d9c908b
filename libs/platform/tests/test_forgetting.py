"""What the platform's tables forget, and what they keep."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.consumer import inbox
from terresante_platform.database import Database
from terresante_platform.forgetting import AT_ONCE, INBOX_KEPT, KEYS_KEPT, forget
from terresante_platform.idempotency import keys
from terresante_platform.outbox import RETENTION, rows

NOW = datetime.now(UTC)


def id_of(moment: datetime, number: int = 0) -> UUID:
    return UUID(int=(int(moment.timestamp() * 1000) << 80) + number)


async def counted(database: Database) -> tuple[int, ...]:
    async with database.reading() as connection:
        return tuple(
            [
                (await connection.execute(select(func.count()).select_from(each))).scalar_one()
                for each in (rows, inbox, keys)
            ]
        )


async def keep_events(transaction: AsyncConnection, many: int, created: datetime, published: datetime | None) -> None:
    await transaction.execute(
        text(
            "insert into outbox (event_id, subject, payload, traceparent, created_at, published_at) "
            "select gen_random_uuid(), 'x', '', '', :created, :published from generate_series(1, :many)"
        ),
        {"many": many, "created": created, "published": published},
    )


async def test_only_what_is_too_old_is_forgotten_and_never_an_event_that_still_waits(database: Database) -> None:
    minute = timedelta(minutes=1)
    async with database.transaction() as transaction:
        await keep_events(transaction, 1, NOW - 2 * RETENTION, None)
        await keep_events(transaction, AT_ONCE + 7, NOW - RETENTION - minute, NOW - RETENTION - minute)
        await keep_events(transaction, 3, NOW - RETENTION + minute, NOW - RETENTION + minute)
        for place, moment in enumerate((NOW - INBOX_KEPT - minute, NOW - INBOX_KEPT + minute, NOW)):
            await transaction.execute(insert(inbox).values(event_id=id_of(moment, place)))
        for name, moment in {"old": NOW - KEYS_KEPT - minute, "young": NOW - KEYS_KEPT + minute}.items():
            key = {"caller_id": id_of(NOW), "key": name, "request_sha256": b"", "created_at": moment}
            await transaction.execute(insert(keys).values(key))

    removed = await forget(database, NOW)

    assert removed == AT_ONCE + 7 + 1 + 1
    assert await counted(database) == (1 + 3, 2, 1)
    assert await forget(database, NOW) == 0
