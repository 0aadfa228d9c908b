"""Who speaks for a structure: its correspondents, as long as they practise there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.identifiers import AdministratorId, ProfessionalId, StructureId
from terresante_directory.store.enrolment_tables import correspondent
from terresante_directory.store.tables import place, professional


async def add(
    transaction: AsyncConnection, structure: StructureId, id: ProfessionalId, by: AdministratorId, at: datetime
) -> bool:
    """They speak for it from now on. False if they did already."""
    new = {"structure_id": structure, "professional_id": id, "since": at, "named_by": by}
    added = insert(correspondent).values(new).on_conflict_do_nothing().returning(correspondent.c.since)
    return (await transaction.execute(added)).first() is not None


async def end(transaction: AsyncConnection, structure: StructureId, id: ProfessionalId) -> bool:
    """They speak for it no more. False if they did not."""
    of = correspondent.c
    ended = delete(correspondent).where(of.structure_id == structure, of.professional_id == id)
    return (await transaction.execute(ended.returning(of.since))).first() is not None


async def end_all(transaction: AsyncConnection, id: ProfessionalId) -> None:
    """They speak for nothing any more."""
    await transaction.execute(delete(correspondent).where(correspondent.c.professional_id == id))


async def of_structure(connection: AsyncConnection, structure: StructureId, at: datetime) -> list[UUID]:
    """Those who practise there at that moment, by name."""
    wanted = (
        select(professional.c.id)
        .join(correspondent, correspondent.c.professional_id == professional.c.id)
        .join(place, (place.c.professional_id == professional.c.id) & (place.c.structure_id == structure))
        .where(correspondent.c.structure_id == structure, *stands(at))
        .distinct()
        .order_by(professional.c.id)
    )
    return [row.id for row in await connection.execute(wanted)]


def stands(at: datetime) -> tuple[Any, ...]:
    """The conditions on `place` for one that stands at that moment."""
    return place.c.since <= at, or_(place.c.until.is_(None), place.c.until > at)
