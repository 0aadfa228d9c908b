"""Structures: kept, read by id, found by words of their name or commune."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, any_, bindparam, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.identifiers import StructureId, TerritoryCode, unknown_structure
from terresante_directory.domain.structures import Structure, StructureKind, already_registered
from terresante_directory.store.tables import structure

BY_ID = select(structure).where(structure.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))


async def add(transaction: AsyncConnection, new: Structure) -> None:
    """Keeps a new structure. Raises `StructureAlready` if another has its FINESS, or its SIRET without a FINESS."""
    kept = await transaction.execute(
        insert(structure)
        .values(
            id=new.id,
            name=new.name,
            kind=new.kind.value,
            finess=new.finess,
            siret=new.siret,
            territory=new.territory,
            part_of=new.part_of,
            postal_code=new.postal_code,
            commune=new.commune,
            search=new.search_column(),
            version=new.version,
        )
        .on_conflict_do_nothing()
    )
    if kept.rowcount == 0:
        raise already_registered()


async def get_many(connection: AsyncConnection, ids: Collection[StructureId]) -> dict[StructureId, Structure]:
    """Those of `ids` that exist."""
    rows = await connection.execute(BY_ID, {"ids": list(ids)})
    return {StructureId(row.id): _structure(row) for row in rows}


async def get_all(connection: AsyncConnection, ids: Sequence[StructureId]) -> list[Structure]:
    """The structures, in the order asked. Raises `StructureUnknown` if one of them does not exist."""
    found = await get_many(connection, ids)
    if any(id not in found for id in ids):
        raise unknown_structure()
    return [found[id] for id in ids]


async def search(
    connection: AsyncConnection, words: list[str], territory: str, after: UUID | None, limit: int
) -> list[Structure]:
    """Up to `limit` structures, by name, that have all the beginnings of words; those after the structure `after`.

    The position is that structure's, so that a cursor holds nothing but an id.
    """
    wanted = select(structure).order_by(structure.c.search, structure.c.id).limit(limit)
    for word in words:
        wanted = wanted.where(structure.c.search.like(f"% {word}%"))
    if territory:
        wanted = wanted.where(structure.c.territory == territory)
    if after is not None:
        last = structure.alias()
        position = select(last.c.search).where(last.c.id == after).scalar_subquery()
        wanted = wanted.where(tuple_(structure.c.search, structure.c.id) > tuple_(position, after))
    return [_structure(row) for row in await connection.execute(wanted)]


def _structure(row: Row[Any]) -> Structure:
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
    )
