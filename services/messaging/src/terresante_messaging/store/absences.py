"""Who is away and who is on call: tables and queries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.absences import Absence, OnCall, Period
from terresante_messaging.store.telling_tables import absence, on_call


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody who is away now."""

    until: datetime
    delegate: UUID | None


async def alone(transaction: AsyncConnection, about: UUID) -> None:
    """One transaction at a time about that professional or structure: what is looked at stays as it is."""
    await transaction.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(about), 0))))


async def of(connection: AsyncConnection, professional: UUID, since: datetime) -> list[Absence]:
    """Somebody's that end after `since`, newest first."""
    found = await connection.execute(
        select(absence)
        .where(absence.c.professional_id == professional, absence.c.until_at > since)
        .order_by(absence.c.from_at.desc(), absence.c.id.desc())
    )
    return [_absence(row) for row in found]


async def get(transaction: AsyncConnection, professional: UUID, id: UUID) -> Absence | None:
    """One of somebody's, locked."""
    mine = (absence.c.id == id, absence.c.professional_id == professional)
    row = (await transaction.execute(select(absence).where(*mine).with_for_update())).first()
    return _absence(row) if row else None


async def add(transaction: AsyncConnection, new: Absence) -> None:
    """Keeps it."""
    await transaction.execute(
        insert(absence).values(
            id=new.id,
            professional_id=new.professional,
            from_at=new.period.begins,
            until_at=new.period.ends,
            delegate_id=new.delegate,
        )
    )


async def end(transaction: AsyncConnection, ended: Absence) -> None:
    """Keeps when it ended."""
    await transaction.execute(
        update(absence).where(absence.c.id == ended.id).values(from_at=ended.period.begins, until_at=ended.period.ends)
    )


async def away(connection: AsyncConnection, professionals: Collection[UUID], at: datetime) -> dict[UUID, Away]:
    """Those of them who are away at that moment."""
    if not professionals:
        return {}
    found = await connection.execute(
        select(absence).where(
            absence.c.professional_id.in_(professionals), absence.c.from_at <= at, absence.c.until_at > at
        )
    )
    return {row.professional_id: Away(row.until_at, row.delegate_id) for row in found}


async def times(connection: AsyncConnection, structure: UUID, period: Period) -> list[OnCall]:
    """Who is on call there in that span, by beginning."""
    found = await connection.execute(
        select(on_call)
        .where(on_call.c.structure_id == structure, on_call.c.until_at > period.begins, on_call.c.from_at < period.ends)
        .order_by(on_call.c.from_at, on_call.c.id)
    )
    return [_on_call(row) for row in found]


async def on_call_now(connection: AsyncConnection, professionals: Collection[UUID], at: datetime) -> list[OnCall]:
    """Those of them who are on call somewhere at that moment."""
    if not professionals:
        return []
    found = await connection.execute(
        select(on_call)
        .where(on_call.c.professional_id.in_(professionals), on_call.c.from_at <= at, on_call.c.until_at > at)
        .order_by(on_call.c.from_at, on_call.c.id)
    )
    return [_on_call(row) for row in found]


async def put(transaction: AsyncConnection, new: OnCall, by: UUID) -> None:
    """Keeps it."""
    await transaction.execute(
        insert(on_call).values(
            id=new.id,
            structure_id=new.structure,
            professional_id=new.professional,
            from_at=new.period.begins,
            until_at=new.period.ends,
            put_by=by,
        )
    )


async def time(connection: AsyncConnection, id: UUID) -> OnCall | None:
    """One time on call."""
    row = (await connection.execute(select(on_call).where(on_call.c.id == id))).first()
    return _on_call(row) if row else None


async def take_off(transaction: AsyncConnection, id: UUID) -> bool:
    """Whether it was there."""
    return bool((await transaction.execute(delete(on_call).where(on_call.c.id == id))).rowcount)


def _absence(row: Any) -> Absence:
    return Absence(row.id, row.professional_id, Period(row.from_at, row.until_at), row.delegate_id)


def _on_call(row: Any) -> OnCall:
    return OnCall(row.id, row.structure_id, row.professional_id, Period(row.from_at, row.until_at))
