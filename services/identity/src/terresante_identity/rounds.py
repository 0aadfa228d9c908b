"""Work in the background that is taken up in turns: at once while turns are full, else after a pause."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from terresante_platform.background import running
from terresante_platform.telemetry import log

from terresante_identity.store.rarity import AWAY


@asynccontextmanager
async def rounds(turn: Callable[[], Awaitable[int]], full: int, every_seconds: float, what: str) -> AsyncIterator[None]:
    """Until left; waits out a database that is away. `turn`: does up to `full`, gives how many; `what`: for the log."""

    async def run() -> None:
        while True:
            try:
                while await turn() == full:
                    pass
            except AWAY as fault:
                log.warning("a round waits", what=what, fault=type(fault).__name__)
            await asyncio.sleep(every_seconds)

    async with running(run()):
        yield
