"""A patient blocks a professional whose stream is open while others write: what comes on it after the block was
acknowledged, and whether anything does that was written after it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from terresante.consent.v1 import consent_service_pb2 as consent
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub

from bench.messaging import ids
from bench.messaging.ground import Ground
from bench.messaging.hearing import Heard, streams
from bench.messaging.measuring import Line, quantile
from bench.messaging.posting import Poster, Posts

ROUNDS, AT_ONCE, RATE = 10, 20, 60.0
"""Rounds; patients in each, who block one of their circle; posts a second around all of them together."""
BEFORE, BETWEEN, AFTER = 1.0, 0.1, 2.0
"""Seconds of posting before the first block of a round, from block to block, and after the last."""
LIMIT_SECONDS = 1.0
Blocked = tuple[UUID, UUID]
"""Thread, and the professional who was blocked."""


async def measured(ground: Ground) -> AsyncIterator[Line]:
    """All rounds; every replica has the stream of everybody who is blocked."""
    after, forbidden, expected = list[float](), 0, 0
    people = [ids.professional(number) for number in range(ids.PROFESSIONALS)]
    async with (
        streams(ground, "messaging-2", people) as on_b,
        ground.channel("messaging") as channel,
        ground.channel("consent") as asked,
    ):
        for turn in range(ROUNDS):
            on_b.posted.clear()
            patients = [(turn * AT_ONCE + number) * ids.MEMBERS % ids.PATIENTS for number in range(AT_ONCE)]
            whom = [(one, ids.circle_of(one)[1]) for one in patients]
            poster = Poster(ground, channel, partial(_turn, whom))
            seconds = BEFORE + AT_ONCE * BETWEEN + AFTER
            writing = asyncio.create_task(poster.post(RATE, seconds))
            await asyncio.sleep(BEFORE)
            blocked = await _block(ground, ConsentServiceStub(asked), patients)
            posts = await writing
            await asyncio.sleep(AFTER)
            late, wrong = afterwards(on_b, posts, blocked)
            after += late
            forbidden += wrong
            expected += len(_written_after(posts, blocked))
        ended = on_b.ended
    name = f"cut: block acknowledged to the last event on the stream, {ROUNDS * AT_ONCE} blocks, {RATE:g} posts/s"
    p99 = quantile(after, 0.99)
    yield Line(name, f"p50 {quantile(after, 0.5):.3f}  p99 {p99:.3f}  most {max(after):.3f} s (0: none came after it)",
               p99, LIMIT_SECONDS)  # fmt: skip
    yield Line(f"cut: delivered of {expected} messages asked to be posted after it", str(forbidden), forbidden, 0)
    yield Line("cut: streams that ended meanwhile, and so told nothing more", str(ended), ended, 0)


def _turn(whom: Sequence[tuple[int, int]], number: int) -> tuple[int, int]:
    return whom[number % len(whom)]


async def _block(ground: Ground, stub: Any, patients: Sequence[int]) -> dict[Blocked, float]:
    """When each block was acknowledged."""
    done = {}
    for one in patients:
        who = ids.professional(ids.circle_of(one)[0])
        request = consent.BlockProfessionalRequest(patient_id=str(ids.patient(one)), professional_id=str(who))
        await stub.BlockProfessional(request, metadata=ground.calling(ids.patient(one), "patient"), timeout=20)
        done[ids.thread(one), who] = time.time()
        await asyncio.sleep(BETWEEN)
    return done


def _written_after(posts: Posts, blocked: dict[Blocked, float]) -> set[tuple[UUID, int]]:
    since = {thread: at for (thread, _), at in blocked.items()}
    return {(thread, place) for (thread, place), at in posts.asked_at.items() if at > since[thread]}


def afterwards(heard: Heard, posts: Posts, blocked: dict[Blocked, float]) -> tuple[list[float], int]:
    """For each block, seconds from it to the last event that came; and how many came that must not."""
    written_after = _written_after(posts, blocked)
    last = dict.fromkeys(blocked, 0.0)
    wrong = 0
    for came in heard.posted:
        key = (came.thread, came.who)
        if key in blocked:
            last[key] = max(last[key], came.at - blocked[key])
            wrong += (came.thread, came.place) in written_after
    return list(last.values()), wrong
