"""Urgent messages that nobody has read yet: tables and queries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.counted import Count
from terresante_platform.measures import Gauge

from terresante_messaging.domain.lines import State
from terresante_messaging.domain.notifications import Kind, MessageAt
from terresante_messaging.domain.people import MessageId, PatientId, Realm, Recipient, ThreadId
from terresante_messaging.store.moments import least_id
from terresante_messaging.store.tables import mark, message, notification
from terresante_messaging.store.telling_tables import escalation

OPEN = Gauge("terresante.messaging.escalations.open", "{message}", "Urgent messages that nobody they are for has read")
COUNTS = (Count(OPEN, text("select count(*) from escalation where state = 'OPEN'")),)


_FACTS = select(
    message.c.id,
    message.c.thread_id,
    message.c.place,
    message.c.sent_at,
    message.c.author_realm,
    message.c.author_id,
    message.c.mentioned_professionals,
    message.c.mentioned_persons,
    message.c.urgent,
    message.c.deleted_at,
).where(
    message.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
    message.c.id >= bindparam("least"),
    message.c.id <= bindparam("greatest"),
)
"""Between the least and the greatest id, so that partitions of other months are not opened; one statement for any
number of ids, so that it is planned once."""


_STANDING = (
    select(*_FACTS.selected_columns)
    .where(
        message.c.thread_id == bindparam("thread"),
        message.c.id >= bindparam("least", type_=Uuid),
        message.c.deleted_at.is_(None),
    )
    .order_by(message.c.place.desc())
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What telling needs to know of a message; nothing of what it says."""

    id: MessageId
    stands: MessageAt
    author: Recipient
    mentioned: frozenset[Recipient]
    urgent: bool
    deleted: bool


@dataclass(frozen=True, slots=True)
class Escalation:
    """An urgent message on its way along the line."""

    message: MessageId
    patient: PatientId | None
    stands: MessageAt
    author: Recipient
    minutes: int
    step: int
    due: datetime


def is_there(of: Facts | None) -> bool:
    """Whether a message is kept, and was not taken back."""
    return of is not None and not of.deleted


async def facts(connection: AsyncConnection, ids: Collection[MessageId]) -> dict[MessageId, Facts]:
    """Of these messages, those that are still kept."""
    if not ids:
        return {}
    found = await connection.execute(_FACTS, {"ids": list(ids), "least": min(ids), "greatest": max(ids)})
    return {row.id: _facts(row) for row in found}


async def standing(connection: AsyncConnection, thread: ThreadId, since: datetime, most: int) -> list[Facts]:
    """The newest messages of a thread that were not taken back, of those sent since then."""
    found = await connection.execute(_STANDING, {"thread": thread, "least": least_id(since), "most": most})
    return [_facts(row) for row in found]


async def begin(transaction: AsyncConnection, new: Escalation) -> None:
    """From now on it goes along the line, once whatever comes twice."""
    await transaction.execute(
        insert(escalation)
        .values(
            message_id=new.message,
            thread_id=new.stands.thread,
            patient_id=new.patient,
            place=new.stands.place,
            author_realm=new.author.realm.value,
            author_id=new.author.id,
            sent_at=new.stands.sent_at,
            minutes=new.minutes,
            step=new.step,
            due=new.due,
            state=State.OPEN.value,
        )
        .on_conflict_do_nothing()
    )


async def due(connection: AsyncConnection, now: datetime, most: int) -> list[Escalation]:
    """Those whose next step is due."""
    found = await connection.execute(
        select(escalation)
        .where(escalation.c.state == State.OPEN.value, escalation.c.due <= now)
        .order_by(escalation.c.due)
        .limit(most)
    )
    return [_escalation(row) for row in found]


async def locked(transaction: AsyncConnection, seen: Escalation) -> bool:
    """Whether it still stands as it was seen; then nobody else moves it. False too while somebody does."""
    found = await transaction.execute(select(escalation.c.step).where(_seen(seen)).with_for_update(skip_locked=True))
    return found.first() is not None


async def move(transaction: AsyncConnection, seen: Escalation, step: int, now: datetime) -> None:
    """One step was done; the next one is due in as many minutes."""
    await transaction.execute(
        update(escalation)
        .where(escalation.c.message_id == seen.message)
        .values(step=step, due=now + timedelta(minutes=seen.minutes))
    )


async def postpone(transaction: AsyncConnection, seen: Escalation, due: datetime) -> None:
    """The same step is due again then."""
    await transaction.execute(update(escalation).where(_seen(seen)).values(due=due))


async def end(transaction: AsyncConnection, seen: Escalation, state: State, now: datetime) -> None:
    """It is over."""
    await transaction.execute(
        update(escalation).where(escalation.c.message_id == seen.message).values(state=state.value, ended_at=now)
    )


async def has_read(connection: AsyncConnection, stands: MessageAt) -> frozenset[Recipient]:
    """Who has read the thread up to that message."""
    found = await connection.execute(
        select(mark.c.realm, mark.c.person_id).where(
            mark.c.thread_id == stands.thread, mark.c.read_up_to >= stands.place
        )
    )
    return frozenset(Recipient(Realm(row.realm), row.person_id) for row in found)


async def told(connection: AsyncConnection, of: MessageId) -> frozenset[Recipient]:
    """Whom former steps told."""
    found = await connection.execute(
        select(notification.c.recipient_realm, notification.c.recipient_id).where(
            notification.c.about_id == of, notification.c.kind == Kind.URGENT_UNREAD.value
        )
    )
    return frozenset(Recipient(Realm(row.recipient_realm), row.recipient_id) for row in found)


def _seen(seen: Escalation) -> ColumnElement[bool]:
    """It still stands as it was seen."""
    return and_(
        escalation.c.message_id == seen.message,
        escalation.c.state == State.OPEN.value,
        escalation.c.step == seen.step,
    )


def _facts(row: Any) -> Facts:
    return Facts(
        row.id,
        MessageAt(ThreadId(row.thread_id), row.place, row.sent_at),
        Recipient(Realm(row.author_realm), row.author_id),
        frozenset(Recipient(Realm.PROFESSIONAL, id) for id in row.mentioned_professionals)
        | frozenset(Recipient(Realm.PERSON, id) for id in row.mentioned_persons),
        row.urgent,
        row.deleted_at is not None,
    )


def _escalation(row: Any) -> Escalation:
    return Escalation(
        row.message_id,
        row.patient_id,
        MessageAt(ThreadId(row.thread_id), row.place, row.sent_at),
        Recipient(Realm(row.author_realm), row.author_id),
        row.minutes,
        row.step,
        row.due,
    )
