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

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.sealing import MasterKeys
from terresante_platform import background
from terresante_platform.counted import counting
from terresante_platform.database import Database, is_away
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
from terresante_messaging.webhooks.posting import GONE, Letter, Outcome, Poster
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


class _Closed(Exception):
    """The webhook was removed or paused."""


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
        parts.database.after_commit[deliveries.WAITING].append(self._wake.set)

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
            outcome = await parts.poster.post(address.url, compose)
        except _MayNot:
            await self._withhold(taken)
        except (Unavailable, _Closed):
            await self._put_back(taken)
        except Exception as fault:
            if not is_away(fault):
                raise
            await self._put_back(taken)
        else:
            await self._keep(taken, outcome)

    async def _letter(self, taken: Taken, address: store.Address, entry: Entry) -> Letter:
        """What is sent, if its recipient may be told of it at this moment. Raises Unavailable if nobody says so."""
        body = composing.body(entry, taken.recipient)
        async with self._parts.database.reading() as connection:
            if not await store.is_open(connection, taken.webhook):
                raise _Closed
        if not await self._parts.audience.holds(entry, address.portal, taken.recipient):
            raise _MayNot
        return Letter(signing.headers(address.secrets, taken.id, self._parts.now(), body), body)

    async def _keep(self, taken: Taken, outcome: Outcome) -> None:
        """What came of a try; of a webhook that was removed meanwhile nothing is kept."""
        parts, now, failure = self._parts, self._parts.now(), outcome.failure
        TRIES.add(outcome=failure.partition("_")[0] if failure.startswith("HTTP_") else failure or "SENT")
        async with self._held(taken) as transaction:
            if transaction is None:
                return
            if not failure:
                await deliveries.sent(transaction, taken, now)
                if await store.succeeded(transaction, taken.webhook, now, probing=taken.probing):
                    await deliveries.bring_forward(transaction, taken.webhook, now, HELD_FOR)
                return
            asked = domain.asked_wait(outcome.retry_after, now)
            again = now + max(asked, domain.next_try(taken.attempts, parts.chance()))
            await deliveries.failed(transaction, taken, failure, again)
            failures = await store.failed(transaction, taken.webhook, failure, now, pause=failure == GONE)
            if alone := max(asked, domain.next_probe(failures)):
                await store.leave_alone(transaction, taken.webhook, now + alone)

    async def _withhold(self, taken: Taken) -> None:
        async with self._held(taken) as transaction:
            if transaction is not None:
                await deliveries.withheld(transaction, taken, self._parts.now())

    async def _put_back(self, taken: Taken) -> None:
        again = self._parts.now() + domain.next_try(1, self._parts.chance())
        async with self._held(taken) as transaction:
            if transaction is not None:
                await deliveries.put_back(transaction, taken, again)

    @asynccontextmanager
    async def _held(self, taken: Taken) -> AsyncIterator[AsyncConnection | None]:
        """To keep what came of a try, its webhook free again for what follows; None if the webhook was removed."""
        async with self._parts.database.transaction() as transaction:
            stands = await store.stands(transaction, taken.webhook)
            if stands and taken.probing:
                await store.probe_at(transaction, taken.webhook, None)
            yield transaction if stands else None

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
