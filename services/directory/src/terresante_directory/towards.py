"""The connections to consent and messaging, over which the directory speaks in its own name. See `circles`, `messages`,
`telling`.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from terresante.messaging.v1.messaging_service_pb2_grpc import MessagingServiceStub
from terresante_platform import calls
from terresante_platform.rpc import client
from terresante_platform.tls import Identity

if TYPE_CHECKING:
    from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceAsyncStub
    from terresante.messaging.v1.messaging_service_pb2_grpc import MessagingServiceAsyncStub

PATIENCE_SECONDS = 2.0
"""How long each is waited for: nothing that the directory does needs its answer."""


@asynccontextmanager
async def consent(address: str, who: Identity) -> AsyncIterator["ConsentServiceAsyncStub | None"]:
    """Consent at that gRPC target; None where none is given: the directory does without."""
    if not address:
        yield None
        return
    async with client.connected(address, "consent", who) as channel:
        yield ConsentServiceStub(channel)


@asynccontextmanager
async def messaging(address: str, who: Identity) -> AsyncIterator["MessagingServiceAsyncStub | None"]:
    """Messaging at that gRPC target; None where none is given: the directory does without."""
    if not address:
        yield None
        return
    async with client.connected(address, "messaging", who) as channel:
        yield MessagingServiceStub(channel)


@contextmanager
def in_own_name() -> Iterator[None]:
    """Calls made inside carry the deadline of the one being served, and nothing of who is behind it."""
    call = calls.current()
    calls.enter(calls.Call(deadline=call.deadline))
    try:
        yield
    finally:
        calls.enter(call)
