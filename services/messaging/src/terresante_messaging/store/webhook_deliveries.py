"""Deliveries to webhooks: queries.

Who tries a delivery holds it by moving its next try ahead, not by a lock: no transaction is open while somebody else's
server is waited for, and what a crash leaves is tried again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.log import Entry, EntryKind
from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.domain.webhooks import (
    PROBED_AFTER,
    REPLAYED_FOR,
    TRIED_FOR,
    Delivery,
    DeliveryId,
    DeliveryState,
    DeliveryUnknown,
    WebhookId,
    delivery_id,
    event_name,
)
from terresante_messaging.store.feed import entry_of
from terresante_messaging.store.moments import least_id
from terresante_messaging.store.tables import log_entry
from terresante_messaging.store.webhook_tables import webhook, webhook_delivery

PARKED_KEPT = timedelta(days=90)
"""As long as the log, without which nothing could be sent again."""
AT_ONCE = 5_000
"""Rows changed by one statement."""
WAITING = "webhooks"
"""What who sends waits for (`Database.after_commit`)."""
_row = webhook_delivery.c
_waiting = _row.state == DeliveryState.WAITING


@dataclass(frozen=True, slots=True)
class New:
    """An entry to tell somebody, by a webhook."""

    webhook: WebhookId
    entry: Entry
    recipient: Recipient


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that is being tried, by whoever took it that many times."""

    id: DeliveryId
    webhook: WebhookId
    entry: UUID
    recipient: Recipient
    attempts: int
    probing: bool = False
    """It is the one with which a webhook that failed too often is tried: nothing else is sent to it meanwhile."""


async def add(transaction: AsyncConnection, new: Sequence[New], now: datetime) -> None:
    """To be sent, each once however often it comes."""
    if new:
        await transaction.execute(insert(webhook_delivery).on_conflict_do_nothing(), [_values(one, now) for one in new])


async def add_again(transaction: AsyncConnection, new: Sequence[New], now: datetime) -> None:
    """To be sent, also what was sent before; what waits, waits on."""
    if not new:
        return
    adding = insert(webhook_delivery)
    again = adding.on_conflict_do_update(index_elements=[_row.id], set_=_again(now), where=~_waiting)
    await transaction.execute(again, [_values(one, now) for one in new])


async def ready(connection: AsyncConnection, now: datetime) -> list[WebhookId]:
    """Webhooks to which something is to be sent now."""
    due = exists().where(_row.webhook_id == webhook.c.id, _waiting, _row.next_try_at <= now)
    found = await connection.execute(
        select(webhook.c.id).where(
            webhook.c.removed_at.is_(None),
            ~webhook.c.paused,
            or_(webhook.c.probe_at.is_(None), webhook.c.probe_at <= now),
            due,
        )
    )
    return [row.id for row in found]


async def take(transaction: AsyncConnection, of: WebhookId, most: int, now: datetime, until: datetime) -> list[Taken]:
    """Up to `most` that are due, longest due first; nobody else takes them before `until`. One, if the webhook failed
    too often in a row; none, if it was paused or removed, or somebody else is taking."""
    held = await transaction.execute(
        select(webhook.c.failures)
        .where(
            webhook.c.id == of,
            webhook.c.removed_at.is_(None),
            ~webhook.c.paused,
            or_(webhook.c.probe_at.is_(None), webhook.c.probe_at <= now),
        )
        .with_for_update(skip_locked=True)
    )
    found = held.first()
    if found is None:
        return []
    probing = found.failures >= PROBED_AFTER
    due = (
        select(_row.id)
        .where(_row.webhook_id == of, _waiting, _row.next_try_at <= now)
        .order_by(_row.next_try_at, _row.id)
        .limit(1 if probing else most)
        .with_for_update(skip_locked=True)
    )
    taken = await transaction.execute(
        update(webhook_delivery)
        .where(_row.id.in_(due))
        .values(attempts=_row.attempts + 1, next_try_at=until)
        .returning(*_row)
    )
    if probing:
        await transaction.execute(update(webhook).where(webhook.c.id == of).values(probe_at=until))
    return [
        Taken(
            row.id,
            row.webhook_id,
            row.entry_id,
            Recipient(Realm(row.recipient_realm), row.recipient_id),
            row.attempts,
            probing,
        )
        for row in taken
    ]


async def entry(connection: AsyncConnection, id: UUID) -> Entry | None:
    """What a delivery tells of; None if the log keeps it no more."""
    row = (await connection.execute(select(*log_entry.c).where(log_entry.c.id == id))).mappings().first()
    return None if row is None else entry_of(row)


async def position_before(connection: AsyncConnection, moment: datetime) -> int | None:
    """A position before everything that happened since then; None if nothing did."""
    margin = timedelta(minutes=1)
    found = await connection.execute(
        select(log_entry.c.position)
        .where(log_entry.c.id >= least_id(moment - margin), log_entry.c.position.is_not(None))
        .order_by(log_entry.c.id)
        .limit(1)
    )
    row = found.first()
    return None if row is None else int(row.position) - 1


async def sent(transaction: AsyncConnection, taken: Taken, now: datetime) -> None:
    """The other side has it."""
    await _settle(transaction, taken, state=DeliveryState.SENT, done_at=now, last_failure="")


async def withheld(transaction: AsyncConnection, taken: Taken, now: datetime) -> None:
    """Nobody may be told of it any more."""
    await _settle(transaction, taken, state=DeliveryState.WITHHELD, done_at=now, last_failure="")


async def parked(transaction: AsyncConnection, taken: Taken, now: datetime, failure: str) -> None:
    """It cannot be sent."""
    await _settle(transaction, taken, state=DeliveryState.PARKED, done_at=now, last_failure=failure)


async def failed(transaction: AsyncConnection, taken: Taken, failure: str, again: datetime) -> None:
    """The other side has not taken it."""
    await _settle(transaction, taken, last_failure=failure, next_try_at=again)


async def put_back(transaction: AsyncConnection, taken: Taken, again: datetime) -> None:
    """It was not tried after all."""
    await _settle(transaction, taken, attempts=taken.attempts - 1, next_try_at=again)


async def bring_forward(transaction: AsyncConnection, of: WebhookId, now: datetime, beyond: timedelta) -> None:
    """The webhook answers again: what was to wait longer than `beyond` for its next try is due now."""
    await transaction.execute(
        update(webhook_delivery)
        .where(_row.webhook_id == of, _waiting, _row.next_try_at > now + beyond)
        .values(next_try_at=now)
    )


async def park_old(transaction: AsyncConnection, now: datetime) -> int:
    """Gives up what has waited for three days, tried or not. Gives how many, AT_ONCE at most."""
    old = select(_row.id).where(_waiting, _row.waiting_since <= now - TRIED_FOR).limit(AT_ONCE)
    done = await transaction.execute(
        update(webhook_delivery).where(_row.id.in_(old), _waiting).values(state=DeliveryState.PARKED, done_at=now)
    )
    return done.rowcount


async def forget(transaction: AsyncConnection, now: datetime) -> int:
    """Removes what was sent or withheld 14 days ago, what is older than the log, and what was a removed webhook's.
    Gives how many, AT_ONCE at most."""
    done = or_(_row.state == DeliveryState.SENT, _row.state == DeliveryState.WITHHELD)
    by_age = or_(
        and_(_row.id < least_id(now - REPLAYED_FOR), done, _row.done_at < now - REPLAYED_FOR),
        _row.id < least_id(now - PARKED_KEPT),
    )
    removed = _row.webhook_id.in_(select(webhook.c.id).where(webhook.c.removed_at.is_not(None)))
    gone = 0
    for condition in (and_(_row.id < least_id(now - REPLAYED_FOR), by_age), removed):
        some = select(_row.id).where(condition).limit(AT_ONCE)
        gone += (await transaction.execute(delete(webhook_delivery).where(_row.id.in_(some)))).rowcount
    empty = ~exists().where(_row.webhook_id == webhook.c.id)
    await transaction.execute(delete(webhook).where(webhook.c.removed_at.is_not(None), empty))
    return gone


async def page(
    connection: AsyncConnection, of: WebhookId, state: DeliveryState | None, before: UUID | None, limit: int
) -> list[Delivery]:
    """Up to `limit` of a webhook's, newest first, of one state or all."""
    query = select(*_row).where(_row.webhook_id == of).order_by(_row.id.desc()).limit(limit)
    if state is not None:
        query = query.where(_row.state == state)
    if before is not None:
        query = query.where(_row.id < before)
    return [_delivery(row) for row in await connection.execute(query)]


async def resend(transaction: AsyncConnection, of: WebhookId, ids: Collection[UUID], now: datetime) -> None:
    """To be sent again, whatever became of them; what waits is tried at once. Refuses with DELIVERY_UNKNOWN, and
    changes nothing, if one is not the webhook's or its entry is kept no more."""
    mine = and_(_row.id.in_(ids), _row.webhook_id == of)
    kept = exists().where(log_entry.c.id == _row.entry_id)
    changed = await transaction.execute(update(webhook_delivery).where(mine, kept).values(_again(now)))
    if changed.rowcount != len(set(ids)):
        raise DeliveryUnknown


async def _settle(transaction: AsyncConnection, taken: Taken, **values: object) -> None:
    """Only while it is still held: who took it later says what becomes of it."""
    held: ColumnElement[bool] = and_(
        _row.id == taken.id, _row.attempts == taken.attempts, _row.state != DeliveryState.SENT
    )
    await transaction.execute(update(webhook_delivery).where(held).values(**values))


def _again(now: datetime) -> dict[str, object]:
    return {
        "state": DeliveryState.WAITING.value,
        "attempts": 0,
        "waiting_since": now,
        "next_try_at": now,
        "done_at": None,
        "last_failure": "",
    }


def _values(new: New, now: datetime) -> dict[str, object]:
    return _again(now) | {
        "id": delivery_id(new.webhook, new.entry.id, new.recipient),
        "webhook_id": new.webhook,
        "entry_id": new.entry.id,
        "recipient_realm": new.recipient.realm.value,
        "recipient_id": new.recipient.id,
        "kind": new.entry.what.kind.value,
        "at": new.entry.what.at,
    }


def _delivery(row: Any) -> Delivery:
    return Delivery(
        row.id,
        event_name(EntryKind(row.kind)),
        DeliveryState(row.state),
        row.attempts,
        row.at,
        row.next_try_at if row.state == DeliveryState.WAITING else None,
        row.done_at,
        row.last_failure,
    )
