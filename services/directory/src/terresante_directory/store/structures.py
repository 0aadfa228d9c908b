"""Structures of the present: read by id, found by words of their name or commune."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, any_, bindparam, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.identifiers import StructureId, TerritoryCode, unknown_structure
from terresante_directory.domain.structures import Structure, StructureKind, StructureLevel
from terresante_directory.store.tables import structure

BY_ID = select(structure).where(structure.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), structure.c.stands)


async def get_many(connection: AsyncConnection, ids: Collection[StructureId]) -> dict[StructureId, Structure]:
    """Those of `ids` that exist."""
    rows = await connection.execute(BY_ID, {"ids": list(ids)})
    return {StructureId(row.id): structure_of(row) for row in rows}


async def get_all(connection: AsyncConnection, ids: Sequence[StructureId]) -> list[Structure]:
    """The structures, in the order asked. Raises `StructureUnknown` if one of them does not exist."""
    return _all(await get_many(connection, ids), ids)


async def get_all_for_share(transaction: AsyncConnection, ids: Sequence[StructureId]) -> list[Structure]:
    """As `get_all`; they are not changed, closed or moved until the transaction ends."""
    rows = await transaction.execute(BY_ID.order_by(structure.c.id).with_for_update(read=True), {"ids": list(ids)})
    return _all({StructureId(row.id): structure_of(row) for row in rows}, ids)


async def versions(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, int]:
    """Of those that ever were, whether they stand or not."""
    wanted = select(structure.c.id, structure.c.version).where(
        structure.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    )
    return {row.id: row.version for row in await connection.execute(wanted, {"ids": list(ids)})}


def _all(found: Mapping[StructureId, Structure], ids: Sequence[StructureId]) -> list[Structure]:
    if any(id not in found for id in ids):
        raise unknown_structure()
    return [found[id] for id in ids]


async def search(
    connection: AsyncConnection, words: list[str], territory: str, after: UUID | None, limit: int
) -> list[Structure]:
    """Up to `limit` structures, by name, that have all the beginnings of words; those after the structure `after`.

    The position is that structure's, so that a cursor holds nothing but an id.
    """
    wanted = select(structure).where(structure.c.stands).order_by(structure.c.search, structure.c.id).limit(limit)
    for word in words:
        wanted = wanted.where(structure.c.search.like(f"% {word}%"))
    if territory:
        wanted = wanted.where(structure.c.territory == territory)
    if after is not None:
        last = structure.alias()
        position = select(last.c.search).where(last.c.id == after).scalar_subquery()
        wanted = wanted.where(tuple_(structure.c.search, structure.c.id) > tuple_(position, after))
    return [structure_of(row) for row in await connection.execute(wanted)]


def structure_of(row: Row[Any]) -> Structure:
    """From a row with all columns of `structure`."""
    return Structure(
        id=StructureId(row.id),
        name=row.name,
        kind=StructureKind(row.kind),
        finess=row.finess,
        siret=row.siret,
        territory=TerritoryCode(row.territory),
        part_of=StructureId(row.part_of) if row.part_of else None,
        postal_code=row.postal_code,
        commune=row.commune,
        version=row.version,
        level=StructureLevel(row.level),
        closed=row.closed,
    )
