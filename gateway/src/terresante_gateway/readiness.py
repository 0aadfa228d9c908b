"""When the door is ready: once it has a channel to every service, and the keys of everybody who logs people in.

What goes away later does not make it unready: a sick neighbour must never take all gateways out. For the same reason a
neighbour that is away at the start is not waited for without end.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from grpc import aio
from terresante_platform import background
from terresante_platform.telemetry import log
from terresante_platform.tokens import Verifier

from terresante_gateway.app import State

PATIENCE_SECONDS = 90.0
"""After that, what can be served is served. Less than the two minutes after which Kubernetes starts it anew."""


@asynccontextmanager
async def starting(
    channels: Mapping[str, aio.Channel], verifier: Verifier, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[State]:
    """The state of a process that starts, and is ready once `channels` (by service) and `verifier` are."""
    state = State(starting=True)
    async with background.running(_ready(state, channels, verifier, patience)):
        yield state


async def _ready(state: State, channels: Mapping[str, aio.Channel], verifier: Verifier, patience: float) -> None:
    waiting = set(channels)

    async def reached(name: str) -> None:
        await channels[name].channel_ready()
        waiting.discard(name)

    try:
        async with asyncio.timeout(patience):
            await asyncio.gather(verifier.complete(), *(reached(name) for name in channels))
    except TimeoutError:
        log.warning("serving without all parts", away=sorted(waiting), issuers_away=len(verifier.lacking))
    state.starting = False
