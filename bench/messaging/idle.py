"""What 5,000 open streams on which nothing happens cost in memory: in messaging, and in the gateway before it."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack

from bench import accounting
from bench.messaging import ids, people
from bench.messaging.ground import WITH_GATEWAY, Ground, standing
from bench.messaging.hearing import streams
from bench.messaging.measuring import Line, counted

STREAMS, EACH = 5_000, 5
"""Streams, and of one person."""
LIMIT_MB = 400
QUIET_SECONDS = 30.0
AT_ONCE = 20


def run(tell: Callable[[Sequence[Line]], None]) -> None:
    """On a stack with a gateway, one replica of each."""
    with standing(WITH_GATEWAY, 1) as ground:
        asyncio.run(_all(ground, tell))


async def _all(ground: Ground, tell: Callable[[Sequence[Line]], None]) -> None:
    lines = []
    async for line in _measured(ground):
        print(line.text(), flush=True)
        lines.append(line)
        tell(lines)


async def _measured(ground: Ground) -> AsyncIterator[Line]:
    await people.settle(ground)
    who = [ids.professional(number) for number in range(STREAMS // EACH)] * EACH
    before = _resident(ground, "messaging")
    async with streams(ground, "messaging", who) as heard:
        yield _line(ground, "messaging", before, f"of {heard.opened} straight")
        with counted(ground) as cost:
            await asyncio.sleep(QUIET_SECONDS)
        yield Line(f"idle: {QUIET_SECONDS:g} s of them", cost.each(int(QUIET_SECONDS)).replace("each", "a second"))
        yield Line("idle: streams that ended meanwhile", str(heard.ended), heard.ended, 0)
    await asyncio.sleep(2)
    before, gateway = _resident(ground, "messaging"), _resident(ground, "gateway")
    async with AsyncExitStack() as stack:
        opened = await _through_the_gateway(ground, stack)
        yield _line(ground, "messaging", before, f"of {opened} through the gateway")
        yield _line(ground, "gateway", gateway, f"of {opened} through the gateway")


async def _through_the_gateway(ground: Ground, stack: AsyncExitStack) -> int:
    """Opens them over HTTP/1.1, a connection each; gives how many answered 200."""
    url = ground.told["gateway"]["url"].removeprefix("https://")
    host, _, port = url.partition(":")
    trust = ssl.create_default_context(cafile=ground.told["ca"]["gateway"])
    gate, answers = asyncio.Semaphore(AT_ONCE), list[bytes]()

    async def one(number: int) -> None:
        token = ground.token("professional", ids.professional(number % (STREAMS // EACH)))
        async with gate:
            try:
                reader, writer = await asyncio.open_connection(host, int(port), ssl=trust)
                stack.callback(writer.close)
                writer.write(
                    f"GET /v1/stream HTTP/1.1\r\nHost: {url}\r\nAuthorization: Bearer {token}\r\n"
                    "Accept: text/event-stream\r\n\r\n".encode()
                )
                answers.append((await asyncio.wait_for(reader.readline(), 30)).strip())
            except (OSError, TimeoutError) as fault:
                answers.append(type(fault).__name__.encode())

    await asyncio.gather(*map(one, range(STREAMS)))
    good = sum(b" 200 " in answer + b" " for answer in answers)
    if good < len(answers):
        print(f"  {json.dumps({a.decode(): n for a, n in Counter(answers).items()})}", flush=True)
    return good


def _resident(ground: Ground, part: str) -> float:
    return accounting.memory(ground.parts[part]).resident / 1e6


def _line(ground: Ground, part: str, before: float, what: str) -> Line:
    now = _resident(ground, part)
    told = f"{now:.0f} MB, {before:.0f} before ({1000 * (now - before) / STREAMS:.0f} kB a stream)"
    return Line(f"idle: resident memory of {part} with {STREAMS} streams, {what}", told, now, LIMIT_MB)
