"""The outbox: an event exists exactly if its change does.

`add` writes the event's row in the transaction of the change. One relay per process publishes waiting rows to
JetStream with
`Nats-Msg-Id` = row id, then marks them. Rows outlive the stream's own retention: a stream that was lost, or lost its
tail, is
filled again from them (consumers bear doubles).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import nats
from google.protobuf.message import Message
from opentelemetry.trace import SpanKind
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_platform import background
from terresante_platform.bus import STREAM, Bus
from terresante_platform.database import Database
from terresante_platform.ids import new_id
from terresante_platform.spans import span, traceparent
from terresante_platform.telemetry import log

BATCH = 200
POLL_SECONDS = 1.0
CHECK_SECONDS = 5.0
RETENTION = timedelta(days=15)
"""At least the stream's own retention (14 days)."""

_metadata = MetaData()
rows = Table(
    "outbox",
    _metadata,
    Column("sequence", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("published_at", DateTime(timezone=True)),
    Column("stream_sequence", BigInteger),
)
seen = Table(
    "outbox_stream",
    _metadata,
    Column("stream", Text, primary_key=True),
    Column("created", Text, nullable=False),
)

SCHEMA = """
create table outbox (
    sequence bigint generated always as identity primary key,
    event_id uuid not null unique,
    subject text not null,
    payload bytea not null,
    traceparent text not null,
    created_at timestamptz not null default now(),
    published_at timestamptz,
    stream_sequence bigint
);
create index outbox_waiting on outbox (sequence) where published_at is null;
create index outbox_published on outbox (stream_sequence) where published_at is not null;
create table outbox_stream (stream text primary key, created text not null);
"""
"""For a service's first migration: run each statement, split at `;`."""

_ADD = insert(rows)
_WAITING = (
    select(rows.c.sequence, rows.c.event_id, rows.c.subject, rows.c.payload, rows.c.traceparent)
    .where(rows.c.published_at.is_(None))
    .order_by(rows.c.sequence)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)


async def add(transaction: AsyncConnection, subject: str, message: Message) -> None:
    """Announces `message` under `terresante.<service>.v1.<past_participle>` if, and only if, the transaction
    commits.
    """
    await transaction.execute(
        _ADD,
        {
            "event_id": new_id(),
            "subject": subject,
            "payload": message.SerializeToString(),
            "traceparent": traceparent(),
        },
    )


class Relay:
    """Publishes waiting events. Several may run on one database: each takes rows that no other holds."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._wake = asyncio.Event()
        database.after_commit.append(self._wake.set)

    async def run(self) -> None:
        """Publishes for ever; waits out a database or bus that is away."""
        checked = 0.0
        while True:
            try:
                if asyncio.get_running_loop().time() - checked > CHECK_SECONDS:
                    await self.reconcile()
                    checked = asyncio.get_running_loop().time()
                while await self.publish_batch() == BATCH:
                    pass
            except Exception as fault:  # whatever it is, what was announced must not be left waiting
                log.warning("outbox waits", exc_info=fault)
                await asyncio.sleep(0.5)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
            self._wake.clear()

    async def publish_batch(self) -> int:
        """Publishes up to BATCH events, oldest first. Gives how many were found waiting.

        The rows stay locked while they are on their way: another relay skips them, and a crash frees them.
        """
        async with self._database.reading() as connection:
            if (
                await connection.execute(select(rows.c.sequence).where(rows.c.published_at.is_(None)).limit(1))
            ).first() is None:
                return 0
        async with self._database.transaction() as transaction:
            waiting = (await transaction.execute(_WAITING)).all()
            sent = await asyncio.gather(*(self._publish(row) for row in waiting), return_exceptions=True)
            done = [
                {"row": row.sequence, "at": acknowledged}
                for row, acknowledged in zip(waiting, sent, strict=True)
                if isinstance(acknowledged, int)
            ]
            for each in done:
                await transaction.execute(
                    update(rows)
                    .where(rows.c.sequence == each["row"])
                    .values(published_at=func.now(), stream_sequence=each["at"])
                )
        failed = next((fault for fault in sent if isinstance(fault, BaseException)), None)
        if isinstance(failed, Exception):
            raise (
                failed
                if isinstance(failed, nats.errors.Error | OSError | TimeoutError)
                else nats.errors.Error(type(failed).__name__)
            )
        return len(waiting)

    async def _publish(self, row: Any) -> int:
        with span(f"publish {row.subject}", SpanKind.PRODUCER, row.traceparent):
            headers = {"Nats-Msg-Id": str(row.event_id), "traceparent": traceparent()}
            acknowledged = await self._bus.stream.publish(row.subject, row.payload, timeout=5.0, headers=headers)
        return int(acknowledged.seq)

    async def reconcile(self) -> None:
        """Compares the stream with what was published; publishes again what a lost stream or lost tail no longer
        has.
        """
        state = await self._bus.state()
        async with self._database.transaction() as transaction:
            known = (await transaction.execute(select(seen.c.created).where(seen.c.stream == STREAM))).scalar()
            if known == state.created:
                lost = rows.c.stream_sequence > state.last_sequence
            elif known is None:
                lost = rows.c.published_at.is_not(None) & rows.c.stream_sequence.is_(None)
            else:
                lost = rows.c.created_at > func.now() - RETENTION
            again = await transaction.execute(
                update(rows)
                .where(rows.c.published_at.is_not(None), lost)
                .values(published_at=None, stream_sequence=None)
            )
            if known != state.created:
                await transaction.execute(
                    insert(seen)
                    .values(stream=STREAM, created=state.created)
                    .on_conflict_do_update(index_elements=[seen.c.stream], set_={"created": state.created})
                )
            await transaction.execute(rows.delete().where(rows.c.published_at < func.now() - RETENTION))
        if again.rowcount:
            log.warning("stream lost events", published_again=again.rowcount)


@asynccontextmanager
async def relaying(database: Database, bus: Bus) -> AsyncIterator[None]:
    """Publishes in the background until left."""
    async with background.running(Relay(database, bus).run()):
        yield
