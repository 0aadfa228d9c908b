"""Reactions to others' events: each exactly once in effect, whatever is delivered twice.

The inbox row (event id) is written in the transaction of the effect; what one pull brought is applied in one
transaction, or, when that fails, each event in its own. What must be asked of a neighbour is asked before it. An
event that keeps failing is parked in `dead_letter` with its reason and does not stop those behind it; while a neighbour
or the database is away it is tried again for as long as that lasts.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import nats
from google.protobuf.message import DecodeError, Message
from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind
from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_platform import background, calls
from terresante_platform.bus import STREAM, Bus
from terresante_platform.counted import EVERY_SECONDS, Count, counting
from terresante_platform.database import Database
from terresante_platform.ids import new_id
from terresante_platform.measures import DEAD_LETTERS, INBOX_WAITING
from terresante_platform.refusals import Unavailable
from terresante_platform.rpc.server import as_refusal
from terresante_platform.spans import span, traceparent
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

_NOTE = insert(inbox).on_conflict_do_nothing()
COUNTS = (
    Count(
        DEAD_LETTERS,
        select(func.count(), dead_letter.c.subject).select_from(dead_letter).group_by(dead_letter.c.subject),
    ),
)
_KNOWN = select(inbox.c.event_id).where(inbox.c.event_id == any_(bindparam("ids", type_=ARRAY(Uuid))))

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


class Arrived(NamedTuple):
    """An event as it was delivered."""

    event_id: UUID
    subject: str
    payload: bytes
    traceparent: str = ""


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
                    await self.receive(await self._fetched(pulling))
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

    async def receive(self, messages: Sequence[Msg]) -> None:
        """Applies what was delivered, then acknowledges it; a failure is tried again later, in the end parked.

        An acknowledgement that is lost brings the event once more, which the inbox bears.
        """
        try:
            await self.react([_arrived(message) for message in messages])
        except Exception as fault:
            away = isinstance(as_refusal(fault), Unavailable)
            for message in messages:
                if away or len(messages) == 1:
                    with span(f"failed {message.subject}", SpanKind.CONSUMER, _traceparent(message)):
                        await self._failed(message, fault, away)
                else:
                    await self.receive([message])
            return
        for message in messages:
            await message.ack()

    async def react(self, events: Sequence[Arrived]) -> int:
        """Applies events, all or none, but those applied before. Gives how many were new."""
        calls.enter(calls.Call())
        wanted = [event for event in events if event.subject in self._reactions]
        if not wanted:
            return 0
        ready = await asyncio.gather(*(self._prepared(event) for event in await self._not_known(wanted)))
        if not ready:
            return 0
        new = 0
        async with self._database.transaction() as transaction:
            for one in ready:
                noted = await transaction.execute(_NOTE, {"event_id": one.event.event_id})
                if noted.rowcount:
                    with span(f"apply {one.event.subject}", SpanKind.CONSUMER, one.traceparent):
                        await one.reaction.apply(transaction, one.event.event_id, one.message, one.answer)
                    new += 1
        return new

    async def _prepared(self, event: Arrived) -> "_Ready":
        """The message, and what a neighbour says to it."""
        reaction = self._reactions[event.subject]
        message = reaction.message.FromString(event.payload)
        if reaction.ask is None:
            return _Ready(event, reaction, message, None, event.traceparent)
        with span(f"ask for {event.subject}", SpanKind.CONSUMER, event.traceparent):
            return _Ready(event, reaction, message, await reaction.ask(message), traceparent())

    async def _not_known(self, events: list[Arrived]) -> list[Arrived]:
        """Nobody is asked for an event that comes again."""
        if all(self._reactions[event.subject].ask is None for event in events):
            return events
        async with self._database.reading() as connection:
            known = await connection.execute(_KNOWN, {"ids": [event.event_id for event in events]})
        seen = set(known.scalars())
        return [event for event in events if event.event_id not in seen]

    async def _failed(self, message: Msg, fault: Exception, away: bool) -> None:
        tried = message.metadata.num_delivered
        hopeless = isinstance(fault, DecodeError | ValueError)
        log.error("reaction failed", subject=message.subject, tried=tried, exc_info=fault)
        if away or (not hopeless and tried < DELIVERIES):
            await message.nak(delay=min(60.0, 0.2 * 2.0 ** min(tried, 10)))
            return
        kind = getattr(fault, "reason", None) or described(fault)[0]["type"]
        async with self._database.transaction() as transaction:
            await transaction.execute(
                insert(dead_letter)
                .values(
                    event_id=_id_or_new(message),
                    subject=message.subject,
                    payload=message.data,
                    fault=str(kind),
                )
                .on_conflict_do_nothing()
            )
        await message.term()


class _Ready(NamedTuple):
    """An event that is ready to be applied."""

    event: Arrived
    reaction: Reaction
    message: Message
    answer: Any
    traceparent: str


def _arrived(message: Msg) -> Arrived:
    """Raises ValueError for a message whose id is none."""
    id = UUID((message.headers or {}).get("Nats-Msg-Id", ""))
    return Arrived(id, message.subject, message.data, _traceparent(message))


def _traceparent(message: Msg) -> str:
    return (message.headers or {}).get("traceparent", "")


def _id_or_new(message: Msg) -> UUID:
    """A message without a readable id is parked too, each in a row of its own."""
    try:
        return _arrived(message).event_id
    except ValueError:
        return new_id()


@asynccontextmanager
async def consuming(service: str, database: Database, bus: Bus, reactions: Sequence[Reaction]) -> AsyncIterator[None]:
    """Reacts in the background, and tells what waits or was given up, until left."""
    waiting: list[tuple[float, dict[str, str]]] = []
    async with (
        counting(database, COUNTS),
        background.running(_watching(service, bus, waiting)),
        background.running(Consumer(service, database, bus, reactions).run()),
    ):
        with INBOX_WAITING.told_by(lambda: waiting):
            yield


async def _watching(service: str, bus: Bus, waiting: list[tuple[float, dict[str, str]]]) -> None:
    """Keeps in `waiting` how many events the service's durable consumer still has to apply; nothing while the bus is
    away.
    """
    while True:
        try:
            found = await bus.stream.consumer_info(STREAM, service)
            waiting[:] = [((found.num_pending or 0) + (found.num_ack_pending or 0), {})]
        except (nats.errors.Error, OSError, TimeoutError):
            waiting.clear()
        await asyncio.sleep(EVERY_SECONDS)
