"""A portal's whole world on a real database: webhooks, who chose it, what happens, and somebody who sends."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, text
from terresante_contents.sealing import MasterKeys
from terresante_messaging.domain.log import Entry, EntryKind, NewEntry
from terresante_messaging.domain.people import PatientId, Realm, Recipient, ThreadId
from terresante_messaging.domain.webhooks import PortalId, Webhook, WebhookId
from terresante_messaging.store import feed
from terresante_messaging.store import log as log_store
from terresante_messaging.store import webhook_deliveries as deliveries
from terresante_messaging.store import webhooks as store
from terresante_messaging.store.keys import owner_keys
from terresante_messaging.store.telling_tables import portal_choice
from terresante_messaging.webhooks.audience import Audience
from terresante_messaging.webhooks.guarding import Address, Guard
from terresante_messaging.webhooks.posting import Poster
from terresante_messaging.webhooks.queueing import Queueing
from terresante_messaging.webhooks.sending import Parts, Sending
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .webhook_world import Receiver, Standing

START = datetime.now(UTC).replace(microsecond=0)
"""Where the clock of these tests begins: ids of the log bear the real time, from which things age."""
MASTERS = MasterKeys({"one": bytes(32)})
"""Not a real key."""


async def here(host: str, port: int) -> Sequence[Address]:
    """Every name is this machine's."""
    return [ip_address("127.0.0.1")]


@dataclass
class Post:
    """One portal's world: its webhooks, who chose it, what happens, and somebody who sends."""

    database: Database
    standing: Standing
    sending: Sending
    queueing: Queueing
    parts: Parts
    clock: list[datetime]
    portal: PortalId = field(default_factory=lambda: PortalId(uuid4()))
    patient: PatientId = field(default_factory=lambda: PatientId(uuid4()))
    secrets: dict[WebhookId, bytes] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.clock[0]

    def later(self, by: timedelta) -> None:
        self.clock[0] += by

    async def webhook(self, receiver: Receiver, portal: PortalId | None = None) -> WebhookId:
        owner, id, secret = portal or self.portal, WebhookId(new_id()), uuid4().bytes * 2
        new = Webhook(id, owner, f"http://receiver.test:{receiver.port}/", "Portail", False, self.now, 1)
        async with self.database.reading() as connection:
            key = await owner_keys.get_or_make(connection, MASTERS, owner)
        async with self.database.transaction() as transaction:
            await store.add(transaction, key, new, secret)
        self.secrets[id] = secret
        return id

    async def reader(self, portal: PortalId | None = None) -> Recipient:
        """Somebody who may read the patient's conversations and chose the portal."""
        who = Recipient(Realm.PROFESSIONAL, uuid4())
        self.standing.people.setdefault(self.patient, set()).add(who)
        await self.choose(portal or self.portal, who)
        return who

    async def choose(self, portal: PortalId, who: Recipient) -> None:
        async with self.database.transaction() as transaction:
            await transaction.execute(
                insert(portal_choice).values(portal_id=portal, realm=who.realm.value, person_id=who.id)
            )

    async def happens(self, times: int = 1, kind: EntryKind = EntryKind.MESSAGE_POSTED) -> list[Entry]:
        """Entries of the log, of which deliveries are made."""
        entries = await self.written(times, kind)
        await self.queue(entries)
        return entries

    async def written(self, times: int = 1, kind: EntryKind = EntryKind.MESSAGE_POSTED) -> list[Entry]:
        """Entries of the log, with positions."""
        what = NewEntry(kind, self.now, self.patient, ThreadId(uuid4()), place=7)
        async with self.database.transaction() as transaction:
            await log_store.add(transaction, *[what] * times)
            await feed.give_positions(transaction)
        async with self.database.reading() as connection:
            last = await feed.position(connection)
            return await feed.after(connection, last - times)

    async def is_read(self) -> bool:
        """Whether somebody has begun to read the log for webhooks."""
        async with self.database.reading() as connection:
            found = await connection.execute(text("select 1 from log_reader where name = 'webhooks'"))
            return found.first() is not None

    async def queue(self, entries: Sequence[Entry]) -> None:
        new = await self.queueing.ask(entries)
        async with self.database.transaction() as transaction:
            await self.queueing.apply(transaction, entries, new)

    async def send(self) -> int:
        """Sends what is due now, and waits until all of it is done. Gives how many were tried."""
        async with asyncio.TaskGroup() as tries:
            return await self.sending.start_due(tries)

    async def states(self, webhook: WebhookId) -> dict[str, int]:
        async with self.database.reading() as connection:
            found = await deliveries.page(connection, webhook, None, None, 1000)
        counted: dict[str, int] = {}
        for one in found:
            counted[one.state.value] = counted.get(one.state.value, 0) + 1
        return counted

    async def rotate(self, webhook: WebhookId, secret: bytes) -> None:
        async with self.database.reading() as connection:
            key = await owner_keys.get_or_make(connection, MASTERS, self.portal)
        async with self.database.transaction() as transaction:
            await store.rotate(transaction, key, webhook, secret, self.now + timedelta(days=1))

    async def row(self, webhook: WebhookId) -> Any:
        async with self.database.reading() as connection:
            return (await connection.execute(text("select * from webhook where id = :id"), {"id": webhook})).one()

    async def delivery(self, webhook: WebhookId) -> Any:
        async with self.database.reading() as connection:
            (one,) = await deliveries.page(connection, webhook, None, None, 1000)
        return one


def made(database: Database, patience: float = 1.0) -> Post:
    """With a clock that stands until it is moved; so many seconds' patience with receivers."""
    standing, clock = Standing(), [START]

    def now() -> datetime:
        return clock[0]

    audience = Audience(database, standing)
    queueing = Queueing(database, audience, now)
    poster = Poster(Guard(["127.0.0.0/8"], here), ssl.create_default_context(), patience=patience)
    parts = Parts(database, MASTERS, audience, queueing, poster, now, lambda: 0.5)
    return Post(database, standing, Sending(parts), queueing, parts, clock)
