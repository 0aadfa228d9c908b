"""Administrators who name and end one another: locked, listed, ended."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.accounts import State
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.domain.territories import Administrator
from terresante_directory.store.tables import account, administrator, administrator_territory


async def lock(transaction: AsyncConnection, *ids: UUID) -> None:
    """Nobody else changes what these administrators may until the transaction ends."""
    rows = select(administrator.c.id).where(administrator.c.id.in_(ids)).order_by(administrator.c.id)
    await transaction.execute(rows.with_for_update())


async def end(transaction: AsyncConnection, id: UUID, codes: Collection[TerritoryCode]) -> None:
    """They administer these territories no more."""
    theirs = administrator_territory.c
    await transaction.execute(
        delete(administrator_territory).where(theirs.administrator_id == id, theirs.territory.in_(codes))
    )


async def sharing(
    connection: AsyncConnection, codes: Collection[TerritoryCode]
) -> list[tuple[Administrator, State | None]]:
    """Who administers some of these territories, which of them, and the state of their accounts; by name."""
    theirs = administrator_territory.c
    wanted = (
        select(administrator, func.array_agg(theirs.territory).label("territories"), account.c.state)
        .join(administrator_territory, theirs.administrator_id == administrator.c.id)
        .outerjoin(account, account.c.uid == administrator.c.id)
        .where(theirs.territory.in_(codes))
        .group_by(administrator.c.id, account.c.state)
        .order_by(administrator.c.family_name, administrator.c.given_name, administrator.c.id)
    )
    return [
        (
            Administrator(
                AdministratorId(row.id),
                row.given_name,
                row.family_name,
                frozenset(map(TerritoryCode, row.territories)),
            ),
            State(row.state) if row.state else None,
        )
        for row in await connection.execute(wanted)
    ]
