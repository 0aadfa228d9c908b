"""How far each has come in the threads by which they could be reached."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.people import PatientId, Realm, ThreadId
from terresante_messaging.domain.threads import ThreadKind
from terresante_messaging.store.tables import mark, thread


@dataclass(frozen=True, slots=True)
class ThreadWay:
    """A thread, and when each professional last received or read something there."""

    thread: ThreadId
    seen: dict[UUID, datetime]


async def circle_thread(connection: AsyncConnection, patient: PatientId) -> ThreadWay | None:
    """The thread of a patient's circle, if it was opened."""
    found = await connection.execute(
        _with_marks(and_(thread.c.patient_id == patient, thread.c.kind == ThreadKind.CIRCLE.value))
    )
    rows = found.all()
    return ThreadWay(rows[0].id, _seen(rows)) if rows else None


async def direct_threads(connection: AsyncConnection, me: UUID, others: Collection[UUID]) -> dict[UUID, ThreadWay]:
    """By the other: the thread between the two, if it was opened."""
    if not others:
        return {}
    pair = or_(
        and_(thread.c.first_id == me, thread.c.second_id.in_(others)),
        and_(thread.c.second_id == me, thread.c.first_id.in_(others)),
    )
    found: dict[UUID, list[Any]] = {}
    for row in await connection.execute(_with_marks(and_(thread.c.kind == ThreadKind.DIRECT.value, pair))):
        found.setdefault(row.second_id if row.first_id == me else row.first_id, []).append(row)
    return {other: ThreadWay(rows[0].id, _seen(rows)) for other, rows in found.items()}


def _with_marks(which: Any) -> Any:
    of_professionals = and_(mark.c.thread_id == thread.c.id, mark.c.realm == Realm.PROFESSIONAL.value)
    seen_at = func.greatest(mark.c.received_at, mark.c.read_at).label("seen_at")
    return (
        select(thread.c.id, thread.c.first_id, thread.c.second_id, mark.c.person_id, seen_at)
        .select_from(thread.outerjoin(mark, of_professionals))
        .where(which)
    )


def _seen(rows: Collection[Any]) -> dict[UUID, datetime]:
    return {row.person_id: row.seen_at for row in rows if row.seen_at is not None}
