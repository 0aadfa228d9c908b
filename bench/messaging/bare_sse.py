"""The yardstick of a live event as most would build it: server-sent events by Starlette and uvicorn, with as many open
streams and as many recipients an event.

`python -m bench.messaging.bare_sse PORT`: a server that gives whatever is published to four of its open streams.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bench import accounting
from bench.messaging import ids
from bench.messaging.bare import WAITS, served
from bench.messaging.measuring import Line, given_time, p50_p99

PUBLISHING = 16
"""Connections that publish, each one call after the other."""
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def application() -> Starlette:
    """`GET /follow` opens a stream, `POST /publish` gives its body to the next four of them."""
    open_streams: list[asyncio.Queue[bytes]] = []
    turn = itertools.count(0, ids.MEMBERS)

    async def lines() -> AsyncIterator[bytes]:
        mine: asyncio.Queue[bytes] = asyncio.Queue()
        open_streams.append(mine)
        yield b": open\n\n"
        while True:
            yield b"data: %s\n\n" % await mine.get()

    async def follow(_: Request) -> StreamingResponse:
        return StreamingResponse(lines(), media_type="text/event-stream")

    async def publish(request: Request) -> Response:
        body, first = await request.body(), next(turn)
        for on in range(ids.MEMBERS):
            open_streams[(first + on) % len(open_streams)].put_nowait(body)
        return Response()

    return Starlette(routes=[Route("/follow", follow), Route("/publish", publish, methods=["POST"])])


async def sse_streams(streams: int, rate: float, seconds: float) -> Line:
    """From the publishing call to each of four streams, of as many open ones."""
    times: list[float] = []
    with served("bench.messaging.bare_sse") as (port, pid):
        ready = asyncio.Semaphore(0)
        async with _publishers(port) as free:
            follows = [asyncio.create_task(_follow(port, ready, times)) for _ in range(streams)]
            for _ in range(streams):
                await ready.acquire()
            before, began = accounting.snapshot({"server": pid}), time.monotonic()
            calls = []
            for number in range(int(rate * seconds)):
                await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
                calls.append(asyncio.create_task(_publish(free, time.time())))
            await asyncio.gather(*calls)
            await given_time(lambda: len(times) >= ids.MEMBERS * len(calls), WAITS)
            used = accounting.between(before, accounting.snapshot({"server": pid})).total()
            for task in follows:
                task.cancel()
            await asyncio.gather(*follows, return_exceptions=True)
    name = f"baseline: bare SSE, a POST to 4 of {streams} open streams, {rate:g}/s (no TLS)"
    each = f"{1000 * used / len(calls):.2f} ms of processor each in the server"
    return Line(name, f"{p50_p99(times)}  {len(times)} came  {each}")


@asynccontextmanager
async def _connected(port: int) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


@asynccontextmanager
async def _publishers(port: int) -> AsyncIterator[asyncio.Queue[Connection]]:
    free: asyncio.Queue[Connection] = asyncio.Queue()
    async with AsyncExitStack() as stack:
        for _ in range(PUBLISHING):
            free.put_nowait(await stack.enter_async_context(_connected(port)))
        yield free


async def _publish(free: asyncio.Queue[Connection], at: float) -> None:
    body = repr(at).encode()
    reader, writer = connection = await free.get()
    writer.write(b"POST /publish HTTP/1.1\r\nhost: bench\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
    await reader.readuntil(b"\r\n\r\n")
    free.put_nowait(connection)


async def _follow(port: int, ready: asyncio.Semaphore, times: list[float]) -> None:
    async with _connected(port) as (reader, writer):
        writer.write(b"GET /follow HTTP/1.1\r\nhost: bench\r\n\r\n")
        async for line in reader:
            if line.startswith(b"data: "):
                times.append(time.time() - float(line[6:]))
            elif line.startswith(b": open"):
                ready.release()


if __name__ == "__main__":
    uvicorn.run(application(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
