"""A gateway told to stop loses nobody a request: callers hear that their connection ends, and go elsewhere."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from terresante_gateway import server
from terresante_platform import https
from terresante_platform.testing.certificates import Authority
from terresante_platform.tls import Identity

REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"


async def app(_: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@dataclass
class Leaving:
    """A server, and what it needs to be told to stop while somebody is connected."""

    port: int
    trust: ssl.SSLContext
    stop: asyncio.Event
    stopped: asyncio.Task[None]

    async def connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("localhost", self.port, ssl=self.trust)


async def answer(line: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> bytes:
    """The head of the answer to one request on that connection."""
    reader, writer = line
    writer.write(REQUEST)
    head = await reader.readuntil(b"\r\n\r\n")
    assert await reader.readexactly(2) == b"ok"
    return head


@asynccontextmanager
async def running(identity: Identity, drain: float) -> AsyncIterator[Leaving]:
    stop, bound = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def serve() -> None:
        async with server.serving(app, "127.0.0.1:0", identity, server.Limits(), drain) as port:
            bound.set_result(port)
            await stop.wait()

    task = asyncio.create_task(serve())
    trust = ssl.create_default_context(cafile=str(identity.authority))
    async with asyncio.timeout(30):
        yield Leaving(await bound, trust, stop, task)
        stop.set()
        await task


@pytest.fixture
def identity(certificates: Authority) -> Identity:
    return certificates.identity("localhost")


async def test_who_asks_while_it_leaves_is_answered_and_told_that_the_connection_ends(identity: Identity) -> None:
    async with running(identity, drain=8.0) as leaving:
        known = await leaving.connected()
        before = await answer(known)
        leaving.stop.set()
        await asyncio.sleep(0)
        during = await answer(known)
        new = await answer(await leaving.connected())

        assert b"connection: close" not in before
        assert b"connection: close" in during
        assert b"connection: close" in new
        assert await known[0].read() == b""


async def test_it_is_gone_as_soon_as_nobody_is_connected(identity: Identity) -> None:
    loop = asyncio.get_running_loop()
    async with running(identity, drain=60.0) as leaving:
        began = loop.time()
        leaving.stop.set()
        await leaving.stopped
        assert loop.time() - began < https.LEAVING_SECONDS / 2


async def test_who_asks_nothing_is_let_go_of_after_a_moment(identity: Identity) -> None:
    async with running(identity, drain=1.0) as leaving:
        idle = await leaving.connected()
        await answer(idle)
        leaving.stop.set()
        assert await idle[0].read() == b""
        await leaving.stopped
