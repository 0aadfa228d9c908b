"""Reactions to others' events: each exactly once in effect, whatever is delivered twice.

The inbox row (event id) is written in the transaction of the effect. What must be asked of a neighbour is asked
before that
transaction. An event that keeps failing is parked in `dead_letter` with its reason and does not stop those behind it;
while a neighbour or the database is away it is tried again for as long as that lasts.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import nats
from google.protobuf.message import DecodeError, Message
from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind
from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table, Text, Uuid, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_platform import background, calls
from terresante_platform.bus import STREAM, Bus
from terresante_platform.database import Database
from terresante_platform.refusals import Unavailable
from terresante_platform.rpc.server import as_refusal
from terresante_platform.spans import span
from terresante_platform.telemetry import described, log

BATCH = 20
FETCH_SECONDS = 5.0
DELIVERIES = 8
"""After so many failures an event is parked."""

_metadata = MetaData()
inbox = Table(
    "inbox",
    _metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
dead_letter = Table(
    "dead_letter",
    _metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("fault", Text, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
SCHEMA = """
create table inbox (event_id uuid primary key, received_at timestamptz not null default now());
create table dead_letter (
    event_id uuid primary key,
    subject text not null,
    payload bytea not null,
    fault text not null,
    parked_at timestamptz not null default now()
);
"""
"""For a service's first migration: run each statement, split at `;`."""

Ask = Callable[[Any], Awaitable[Any]]
Apply = Callable[[AsyncConnection, UUID, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reaction:
    """What to do when an event comes: `ask` neighbours (optional), then `apply(transaction, event id, message,
    answer)`.
    """

    subject: str
    message: type[Message]
    apply: Apply
    ask: Ask | None = None


class Consumer:
    """Pulls the service's durable consumer and applies reactions."""

    def __init__(self, service: str, database: Database, bus: Bus, reactions: Sequence[Reaction]) -> None:
        self._service = service
        self._database = database
        self._bus = bus
        self._reactions = {reaction.subject: reaction for reaction in reactions}

    async def run(self) -> None:
        """Reacts for ever. A pull that fails is made anew: subscriptions may go silent when the server restarts."""
        while True:
            try:
                pulling = await self._bus.stream.pull_subscribe_bind(durable=self._service, stream=STREAM)
                while True:
                    for message in await self._fetched(pulling):
                        await self.receive(message)
            except Exception as fault:  # whatever it is, whoever waits for events must not be left without them
                log.warning("consumer waits", exc_info=fault)
                await asyncio.sleep(0.5)

    async def _fetched(self, pulling: Any) -> list[Msg]:
        try:
            found: list[Msg] = await pulling.fetch(BATCH, timeout=FETCH_SECONDS)
        except nats.errors.TimeoutError:
            if not self._bus.client.is_connected:
                raise
            return []
        return found

    async def receive(self, message: Msg) -> None:
        """Applies one delivery, then acknowledges it; a failure is tried again later, in the end parked."""
        headers = message.headers or {}
        event_id = headers.get("Nats-Msg-Id", "")
        with span(f"react {message.subject}", SpanKind.CONSUMER, headers.get("traceparent", "")):
            try:
                await self.react(message.subject, UUID(event_id), message.data)
            except Exception as fault:
                await self._failed(message, event_id, fault)
                return
            await message.ack_sync()

    async def react(self, subject: str, event_id: UUID, payload: bytes) -> bool:
        """Applies an event unless it was applied before. Gives whether it was new."""
        reaction = self._reactions.get(subject)
        if reaction is None:
            return False
        event = reaction.message.FromString(payload)
        calls.enter(calls.Call())
        answer = None
        if reaction.ask is not None:
            if await self._known(event_id):  # nobody is asked for an event that comes again
                return False
            answer = await reaction.ask(event)
        async with self._database.transaction() as transaction:
            noted = await transaction.execute(insert(inbox).values(event_id=event_id).on_conflict_do_nothing())
            if noted.rowcount == 0:
                return False
            await reaction.apply(transaction, event_id, event, answer)
        return True

    async def _known(self, event_id: UUID) -> bool:
        async with self._database.reading() as connection:
            found = await connection.execute(select(inbox.c.event_id).where(inbox.c.event_id == event_id))
            return found.first() is not None

    async def _failed(self, message: Msg, event_id: str, fault: Exception) -> None:
        tried = message.metadata.num_delivered
        hopeless = isinstance(fault, DecodeError | ValueError)
        away = isinstance(as_refusal(fault), Unavailable)
        log.error("reaction failed", subject=message.subject, tried=tried, exc_info=fault)
        if away or (not hopeless and tried < DELIVERIES):
            await message.nak(delay=min(60.0, 0.2 * 2.0 ** min(tried, 10)))
            return
        kind = getattr(fault, "reason", None) or described(fault)[0]["type"]
        async with self._database.transaction() as transaction:
            await transaction.execute(
                insert(dead_letter)
                .values(
                    event_id=_id_or_new(event_id),
                    subject=message.subject,
                    payload=message.data,
                    fault=str(kind),
                )
                .on_conflict_do_nothing()
            )
        await message.term()


def _id_or_new(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


@asynccontextmanager
async def consuming(service: str, database: Database, bus: Bus, reactions: Sequence[Reaction]) -> AsyncIterator[None]:
    """Reacts in the background until left."""
    async with background.running(Consumer(service, database, bus, reactions).run()):
        yield
