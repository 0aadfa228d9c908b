"""Who is calling, as the directory knows them."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform import calls

from terresante_directory.domain.accounts import must_not_be_suspended
from terresante_directory.domain.disclosure import Reader
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.territories import Administrator
from terresante_directory.store import accounts, administrators


async def administrator(connection: AsyncConnection) -> Administrator:
    """Raises `AdministratorUnknown` for a token without a row."""
    return await administrators.get(connection, calls.person().id)


async def reader(connection: AsyncConnection) -> Reader:
    """Raises `CallerSuspended` for a suspended professional, `AdministratorUnknown` for a token without a row.

    What `consent` reads to decide is its own affair: it must be able to see that somebody is suspended.
    """
    call = calls.current()
    if call.service == "consent" or call.caller is None:
        return Reader("service")
    territories: Collection[TerritoryCode] = ()
    if call.caller.kind == "professional":
        must_not_be_suspended(await accounts.get(connection, call.caller.id))
    elif call.caller.kind == "administrator":
        territories = (await administrators.get(connection, call.caller.id)).territories
    return Reader(call.caller.kind, frozenset(territories))
