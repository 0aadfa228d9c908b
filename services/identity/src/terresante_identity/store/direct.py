"""Statements that every look-up needs, run by the driver itself: as written, planned once a connection.

SQLAlchemy's execution of one, and its pool, cost a fifth of a whole Match and a quarter of what PostgreSQL does for it
(measured); what is asked seldom stays with them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import asyncpg
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import STATEMENT_TIMEOUT_MS, is_driver_away

WAIT_SECONDS = 3.0
"""For a connection."""
_UNDER = "under"
NO_ANSWER_SECONDS = STATEMENT_TIMEOUT_MS / 1000 + 1.0


class Direct(Protocol):
    """Where such statements are run."""

    async def rows(self, statement: str, *values: object) -> Sequence[Any]:
        """All rows of a statement with its values for $1, $2, … Raises ConnectionError when the database is away."""
        ...


class Under:
    """The driver's connection under one of SQLAlchemy's."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    @property
    def in_transaction(self) -> bool:
        """Whether what is done can still be taken back."""
        return bool(self._driver.is_in_transaction())

    async def rows(self, statement: str, *values: object) -> Sequence[Any]:
        """See `Direct`: inside the transaction, if the connection is in one."""
        try:
            found: Sequence[Any] = await self._driver.fetch(statement, *values)
        except Exception as fault:
            if not is_driver_away(fault):
                raise
            raise ConnectionError("database away") from fault
        return found


async def under(connection: AsyncConnection) -> Under:
    """For a connection for reads, or a transaction, which has begun then."""
    known = connection.info.get(_UNDER)
    if known is None:
        known = connection.info[_UNDER] = Under((await connection.get_raw_connection()).driver_connection)
    if not known.in_transaction and not _is_for_reads(connection):
        await connection.exec_driver_sql("select")
    direct: Under = known
    return direct


def written(statement: ClauseElement) -> str:
    """A statement as the driver takes it: its parameters are $1, $2, … in the order in which they are written."""
    return str(statement.compile(dialect=asyncpg_dialect.dialect()))  # type: ignore[no-untyped-call]


def _is_for_reads(connection: AsyncConnection) -> bool:
    sync = connection.sync_connection
    return sync is not None and sync.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


class Reads:
    """Connections for look-ups alone. Each statement sees what is committed when it starts."""

    def __init__(self, url: str, most: int, application: str) -> None:
        """`most`: connections at once; they are opened when needed."""
        self._url = url
        self._application = application
        self._room = asyncio.Semaphore(most)
        self._idle: list[asyncpg.Connection] = []

    async def rows(self, statement: str, *values: object) -> Sequence[Any]:
        """See `Direct`: on whichever connection is free."""
        try:
            if self._room.locked():
                async with asyncio.timeout(WAIT_SECONDS):
                    await self._room.acquire()
            else:
                await self._room.acquire()
        except TimeoutError as fault:
            raise ConnectionError("database busy") from fault
        try:
            return await self._fetched(statement, values)
        except Exception as fault:
            if not is_driver_away(fault):
                raise
            raise ConnectionError("database away") from fault
        finally:
            self._room.release()

    async def close(self) -> None:
        """Ends the connections."""
        while self._idle:
            self._idle.pop().terminate()

    async def _fetched(self, statement: str, values: Sequence[object]) -> Sequence[Any]:
        connection = await self._connection()
        try:
            found: Sequence[Any] = await connection.fetch(statement, *values)
        except BaseException:  # whatever it was, and if the caller left: nobody knows in what state it is
            connection.terminate()
            raise
        self._idle.append(connection)
        return found

    async def _connection(self) -> asyncpg.Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await asyncpg.connect(
            self._url,
            timeout=WAIT_SECONDS,
            command_timeout=NO_ANSWER_SECONDS,
            server_settings={
                "application_name": self._application,
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "jit": "off",
                "plan_cache_mode": "force_generic_plan",
            },
        )


@asynccontextmanager
async def reading(url: str, most: int, application: str) -> AsyncIterator[Reads]:
    """Connections that open when first used, until left."""
    reads = Reads(url, most, application)
    try:
        yield reads
    finally:
        await reads.close()
