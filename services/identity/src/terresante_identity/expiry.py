"""Ends activation codes whose time is over: unless the account is in use, its starting code opens nothing any more."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from terresante_platform import background
from terresante_platform.database import Database
from terresante_platform.telemetry import log

from terresante_identity.accounts import Accounts
from terresante_identity.domain.account import AccountsUnavailable
from terresante_identity.store import activations

EVERY_SECONDS = 60.0


async def end_expired(database: Database, accounts: Accounts, at: datetime) -> int:
    """Ends those that expired by `at`; gives how many. Two replicas doing it at once do no harm: it is done twice."""
    async with database.reading() as connection:
        expired = await activations.expired(connection, at)
    for activation in expired:
        await accounts.close_unused(activation.person)
        async with database.transaction() as transaction:
            await activations.end(transaction, activation.id, at)
    return len(expired)


@asynccontextmanager
async def expiring(database: Database, accounts: Accounts, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """Ends expired codes in the background until left; waits out a database or Keycloak that is away."""

    async def run() -> None:
        while True:
            try:
                while await end_expired(database, accounts, now()) == activations.SWEPT_AT_ONCE:
                    pass
            except (AccountsUnavailable, SQLAlchemyError, OSError) as fault:
                log.warning("expiry waits", fault=type(fault).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async with background.running(run()):
        yield
