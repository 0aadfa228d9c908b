"""Creating once, whatever comes twice: the platform's idempotency, with answers sealed like all else that is kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID

from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import BytesValue
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform import calls, idempotency

from terresante_contents.sealing import OwnerKey

_REQUEST = "idempotency_key.request"
_REPLY = "idempotency_key.reply"
Reply = TypeVar("Reply", bound=Message)


@asynccontextmanager
async def once(
    transaction: AsyncConnection,
    key: OwnerKey,
    owner: UUID,
    request: Message,
    kind: type[Reply],
    seal: bytes = b"",
) -> AsyncIterator[idempotency.Once[Reply]]:
    """As `idempotency.once`. The request is known again by a mark that only the owner's key makes: a plain hash would
    let whoever reads the table try values until one fits. `seal`: what else the request consists of."""
    use: idempotency.Once[Reply] = idempotency.Once()
    if not calls.current().idempotency_key:
        yield use
        return
    said = request.DESCRIPTOR.full_name.encode() + request.SerializeToString(deterministic=True)
    mark = BytesValue(value=key.mark(_REQUEST, said + b"\x00" + seal))
    async with idempotency.once(transaction, mark, BytesValue) as kept:
        if kept.reply is not None:
            use.reply = kind.FromString(key.open(_REPLY, owner, kept.reply.value))
        yield use
        if use.kept is not None:
            kept.keep(BytesValue(value=key.seal(_REPLY, owner, use.kept.SerializeToString())))
