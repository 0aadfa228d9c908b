"""Representations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_consent.domain.representation import Representation, RepresentationId, Right
from terresante_consent.domain.vocabulary import PersonId
from terresante_consent.store.tables import representation


async def in_force(connection: AsyncConnection, patient: UUID, at: datetime) -> list[Representation]:
    """Who may act for the patient at that moment, oldest first."""
    found = await connection.execute(
        select(representation)
        .where(
            representation.c.patient_id == patient,
            or_(representation.c.until.is_(None), representation.c.until > at),
        )
        .order_by(representation.c.since)
    )
    return [_representation(row) for row in found]


async def get(connection: AsyncConnection, patient: UUID, id: UUID) -> Representation | None:
    """One representation of a patient, ended or not."""
    row = (
        await connection.execute(
            select(representation).where(
                representation.c.patient_id == patient, representation.c.representation_id == id
            )
        )
    ).first()
    return _representation(row) if row else None


async def keep(transaction: AsyncConnection, new: Representation) -> None:
    """Keeps a new one."""
    await transaction.execute(
        insert(representation).values(
            representation_id=new.id,
            patient_id=new.patient,
            representative_id=new.representative,
            in_right=new.right.value,
            since=new.since,
            until=new.until,
            may_read=new.may_read,
            may_manage=new.may_manage,
            appointed_by=new.appointed_by,
        )
    )


async def end(transaction: AsyncConnection, ended: Representation) -> None:
    """Keeps its end."""
    await transaction.execute(
        update(representation).where(representation.c.representation_id == ended.id).values(until=ended.until)
    )


def _representation(row: Any) -> Representation:
    return Representation(
        id=RepresentationId(row.representation_id),
        patient=PersonId(row.patient_id),
        representative=PersonId(row.representative_id),
        right=Right(row.in_right),
        since=row.since,
        until=row.until,
        may_read=row.may_read,
        may_manage=row.may_manage,
        appointed_by=row.appointed_by,
    )
