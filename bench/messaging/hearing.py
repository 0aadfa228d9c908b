"""Open streams of many people, and what came on each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from grpc import aio
from terresante.messaging.v1 import feed_service_pb2 as pb
from terresante.messaging.v1.feed_service_pb2_grpc import FeedServiceStub

from bench.messaging.ground import Ground

CHANNELS = 10
"""Connections, as of as many gateways: streams share them."""
OPENING = 50
"""Streams that are opened at the same time."""


@dataclass(frozen=True, slots=True)
class Came:
    """A posted message, on somebody's stream; `at`: seconds since 1970."""

    who: UUID
    thread: UUID
    place: int
    at: float


@dataclass
class Heard:
    """Everything that came."""

    posted: list[Came] = field(default_factory=list)
    opened: int = 0
    ended: int = 0


@asynccontextmanager
async def streams(ground: Ground, part: str, people: Sequence[UUID]) -> AsyncIterator[Heard]:
    """A stream of each of them on one replica, all open."""
    heard, gate = Heard(), asyncio.Semaphore(OPENING)
    channels = [ground.channel(part) for _ in range(CHANNELS)]
    tasks = [
        asyncio.create_task(_hear(ground, channels[number % CHANNELS], who, (heard, gate)))
        for number, who in enumerate(people)
    ]
    try:
        while heard.opened < len(people):
            if heard.ended:
                raise RuntimeError(f"a stream of {part} ended at once")
            await asyncio.sleep(0.05)
        yield heard
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for channel in channels:
            await channel.close()


async def _hear(ground: Ground, channel: aio.Channel, who: UUID, into: tuple[Heard, asyncio.Semaphore]) -> None:
    heard, gate = into
    await gate.acquire()
    began = False
    try:
        async for step in FeedServiceStub(channel).Follow(pb.FollowRequest(), metadata=ground.calling(who)):
            if not began:
                began = True
                heard.opened += 1
                gate.release()
            if step.HasField("event") and step.event.kind == pb.EVENT_KIND_MESSAGE_POSTED:
                event = step.event
                heard.posted.append(Came(who, UUID(event.thread_id), event.place, time.time()))
    except aio.AioRpcError as error:
        print(f"  stream ended: {error.code().name} {error.details()}", flush=True)
    finally:
        heard.ended += 1
        if not began:
            gate.release()
