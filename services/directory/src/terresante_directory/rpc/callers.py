"""Who is calling, as the directory knows them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform import calls

from terresante_directory.domain.accounts import must_not_be_suspended
from terresante_directory.domain.disclosure import Reader
from terresante_directory.domain.enrolment import must_be_complete
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.territories import Administrator
from terresante_directory.store import accounts, administrators, enrolments


async def administrator(connection: AsyncConnection) -> Administrator:
    """Raises `AdministratorUnknown` for a token without a row."""
    return await administrators.get(connection, calls.person().id)


async def must_be_in(connection: AsyncConnection, professional: UUID) -> None:
    """Raises `CallerSuspended`, `EnrolmentIncomplete`: an inert account logs in only to complete its enrolment."""
    must_not_be_suspended(await accounts.get(connection, professional))
    must_be_complete(await enrolments.get(connection, professional))


async def reader(connection: AsyncConnection) -> Reader:
    """Raises what `must_be_in` does for a professional, `CallerSuspended` for a system, `AdministratorUnknown` for a
    token without a row.

    What `consent` reads to decide is its own affair: it must be able to see that somebody is suspended.
    """
    call = calls.current()
    if call.service == "consent" or call.caller is None:
        return Reader("service")
    territories: Collection[TerritoryCode] = ()
    if call.caller.kind == "professional":
        await must_be_in(connection, call.caller.id)
    elif call.caller.kind == "system":
        must_not_be_suspended(await accounts.get(connection, call.caller.id))
    elif call.caller.kind == "administrator":
        territories = (await administrators.get(connection, call.caller.id)).territories
    return Reader(call.caller.kind, frozenset(territories))
