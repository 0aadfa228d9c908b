"""The streams that are open on this replica: what waits for each, and how it ends. Each holds a bounded number of
entries; what is more is read again from the log, or, by a client that does not take what it is given, after its cut.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from terresante_platform.measures import Gauge
from terresante_platform.refusals import Refusal, TooMany, Unavailable

from terresante_messaging.domain.log import Cursor, Entry, Told, told_to_portal
from terresante_messaging.domain.people import Realm, Recipient

QUEUE = 256
"""Events that may wait for one stream."""
SLOW_SECONDS = 1.0
"""A client that has not taken an event for so long when its queue is full is slow."""
STREAMS = Gauge("terresante.messaging.streams", "{stream}", "Open streams of this process")


class StreamSlow(TooMany):
    """The client does not take what it is given."""

    reason = "STREAM_SLOW"

    def __init__(self) -> None:
        super().__init__(
            "Ce flux n’est pas lu assez vite ; il a été fermé.", "Reprenez-le à partir du dernier curseur reçu."
        )


class StreamsTooMany(TooMany):
    """More open streams of one person than are held."""

    reason = "STREAMS_TOO_MANY"

    def __init__(self) -> None:
        super().__init__("Trop de flux sont ouverts pour ce compte.", "Fermez-en un, puis réessayez.")


class Stopping(Unavailable):
    """The process is stopping."""

    reason = "STOPPING"

    def __init__(self) -> None:
        super().__init__("La plateforme redémarre.", "Reprenez le flux à partir du dernier curseur reçu.")


class Waiting(NamedTuple):
    """An event that waits for its stream, and when it was decided (`time.monotonic()`)."""

    told: Told
    decided: float


class Stream:
    """One that is open. It collects what the tail gives from a position on, once it is told to."""

    __slots__ = ("_wake", "collecting", "ended", "overflowed", "taking_since", "waiting", "who")

    def __init__(self, who: Recipient) -> None:
        self.who = who
        self.waiting: deque[Waiting] = deque()
        self.collecting = False
        self.overflowed = False
        """More came than it holds: what comes next is in the log."""
        self.ended: Refusal | None = None
        self.taking_since: float | None = None
        """Since when its client has been handed an event that it has not taken."""
        self._wake = asyncio.Event()

    def collect(self) -> None:
        """Begins anew: what is given from now on waits here."""
        self.waiting.clear()
        self.overflowed = False
        self.collecting = True

    def give(self, some: Sequence[Told], decided: float) -> None:
        """What it is told next."""
        if not self.collecting or not some:
            return
        if self.overflowed or len(self.waiting) + len(some) > QUEUE:
            self.overflow()
            if self.taking_since is not None and time.monotonic() - self.taking_since > SLOW_SECONDS:
                self.end(StreamSlow())
        else:
            self.waiting.extend(Waiting(told, decided) for told in some)
            self._wake.set()

    def overflow(self) -> None:
        """What comes next is to be read from the log."""
        self.waiting.clear()
        self.overflowed = True
        self._wake.set()

    def end(self, refusal: Refusal) -> None:
        """Ends it; what waits is not given any more."""
        if self.ended is None:
            self.ended = refusal
            self.waiting.clear()
            self._wake.set()

    async def wait(self, seconds: float) -> None:
        """Until something is to be done, or the time is over."""
        timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()
            self._wake.clear()


class Streams:
    """All of them. `position`: up to which everything was given to who may be told."""

    def __init__(self, per_person: int) -> None:
        self._per_person = per_person
        self._open: defaultdict[Recipient, set[Stream]] = defaultdict(set)
        self._portals: set[Recipient] = set()
        self._leaving = False
        self.position = 0
        self.placed = asyncio.Event()
        """Set once the position is known."""

    def __len__(self) -> int:
        """How many are open."""
        return sum(map(len, self._open.values()))

    @property
    def open(self) -> Iterable[Stream]:
        """Each of them."""
        return chain.from_iterable(self._open.values())

    @property
    def people(self) -> Collection[Recipient]:
        """Whose streams are open."""
        return self._open.keys()

    @property
    def portals(self) -> list[UUID]:
        """Those of them that are portals."""
        return [one.id for one in self._portals]

    @contextmanager
    def room(self, who: Recipient) -> Iterator[Stream]:
        """A new stream of somebody. Refuses with STREAMS_TOO_MANY, STOPPING."""
        if self._leaving:
            raise Stopping
        if len(self._open.get(who, ())) >= self._per_person:
            raise StreamsTooMany
        made = Stream(who)
        self._open[who].add(made)
        if who.realm is Realm.SYSTEM:
            self._portals.add(who)
        try:
            yield made
        finally:
            self._open[who].remove(made)
            if not self._open[who]:
                del self._open[who]
                self._portals.discard(who)

    def give(
        self,
        entries: Sequence[Entry],
        told: Sequence[Collection[Recipient]],
        chosen: Mapping[UUID, frozenset[Recipient]],
        decided: float,
    ) -> None:
        """Gives entries, in order, to the streams of those who are told of them. `chosen`: by portal, who chose it;
        a portal that was not asked about yet reads the log. `decided`: when it was (`time.monotonic()`)."""
        mine = defaultdict[Recipient, list[Told]](list)
        asked = [portal for portal in self._portals if portal.id in chosen]
        for entry, recipients in zip(entries, told, strict=True):
            for who in recipients:
                if who in self._open:
                    mine[who].append(Told(entry, Cursor(entry.position)))
            for portal in asked:
                mine[portal] += told_to_portal(entry, chosen[portal.id].intersection(recipients))
        for portal in self._portals.difference(asked):
            for stream in self._open[portal]:
                stream.overflow()
        for who, some in mine.items():
            for stream in self._open.get(who, ()):
                stream.give(some, decided)
        if entries:
            self.position = entries[-1].position

    def end(self, refusal: Callable[[], Refusal], whose: Collection[Recipient] | None = None) -> None:
        """Ends the streams of these people; None: all."""
        for who in list(self._open) if whose is None else whose:
            for stream in self._open.get(who, ()):
                stream.end(refusal())

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Streams may be open until left: then all end, to be resumed elsewhere. To be entered inside of the server's
        own block, that it need not wait for them."""
        with STREAMS.told_by(lambda: [(len(self), {})]):
            try:
                yield
            finally:
                self._leaving = True
                self.end(Stopping)
