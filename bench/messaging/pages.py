"""A page of 50 of a thread, with few and with many messages stored; beside it the very statement, bare."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import asyncpg
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante.messaging.v1.conversation_service_pb2_grpc import ConversationServiceStub
from terresante_messaging.store.moments import least_id

from bench.messaging import filling, ids
from bench.messaging.filling import LARGE, SMALL, Fill
from bench.messaging.ground import Ground
from bench.messaging.measuring import Line, counted, one_by_one, p50_p99, quantile

PAGE, WARMING, CALLS = 50, 100, 1_000
BARE = """
select * from message where thread_id = $1 and retention = 'patient' and id >= $2 and place > 0 and place < $3
order by place desc limit 51
"""


async def measured(ground: Ground) -> AsyncIterator[Line]:
    """First with 100,000, then with ten million."""
    medians = []
    for size in (SMALL, LARGE):
        fill = await filling.filled(ground, size)
        async for line, median in _of(ground, fill):
            medians.append(median)
            yield line
    newest, older, _, newest_large, older_large, _ = medians
    yield Line("pages: ten million against 100,000, times of the median, newest / older",
               f"{newest_large / newest:.2f} / {older_large / older:.2f}")  # fmt: skip


async def _of(ground: Ground, fill: Fill) -> AsyncIterator[tuple[Line, float]]:
    chosen = random.Random(6)  # the same threads in every run
    threads = [chosen.randrange(filling.READ) for _ in range(WARMING + CALLS)]
    name = f"pages: {fill.messages:,} stored: "
    async with ground.channel("messaging") as channel:
        stub = ConversationServiceStub(channel)
        who = {number: ground.calling(ids.professional(number % ids.PROFESSIONALS)) for number in set(threads)}
        for what, before in (("newest page of 50", 0), ("an older page of 50", fill.each - PAGE // 2)):
            calls = [
                partial(
                    stub.ListMessages,
                    pb.ListMessagesRequest(thread_id=str(ids.thread(one)), limit=PAGE, before=before),
                    metadata=who[one],
                )
                for one in threads
            ]
            await one_by_one(calls[:WARMING])
            with counted(ground) as cost:
                times = await one_by_one(calls[WARMING:])
            told = f"{p50_p99(times)}  {cost.each(CALLS)}"
            yield Line(name + what, told, 1000 * quantile(times, 0.99), 60), quantile(times, 0.5)
    connection = await asyncpg.connect(ground.url("messaging"))
    try:
        lowest = least_id(fill.newest - timedelta(days=45))
        bare = [partial(connection.fetch, BARE, ids.thread(one), lowest, 2**62) for one in threads]
        await one_by_one(bare[:WARMING])
        times = await one_by_one(bare[WARMING:])
        yield Line(name + "bare SQL of the last 45 days", p50_p99(times)), quantile(times, 0.5)
    finally:
        await connection.close()
