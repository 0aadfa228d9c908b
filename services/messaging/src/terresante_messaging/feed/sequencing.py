"""Gives committed entries of the log their positions, in one order.

What commits later gets a later position, so that a cursor never passes over an entry that was not visible yet. Several
may run on one database: the row of the sequencer lets one at a time. Woken after each commit of this process; what
another process left (killed before it could) is found by polling. Then those who read the log are woken: here by a
call, on other replicas by a hint on the bus, which is only that: they poll, too.

What is committed shortly after a round waits for the next one: each round is read, and asked about, on every replica.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import nats
from terresante_platform import background
from terresante_platform.bus import Bus
from terresante_platform.counted import counting
from terresante_platform.database import Database
from terresante_platform.telemetry import log

from terresante_messaging.store import feed as store
from terresante_messaging.store.log import WAITING

HINT = "hint.messaging.v1.log"
"""Outside of the stream's subjects: nothing is kept. The message is the last position that was given, in digits."""
POLL_SECONDS = 0.25
PACE_SECONDS = 0.02
"""From the beginning of a round to that of the next, at least. One after a pause begins at once."""
WAIT_SECONDS = 0.5
"""After a failure."""


class Sequencer:
    """Puts in order what this and other processes wrote down."""

    def __init__(self, database: Database, bus: Bus | None = None, pace: float = PACE_SECONDS) -> None:
        self._database = database
        self._bus = bus
        self._pace = pace
        self._wake = asyncio.Event()
        self.after_giving: list[Callable[[], None]] = []
        """Called when positions were given; must return at once."""
        database.after_commit[WAITING].append(self._wake.set)

    async def run(self) -> None:
        """Gives positions for ever; waits out a database that is away."""
        clock = asyncio.get_running_loop().time
        while True:
            next_round = clock() + self._pace
            try:
                if self._wake.is_set() or await self._any_waiting():
                    self._wake.clear()
                    while await self.give() >= store.BATCH:
                        pass
            except Exception as fault:  # whatever it is, what was written down must not be left waiting
                log.warning("sequencer waits", exc_info=fault)
                await asyncio.sleep(WAIT_SECONDS)
            await asyncio.sleep(next_round - clock())
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()

    async def give(self) -> int:
        """Gives positions to a batch of what waits. Gives how many."""
        async with self._database.transaction() as transaction:
            given = await store.give_positions(transaction)
        if given:
            for wake in self.after_giving:
                wake()
            await self._hint(given[-1])
        return len(given)

    async def _any_waiting(self) -> bool:
        async with self._database.reading() as connection:
            return await store.any_waiting(connection)

    async def _hint(self, last: int) -> None:
        if self._bus is not None and self._bus.live:
            with suppress(nats.errors.Error, OSError):
                await self._bus.client.publish(HINT, b"%d" % last)


@asynccontextmanager
async def sequencing(database: Database, bus: Bus | None) -> AsyncIterator[Sequencer]:
    """Gives positions in the background, and tells what waits, until left."""
    sequencer = Sequencer(database, bus)
    async with counting(database, store.COUNTS), background.running(sequencer.run()):
        yield sequencer
