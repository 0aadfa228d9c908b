"""Runs a service's Alembic migrations. Called from the two-line `env.py` in each service, and by
`terresante_platform.migrate`.
"""

import asyncio
from importlib.resources import files

from alembic import command, context
from alembic.config import Config
from sqlalchemy import pool
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from terresante_platform import consumer, idempotency, outbox

PLATFORM_SCHEMA = outbox.SCHEMA + consumer.SCHEMA + idempotency.SCHEMA
"""The platform's own tables, for a service's first migration (see `statements`)."""
PLATFORM_SCHEMA_2 = outbox.SCHEMA_2 + idempotency.SCHEMA_2
"""For its second."""


def statements(sql: str) -> list[str]:
    """SQL split at `;` at the end of a line."""
    return [part.strip() for part in sql.split(";\n") if part.strip()]


def upgrade(package: str, url: str, revision: str = "head") -> None:
    """Brings the database at `url` (owner role) to `revision` of the package's migrations. Not from inside an event
    loop.
    """
    command.upgrade(_config(package, url), revision)


def _config(package: str, url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files(package) / "migrations"))
    config.attributes["url"] = url
    return config


def run() -> None:
    """What an `env.py` does: all pending migrations in one transaction, under a lock so that two jobs never collide."""
    asyncio.run(_migrated(context.config.attributes["url"]))


async def _migrated(url: str) -> None:
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_migrate)
    await engine.dispose()


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=False)
    with context.begin_transaction():
        connection.exec_driver_sql("select pg_advisory_xact_lock(729364)")
        context.run_migrations()
