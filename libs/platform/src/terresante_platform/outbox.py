"""The outbox: an event exists exactly if its change does.

`add` writes the event's row in the transaction of the change. One relay per process publishes waiting rows to
JetStream with `Nats-Msg-Id` = row id, then marks them with the stream they went to. Rows outlive the stream's own
retention: a stream that was lost, or lost its tail, is filled again from them (consumers bear doubles).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import nats
from google.protobuf.message import Message
from opentelemetry.trace import SpanKind
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Identity,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    column,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_platform import background
from terresante_platform.bus import Bus
from terresante_platform.counted import Count, counting
from terresante_platform.database import Database, wake_after
from terresante_platform.ids import new_id
from terresante_platform.measures import OUTBOX_AGE, OUTBOX_WAITING
from terresante_platform.spans import span, traceparent
from terresante_platform.telemetry import log

WAITING = "outbox"
"""What the relay waits for (`Database.after_commit`)."""
BATCH = 200
POLL_SECONDS = 1.0
PACE_SECONDS = 0.02
"""From the beginning of a round to that of the next, at least: what is committed meanwhile goes together. One after a
pause begins at once."""
CHECK_SECONDS = 5.0
RETENTION = timedelta(days=15)
"""At least the stream's own retention (14 days)."""

rows = Table(
    "outbox",
    MetaData(),
    Column("sequence", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("published_at", DateTime(timezone=True)),
    Column("stream", Text),
    Column("stream_sequence", BigInteger),
)
"""`stream`: when the stream that was published to was made, as known before publishing."""

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
SCHEMA_2 = """
alter table outbox add column stream text;
update outbox set stream = (select created from outbox_stream) where published_at is not null;
drop index outbox_published;
create index outbox_published on outbox (stream, stream_sequence) where published_at is not null;
drop table outbox_stream;
"""
"""For its second: each row says which stream it went to."""

_ADD = insert(rows).inline()
_ANY_WAITING = select(rows.c.sequence).where(rows.c.published_at.is_(None)).limit(1)
_WAITING = (
    select(rows.c.sequence, rows.c.event_id, rows.c.subject, rows.c.payload, rows.c.traceparent)
    .where(rows.c.published_at.is_(None))
    .order_by(rows.c.sequence)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
_sent = (
    func.unnest(bindparam("sequences", type_=ARRAY(BigInteger)), bindparam("places", type_=ARRAY(BigInteger)))
    .table_valued(column("sequence", BigInteger), column("place", BigInteger), name="sent")
    .render_derived()
)
_PUBLISHED = (
    update(rows)
    .where(rows.c.sequence == _sent.c.sequence)
    .values(published_at=func.now(), stream=bindparam("made"), stream_sequence=_sent.c.place)
)
_LOST = (
    update(rows)
    .where(
        rows.c.published_at.is_not(None),
        or_(
            rows.c.stream.is_(None),
            rows.c.stream < bindparam("made"),
            rows.c.stream > bindparam("made"),
            and_(rows.c.stream == bindparam("made"), rows.c.stream_sequence > bindparam("last")),
        ),
        rows.c.created_at > func.now() - RETENTION,
    )
    .values(published_at=None, stream=None, stream_sequence=None)
)
"""Written as `<` or `>`, not `<>`: the index answers it without reading what is in order."""
_UNSENT = select(rows.c.created_at).where(rows.c.published_at.is_(None))
COUNTS = (
    Count(OUTBOX_WAITING, select(func.count()).select_from(_UNSENT.limit(100_000).subquery())),
    Count(
        OUTBOX_AGE,
        select(
            func.coalesce(
                func.extract("epoch", func.now() - _UNSENT.order_by(rows.c.sequence).limit(1).scalar_subquery()), 0
            )
        ),
    ),
)


async def add(transaction: AsyncConnection, subject: str, message: Message) -> None:
    """Announces `message` under `terresante.<service>.v1.<past_participle>` if, and only if, the transaction
    commits. `transaction`: of `Database.transaction`, which then wakes the relay.
    """
    await add_all(transaction, [(subject, message)])


async def add_all(transaction: AsyncConnection, announced: Iterable[tuple[str, Message]]) -> None:
    """As `add`, of pairs of subject and message, however many."""
    new = [
        {"event_id": new_id(), "subject": subject, "payload": message.SerializeToString(), "traceparent": traceparent()}
        for subject, message in announced
    ]
    if new:
        await transaction.execute(_ADD, new)
        wake_after(transaction, WAITING)


class Relay:
    """Publishes waiting events. Several may run on one database: each takes rows that no other holds."""

    def __init__(self, database: Database, bus: Bus, pace: float = PACE_SECONDS) -> None:
        self._database = database
        self._bus = bus
        self._pace = pace
        self._wake = asyncio.Event()
        self._stream = ""
        """When the stream was made, as last seen."""
        database.after_commit[WAITING].append(self._wake.set)

    async def run(self) -> None:
        """Publishes for ever; waits out a database or bus that is away."""
        checked, clock = 0.0, asyncio.get_running_loop().time
        while True:
            next_round = clock() + self._pace
            try:
                if clock() - checked > CHECK_SECONDS:
                    await self.reconcile()
                    checked = clock()
                if self._wake.is_set() or await self._any_waiting():
                    self._wake.clear()
                    while await self.publish_batch() == BATCH:
                        pass
            except Exception as fault:  # whatever it is, what was announced must not be left waiting
                log.warning("outbox waits", exc_info=fault)
                await asyncio.sleep(0.5)
            await asyncio.sleep(next_round - clock())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)

    async def _any_waiting(self) -> bool:
        async with self._database.reading() as connection:
            return (await connection.execute(_ANY_WAITING)).first() is not None

    async def publish_batch(self) -> int:
        """Publishes up to BATCH events, oldest first. Gives how many were found waiting.

        The rows stay locked while they are on their way: another relay skips them, and a crash frees them. They are
        marked with the stream as it was known before: if it was lost meanwhile, the next `reconcile` finds them.
        """
        made = self._stream or await self.reconcile()
        async with self._database.transaction() as transaction:
            waiting = (await transaction.execute(_WAITING)).all()
            sent = await asyncio.gather(*(self._publish(row) for row in waiting), return_exceptions=True)
            done = [(row.sequence, place) for row, place in zip(waiting, sent, strict=True) if isinstance(place, int)]
            if done:
                sequences, places = zip(*done, strict=True)
                await transaction.execute(
                    _PUBLISHED, {"sequences": list(sequences), "places": list(places), "made": made}
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

    async def reconcile(self) -> str:
        """Compares the stream with what was published; lets be published again what a lost stream or lost tail no
        longer has. Gives when the stream was made.
        """
        state = await self._bus.state()
        async with self._database.transaction() as transaction:
            again = await transaction.execute(_LOST, {"made": state.created, "last": state.last_sequence})
        if again.rowcount:
            log.warning("stream lost events", published_again=again.rowcount)
        self._stream = state.created
        return state.created


@asynccontextmanager
async def relaying(database: Database, bus: Bus) -> AsyncIterator[None]:
    """Publishes in the background, and tells what waits, until left."""
    async with counting(database, COUNTS), background.running(Relay(database, bus).run()):
        yield
