"""What our HTTPS servers share around uvicorn: TLS, a true Date header, renewed certificates, an orderly end.

The gateway and the directory's pages each bring their own protocol, with the limits that are theirs.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from typing import Any

from terresante_platform import background
from terresante_platform.tls import Identity, renewing

LEAVING_SECONDS = 3.0
"""Between the wish to stop and no new connections; a quarter of the drain where that is less."""
LOOK_SECONDS = 0.02


def tls_context(identity: Identity) -> ssl.SSLContext:
    """TLS 1.2 or later with the process's own certificate. Clients are people's programs: none is asked of them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(identity.certificate, identity.key)
    return context


@asynccontextmanager
async def attended(
    server: asyncio.Server, state: Any, renewed: tuple[Identity, ssl.SSLContext], drain_seconds: float
) -> AsyncIterator[None]:
    """While the block runs, answers bear the date, and the context whatever the identity's files are renewed to. Then
    each answer ends its connection; a moment later no new connections, idle ones close, requests in flight may end.
    `state`: uvicorn's ServerState; `drain_seconds`: for all of that.
    """
    identity, context = renewed
    more: list[tuple[bytes, bytes]] = []
    async with (
        background.running(_dating(state, more)),
        background.running(renewing(identity, lambda: context.load_cert_chain(identity.certificate, identity.key))),
    ):
        try:
            yield
        finally:
            more.append((b"connection", b"close"))
            state.default_headers = [*state.default_headers, *more]
            leaving = min(LEAVING_SECONDS, drain_seconds / 4)
            await _left(state, leaving)
            server.close()
            await _drain(state, drain_seconds - leaving)


async def _dating(state: Any, more: list[tuple[bytes, bytes]]) -> None:
    while True:
        state.default_headers = [(b"date", formatdate(usegmt=True).encode()), *more]
        await asyncio.sleep(1)


async def _left(state: Any, seconds: float) -> None:
    """Waits until callers have been told by an answer that their connection ends, and have gone. One that was closed
    under a caller who just sent would lose them a request that they cannot know to be unheard.
    """
    for _ in range(int(seconds / LOOK_SECONDS)):
        if not state.connections:
            return
        await asyncio.sleep(LOOK_SECONDS)  # uvicorn tells nobody when a connection has gone


async def _drain(state: Any, seconds: float) -> None:
    for connection in list(state.connections):
        connection.shutdown()
    if state.tasks:
        await asyncio.wait(list(state.tasks), timeout=seconds)
    for task in list(state.tasks):
        task.cancel()
    if state.tasks:
        await asyncio.gather(*state.tasks, return_exceptions=True)
    for connection in list(state.connections):
        if connection.transport is not None:
            connection.transport.abort()
