"""What a professional with 300 patients has not read: the whole call, consent included."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante.messaging.v1.conversation_service_pb2_grpc import ConversationServiceStub

from bench.messaging import ids
from bench.messaging.ground import Ground
from bench.messaging.measuring import Line, at_rest, counted, one_by_one, p50_p99, quantile

WARMING, CALLS = 20, 200
UNREAD = 5
MARKS = """
insert into mark (thread_id, realm, person_id, received_up_to, read_up_to, read_sent_at)
select t.id, 'professional', $2, t.last_place, m.place, m.sent_at
from thread t join message m on m.thread_id = t.id and m.place = t.last_place - $3
where t.id = any($1)
on conflict (thread_id, realm, person_id) do update
    set read_up_to = excluded.read_up_to, read_sent_at = excluded.read_sent_at
"""


async def measured(ground: Ground) -> AsyncIterator[Line]:
    """With some unread in each of the threads, with none, and by somebody who never read anything."""
    reader = ids.professional(ids.READER)
    threads = [ids.thread(number) for number in range(ids.READERS_PATIENTS)]
    yield await at_rest(ground, "unread")
    for what, left in ((f"{UNREAD} unread of each", UNREAD), ("all read", 0), ("nothing ever read", None)):
        await ground.rows("messaging", "delete from mark where person_id = $1", reader)
        if left is not None:
            await ground.rows("messaging", MARKS, threads, reader, left)
        await ground.rows("messaging", "analyze mark")
        async with ground.channel("messaging") as channel:
            stub = ConversationServiceStub(channel)
            call = partial(stub.CountUnread, pb.CountUnreadRequest(), metadata=ground.calling(reader))
            calls = CALLS if left is not None else WARMING
            await one_by_one([call] * WARMING)
            counts = await call()
            with counted(ground) as cost:
                times = await one_by_one([call] * calls)
        name = f"unread: {ids.READERS_PATIENTS} patients, {what} ({counts.unread} unread)"
        limit = 30 if left is not None else None
        yield Line(name, f"{p50_p99(times)}  {cost.each(calls)}", 1000 * quantile(times, 0.5), limit)
