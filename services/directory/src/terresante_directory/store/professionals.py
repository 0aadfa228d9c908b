"""Professionals of the present with their places of practice: read by id, found by words of their names."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, and_, any_, bindparam, exists, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.accounts import State
from terresante_directory.domain.identifiers import (
    PlaceId,
    ProfessionalId,
    Rpps,
    StructureId,
    TerritoryCode,
)
from terresante_directory.domain.professionals import (
    Place,
    Professional,
    unknown_professional,
)
from terresante_directory.store import officers
from terresante_directory.store.tables import account, mandate, place, professional, structure

BY_ID = (
    select(
        professional,
        account.c.state,
        place.c.id.label("place_id"),
        place.c.structure_id,
        place.c.role,
        place.c.since,
        place.c.until,
        place.c.continues_since,
        structure.c.territory,
        *officers.COLUMNS,
    )
    .select_from(professional)
    .outerjoin(account, account.c.uid == professional.c.id)
    .outerjoin(mandate, and_(mandate.c.professional_id == professional.c.id, mandate.c.until.is_(None)))
    .outerjoin(place, place.c.professional_id == professional.c.id)
    .outerjoin(structure, structure.c.id == place.c.structure_id)
    .where(professional.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), professional.c.stands)
    .order_by(professional.c.id, place.c.since, place.c.id)
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search asks for; blank means any. Structure and territory count where a place stands at `at`."""

    words: list[str]
    profession: str
    structure: UUID | None
    territory: str
    at: datetime


async def keep_version(transaction: AsyncConnection, changed: Professional) -> None:
    """Keeps the version of a professional that this transaction has locked: account or mandate are others."""
    await transaction.execute(
        update(professional).where(professional.c.id == changed.id).values(version=changed.version)
    )


async def find_for_update(transaction: AsyncConnection, id: ProfessionalId) -> Professional | None:
    """The professional, if they exist, who stays as they are until the transaction ends."""
    locked = select(professional.c.id).where(professional.c.id == id, professional.c.stands).with_for_update()
    if (await transaction.execute(locked)).first() is None:
        return None
    return (await get_many(transaction, [id]))[id]


async def get_for_update(transaction: AsyncConnection, id: ProfessionalId) -> Professional:
    """The professional, who stays as they are until the transaction ends. Raises `ProfessionalUnknown`."""
    found = await find_for_update(transaction, id)
    if found is None:
        raise unknown_professional()
    return found


async def must_exist(connection: AsyncConnection, id: ProfessionalId) -> None:
    """Raises `ProfessionalUnknown`."""
    if not await get_many(connection, [id]):
        raise unknown_professional()


async def get_many(connection: AsyncConnection, ids: Collection[ProfessionalId]) -> dict[ProfessionalId, Professional]:
    """Those of `ids` that exist, in one statement."""
    rows: dict[ProfessionalId, list[Row[Any]]] = {}
    for row in await connection.execute(BY_ID, {"ids": list(ids)}):
        rows.setdefault(ProfessionalId(row.id), []).append(row)
    return {id: _professional(of) for id, of in rows.items()}


async def search(connection: AsyncConnection, filters: Filters, after: UUID | None, limit: int) -> list[Professional]:
    """Up to `limit` professionals, by family name, that match; those after the professional `after`."""
    wanted = select(professional.c.id).order_by(professional.c.search, professional.c.id).limit(limit)
    for word in filters.words:
        wanted = wanted.where(professional.c.search.like(f"% {word}%"))
    if filters.profession:
        wanted = wanted.where(professional.c.profession == filters.profession)
    if filters.structure is not None or filters.territory:
        wanted = wanted.where(_practising(filters))
    if after is not None:
        last = professional.alias()
        position = select(last.c.search).where(last.c.id == after).scalar_subquery()
        wanted = wanted.where(tuple_(professional.c.search, professional.c.id) > tuple_(position, after))
    ids = [ProfessionalId(row.id) for row in await connection.execute(wanted)]
    found = await get_many(connection, ids)
    return [found[id] for id in ids if id in found]


def _practising(filters: Filters) -> Any:
    standing = exists().where(
        place.c.professional_id == professional.c.id,
        place.c.since <= filters.at,
        or_(place.c.until.is_(None), place.c.until > filters.at),
    )
    if filters.structure is not None:
        standing = standing.where(place.c.structure_id == filters.structure)
    if filters.territory:
        standing = standing.where(place.c.structure_id == structure.c.id, structure.c.territory == filters.territory)
    return standing


def _professional(rows: list[Row[Any]]) -> Professional:
    first = rows[0]
    return Professional(
        id=ProfessionalId(first.id),
        rpps=Rpps(first.rpps) if first.rpps else None,
        family_name=first.family_name,
        given_name=first.given_name,
        profession=first.profession,
        places=tuple(_place(row) for row in rows if row.place_id is not None),
        account=State(first.state) if first.state else None,
        version=first.version,
        mandate=officers.standing(first),
    )


def _place(row: Row[Any]) -> Place:
    return Place(
        PlaceId(row.place_id),
        StructureId(row.structure_id),
        TerritoryCode(row.territory),
        row.role,
        row.since,
        row.until,
        row.continues_since,
    )
