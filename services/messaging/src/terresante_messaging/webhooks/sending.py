"""Deliveries are sent: several webhooks at once, each by itself, so that one that is dead delays no other.

Each replica works on all webhooks; the database says who has which delivery. Delivered at least once, always under
the same id: a crash between the answer and its commit sends again what a receiver knows by its id.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from terresante_contents.sealing import MasterKeys
from terresante_platform import background
from terresante_platform.counted import counting
from terresante_platform.database import Database
from terresante_platform.refusals import Unavailable
from terresante_platform.telemetry import log

from terresante_messaging.domain import webhooks as domain
from terresante_messaging.domain.log import Entry
from terresante_messaging.domain.webhooks import WebhookId
from terresante_messaging.feed import reading
from terresante_messaging.store import webhook_deliveries as deliveries
from terresante_messaging.store import webhooks as store
from terresante_messaging.store.webhook_deliveries import Taken
from terresante_messaging.store.webhook_gauges import COUNTS, TRIES
from terresante_messaging.webhooks import composing, signing
from terresante_messaging.webhooks.audience import Audience
from terresante_messaging.webhooks.posting import GONE, Letter, Poster
from terresante_messaging.webhooks.queueing import Queueing

OF_ONE = 4
"""Deliveries of one webhook that a replica sends at once."""
OF_ALL = 128
"""And of all webhooks."""
POLL_SECONDS = 1.0
READER = "webhooks"
"""Our name among the readers of the log."""
TIDY_SECONDS = 60.0
HELD_FOR = timedelta(minutes=1)
"""Longer than any try lasts: what is held longer was lost in a crash."""


class _MayNot(Exception):
    """The recipient may be told no more."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What sending works with."""

    database: Database
    masters: MasterKeys
    audience: Audience
    queueing: Queueing
    poster: Poster
    now: Callable[[], datetime]
    chance: Callable[[], float]
    """0 to 1, another each time: what failed together does not come back together."""


class Sending:
    """Sends what is due."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._wake = asyncio.Event()
        self._in_flight: Counter[WebhookId] = Counter()
        self._tidied = float("-inf")
        parts.database.after_commit.append(self._wake.set)

    async def run(self) -> None:
        """Sends for ever; waits out a database or consent that is away."""
        async with asyncio.TaskGroup() as tries:
            while True:
                try:
                    await self._parts.queueing.replay()
                    await self._tidy()
                    await self.start_due(tries)
                except Exception as fault:  # whatever it is, what waits must not be left waiting
                    log.warning("webhooks wait", exc_info=fault)
                    await asyncio.sleep(0.5)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
                self._wake.clear()

    async def start_due(self, tries: asyncio.TaskGroup) -> int:
        """Begins to send what is due, as far as there is room. Gives how many."""
        database, now = self._parts.database, self._parts.now()
        async with database.reading() as connection:
            ready = await deliveries.ready(connection, now)
        begun = 0
        for webhook in sorted(ready, key=self._in_flight.__getitem__):
            room = min(OF_ONE - self._in_flight[webhook], OF_ALL - self._in_flight.total())
            if room <= 0:
                continue
            async with database.transaction() as transaction:
                taken = await deliveries.take(transaction, webhook, room, now, now + HELD_FOR)
            for one in taken:
                self._in_flight[webhook] += 1
                tries.create_task(self._try(one))
            begun += len(taken)
        return begun

    async def _try(self, taken: Taken) -> None:
        try:
            await self.send(taken)
        except Exception as fault:  # it stays held, and is tried again when that ends
            log.error("a webhook's delivery broke", exc_info=fault)
        finally:
            self._in_flight[taken.webhook] -= 1
            self._wake.set()

    async def send(self, taken: Taken) -> None:
        """Tries one delivery, and keeps what came of it."""
        parts = self._parts
        async with parts.database.reading() as connection:
            address = await store.address(connection, parts.masters, taken.webhook, parts.now())
            entry = await deliveries.entry(connection, taken.entry)
        if address is None:
            await self._put_back(taken)
            return
        if entry is None:
            async with parts.database.transaction() as transaction:
                await deliveries.parked(transaction, taken, parts.now(), "NOT_KEPT")
            return

        async def compose() -> Letter:
            return await self._letter(taken, address, entry)

        try:
            failure = await parts.poster.post(address.url, compose)
        except _MayNot:
            await self._withhold(taken)
        except Unavailable:
            await self._put_back(taken)
        else:
            await self._keep(taken, failure)

    async def _letter(self, taken: Taken, address: store.Address, entry: Entry) -> Letter:
        """What is sent, if its recipient may be told of it at this moment. Raises Unavailable if nobody says so."""
        body = composing.body(entry, taken.recipient)
        if not await self._parts.audience.holds(entry, address.portal, taken.recipient):
            raise _MayNot
        return Letter(signing.headers(address.secrets, taken.id, self._parts.now(), body), body)

    async def _keep(self, taken: Taken, failure: str) -> None:
        parts, now = self._parts, self._parts.now()
        TRIES.add(outcome=failure.partition("_")[0] if failure.startswith("HTTP_") else failure or "SENT")
        async with parts.database.transaction() as transaction:
            if not failure:
                await deliveries.sent(transaction, taken, now)
                if await store.succeeded(transaction, taken.webhook, now):
                    await deliveries.bring_forward(transaction, taken.webhook, now, HELD_FOR)
                return
            again = now + domain.next_try(taken.attempts, parts.chance())
            await deliveries.failed(transaction, taken, failure, again)
            failures = await store.failed(transaction, taken.webhook, failure, now, pause=failure == GONE)
            if failures >= domain.PROBED_AFTER:
                await store.probe_at(transaction, taken.webhook, now + domain.next_probe(failures))

    async def _withhold(self, taken: Taken) -> None:
        now = self._parts.now()
        async with self._parts.database.transaction() as transaction:
            await deliveries.withheld(transaction, taken, now)
            await store.probe_at(transaction, taken.webhook, None)

    async def _put_back(self, taken: Taken) -> None:
        now = self._parts.now()
        async with self._parts.database.transaction() as transaction:
            await deliveries.put_back(transaction, taken, now + domain.next_try(1, self._parts.chance()))
            await store.probe_at(transaction, taken.webhook, None)

    async def _tidy(self) -> None:
        """About once a minute: gives up what has waited three days, forgets what is old."""
        clock = asyncio.get_running_loop().time()
        if clock - self._tidied < TIDY_SECONDS:
            return
        await self.tidy()
        self._tidied = clock

    async def tidy(self) -> None:
        """Gives up and forgets all that it is time for."""
        for act in (deliveries.park_old, deliveries.forget):
            while True:
                async with self._parts.database.transaction() as transaction:
                    some = await act(transaction, self._parts.now())
                if some < deliveries.AT_ONCE:
                    break


@asynccontextmanager
async def sending(parts: Parts) -> AsyncIterator[None]:
    """Reads the log and sends in the background, and tells what waits, until left."""
    queueing = parts.queueing
    async with (
        counting(parts.database, COUNTS),
        background.running(reading.work(parts.database, READER, queueing.apply, queueing.ask)),
        background.running(Sending(parts).run()),
    ):
        yield
