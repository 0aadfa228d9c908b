"""Webhooks: queries. Addresses and secrets are sealed by the key of their portal."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.sealing import MasterKeys, OwnerKey

from terresante_messaging.domain.webhooks import (
    PROBED_AFTER,
    PortalId,
    Queue,
    Webhook,
    WebhookId,
    WebhookUnknown,
)
from terresante_messaging.store.keys import owner_keys
from terresante_messaging.store.tables import owner_key
from terresante_messaging.store.webhook_tables import webhook, webhook_delivery

COUNTED_AT_MOST = 100_000
_URL = "webhook.url"
_SECRET = "webhook.secret"  # noqa: S105 -- a place that seals name, not a secret
_live = webhook.c.removed_at.is_(None)


@dataclass(frozen=True, slots=True)
class Address:
    """What sending to a webhook takes."""

    portal: PortalId
    url: str = field(repr=False)
    secrets: tuple[bytes, ...] = field(repr=False)
    """The present one; for a day also the one before."""


async def hold(transaction: AsyncConnection, portal: PortalId) -> None:
    """Lets one transaction at a time change how many webhooks a portal has. Its key is there."""
    await transaction.execute(select(owner_key.c.owner_id).where(owner_key.c.owner_id == portal).with_for_update())


async def count(transaction: AsyncConnection, portal: PortalId) -> int:
    """How many a portal has."""
    found = await transaction.execute(select(func.count()).where(webhook.c.portal_id == portal, _live))
    return int(found.scalar_one())


async def add(transaction: AsyncConnection, key: OwnerKey, new: Webhook, secret: bytes) -> None:
    """Keeps a new one."""
    await transaction.execute(
        insert(webhook).values(
            id=new.id,
            portal_id=new.portal,
            url=key.seal(_URL, new.id, new.url.encode()),
            label=new.label,
            secret=key.seal(_SECRET, new.id, secret),
            paused=new.paused,
            registered_at=new.registered_at,
            version=new.version,
        )
    )


async def of_portal(connection: AsyncConnection, key: OwnerKey, portal: PortalId) -> list[tuple[Webhook, Queue]]:
    """A portal's, by registration, with what waits."""
    found = await connection.execute(
        select(*webhook.c).where(webhook.c.portal_id == portal, _live).order_by(webhook.c.id)
    )
    return [(_webhook(row, key), await _queue(connection, row.id)) for row in found.all()]


async def with_queue(
    connection: AsyncConnection, key: OwnerKey, portal: PortalId, id: WebhookId
) -> tuple[Webhook, Queue]:
    """One of a portal's. Refuses with WEBHOOK_UNKNOWN."""
    return await _found(connection, key, portal, id, for_update=False), await _queue(connection, id)


async def get_for_update(transaction: AsyncConnection, key: OwnerKey, portal: PortalId, id: WebhookId) -> Webhook:
    """One of a portal's, until the transaction ends. Refuses with WEBHOOK_UNKNOWN."""
    return await _found(transaction, key, portal, id, for_update=True)


async def save(transaction: AsyncConnection, key: OwnerKey, changed: Webhook) -> None:
    """Address, label, pause and version as they are now. It is tried at once, with one delivery."""
    await transaction.execute(
        update(webhook)
        .where(webhook.c.id == changed.id)
        .values(
            url=key.seal(_URL, changed.id, changed.url.encode()),
            label=changed.label,
            paused=changed.paused,
            version=changed.version,
            probe_at=None,
        )
    )


async def rotate(transaction: AsyncConnection, key: OwnerKey, id: WebhookId, secret: bytes, until: datetime) -> None:
    """A new secret; the present one becomes the former, until then."""
    await transaction.execute(
        update(webhook)
        .where(webhook.c.id == id)
        .values(secret=key.seal(_SECRET, id, secret), former_secret=webhook.c.secret, former_until=until)
    )


async def remove(transaction: AsyncConnection, id: WebhookId, at: datetime) -> None:
    """Forgets address and secrets at once; its deliveries go later, a few at a time."""
    await transaction.execute(
        update(webhook)
        .where(webhook.c.id == id)
        .values(removed_at=at, url=b"", secret=b"", former_secret=None, former_until=None, label="")
    )


async def portals(connection: AsyncConnection) -> list[tuple[PortalId, str]]:
    """The portals that people may choose: those with a webhook, by the label of their first, in the order of labels."""
    first = (
        select(webhook.c.portal_id, webhook.c.label)
        .where(_live)
        .order_by(webhook.c.portal_id, webhook.c.id)
        .distinct(webhook.c.portal_id)
    )
    return sorted(
        ((PortalId(row.portal_id), row.label) for row in await connection.execute(first)),
        key=lambda one: one[1].lower(),
    )


async def live(connection: AsyncConnection) -> list[tuple[WebhookId, PortalId]]:
    """All of all portals."""
    found = await connection.execute(select(webhook.c.id, webhook.c.portal_id).where(_live).order_by(webhook.c.id))
    return [(row.id, row.portal_id) for row in found]


async def address(connection: AsyncConnection, masters: MasterKeys, id: WebhookId, now: datetime) -> Address | None:
    """Where to and with what to send; None if it was removed or paused meanwhile."""
    found = (
        await connection.execute(
            select(
                webhook.c.portal_id, webhook.c.url, webhook.c.secret, webhook.c.former_secret, webhook.c.former_until
            ).where(webhook.c.id == id, _live, ~webhook.c.paused)
        )
    ).first()
    if found is None:
        return None
    key = await owner_keys.get_or_make(connection, masters, found.portal_id)
    secrets = [found.secret]
    if found.former_secret is not None and now < found.former_until:
        secrets.append(found.former_secret)
    return Address(
        found.portal_id,
        key.open(_URL, id, found.url).decode(),
        tuple(key.open(_SECRET, id, secret) for secret in secrets),
    )


async def stands(transaction: AsyncConnection, id: WebhookId) -> bool:
    """Whether it is there; then it is not removed before the transaction ends."""
    found = await transaction.execute(select(webhook.c.id).where(webhook.c.id == id, _live).with_for_update())
    return found.first() is not None


async def is_open(connection: AsyncConnection, id: WebhookId) -> bool:
    """Whether something may be sent to it: it was neither removed nor paused."""
    found = await connection.execute(select(webhook.c.id).where(webhook.c.id == id, _live, ~webhook.c.paused))
    return found.first() is not None


async def succeeded(transaction: AsyncConnection, id: WebhookId, at: datetime, *, probing: bool) -> bool:
    """A delivery was taken. Gives whether the webhook had been left alone for its failures, which is over if this one
    was to find that out; else what failed meanwhile says until when."""
    over: dict[str, None] = {"probe_at": None} if probing else {}
    had_failed = select(webhook.c.id, webhook.c.failures).where(webhook.c.id == id).with_for_update().cte("before")
    done = await transaction.execute(
        update(webhook)
        .where(webhook.c.id == had_failed.c.id)
        .values(failures=0, last_success_at=at, last_failure="", **over)
        .returning(had_failed.c.failures)
    )
    row = done.first()
    return probing and row is not None and row.failures >= PROBED_AFTER


async def failed(transaction: AsyncConnection, id: WebhookId, failure: str, at: datetime, pause: bool) -> int:
    """A delivery was not taken. Gives how many that is in a row. `pause`: the other side wants no more."""
    done = await transaction.execute(
        update(webhook)
        .where(webhook.c.id == id)
        .values(
            failures=webhook.c.failures + 1,
            last_failure_at=at,
            last_failure=failure,
            paused=webhook.c.paused | pause,
            version=webhook.c.version + case((~webhook.c.paused & pause, 1), else_=0),
        )
        .returning(webhook.c.failures)
    )
    row = done.first()
    return 0 if row is None else int(row.failures)


async def probe_at(transaction: AsyncConnection, id: WebhookId, at: datetime | None) -> None:
    """When it is tried next, with one delivery; None: with as many as wait."""
    await transaction.execute(update(webhook).where(webhook.c.id == id).values(probe_at=at))


async def leave_alone(transaction: AsyncConnection, id: WebhookId, until: datetime) -> None:
    """Nothing is sent to it before then, or before what was said so far."""
    until_then = func.greatest(webhook.c.probe_at, until)
    await transaction.execute(update(webhook).where(webhook.c.id == id).values(probe_at=until_then))


async def replay(transaction: AsyncConnection, id: WebhookId, after: int, up_to: int) -> None:
    """What lies between two positions of the log is to be sent again. Joined with what is being sent again already."""
    await transaction.execute(
        update(webhook)
        .where(webhook.c.id == id)
        .values(
            replay_after=func.least(webhook.c.replay_after, after),
            replay_up_to=func.greatest(webhook.c.replay_up_to, up_to),
        )
    )


async def replays(connection: AsyncConnection) -> list[tuple[WebhookId, PortalId, int, int]]:
    """What is to be sent again: webhook, portal, and between which positions of the log."""
    found = await connection.execute(
        select(webhook.c.id, webhook.c.portal_id, webhook.c.replay_after, webhook.c.replay_up_to).where(
            _live, webhook.c.replay_after.is_not(None)
        )
    )
    return [(row.id, row.portal_id, row.replay_after, row.replay_up_to) for row in found]


async def replayed(transaction: AsyncConnection, id: WebhookId, after: int, now_after: int | None) -> bool:
    """Replaying came from one position to another (None: to its end). False if somebody else moved it meanwhile, or the
    webhook was removed."""
    ended = now_after is None
    done = await transaction.execute(
        update(webhook)
        .where(webhook.c.id == id, _live, webhook.c.replay_after == after)
        .values(replay_after=now_after, **({"replay_up_to": None} if ended else {}))
    )
    return done.rowcount == 1


async def _found(
    connection: AsyncConnection, key: OwnerKey, portal: PortalId, id: WebhookId, for_update: bool
) -> Webhook:
    query = select(*webhook.c).where(webhook.c.id == id, webhook.c.portal_id == portal, _live)
    row = (await connection.execute(query.with_for_update() if for_update else query)).first()
    if row is None:
        raise WebhookUnknown
    return _webhook(row, key)


async def _queue(connection: AsyncConnection, id: WebhookId) -> Queue:
    waiting, parked = (
        select(webhook_delivery.c.waiting_since)
        .where(webhook_delivery.c.webhook_id == id, webhook_delivery.c.state == state)
        .limit(COUNTED_AT_MOST)
        .subquery()
        for state in ("WAITING", "PARKED")
    )
    found = await connection.execute(
        select(
            select(func.count()).select_from(waiting).scalar_subquery(),
            select(func.count()).select_from(parked).scalar_subquery(),
            select(func.min(waiting.c.waiting_since)).scalar_subquery(),
        )
    )
    return Queue(*found.one())


def _webhook(row: Any, key: OwnerKey) -> Webhook:
    return Webhook(
        row.id,
        row.portal_id,
        key.open(_URL, row.id, row.url).decode(),
        row.label,
        row.paused,
        row.registered_at,
        row.version,
        row.last_success_at,
        row.last_failure_at,
        row.last_failure,
    )
