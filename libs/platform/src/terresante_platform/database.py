"""PostgreSQL: a pool, a transaction for changes, a plain autocommit connection for reads.

A change and its events are one transaction; what waits for the commit (the outbox relay) is woken after it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

STATEMENT_TIMEOUT_MS = 5_000


class Database:
    """One service's own database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.after_commit: list[Callable[[], None]] = []
        """Called after each committed transaction; must return at once."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Everything in the block is kept together, or nothing (READ COMMITTED)."""
        async with self._engine.begin() as connection:
            yield connection
        for wake in self.after_commit:
            wake()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """For reads: no transaction is opened, each statement sees what is committed when it starts."""
        async with self._autocommit.connect() as connection:
            yield connection


@asynccontextmanager
async def connected(url: str, pool: int = 8, application: str = "terresante") -> AsyncIterator[Database]:
    """A pool for `postgresql://role:password@host:port/database`. Connects when first used."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool,
        max_overflow=0,
        pool_timeout=3.0,
        pool_recycle=1800,
        hide_parameters=True,
        connect_args={
            "timeout": 3.0,
            "server_settings": {
                "application_name": application,
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "lock_timeout": "3000",
                "idle_in_transaction_session_timeout": "15000",
                "jit": "off",
            },
        },
    )
    try:
        yield Database(engine)
    finally:
        await engine.dispose()
