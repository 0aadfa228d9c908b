"""Messages posted at a rate, whatever becomes of those before (open loop): evenly spread, each by somebody around."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from grpc import aio
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante.messaging.v1.conversation_service_pb2_grpc import ConversationServiceStub

from bench.messaging import ids
from bench.messaging.ground import Ground

TEXT = "Bonjour, pansement refait ce matin, plaie propre ; je repasse jeudi à la même heure."
Place = tuple[UUID, int]
"""Thread, and place in it."""


@dataclass
class Posts:
    """What was acknowledged. All times in seconds since 1970."""

    asked_at: dict[Place, float] = field(default_factory=dict)
    sent_at: dict[Place, float] = field(default_factory=dict)
    """As the service stamped it, in the transaction, before its commit."""
    waited: list[float] = field(default_factory=list)
    """From the moment each was due to its acknowledgement."""
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Poster:
    """Posts on one replica. `whom`: number of a post -> patient and author (their numbers)."""

    ground: Ground
    channel: aio.Channel
    whom: Callable[[int], tuple[int, int]]

    async def post(self, rate: float, seconds: float) -> Posts:
        """Until all are answered."""
        posts, many = Posts(), int(rate * seconds)
        authors = {self.whom(number)[1] for number in range(many)}
        tokens = {author: self.ground.calling(ids.professional(author)) for author in authors}
        stub = ConversationServiceStub(self.channel)
        tasks = []
        began, wall = time.monotonic(), time.time()
        for number in range(many):
            due = number / rate
            await asyncio.sleep(max(0.0, began + due - time.monotonic()))
            patient, author = self.whom(number)
            tasks.append(asyncio.create_task(_one(posts, stub, (patient, tokens[author]), wall + due)))
        await asyncio.gather(*tasks)
        return posts


async def _one(posts: Posts, stub: Any, of: tuple[int, Any], due: float) -> None:
    patient, metadata = of
    asked = time.time()
    request = pb.PostMessageRequest(thread_id=str(ids.thread(patient)), text=TEXT)
    try:
        reply = await stub.PostMessage(request, metadata=metadata, timeout=30)
    except aio.AioRpcError as error:
        posts.refused[error.code().name] += 1
        return
    posts.waited.append(time.time() - due)
    place = (ids.thread(patient), reply.message.place)
    posts.asked_at[place] = asked
    posts.sent_at[place] = reply.message.sent_at.ToNanoseconds() / 1e9
