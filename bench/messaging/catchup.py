"""Somebody was away: 10,000 events come as a stream from their cursor, and as pages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from terresante.messaging.v1 import feed_service_pb2 as pb
from terresante.messaging.v1.feed_service_pb2_grpc import FeedServiceStub

from bench.messaging import ids
from bench.messaging.ground import Ground
from bench.messaging.measuring import Line, at_rest, counted

EVENTS, PAGE, TIMES, LIMIT_SECONDS = 10_000, 1_000, 5, 2.0
ENTRIES = """
insert into log_entry (id, kind, at, patient_id, thread_id, message_id, place, actor_id, urgent)
select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
        || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text || clock_timestamp()::text), 4, 15))::uuid,
    'MESSAGE_POSTED', now(), t.patient_id, t.id, m.id, m.place, m.author_id, false
from generate_series(0, $1::int - 1) n join thread t on t.id = ($2::uuid[])[n % cardinality($2::uuid[]) + 1]
    join message m on m.thread_id = t.id and m.place = t.last_place - n / cardinality($2::uuid[])
"""


async def measured(ground: Ground) -> AsyncIterator[Line]:
    """Around all patients of the professional who has 300."""
    metadata = ground.calling(ids.professional(ids.READER))
    async with ground.channel("messaging") as channel:
        stub = FeedServiceStub(channel)
        begin = await _now(stub, metadata)
        threads = [ids.thread(number) for number in range(ids.READERS_PATIENTS)]
        await ground.rows("messaging", ENTRIES, EVENTS, threads)
        await _in_order(ground)
        yield await at_rest(ground, "catchup")
        for what, read in (("as a stream", _stream), (f"in pages of {PAGE}", _pages)):
            times = []
            with counted(ground) as cost:
                for _ in range(TIMES):
                    began = time.perf_counter()
                    await read(stub, begin, metadata)
                    times.append(time.perf_counter() - began)
            told = f"{sorted(times)[TIMES // 2]:.2f} s at the median, {max(times):.2f} at most  {cost.each(TIMES)}"
            yield Line(f"catchup: {EVENTS:,} events {what}", told, sorted(times)[TIMES // 2], LIMIT_SECONDS)


async def _in_order(ground: Ground) -> None:
    """Returns once every entry has its position."""
    for _ in range(300):
        if not (await ground.rows("messaging", "select count(*) from log_entry where position is null"))[0][0]:
            return
        await asyncio.sleep(0.2)
    raise RuntimeError("entries stay without a position")


async def _now(stub: Any, metadata: Any) -> str:
    stream = stub.Follow(pb.FollowRequest(), metadata=metadata)
    async for step in stream:
        stream.cancel()
        cursor: str = step.cursor
        return cursor
    raise RuntimeError("the stream ended at once")


async def _stream(stub: Any, begin: str, metadata: Any) -> None:
    seen = set()
    stream = stub.Follow(pb.FollowRequest(cursor=begin), metadata=metadata)
    async for step in stream:
        if step.HasField("event"):
            seen.add(step.event.cursor)
            if len(seen) == EVENTS:
                break
    stream.cancel()


async def _pages(stub: Any, begin: str, metadata: Any) -> None:
    cursor, more = begin, True
    seen: set[str] = set()
    while more:
        page = await stub.ListEvents(pb.ListEventsRequest(cursor=cursor, limit=PAGE), metadata=metadata)
        cursor, more = page.next_cursor, page.more
        seen.update(event.cursor for event in page.events)
    if len(seen) != EVENTS:
        raise RuntimeError(f"{len(seen)} events came")
