"""The HTTPS server: uvicorn's protocol on our own loop, with the limits that it lacks.

uvicorn never times a request's headers out, nor bounds their size; both are done here, per connection, and answered as
problems (docs/decisions/0005-http-server.md).
"""

import asyncio
import logging
import os
from asyncio import sslproto
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from starlette.types import ASGIApp
from terresante_platform.https import attended, tls_context
from terresante_platform.refusals import Invalid, Refusal
from terresante_platform.telemetry import log
from terresante_platform.tls import Identity
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from terresante_gateway import problems
from terresante_gateway.exchange import ALWAYS
from terresante_gateway.gathering import Gathering

LARGEST_HEAD = 16 * 1024
MOST_HEADERS = 64
TLS_SECONDS = 5.0
TLS_BUFFER = 16 * 1024
"""What is kept to read of each connection: one TLS record. asyncio keeps 256 KiB, for idle ones too: 282 KiB of memory
each, measured over 500; 41 with this. Thousands of open streams are what a gateway holds."""


class HeadTooLarge(Invalid):
    """More headers than are read."""

    reason = "HEADERS_TOO_LARGE"
    status = 431


class HttpInvalid(Invalid):
    """Bytes that are no HTTP/1.1 request."""

    reason = "HTTP_INVALID"


class HeadTooSlow(Invalid):
    """The headers did not come in time."""

    reason = "REQUEST_TOO_SLOW"
    status = 408


@dataclass(frozen=True, slots=True)
class Limits:
    """Per connection and for all of them."""

    connections: int = 2_000
    head_seconds: float = 10.0
    idle_seconds: float = 30.0


def _unheard(record: logging.LogRecord) -> bool:
    """Whether uvicorn tells of something new: a refusal that broke an answer off was told by the door."""
    return not (record.exc_info and isinstance(record.exc_info[1], Refusal))


def _protocol(limits: Limits) -> type[HttpToolsProtocol]:
    """The protocol class of one server: uvicorn makes one object of it per connection."""

    class Connection(HttpToolsProtocol):
        """A connection whose request heads are bounded in time, bytes and number; and so is the time for which the
        rest of a body is read that nobody wants any more.
        """

        in_body = False
        head_timer: asyncio.TimerHandle | None = None
        head_bytes = 0
        flood = False
        refused = False

        def connection_made(self, transport: Any) -> None:
            super().connection_made(cast(Any, Gathering(transport, self.loop, self._half_sent)))
            if len(self.connections) > limits.connections:
                transport.abort()
                return
            self._await_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._head_done()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.refused:
                return
            if not self.in_body or self.cycle.response_complete:
                self._await_head()
            super().data_received(data)
            if self.head_timer is not None and not self.in_body and not self.refused:
                self.head_bytes += len(data)
                if self.head_bytes > LARGEST_HEAD:
                    self._refuse(_too_large())

        def on_message_begin(self) -> None:
            self.head_bytes = 0
            super().on_message_begin()

        def on_header(self, name: bytes, value: bytes) -> None:
            super().on_header(name, value)
            if len(self.headers) > MOST_HEADERS:
                self.flood = True
                raise ValueError("too many headers")

        def on_headers_complete(self) -> None:
            self._head_done()
            self.in_body = True
            head = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if head > LARGEST_HEAD:
                self.flood = True
                raise ValueError("headers too large")
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            self._head_done()
            self.in_body = False
            super().on_message_complete()

        def send_400_response(self, msg: str) -> None:
            self._refuse(_too_large() if self.flood else _invalid())

        def _half_sent(self) -> bool:
            return self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete

        def _await_head(self) -> None:
            if self.head_timer is None:
                self.head_timer = self.loop.call_later(limits.head_seconds, self._too_slow)

        def _head_done(self) -> None:
            if self.head_timer is not None:
                self.head_timer.cancel()
                self.head_timer = None

        def _too_slow(self) -> None:
            self.head_timer = None
            if self.transport.is_closing():
                return
            if self.head_bytes and not self.in_body:
                self._refuse(HeadTooSlow("Les en-têtes ne sont pas arrivés à temps.", "Réessayez."))
            else:
                self.transport.close()

        def _refuse(self, refusal: Refusal) -> None:
            """Answers without the application, which has seen nothing, and closes."""
            self.refused = True
            self._head_done()
            if self.transport.is_closing():
                return
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(_whole(refusal))
            self.transport.close()

    return Connection


def _too_large() -> HeadTooLarge:
    return HeadTooLarge("La ligne de requête et les en-têtes dépassent 16 Kio ou 64 en-têtes.", "Envoyez-en moins.")


def _invalid() -> HttpInvalid:
    return HttpInvalid("Ce n’est pas une requête HTTP/1.1 valable.", "Vérifiez le logiciel qui l’envoie.")


def _whole(refusal: Refusal) -> bytes:
    """A refusal as a whole HTTP answer."""
    status, body, more = problems.written(refusal, os.urandom(16).hex())
    about = [
        (b"content-type", problems.MEDIA_TYPE),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        *ALWAYS,
        *more,
    ]
    head = b"".join(b"%s: %s\r\n" % pair for pair in about)
    return b"HTTP/1.1 %d \r\n%s\r\n%s" % (status, head, body)


@asynccontextmanager
async def serving(
    app: ASGIApp, listen: str, identity: Identity, limits: Limits, drain_seconds: float
) -> AsyncIterator[int]:
    """Serves until left; then no new connections, idle ones close, requests in flight may end. Gives the bound port."""
    config = Config(
        app,
        http=_protocol(limits),
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_keep_alive=int(limits.idle_seconds) or 1,
        server_header=False,
        proxy_headers=False,
    )
    config.load()
    sslproto.SSLProtocol.max_size = TLS_BUFFER
    logging.getLogger("uvicorn.error").addFilter(_unheard)
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
        backlog=1024,
    )
    bound: int = server.sockets[0].getsockname()[1]
    log.info("serving", port=bound)
    async with attended(server, state, (identity, context), drain_seconds):
        yield bound
    log.info("stopped")
