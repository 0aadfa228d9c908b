"""Who speaks for a structure: its correspondents, as long as they practise there."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.identifiers import AdministratorId, ProfessionalId, StructureId
from terresante_directory.domain.requests import Speaking
from terresante_directory.store.enrolment_tables import correspondent
from terresante_directory.store.tables import place, professional, structure


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


async def speaking(connection: AsyncConnection, at: datetime, *wanted: ColumnElement[bool]) -> list[Speaking]:
    """Who speaks for which structure at that moment, by the conditions below; by name of the structure."""
    theirs = (place.c.professional_id == correspondent.c.professional_id) & (
        place.c.structure_id == correspondent.c.structure_id
    )
    rows = await connection.execute(
        select(
            structure.c.id,
            structure.c.name,
            professional.c.id.label("professional_id"),
            (professional.c.given_name + " " + professional.c.family_name).label("professional_name"),
            correspondent.c.since,
        )
        .select_from(correspondent)
        .join(structure, structure.c.id == correspondent.c.structure_id)
        .join(professional, professional.c.id == correspondent.c.professional_id)
        .where(exists().where(theirs, *stands(at)), *wanted)
        .order_by(structure.c.name, structure.c.id, professional.c.family_name, professional.c.id)
    )
    return [Speaking(row.id, row.name, row.professional_id, row.professional_name, row.since) for row in rows]


def for_structure(id: UUID) -> ColumnElement[bool]:
    return correspondent.c.structure_id == id


def by_professional(id: UUID) -> ColumnElement[bool]:
    return correspondent.c.professional_id == id


def in_territories(codes: Collection[str]) -> ColumnElement[bool]:
    return structure.c.territory.in_(codes)


def stands(at: datetime) -> tuple[Any, ...]:
    """The conditions on `place` for one that stands at that moment."""
    return place.c.since <= at, or_(place.c.until.is_(None), place.c.until > at)
