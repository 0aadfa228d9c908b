"""One connection to PostgreSQL, kept open for the two statements that every guarded request needs.

Whatever asks while a statement runs shares the next one (`Group`), so that one connection is enough and the cost of a
statement is shared under load. Lost, it is opened again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg
from terresante_platform.database import STATEMENT_TIMEOUT_MS, DatabaseUnavailable, is_driver_away

Result = TypeVar("Result")


class Line:
    """A connection that opens when first used. Its few statements are planned once: all they do is look up by index,
    and planning them anew each time costs more than running them."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: Any = None
        self._turn = asyncio.Lock()

    async def run(self, work: Callable[[Any], Awaitable[Result]]) -> Result:
        """Runs `work(asyncpg connection)`. Raises `DatabaseUnavailable` if it cannot, or if the outcome is unknown."""
        async with self._turn:
            try:
                return await work(await self._opened())
            except Exception as fault:
                if not is_driver_away(fault):
                    raise
                await self._dropped()
                raise unavailable() from fault

    async def close(self) -> None:
        """Ends it."""
        async with self._turn:
            await self._dropped()

    async def _opened(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._url,
                timeout=3.0,
                server_settings={
                    "application_name": self._name,
                    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                    "lock_timeout": "3000",
                    "idle_in_transaction_session_timeout": "15000",
                    "jit": "off",
                    "plan_cache_mode": "force_generic_plan",
                    "enable_seqscan": "off",
                },
            )
        return self._connection

    async def _dropped(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


async def driver_of(transaction: Any) -> Any:
    """The asyncpg connection under a SQLAlchemy connection, which must have begun its transaction."""
    return (await transaction.get_raw_connection()).driver_connection


def unavailable() -> DatabaseUnavailable:
    """What to raise when PostgreSQL does not answer."""
    return DatabaseUnavailable(
        "La plateforme est momentanément indisponible ; rien n'a été fait ni montré.",
        "Réessayez dans quelques instants.",
    )
