"""What happened becomes deliveries: one for each who may be told of it and chose the portal."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database, wake_after

from terresante_messaging.domain.log import Entry
from terresante_messaging.domain.webhooks import TOLD, PortalId, WebhookId
from terresante_messaging.store import feed
from terresante_messaging.store import webhook_deliveries as deliveries
from terresante_messaging.store import webhooks as store
from terresante_messaging.webhooks.audience import Audience

AT_ONCE = 200
"""Entries that are sent again in one transaction."""


class Queueing:
    """Reads the log for webhooks, by `feed.reading`; an entry that comes twice changes nothing."""

    def __init__(self, database: Database, audience: Audience, now: Callable[[], datetime]) -> None:
        self._database = database
        self._audience = audience
        self._now = now

    async def ask(self, entries: Sequence[Entry]) -> list[deliveries.New]:
        """What is to be sent of these. Raises Unavailable: then they come again."""
        async with self._database.reading() as connection:
            live = await store.live(connection)
        return await self._new(entries, live) if live else []

    async def apply(self, transaction: AsyncConnection, _: Sequence[Entry], new: Sequence[deliveries.New]) -> None:
        """Keeps it, in the transaction that moves the reader on; nothing for a webhook that was removed meanwhile."""
        live = {webhook for webhook, _ in await store.live(transaction)} if new else set()
        new = [one for one in new if one.webhook in live]
        await deliveries.add(transaction, new, self._now())
        if new:
            wake_after(transaction, deliveries.WAITING)

    async def replay(self) -> None:
        """Goes on with what is to be sent again, a piece of each."""
        async with self._database.reading() as connection:
            asked = await store.replays(connection)
        for webhook, portal, after, up_to in asked:
            async with self._database.reading() as connection:
                found = await feed.after(connection, after, AT_ONCE)
            entries = [one for one in found if one.position <= up_to]
            new = await self._new(entries, [(webhook, portal)])
            further = entries[-1].position if len(entries) == AT_ONCE else None
            async with self._database.transaction() as transaction:
                if await store.replayed(transaction, webhook, after, further):
                    await deliveries.add_again(transaction, new, self._now())

    async def _new(self, entries: Sequence[Entry], live: Iterable[tuple[WebhookId, PortalId]]) -> list[deliveries.New]:
        of_portal: dict[PortalId, list[WebhookId]] = {}
        for webhook, portal in live:
            of_portal.setdefault(portal, []).append(webhook)
        told = [entry for entry in entries if entry.what.kind in TOLD]
        return [
            deliveries.New(webhook, entry, who)
            for entry, audience in zip(told, await self._audience.of(told, list(of_portal)), strict=True)
            for portal, people in audience.items()
            for webhook in of_portal[portal]
            for who in sorted(people)
        ]
