"""Territories of the present."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.territories import Territory
from terresante_directory.store.tables import territory


async def known(
    connection: AsyncConnection, given: Mapping[TerritoryCode, Territory]
) -> dict[TerritoryCode, Territory]:
    """Those that stand, and those of the data file (`given`) that were not taken over yet."""
    rows = (await connection.execute(select(territory).order_by(territory.c.code))).all()
    told = {TerritoryCode(row.code) for row in rows}
    found = {code: one for code, one in given.items() if code not in told}
    for row in rows:
        code = TerritoryCode(row.code)
        if row.stands:
            communes = given[code].communes if code in given else ()
            found[code] = Territory(code, row.name, row.department, row.started, communes)
    return found


async def was_ever(connection: AsyncConnection, code: str) -> bool:
    """Whether there is, or was, or will be such a territory."""
    return bool(await connection.scalar(select(territory.c.code).where(territory.c.code == code)))
