"""Reads the log as it grows, once for all streams of this replica, and gives each entry to the streams of those who may
read it now: consent is asked after the entry was read, never before.

While consent does not say who may read, what follows is held back; after a while the streams end, and each goes on from
its cursor once consent answers again.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from terresante_platform import background
from terresante_platform.bus import Bus
from terresante_platform.database import Database, database_unavailable, is_away
from terresante_platform.telemetry import log

from terresante_messaging.domain.people import Recipient
from terresante_messaging.feed.readers import Readers
from terresante_messaging.feed.sequencing import HINT, Sequencer
from terresante_messaging.feed.streams import Streams
from terresante_messaging.store import feed as store
from terresante_messaging.wire.decisions import ConsentSilent

POLL_SECONDS = 0.25
HOLD_SECONDS = 5.0
"""How long streams wait for what cannot be told yet."""


class Tail:
    """The end of the log, as this replica has read it."""

    def __init__(self, database: Database, readers: Readers, streams: Streams) -> None:
        self._database = database
        self._readers = readers
        self._streams = streams
        self._wake = asyncio.Event()
        self._read_up_to = 0
        """Up to which position the log was read here; whoever may be told of it may have to be asked for yet."""
        self._held_since: float | None = None

    def wake(self) -> None:
        """There may be more to read."""
        self._wake.set()

    def heard(self, _: str, last: bytes) -> None:
        """A hint, ours among them: up to where positions were given. One that cannot be read may tell of anything."""
        if not last.isdigit() or int(last) > self._read_up_to:
            self.wake()

    async def run(self) -> None:
        """Reads for ever; waits out a database or a consent service that is away."""
        while True:
            try:
                while await self.read():
                    pass
                self._held_since = None
            except Exception as fault:  # whatever it is, streams must not stay without what follows
                log.warning("tail waits", exc_info=fault)
                self._hold(fault)
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            self._wake.clear()

    async def read(self) -> bool:
        """Reads a batch and gives it out. Gives whether there may be more."""
        async with self._database.reading() as connection:
            if not self._streams.people or not self._streams.placed.is_set():
                last = await store.position(connection)
                if not self._streams.people or not self._streams.placed.is_set():
                    self._streams.position = last
                    self._streams.placed.set()
                    return False
            entries = await store.after(connection, self._streams.position)
        if not entries:
            return False
        self._read_up_to = entries[-1].position
        told, decided = await self._readers.told(entries), time.monotonic()
        portals, chosen = self._streams.portals, dict[UUID, frozenset[Recipient]]()
        if portals:
            async with self._database.reading() as connection:
                chosen = await store.choices(connection, portals, frozenset().union(*told))
        self._streams.give(entries, told, chosen, decided)
        return len(entries) == store.BATCH

    def _hold(self, fault: Exception) -> None:
        now = time.monotonic()
        self._held_since = self._held_since or now
        if now - self._held_since > HOLD_SECONDS:
            self._held_since = None
            self._streams.end(database_unavailable if is_away(fault) else ConsentSilent)


@asynccontextmanager
async def tailing(
    database: Database, bus: Bus | None, readers: Readers, streams: Streams, sequencer: Sequencer
) -> AsyncIterator[Tail]:
    """Reads in the background until left."""
    tail = Tail(database, readers, streams)
    sequencer.after_giving.append(tail.wake)
    async with background.running(tail.run()), background.running(_listening(bus, tail)):
        yield tail


async def _listening(bus: Bus | None, tail: Tail) -> None:
    if bus is not None:
        await bus.hear([HINT], tail.heard)
