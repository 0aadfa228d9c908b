"""How long after its commit an event is seen by a subscriber of the stream.

The clock starts when the transaction of the change began (its outbox row says so), hence before the commit: what is
told is never less than the truth.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import nats
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from terresante_dev.nats import OPERATOR, STREAM, Tls

from bench.load.plan import Plan, percentile
from bench.scenarios.http import new_observation
from bench.world import World, Wrong

SUBJECT = "terresante.records.v1.observation_recorded"
PLAN = Plan(count=400, rate=50)
_SENT = "SELECT event_id, extract(epoch FROM created_at)::float8 AS at FROM outbox WHERE event_id = ANY($1::uuid[])"


def lag(world: World) -> None:
    """Observations published at 50/s; each one's event awaited."""
    world.renew()
    requests = [
        new_observation(world.patients[number % len(world.patients)], world.headers(number))
        for number in range(PLAN.count + PLAN.warm_up)
    ]
    seen: dict[UUID, float] = {}
    with _listening(world, seen):
        world.load("observation published, its event awaited", world.gateway, PLAN, requests)
        until = time.monotonic() + 10
        while len(seen) < len(requests) and time.monotonic() < until:
            time.sleep(0.05)
    if not seen:
        raise Wrong("event: none was seen")
    sent = {row["event_id"]: row["at"] for row in world.rows("records", _SENT, list(seen))}
    lags = [seen[event] - at for event, at in sent.items()]
    p50, p99 = (1000 * percentile(lags, share, len(requests)) for share in (0.5, 0.99))
    world.report.facts["event_lag_ms"] = {"p50": p50, "p99": p99, "seen": len(seen), "sent": len(requests)}
    world.budget(f"event seen after commit, p99 at {PLAN.rate:g}/s (p50 {p50:.1f} ms)", p99, 150)


@contextmanager
def _listening(world: World, seen: dict[UUID, float]) -> Iterator[None]:
    """A subscriber of its own on the stream, in a thread: event id -> when it came (Unix time)."""
    ready, stop = threading.Event(), threading.Event()

    def run() -> None:
        asyncio.run(_listen(world, seen, ready, stop))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        if not ready.wait(10):
            raise Wrong("event: no subscription")
        yield
    finally:
        stop.set()
        thread.join()


async def _listen(world: World, seen: dict[UUID, float], ready: threading.Event, stop: threading.Event) -> None:
    pki = Path(world.told["certificates"])
    inbox = f"_INBOX_{OPERATOR}"
    connection = await nats.connect(
        world.told["nats"]["url"],
        tls=Tls(pki / "ca.pem", pki / f"{OPERATOR}.pem", pki / f"{OPERATOR}.key").context(),
        inbox_prefix=inbox,
    )

    async def came(message: Msg) -> None:
        seen.setdefault(UUID((message.headers or {})["Nats-Msg-Id"]), time.time())

    try:
        await connection.subscribe(f"{inbox}.bench", cb=came)
        config = ConsumerConfig(
            name="bench",  # the operator may make consumers, by name only
            deliver_subject=f"{inbox}.bench",
            filter_subject=SUBJECT,
            deliver_policy=DeliverPolicy.NEW,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=30,
            mem_storage=True,
        )
        await connection.jetstream().add_consumer(STREAM, config)
        await connection.flush()
        ready.set()
        await asyncio.to_thread(stop.wait)
        await connection.jetstream().delete_consumer(STREAM, "bench")
    finally:
        await connection.close()
