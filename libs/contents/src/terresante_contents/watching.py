"""Streams that are running: each asks consent again when what its right rests on may have changed.

What passes on the bus is a hint, never an answer: it makes a stream ask. As a hint may be missed, a stream also asks by
itself every ten seconds, every second while the bus is not heard, and once after it was lost.
"""

import asyncio
import itertools
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from uuid import UUID

import nats
from google.protobuf.message import DecodeError
from google.protobuf.wrappers_pb2 import StringValue
from terresante.consent.v1.consent_events_pb2 import RecordsJoined
from terresante_platform import background
from terresante_platform.bus import Bus

PROFESSIONAL_CHANGED = "terresante.directory.v1.professional_changed"
RIGHTS = ("terresante.consent.v1.>", PROFESSIONAL_CHANGED)
"""What every right rests on; a service adds its own subjects. Each event's first field is the id of whom or what it is
about: the professional in `PROFESSIONAL_CHANGED`, a patient, a thread. So it is read as a `StringValue`, which passes
over all other fields."""
OF_TWO = frozenset({"terresante.consent.v1.records_joined", "terresante.consent.v1.records_parted"})
"""Events that are about two patients: the second field is the other's id. Both are read as a `RecordsJoined`."""
ASK_AGAIN_SECONDS = 10.0
ASK_AGAIN_DEAF_SECONDS = 1.0
SETTLES_SECONDS = 0.5
"""Consent hears of a professional's change when we do, and may not have taken it in yet: a stream then asks twice."""
NEVER = math.inf


@dataclass(eq=False, slots=True)
class Running:
    """One stream that is running: when it asks next (`time.monotonic()`)."""

    asked: float
    due: float
    connection: int
    """Which connection to the bus it was heard on when it last asked."""
    once_more: float = NEVER


class Watching:
    """The streams that are running on this replica."""

    def __init__(self, bus: Bus, hears: tuple[str, ...] = RIGHTS, every: float = ASK_AGAIN_SECONDS) -> None:
        """`hears`: subjects; `every`: seconds after which a stream asks by itself."""
        self._bus = bus
        self._hears = hears
        self._every = every
        self.hearing = False
        """Whether the bus was asked for hints, and has heard that."""
        self._running: defaultdict[str, set[Running]] = defaultdict(set)
        """By the ids that hints may be about: patient, reader, thread."""

    @contextmanager
    def stream(self, *about: UUID) -> Iterator[Running]:
        """Keeps a stream among those that hints about these ids reach. To be entered before its first question: no
        change may fall between the answer and the watching."""
        now, ids = time.monotonic(), {str(id) for id in about}
        made = Running(now, now + self._every, self._connection)
        for id in ids:
            self._running[id].add(made)
        try:
            yield made
        finally:
            for id in ids:
                self._running[id].remove(made)
                if not self._running[id]:
                    del self._running[id]

    async def still(self, stream: Running, ask: Callable[[], Awaitable[object]]) -> None:
        """Before each piece: asks if it is time to, and raises what `ask` raises."""
        while self._due(stream):
            stream.asked, stream.connection = time.monotonic(), self._connection
            if stream.once_more <= stream.asked:
                stream.once_more = NEVER
            stream.due = min(stream.asked + self._every, stream.once_more)
            await ask()

    def heard(self, subject: str, payload: bytes) -> None:
        """A hint. One that cannot be read concerns every stream."""
        now, about = time.monotonic(), _about(subject, payload)
        everyone = itertools.chain.from_iterable(self._running.values())
        concerned = itertools.chain.from_iterable(self._running.get(id, ()) for id in about)
        for stream in concerned if about else everyone:
            stream.due = now
            if subject == PROFESSIONAL_CHANGED:
                stream.once_more = now + SETTLES_SECONDS

    @property
    def running(self) -> int:
        """How many streams run."""
        return len(set(itertools.chain.from_iterable(self._running.values())))

    async def listen(self) -> None:
        """Hears until cancelled."""
        await self._bus.hear(self._hears, self.heard)
        while not self.hearing:
            try:
                await self._bus.client.flush()
                self.hearing = True
            except (nats.errors.Error, TimeoutError):
                await asyncio.sleep(ASK_AGAIN_DEAF_SECONDS)

    @property
    def _connection(self) -> int:
        """Counts the connections to the bus; 0 while nothing is heard."""
        return 1 + int(self._bus.client.stats["reconnects"]) if self.hearing and self._bus.live else 0

    def _due(self, stream: Running) -> bool:
        now, connection = time.monotonic(), self._connection
        if now >= stream.due:
            return True
        if connection == 0:
            return now >= stream.asked + ASK_AGAIN_DEAF_SECONDS
        return connection != stream.connection


def _about(subject: str, payload: bytes) -> tuple[str, ...]:
    """Whom an event is about; nobody if it cannot be read."""
    try:
        ids: tuple[str, ...] = (StringValue.FromString(payload).value,)
        if subject in OF_TWO:
            event = RecordsJoined.FromString(payload)
            ids = (event.patient_id, event.absorbed_patient_id)
    except DecodeError:
        return ()
    return ids if all(ids) else ()


@asynccontextmanager
async def watching(
    bus: Bus, hears: tuple[str, ...] = RIGHTS, every: float = ASK_AGAIN_SECONDS
) -> AsyncIterator[Watching]:
    """Hears in the background until left."""
    made = Watching(bus, hears, every)
    async with background.running(made.listen()):
        yield made
