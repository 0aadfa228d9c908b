"""Emergency accesses."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_consent.domain.emergency import EmergencyAccess, EmergencyId
from terresante_consent.domain.vocabulary import PersonId, PlaceId, ProfessionalId
from terresante_consent.store.tables import emergency_access


async def of_patient(
    connection: AsyncConnection, patient: UUID, professional: UUID | None = None
) -> list[EmergencyAccess]:
    """Emergency accesses of a patient, newest first; only those of one professional if named."""
    wanted = select(emergency_access).where(emergency_access.c.patient_id == patient)
    if professional is not None:
        wanted = wanted.where(emergency_access.c.professional_id == professional)
    found = await connection.execute(wanted.order_by(emergency_access.c.opened_at.desc()))
    return [_access(row) for row in found]


async def open_now(connection: AsyncConnection, patient: UUID, professional: UUID, at: datetime) -> bool:
    """Whether that professional has one open at that moment."""
    accesses = await of_patient(connection, patient, professional)
    return any(access.open(at) for access in accesses)


async def get(connection: AsyncConnection, patient: UUID, id: UUID) -> EmergencyAccess | None:
    """One emergency access of a patient."""
    row = (
        await connection.execute(
            select(emergency_access).where(
                emergency_access.c.patient_id == patient, emergency_access.c.emergency_id == id
            )
        )
    ).first()
    return _access(row) if row else None


async def keep(transaction: AsyncConnection, new: EmergencyAccess) -> None:
    """Keeps a new one."""
    await transaction.execute(
        insert(emergency_access).values(
            emergency_id=new.id,
            patient_id=new.patient,
            professional_id=new.professional,
            place_id=new.place,
            reason=new.reason,
            opened_at=new.opened_at,
            ends_at=new.ends_at,
            closed_at=new.closed_at,
        )
    )


async def close(transaction: AsyncConnection, closed: EmergencyAccess) -> None:
    """Keeps its end before its time."""
    await transaction.execute(
        update(emergency_access).where(emergency_access.c.emergency_id == closed.id).values(closed_at=closed.closed_at)
    )


def _access(row: Any) -> EmergencyAccess:
    return EmergencyAccess(
        id=EmergencyId(row.emergency_id),
        patient=PersonId(row.patient_id),
        professional=ProfessionalId(row.professional_id),
        place=PlaceId(row.place_id),
        reason=row.reason,
        opened_at=row.opened_at,
        ends_at=row.ends_at,
        closed_at=row.closed_at,
    )
