"""Keeps the tables flat: partitions are there before they are needed, and what is past its time is dropped whole.

At start, then about once a day, by one replica at a time. What fails is tried again at the next round, and said.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform import background
from terresante_platform.counted import Count, counting
from terresante_platform.database import Database
from terresante_platform.measures import Gauge
from terresante_platform.telemetry import log

from terresante_messaging.domain import news
from terresante_messaging.domain.retention import AHEAD_MONTHS, Retention, parse, whole_months_before
from terresante_messaging.store import attachment_work, attachments, feed
from terresante_messaging.store import upkeep as store
from terresante_messaging.store.messages import BEGINNING
from terresante_messaging.store.moments import least_id

EVERY = timedelta(days=1)
AGAIN = timedelta(minutes=5)
"""After a round that failed."""
PARTITIONED = ("message", "message_text", "item_act")
SIZE = Gauge("terresante.messaging.stored", "By", "Bytes on disk of messages and of the log, by table")
AHEAD = Gauge("terresante.messaging.partitions.ahead", "s", "For how long there are partitions to write in")
OVERDUE = Gauge(
    "terresante.messaging.log.overdue", "{log}", "1 while old entries are kept because a reader has yet to come"
)
COUNTS = (Count(SIZE, store.SIZES), Count(AHEAD, store.AHEAD))
Now = Callable[[], datetime]


def read_retention(file: Path | None) -> Retention:
    """The periods of this instance: of its own file, or those that come with the service. Raises ValueError."""
    own = file.read_text() if file else None
    return parse(own or (files("terresante_messaging") / "data" / "retention.json").read_text())


class Upkeep:
    """One database's upkeep."""

    def __init__(self, database: Database, retention: Retention, now: Now) -> None:
        self._database = database
        self._retention = retention
        self._now = now
        self.overdue = False
        """Old entries of the log are kept, because some reader of it has yet to come to them."""

    async def make_ahead(self) -> int:
        """Makes the partitions of this month and the next ones. Gives how many were missing."""
        classes = sorted(self._retention.classes)
        async with self._database.transaction() as transaction:
            return await store.make_partitions(transaction, classes, self._now().date(), AHEAD_MONTHS)

    async def round(self) -> list[str]:
        """Does all that is due, unless another replica is at it. Gives the names of what was dropped whole."""
        await self.make_ahead()
        dropped = await self._drop_log()
        for name in sorted(self._retention.classes):
            dropped += await self._drop_messages(name)
        now, keeps = self._now(), self._retention
        await self._forget_steps(now - timedelta(days=keeps.steps_days))
        oldest = now - timedelta(days=keeps.notifications_days)
        await self._little_by_little(lambda t: store.forget_notifications(t, oldest))
        await self._little_by_little(lambda t: store.forget_visits(t, now - news.LONGEST))
        return dropped

    async def run(self) -> None:
        """Rounds for ever."""
        while True:
            try:
                dropped = await self.round()
            except Exception as fault:  # whatever it is, what is due waits for the next round
                log.warning("upkeep waits", exc_info=fault)
                rest = AGAIN
            else:
                rest = EVERY
                if dropped:
                    log.info("partitions past their time dropped", partitions=dropped)
            await asyncio.sleep(rest.total_seconds() * random.uniform(0.8, 1.2))  # noqa: S311 -- replicas take turns

    async def _drop_log(self) -> list[str]:
        """Nothing that somebody has yet to be told is dropped: the log waits for its slowest reader."""
        before = whole_months_before(self._now() - timedelta(days=self._retention.log_days))
        async with self._database.reading() as connection:
            self.overdue = await store.anybody_behind(connection, before)
        if self.overdue:
            log.warning("old log entries are kept: a reader of the log has yet to come to them")
            return []
        async with self._database.transaction() as transaction:
            alone = await store.alone(transaction)
            return await feed.drop_before(transaction, before.date()) if alone else []

    async def _drop(self, parent: str, before: date) -> list[str]:
        async with self._database.transaction() as transaction:
            alone = await store.alone(transaction)
            return await store.drop_partitions(transaction, parent, before) if alone else []

    async def _drop_messages(self, retention: str) -> list[str]:
        """Messages with all that is theirs, a table at a time: no lock is held while another is waited for. Then the
        threads in which nothing is left."""
        before = whole_months_before(self._retention.kept_since(retention, self._now()))
        async with self._database.transaction() as transaction:
            await attachment_work.let_go_older(transaction, retention, least_id(before))
        dropped = []
        for table in PARTITIONED:
            dropped += await self._drop(f"{table}_{retention}", before.date())

        async def forget_threads(transaction: AsyncConnection) -> int:
            gone = await store.forget_threads(transaction, retention, before)
            await attachments.let_go_of_threads(transaction, gone)
            return len(gone)

        await self._little_by_little(forget_threads)
        return dropped

    async def _forget_steps(self, before: datetime) -> None:
        come: datetime | None = BEGINNING
        while come is not None:
            async with self._database.transaction() as transaction:
                come = await store.forget_steps(transaction, come, before)

    async def _little_by_little(self, some: Callable[[AsyncConnection], Awaitable[int]]) -> None:
        while True:
            async with self._database.transaction() as transaction:
                done = await some(transaction)
            if done < store.AT_ONCE:
                return


@asynccontextmanager
async def keeping_up(database: Database, retention: Retention, now: Now) -> AsyncIterator[Upkeep]:
    """Does the upkeep in the background, and tells sizes, until left."""
    upkeep = Upkeep(database, retention, now)
    async with AsyncExitStack() as stack:
        stack.enter_context(OVERDUE.told_by(lambda: [(float(upkeep.overdue), {})]))
        await stack.enter_async_context(counting(database, COUNTS, seconds=300.0))
        await stack.enter_async_context(background.running(upkeep.run()))
        yield upkeep
