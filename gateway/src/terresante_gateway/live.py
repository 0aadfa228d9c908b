"""Answers without end: how many there are, and that they end at once when the process does, or their reader leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Receive
from terresante_platform.measures import Gauge
from terresante_platform.refusals import Unavailable

OPEN = Gauge("terresante.gateway.streams", "{stream}", "Open streams of this replica")
GONE = ""
"""The end of a stream whose reader has left."""


class StreamsFull(Unavailable):
    """This replica holds as many open streams as it may."""

    reason = "OVERLOADED"


class Streams:
    """The open ones of this process. Each has a future: why it ends."""

    def __init__(self, most: int = 5_000) -> None:
        self._most = most
        self._ends: set[asyncio.Future[str]] = set()
        self._stopping = ""

    def __len__(self) -> int:
        return len(self._ends)

    def end(self, reason: str) -> None:
        """Ends all of them, and those to come."""
        self._stopping = reason
        for end in list(self._ends):
            _set(end, reason)

    def check_room(self) -> None:
        """Before one more is begun. Refuses with OVERLOADED."""
        if len(self._ends) >= self._most:
            raise StreamsFull("Trop de flux sont ouverts ici.", "Réessayez : une autre passerelle répondra.")

    @asynccontextmanager
    async def opened(self, receive: Receive) -> AsyncIterator[asyncio.Future[str]]:
        """One more; done, with the reason, when it is to end."""
        end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if self._stopping:
            end.set_result(self._stopping)
        self._ends.add(end)
        watching = asyncio.create_task(_left(receive, end))
        try:
            yield end
        finally:
            self._ends.discard(end)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _left(receive: Receive, end: asyncio.Future[str]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    _set(end, GONE)


def _set(end: asyncio.Future[str], reason: str) -> None:
    if not end.done():
        end.set_result(reason)
