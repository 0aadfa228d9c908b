"""One open stream: what was missed first, then what happens, in the order of the log and without a gap or a double.

What waits for a client longer than STALE_SECONDS since it was decided is not given any more: it is read and decided
anew, so that nothing leaves on an old answer.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

from terresante_platform.database import database_unavailable
from terresante_platform.refusals import Unauthenticated

from terresante_messaging.domain.log import Cursor, Told
from terresante_messaging.feed.missing import Log, Missed
from terresante_messaging.feed.streams import Stream, Streams, StreamSlow

HEARTBEAT_SECONDS = 15.0
STALE_SECONDS = 0.5
UNTAKEN_SECONDS = 10.0
"""A client that takes so long for one event is slow, however little waits."""
PAGE, SMALLER = 1_000, 8
"""Events of a page of the log; of the next one if time ran out over a page, so many times fewer."""
PLACING_SECONDS = 2.0
Step = tuple[Told | None, Cursor]
"""An event or none, and how far the reader has come with it."""


class LoginExpired(Unauthenticated):
    """The token with which the stream was opened has ended."""

    reason = "LOGIN_EXPIRED"

    def __init__(self) -> None:
        super().__init__("Votre session est terminée.", "Reconnectez-vous, puis reprenez le flux.")


@dataclass(slots=True)
class Following:
    """One stream on its way."""

    streams: Streams
    stream: Stream
    log: Log
    expires_at: float
    """As `now` tells it: seconds since the epoch."""
    now: Callable[[], float] = time.time
    heartbeat: float = HEARTBEAT_SECONDS
    _cursor: Cursor = field(default_factory=partial(Cursor, 0))
    _given_at: float = 0.0
    _is_live: bool = False
    _most: int = PAGE

    async def steps(self, begin: Cursor | None) -> AsyncIterator[Step]:
        """Ends with a refusal only: LOGIN_EXPIRED, STREAM_SLOW, what the log refuses with, or whatever ended the
        stream. `begin`: None for from now on."""
        async with aclosing(self._steps(begin)) as steps:
            async for step in steps:
                began = self.stream.taking_since = time.monotonic()
                yield step
                self.stream.taking_since, self._given_at = None, time.monotonic()
                if self._given_at - began > UNTAKEN_SECONDS:
                    raise StreamSlow
                self._check()

    async def _steps(self, begin: Cursor | None) -> AsyncGenerator[Step, None]:
        await self._placed()
        self.stream.collect()
        self._cursor = Cursor(self.streams.position) if begin is None else begin
        self._is_live = begin is None
        yield None, self._cursor
        while True:
            page = await (self._waiting() if self._is_live else self._missed())
            for told in page.told:
                if time.monotonic() - page.decided > STALE_SECONDS:
                    self._is_live, self._most = False, max(1, self._most // SMALLER)
                    break
                if not self._cursor.covers(told.entry.position, told.recipient):
                    self._cursor = told.cursor
                    yield told, self._cursor
            else:
                self._most = PAGE
                if not self._cursor.covers(page.come_to.position):
                    self._cursor = page.come_to
                    yield None, self._cursor
                elif time.monotonic() - self._given_at >= self.heartbeat:
                    yield None, self._cursor

    async def _missed(self) -> Missed:
        """A page of the log. What happens meanwhile waits, so that nothing falls between."""
        self.stream.collect()
        page = await self.log.missed(self._cursor, self.streams.position, self._most)
        self._is_live = not page.more
        return page

    async def _waiting(self) -> Missed:
        """The next event, or none once a response is due."""
        while True:
            self._check()
            if self.stream.overflowed:
                self._is_live = False
                return Missed((), self._cursor, True, time.monotonic())
            if self.stream.waiting:
                waiting = self.stream.waiting.popleft()
                return Missed((waiting.told,), waiting.told.cursor, False, waiting.decided)
            due = self._given_at + self.heartbeat - time.monotonic()
            if due <= 0:
                return Missed((), Cursor(self.streams.position), False, time.monotonic())
            await self.stream.wait(min(due, self.expires_at - self.now()))

    def _check(self) -> None:
        """Raises what ends the stream, if anything does."""
        if self.stream.ended is not None:
            raise self.stream.ended
        if self.now() >= self.expires_at:
            raise LoginExpired

    async def _placed(self) -> None:
        try:
            async with asyncio.timeout(PLACING_SECONDS):
                await self.streams.placed.wait()
        except TimeoutError:
            raise database_unavailable() from None
