"""`Idempotency-Key`: the same create asked twice is done once, and answered the same twice.

The key's row is written in the transaction of the effect, before it: a second request with the same key waits for the
first,
then gets its answer. The same key with another request is refused.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from google.protobuf.message import Message
from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table, Text, Uuid, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_platform import calls
from terresante_platform.refusals import Invalid, Unprocessable

LONGEST_KEY = 128
Reply = TypeVar("Reply", bound=Message)

_metadata = MetaData()
keys = Table(
    "idempotency_key",
    _metadata,
    Column("caller_id", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_sha256", LargeBinary, nullable=False),
    Column("reply", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
SCHEMA = """
create table idempotency_key (
    caller_id uuid not null,
    key text not null,
    request_sha256 bytea not null,
    reply bytea,
    created_at timestamptz not null default now(),
    primary key (caller_id, key)
);
"""
"""For a service's first migration: run each statement, split at `;`."""
SCHEMA_2 = """
create index idempotency_created on idempotency_key (created_at);
"""
"""For its second: keys are forgotten by age."""


class KeyReused(Unprocessable):
    """The key came before with another request."""

    reason = "IDEMPOTENCY_KEY_REUSED"


class KeyInvalid(Invalid):
    """A key of more than 128 characters, or with others than printable ASCII."""

    reason = "IDEMPOTENCY_KEY_INVALID"


class Once(Generic[Reply]):
    """One use of a key. `reply` is what the first request was answered, if this is not the first."""

    def __init__(self) -> None:
        self.reply: Reply | None = None
        self.kept: Reply | None = None

    def keep(self, reply: Reply) -> Reply:
        """Remembers the answer; gives it back."""
        self.kept = reply
        return reply


@asynccontextmanager
async def once(
    transaction: AsyncConnection, request: Message, kind: type[Reply], seal: bytes = b""
) -> AsyncIterator[Once[Reply]]:
    """Around an effect in `transaction`. Without a key in the call it does nothing. `seal`: what else makes the
    request what it is
    (the hash of streamed content)."""
    use: Once[Reply] = Once()
    key = calls.current().idempotency_key
    if not key:
        yield use
        return
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise KeyInvalid(
            "La clé d’idempotence n’est pas valable.",
            "Donnez 1 à 128 caractères ASCII imprimables, par exemple un UUID.",
        )
    caller = calls.person().id
    digest = hashlib.sha256(
        type(request).DESCRIPTOR.full_name.encode() + request.SerializeToString(deterministic=True) + seal
    ).digest()
    first = await transaction.execute(
        insert(keys).values(caller_id=caller, key=key, request_sha256=digest).on_conflict_do_nothing()
    )
    mine = (keys.c.caller_id == caller) & (keys.c.key == key)
    if first.rowcount == 0:
        found = (await transaction.execute(select(keys.c.request_sha256, keys.c.reply).where(mine))).one()
        if found.request_sha256 != digest or found.reply is None:
            raise KeyReused(
                "Cette clé d’idempotence a déjà servi pour une autre demande.",
                "Employez une nouvelle clé pour une nouvelle demande.",
            )
        use.reply = kind.FromString(found.reply)
        yield use
        return
    yield use
    if use.kept is None:
        raise LookupError("an effect under an idempotency key must keep its reply")
    await transaction.execute(update(keys).where(mine).values(reply=use.kept.SerializeToString()))
