"""What is new around a patient: what the reader was notified of, messages, and when they last looked."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.news import OF_NOTIFICATIONS, Line, NewsKind
from terresante_messaging.domain.notifications import Kind
from terresante_messaging.domain.people import PatientId, Recipient
from terresante_messaging.store.messages import BEGINNING, Part
from terresante_messaging.store.moments import least_id
from terresante_messaging.store.notifications import is_admitted, with_audience
from terresante_messaging.store.tables import message, notification, visit

_made = insert(visit)
_VISIT = _made.on_conflict_do_update(
    index_elements=[visit.c.realm, visit.c.person_id, visit.c.patient_id],
    set_={"at": func.greatest(visit.c.at, _made.excluded["at"])},
)


async def last_visit(connection: AsyncConnection, me: Recipient, patient: PatientId) -> datetime | None:
    """When they last looked at the news around that patient."""
    found: datetime | None = (
        await connection.execute(
            select(visit.c.at).where(
                visit.c.realm == me.realm.value, visit.c.person_id == me.id, visit.c.patient_id == patient
            )
        )
    ).scalar()
    return found


async def visited(transaction: AsyncConnection, me: Recipient, patient: PatientId, at: datetime) -> None:
    """Keeps that they looked; it never goes back."""
    row = {"realm": me.realm.value, "person_id": me.id, "patient_id": patient, "at": at}
    await transaction.execute(_VISIT, row)


async def notified(
    connection: AsyncConnection, me: Recipient, patient: PatientId, kinds: Collection[Kind], since: datetime, most: int
) -> list[Line]:
    """What of these kinds they were notified of since then (when the line was made, not when the thing took place:
    news that come late are news), newest first, as far as its author lets them know of it."""
    found = await connection.execute(
        select(notification.c.kind, notification.c.about_id, notification.c.actor_id, notification.c.at)
        .select_from(with_audience)
        .where(
            notification.c.recipient_realm == me.realm.value,
            notification.c.recipient_id == me.id,
            notification.c.id >= least_id(since),
            notification.c.patient_id == patient,
            notification.c.kind.in_(sorted(kinds)),
            is_admitted,
        )
        .order_by(notification.c.id.desc())
        .limit(most)
    )
    urgent = {NewsKind.EMERGENCY, NewsKind.THRESHOLD}
    lines = [(OF_NOTIFICATIONS[Kind(row.kind)], row) for row in found]
    return [Line(kind, row.actor_id, row.about_id, row.at, urgent=kind in urgent) for kind, row in lines]


async def written(
    connection: AsyncConnection, me: Recipient, parts: Collection[Part], since: datetime, most: int
) -> list[Line]:
    """Others' messages since then, of what may be read of some threads, newest first."""
    lines: list[Line] = []
    for part in parts:
        if part.thread.last_at <= since:
            continue
        found = await connection.execute(
            select(message.c.id, message.c.author_id, message.c.sent_at, message.c.urgent)
            .where(*_new(me, part, since))
            .order_by(message.c.place.desc())
            .limit(most)
        )
        lines += [
            Line(NewsKind.MESSAGE, row.author_id, row.id, row.sent_at, part.thread.id, urgent=row.urgent)
            for row in found
        ]
    return lines


def _new(me: Recipient, part: Part, since: datetime) -> tuple[Any, ...]:
    begin = max(since, part.window.visible_from or BEGINNING)
    return (
        message.c.thread_id == part.thread.id,
        message.c.retention == part.thread.retention,
        message.c.id >= least_id(begin),
        message.c.sent_at > since,
        message.c.sent_at >= begin,
        message.c.place > part.window.since_place,
        message.c.deleted_at.is_(None),
        ~and_(message.c.author_id == me.id, message.c.author_realm == me.realm.value),
    )
