"""The HTTPS listener of the pages: uvicorn's protocol with the limits that it lacks.

Per connection: how long a request's head may take, how large it is, how many connections there are. Bodies are bounded
where they are read (`forms.py`).
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp
from terresante_platform.https import attended, tls_context
from terresante_platform.telemetry import log
from terresante_platform.tls import Identity
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

LARGEST_HEAD = 16 * 1024
TLS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Per connection and for all of them."""

    connections: int = 500
    head_seconds: float = 10.0
    idle_seconds: float = 60.0


def _protocol(limits: Limits) -> type[H11Protocol]:
    """The protocol class of one server: uvicorn makes one object of it per connection."""

    class Connection(H11Protocol):
        """A connection that is closed when a request's head does not come in time."""

        head_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > limits.connections:
                transport.abort()
                return
            self._await_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._head_done()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            self._await_head()
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                self._head_done()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.timeout_keep_alive_task is not None:
                self._head_done()

        def _await_head(self) -> None:
            if self.head_timer is None:
                self.head_timer = self.loop.call_later(limits.head_seconds, self._too_slow)

        def _head_done(self) -> None:
            if self.head_timer is not None:
                self.head_timer.cancel()
                self.head_timer = None

        def _too_slow(self) -> None:
            self.head_timer = None
            self.transport.close()

    return Connection


@asynccontextmanager
async def serving(
    app: ASGIApp, listen: str, identity: Identity, drain_seconds: float, limits: Limits | None = None
) -> AsyncIterator[int]:
    """Serves until left; then no new connections, idle ones close, requests in flight may end. Gives the bound port."""
    limits = limits or Limits()
    config = Config(
        app,
        http=_protocol(limits),
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_keep_alive=int(limits.idle_seconds) or 1,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        server_header=False,
        proxy_headers=False,
    )
    config.load()
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # its lines would hold what people sent
    state = ServerState()
    context = tls_context(identity)
    host, _, port = listen.rpartition(":")
    loop = asyncio.get_running_loop()
    make: Any = config.http_protocol_class
    server = await loop.create_server(
        lambda: make(config=config, server_state=state, app_state={}, _loop=loop),
        host.strip("[]"),
        int(port),
        ssl=context,
        ssl_handshake_timeout=TLS_SECONDS,
        ssl_shutdown_timeout=TLS_SECONDS,
    )
    bound: int = server.sockets[0].getsockname()[1]
    log.info("serving pages", port=bound)
    async with attended(server, state, (identity, context), drain_seconds):
        yield bound
