"""PostgreSQL: a pool, a transaction for changes, a plain autocommit connection for reads.

A change and its events are one transaction; what waits for the commit (the outbox relay) is woken after it.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from terresante_platform.measures import CONNECTIONS, MOST_CONNECTIONS
from terresante_platform.refusals import Invalid, Unavailable

STATEMENT_TIMEOUT_MS = 5_000
_AWAY_STATES = ("08", "40", "53", "57", "55P03")
"""SQLSTATE classes of a server that is gone, gave one of two up that stood in each other's way, is full, starting,
stopping or out of time; and the state of a lock that was waited for in vain (PostgreSQL, appendix A)."""
_WAKES = "wakes"


class DatabaseUnavailable(Unavailable):
    """PostgreSQL does not answer."""

    reason = "DATABASE_UNAVAILABLE"


def database_unavailable() -> DatabaseUnavailable:
    """What to raise when it does not."""
    return DatabaseUnavailable(
        "La plateforme est momentanément indisponible ; rien n’a été enregistré.", "Réessayez dans quelques instants."
    )


class TextInvalid(Invalid):
    """A text that PostgreSQL cannot keep: it holds the character U+0000."""

    reason = "TEXT_INVALID"


def text_invalid() -> TextInvalid:
    """What to raise then."""
    return TextInvalid(
        "Un texte contient un caractère nul, qui ne peut pas être enregistré.", "Retirez-le, puis réessayez."
    )


def is_unwritable_text(fault: Exception) -> bool:
    """Whether the fault is that of a text with U+0000, alone (22021) or in JSON (22P05): the caller's, not ours."""
    state = str(getattr(fault.orig, "sqlstate", None) or "") if isinstance(fault, DBAPIError) else ""
    return state in {"22021", "22P05"}


def is_away(fault: Exception) -> bool:
    """Whether the fault says that the database is away, not that something is wrong with what was asked of it."""
    if isinstance(fault, OperationalError | InterfaceError | PoolTimeout | ConnectionError | TimeoutError):
        return True
    return isinstance(fault, DBAPIError) and (fault.connection_invalidated or _says_away(fault.orig))


def is_driver_away(fault: Exception) -> bool:
    """The same of what the driver raises where SQLAlchemy is not between."""
    lost = isinstance(fault, OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError)
    return lost or _says_away(fault)


def _says_away(fault: BaseException | None) -> bool:
    return str(getattr(fault, "sqlstate", None) or "").startswith(_AWAY_STATES)


def wake_after(transaction: AsyncConnection, what: str) -> None:
    """Wakes who waits for `what` once this transaction commits (`Database.after_commit`)."""
    transaction.info.setdefault(_WAKES, set()).add(what)


class Database:
    """One service's own database."""

    def __init__(self, engine: AsyncEngine, beside: "Database | None" = None) -> None:
        self._engine = engine
        self._autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.after_commit: defaultdict[str, list[Callable[[], None]]] = (
            beside.after_commit if beside else defaultdict(list)
        )
        """By what is waited for: called after each committed transaction that told of it (`wake_after`); must return at
        once."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Everything in the block is kept together, or nothing (READ COMMITTED)."""
        async with self._engine.begin() as connection:
            connection.info.pop(_WAKES, None)
            yield connection
            told: set[str] = connection.info.pop(_WAKES, set())
        for what in told:
            for wake in self.after_commit[what]:
                wake()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """For reads: no transaction is opened, each statement sees what is committed when it starts."""
        async with self._autocommit.connect() as connection:
            yield connection


@asynccontextmanager
async def connected(
    url: str,
    pool: int = 8,
    application: str = "terresante",
    *,
    planned_once: bool = False,
    beside: Database | None = None,
) -> AsyncIterator[Database]:
    """A pool for `postgresql://role:password@host:port/database`. Connects when first used.

    `planned_once`: a statement is planned once a connection, whatever its values: for tables of many partitions, where
    planning costs more than executing (partitions are pruned when it runs).
    `beside`: another pool on the same database, for work that must not wait in line behind calls; a commit of either
    wakes whoever waits for one.
    """
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
                "plan_cache_mode": "force_generic_plan" if planned_once else "auto",
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _require_open)
    name = {"db.client.connection.pool.name": application}

    def connections() -> list[tuple[float, dict[str, str]]]:
        found: Any = engine.pool
        return [
            (found.checkedout(), name | {"db.client.connection.state": "used"}),
            (found.checkedin(), name | {"db.client.connection.state": "idle"}),
        ]

    try:
        with CONNECTIONS.told_by(connections), MOST_CONNECTIONS.told_by(lambda: [(pool, name)]):
            yield Database(engine, beside)
    finally:
        await engine.dispose()


def _require_open(connection: Any, *_: object) -> None:
    """Lets the pool connect anew if the server ended this one while nobody used it: the driver knows, so no question to
    the server is needed, and no call fails for what was over before it came."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
