"""Administrators and their territories."""

from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.domain.territories import Administrator, unknown_administrator
from terresante_directory.store.tables import administrator, administrator_territory


async def add(transaction: AsyncConnection, new: Administrator) -> None:
    """Keeps a new administrator."""
    await transaction.execute(
        insert(administrator).values(id=new.id, given_name=new.given_name, family_name=new.family_name)
    )
    rows = [{"administrator_id": new.id, "territory": code} for code in sorted(new.territories)]
    await transaction.execute(insert(administrator_territory), rows)


async def territories(connection: AsyncConnection, id: UUID) -> frozenset[TerritoryCode]:
    """Those they administer; none if they are no administrator."""
    theirs = administrator_territory.c
    rows = await connection.scalars(select(theirs.territory).where(theirs.administrator_id == id))
    return frozenset(TerritoryCode(code) for code in rows)


async def get(connection: AsyncConnection, id: UUID) -> Administrator:
    """The administrator whose token has this `uid`. Raises `AdministratorUnknown`."""
    theirs = administrator_territory.c
    row = (
        await connection.execute(
            select(administrator, func.array_agg(theirs.territory).label("territories"))
            .join(administrator_territory, theirs.administrator_id == administrator.c.id)
            .where(administrator.c.id == id)
            .group_by(administrator.c.id)
        )
    ).first()
    if row is None:
        raise unknown_administrator()
    codes = frozenset(TerritoryCode(code) for code in row.territories)
    return Administrator(AdministratorId(row.id), row.given_name, row.family_name, codes)
