"""The yardsticks of a live event, in the same run: a bare gRPC stream with as many open ones, and bare NATS
(`bare_sse.py`: server-sent events).

`python -m bench.messaging.bare PORT`: a server that gives whatever is published to four of its open streams.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import grpc
import nats
from grpc import aio
from terresante_dev.nats import Tls
from terresante_platform.testing.postgres import free_port

from bench import accounting
from bench.messaging import ids
from bench.messaging.ground import Ground
from bench.messaging.measuring import LOOK, Line, given_time, p50_p99

WAITS = 5.0
"""Seconds after the last one in which all must have come."""
STARTS = 30.0
"""Seconds within which a yardstick's server must answer."""
SUBJECT = "hint.messaging.v1.bench"
"""One that messaging's certificate may publish and hear, and nobody listens to."""


class _Server(grpc.GenericRpcHandler):
    def __init__(self) -> None:
        self._open: list[asyncio.Queue[bytes]] = []
        self._turn = itertools.count(0, ids.MEMBERS)

    def service(self, details: Any) -> Any:
        if details.method.endswith("Follow"):
            return grpc.unary_stream_rpc_method_handler(self._follow)
        return grpc.unary_unary_rpc_method_handler(self._publish)

    async def _follow(self, _: bytes, __: Any) -> AsyncIterator[bytes]:
        mine: asyncio.Queue[bytes] = asyncio.Queue()
        self._open.append(mine)
        yield b""
        while True:
            yield await mine.get()

    async def _publish(self, request: bytes, _: Any) -> bytes:
        first = next(self._turn)
        for on in range(ids.MEMBERS):
            self._open[(first + on) % len(self._open)].put_nowait(request)
        return b""


async def serve(port: int) -> None:
    """Until it is killed."""
    server = aio.server()
    server.add_generic_rpc_handlers((_Server(),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


@contextmanager
def served(module: str) -> Iterator[tuple[int, int]]:
    """A yardstick's server in a process of its own, once it answers: its port and process id."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", module, str(port)], env=os.environ)
    try:
        _wait_for(port, process)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + STARTS
    while process.poll() is None and time.monotonic() < ends:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(LOOK)
    raise RuntimeError("a yardstick's server does not answer")


async def grpc_streams(streams: int, rate: float, seconds: float) -> Line:
    """From the publishing call to each of four streams, of as many open ones."""
    times: list[float] = []
    with served("bench.messaging.bare") as (port, pid):
        channels = [aio.insecure_channel(f"127.0.0.1:{port}") for _ in range(10)]
        ready = asyncio.Semaphore(0)
        follows = [asyncio.create_task(_follow(channels[n % 10], ready, times)) for n in range(streams)]
        for _ in range(streams):
            await ready.acquire()
        publish: Any = channels[0].unary_unary("/bench/Publish")
        before = accounting.snapshot({"server": pid})
        began, calls = time.monotonic(), []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            calls.append(publish(struct.pack("d", time.time())))
        await asyncio.gather(*calls)
        await given_time(lambda: len(times) >= ids.MEMBERS * len(calls), WAITS)
        used = accounting.between(before, accounting.snapshot({"server": pid})).total()
        for task in follows:
            task.cancel()
        await asyncio.gather(*follows, return_exceptions=True)
        for channel in channels:
            await channel.close()
    name = f"baseline: bare gRPC call to 4 of {streams} open streams, {rate:g}/s (no TLS)"
    each = f"{1000 * used / len(calls):.2f} ms of processor each in the server"
    return Line(name, f"{p50_p99(times)}  {len(times)} came  {each}")


async def _follow(channel: aio.Channel, ready: asyncio.Semaphore, times: list[float]) -> None:
    follow: Any = channel.unary_stream("/bench/Follow")
    async for piece in follow(b"", wait_for_ready=True):
        if piece:
            times.append(time.time() - struct.unpack("d", piece)[0])
        else:
            ready.release()


async def nats_hint(ground: Ground, rate: float, seconds: float) -> Line:
    """From publishing to a subscriber on a connection of its own, through the stack's server and its TLS."""
    pki, times = ground.folder / "pki", list[float]()
    tls = Tls(pki / "ca.pem", pki / "messaging.pem", pki / "messaging.key")
    url = ground.told["nats"]["url"]
    mine, other = [await nats.connect(url, tls=tls.context(), inbox_prefix="_INBOX_messaging") for _ in range(2)]

    async def came(message: Any) -> None:
        times.append(time.time() - struct.unpack("d", message.data)[0])

    try:
        await other.subscribe(SUBJECT, cb=came)
        await other.flush()
        began, many = time.monotonic(), int(rate * seconds)
        for number in range(many):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            await mine.publish(SUBJECT, struct.pack("d", time.time()))
        await mine.flush()
        await given_time(lambda: len(times) >= many, WAITS)
    finally:
        for connection in (mine, other):
            with suppress(Exception):
                await connection.close()
    return Line(f"baseline: bare NATS publish to subscriber, {rate:g}/s", f"{p50_p99(times)}  {len(times)} came")


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
