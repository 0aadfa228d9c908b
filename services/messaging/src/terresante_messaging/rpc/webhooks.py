"""A portal's webhooks, one method per RPC: to read a method is to read the use case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from terresante.messaging.v1 import webhook_service_pb2 as pb
from terresante.messaging.v1.webhook_service_pb2_grpc import WebhookServiceServicer
from terresante_contents.once import once
from terresante_contents.sealing import MasterKeys, OwnerKey
from terresante_platform.database import Database, wake_after
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import allow

from terresante_messaging.domain import webhooks as domain
from terresante_messaging.domain.webhooks import PortalId, Queue, Webhook, WebhookId
from terresante_messaging.rpc.portals import PORTALS, portal
from terresante_messaging.store import feed
from terresante_messaging.store import webhook_deliveries as deliveries
from terresante_messaging.store import webhooks as store
from terresante_messaging.store.keys import owner_keys
from terresante_messaging.webhooks import signing
from terresante_messaging.webhooks.guarding import Guard, target
from terresante_messaging.wire import parts
from terresante_messaging.wire import webhooks as wire

if TYPE_CHECKING:
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub

LOOK_UP_SECONDS = 2.0
MOST, USUAL = 100, 50
"""Deliveries of a page."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the use cases work with."""

    database: Database
    consent: DecisionServiceAsyncStub
    masters: MasterKeys
    guard: Guard
    now: Callable[[], datetime]


class WebhookService(WebhookServiceServicer):
    """Where portals are told, and what became of it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._database = parts.database

    @allow(*PORTALS)
    async def RegisterWebhook(self, request: pb.RegisterWebhookRequest, _: Any) -> pb.RegisterWebhookResponse:
        """Registers an address."""
        mine = await portal(self._parts.consent)
        async with self._database.reading() as connection:
            key = await owner_keys.get_or_make(connection, self._parts.masters, mine)
        label = domain.label(request.label)
        await self._check(request.url)
        async with (
            self._database.transaction() as transaction,
            once(transaction, key, mine, request, pb.RegisterWebhookResponse) as use,
        ):
            if use.reply is not None:
                return use.reply
            await store.hold(transaction, mine)
            if await store.count(transaction, mine) >= domain.AT_MOST:
                raise domain.WebhooksTooMany
            secret = signing.new_secret()
            made = Webhook(WebhookId(new_id()), mine, request.url, label, False, self._parts.now(), version=1)
            await store.add(transaction, key, made, secret)
            shown = wire.webhook_to_proto(made, Queue())
            return use.keep(pb.RegisterWebhookResponse(webhook=shown, secret=signing.shown(secret)))

    @allow(*PORTALS)
    async def ListWebhooks(self, _: pb.ListWebhooksRequest, __: Any) -> pb.ListWebhooksResponse:
        """The caller's."""
        mine = await portal(self._parts.consent)
        async with self._database.reading() as connection:
            key = await owner_keys.find(connection, self._parts.masters, mine)
            found = await store.of_portal(connection, key, mine) if key else []
        return pb.ListWebhooksResponse(webhooks=[wire.webhook_to_proto(*one) for one in found])

    @allow(*PORTALS)
    async def ChangeWebhook(self, request: pb.ChangeWebhookRequest, _: Any) -> pb.ChangeWebhookResponse:
        """Address, label, pause."""
        mine, key, id = await self._caller(request)
        label = domain.label(request.label) if request.HasField("label") else None
        if request.HasField("url"):
            await self._check(request.url)
        async with self._database.transaction() as transaction:
            found = await store.get_for_update(transaction, key, mine, id)
            if found.version != request.version:
                raise domain.WebhookChanged
            changed = replace(
                found,
                url=request.url if request.HasField("url") else found.url,
                label=found.label if label is None else label,
                paused=request.paused if request.HasField("paused") else found.paused,
                version=found.version + 1,
            )
            await store.save(transaction, key, changed)
            wake_after(transaction, deliveries.WAITING)
        async with self._database.reading() as connection:
            shown = await store.with_queue(connection, key, mine, id)
        return pb.ChangeWebhookResponse(webhook=wire.webhook_to_proto(*shown))

    @allow(*PORTALS)
    async def RotateSecret(self, request: pb.RotateSecretRequest, _: Any) -> pb.RotateSecretResponse:
        """A new secret; for a day both sign."""
        mine, key, id = await self._caller(request)
        secret, until = signing.new_secret(), self._parts.now() + domain.FORMER_SECRET_FOR
        async with (
            self._database.transaction() as transaction,
            once(transaction, key, mine, request, pb.RotateSecretResponse) as use,
        ):
            if use.reply is not None:
                return use.reply
            await store.get_for_update(transaction, key, mine, id)
            await store.rotate(transaction, key, id, secret, until)
            return use.keep(pb.RotateSecretResponse(secret=signing.shown(secret), former_until=parts.stamp(until)))

    @allow(*PORTALS)
    async def RemoveWebhook(self, request: pb.RemoveWebhookRequest, _: Any) -> pb.RemoveWebhookResponse:
        """Ends it; what was waiting is not sent."""
        mine, key, id = await self._caller(request)
        async with self._database.transaction() as transaction:
            await store.get_for_update(transaction, key, mine, id)
            await store.remove(transaction, id, self._parts.now())
        return pb.RemoveWebhookResponse()

    @allow(*PORTALS)
    async def ListDeliveries(self, request: pb.ListDeliveriesRequest, _: Any) -> pb.ListDeliveriesResponse:
        """A page of what was sent, waits, or was given up, newest first."""
        mine, key, id = await self._caller(request)
        state, before = wire.state(request.state), parts.cursor_id(request.cursor)
        size = parts.limit(request.limit, MOST, USUAL)
        async with self._database.reading() as connection:
            await store.with_queue(connection, key, mine, id)
            found = await deliveries.page(connection, id, state, before, size + 1)
        shown = found[:size]
        return pb.ListDeliveriesResponse(
            deliveries=[wire.delivery_to_proto(one) for one in shown],
            next_cursor=shown[-1].id.hex if len(found) > size else "",
        )

    @allow(*PORTALS)
    async def Resend(self, request: pb.ResendRequest, _: Any) -> pb.ResendResponse:
        """Sends these again, each decided anew when it leaves."""
        mine, key, id = await self._caller(request)
        ids = wire.delivery_ids(request.delivery_ids)
        async with self._database.transaction() as transaction:
            await store.get_for_update(transaction, key, mine, id)
            await deliveries.resend(transaction, id, ids, self._parts.now())
            wake_after(transaction, deliveries.WAITING)
        return pb.ResendResponse(waiting=await self._waiting(key, mine, id))

    @allow(*PORTALS)
    async def Replay(self, request: pb.ReplayRequest, _: Any) -> pb.ReplayResponse:
        """Lets all since a moment be sent again: in the background, a piece at a time, each decided anew."""
        mine, key, id = await self._caller(request)
        since = domain.since(wire.moment(request.since), self._parts.now())
        async with self._database.transaction() as transaction:
            await store.get_for_update(transaction, key, mine, id)
            after = await deliveries.position_before(transaction, since)
            if after is not None:
                await store.replay(transaction, id, after, await feed.position(transaction))
                wake_after(transaction, deliveries.WAITING)
        return pb.ReplayResponse(waiting=await self._waiting(key, mine, id))

    async def _caller(self, request: Any) -> tuple[PortalId, OwnerKey, WebhookId]:
        """The portal that calls, its key, and which webhook it means. Refuses unless consent lets it hear; with
        ID_INVALID; with WEBHOOK_UNKNOWN if it never registered one: it has no key then."""
        mine = await portal(self._parts.consent)
        id = wire.webhook_id(request.webhook_id)
        async with self._database.reading() as connection:
            key = await owner_keys.find(connection, self._parts.masters, mine)
        if key is None:
            raise domain.WebhookUnknown
        return mine, key, id

    async def _check(self, url: str) -> None:
        """Refuses with URL_INVALID, URL_FORBIDDEN. A name that does not resolve now is looked at again at each try."""
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                await self._parts.guard.addresses(target(url))
        except OSError:
            pass

    async def _waiting(self, key: OwnerKey, mine: PortalId, id: WebhookId) -> int:
        async with self._database.reading() as connection:
            _, queue = await store.with_queue(connection, key, mine, id)
        return queue.waiting
