"""The cheapest client that keeps connections: HTTP/1.1 over TLS, one request at a time on each, bytes made ahead."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import cast

import httptools

from bench.load.plan import Request, Target


class Answer:
    """Status and body of an answer as httptools tells them."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.complete = False
        self.last = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.last = self.last or (name.lower(), value.lower()) == (b"connection", b"close")

    def on_body(self, chunk: bytes) -> None:
        self.body += chunk

    def on_message_complete(self) -> None:
        self.complete = True


class Connection(asyncio.Protocol):
    """One connection. `send` may be called again once the answer before is complete."""

    def __init__(self) -> None:
        self.closed = False
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._answer = Answer()
        self._parser = httptools.HttpResponseParser(self._answer)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as fault:
            self._fail(fault)
            return
        if self._answer.complete and self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            if not waiting.done():
                waiting.set_result((self._parser.get_status_code(), bytes(self._answer.body)))
            if self._answer.last:
                self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionResetError("closed by the server"))

    def send(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        if self._transport is None:
            raise ConnectionResetError("never connected")
        self._waiting = asyncio.get_running_loop().create_future()
        self._answer = Answer()
        self._parser = httptools.HttpResponseParser(self._answer)
        self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        self.closed = True
        if self._transport is not None:
            self._transport.close()

    def _fail(self, fault: Exception) -> None:
        self.closed = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(fault)


class Https:
    """A fixed number of connections, opened ahead; a request that finds none free waits, and its clock runs."""

    def __init__(self, target: Target, requests: Sequence[Request], connections: int) -> None:
        self._host, _, port = target.address.rpartition(":")
        self._port = int(port)
        self._trust = ssl.create_default_context(cafile=target.authority)
        self._bytes = [written(request, target.address) for request in requests]
        self._connections = connections
        self._free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()

    async def open(self) -> None:
        for _ in range(self._connections):
            self._free.put_nowait(await self._connected())

    async def send(self, number: int) -> tuple[str, bytes]:
        """Sends request `number` (they are taken in turn). Gives its outcome and body."""
        connection = await self._free.get()
        try:
            if connection.closed:
                connection = await self._connected()
            status, body = await connection.send(self._bytes[number % len(self._bytes)])
        except BaseException:
            connection.close()
            raise
        finally:
            self._free.put_nowait(connection)
        return str(status), body

    async def close(self) -> None:
        while not self._free.empty():
            self._free.get_nowait().close()

    async def _connected(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(Connection, self._host, self._port, ssl=self._trust)
        return made


def written(request: Request, host: str) -> bytes:
    """A request as it goes over the wire."""
    headers = {"Host": host, "Accept": "application/json", **request.headers}
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        headers["Content-Length"] = str(len(request.body))
    lines = [f"{request.method} {request.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + request.body
