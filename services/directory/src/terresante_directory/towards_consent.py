"""The one connection to consent, over which the directory speaks in its own name. See `circles`, `telling`."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from terresante_platform import calls
from terresante_platform.rpc import client
from terresante_platform.tls import Identity

if TYPE_CHECKING:
    from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceAsyncStub

PATIENCE_SECONDS = 2.0
"""How long consent is waited for: nothing that the directory does needs its answer."""


@asynccontextmanager
async def connected(address: str, who: Identity) -> AsyncIterator["ConsentServiceAsyncStub | None"]:
    """Consent at that gRPC target; None where none is given: the directory stands alone."""
    if not address:
        yield None
        return
    async with client.connected(address, "consent", who) as channel:
        yield ConsentServiceStub(channel)


@contextmanager
def in_own_name() -> Iterator[None]:
    """Calls made inside carry the deadline of the one being served, and nothing of who is behind it."""
    call = calls.current()
    calls.enter(calls.Call(deadline=call.deadline))
    try:
        yield
    finally:
        calls.enter(call)
