"""Hot reads: statements compiled once, run by the driver on connections kept for them, each planned once.

Half the CPU of the usual way, through SQLAlchemy's execution and pool (measured).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from terresante_platform.database import STATEMENT_TIMEOUT_MS, is_driver_away

Row = Mapping[str, Any]
WAIT_SECONDS = 3.0
"""For a connection."""
NO_ANSWER_SECONDS = STATEMENT_TIMEOUT_MS / 1000 + 1.0


class Prepared:
    """A select with named parameters."""

    def __init__(self, statement: Select[Any]) -> None:
        compiled = statement.compile(dialect=dialect.dialect())  # type: ignore[no-untyped-call]
        self.sql = str(compiled)
        self._names: Sequence[str] = compiled.positiontup or ()
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def placed(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order in which the statement names them."""
        given = {**self._fixed, **values}
        return [given[name] for name in self._names]


class Reads:
    """Connections for reads. Each statement sees what is committed when it starts."""

    def __init__(self, url: str, most: int, application: str) -> None:
        """`most`: connections at once; they are opened when needed."""
        self._url = url
        self._application = application
        self._room = asyncio.Semaphore(most)
        self._idle: list[asyncpg.Connection] = []

    async def rows(self, statement: Prepared, values: Mapping[str, Any]) -> Sequence[Row]:
        """All rows. Raises ConnectionError when the database is away."""
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

    async def first(self, statement: Prepared, values: Mapping[str, Any]) -> Row | None:
        """The first row, if any. Raises as `rows`."""
        found = await self.rows(statement, values)
        return found[0] if found else None

    async def close(self) -> None:
        """Ends the connections."""
        while self._idle:
            self._idle.pop().terminate()

    async def _fetched(self, statement: Prepared, values: Mapping[str, Any]) -> Sequence[Row]:
        connection = await self._connection()
        try:
            found: Sequence[Row] = await connection.fetch(statement.sql, *statement.placed(values))
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
