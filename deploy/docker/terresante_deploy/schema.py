"""Migrations apart from starts: `bring` takes one database to what this image needs, `await` waits until somebody did.

`python -m terresante_deploy.schema bring|await terresante_<service>`, with TERRESANTE_SCHEMA_DATABASE_URL (bring: the
owner role; await: the run-time role is enough). A schema that is newer than this image is left alone: after a rollback
the older image runs on it, since migrations only add within one version's step (docs/operations.md, "Upgrade").
"""

import asyncio
import os
import sys
import time
from enum import Enum
from importlib.resources import files

import asyncpg
from alembic.config import Config
from alembic.script import ScriptDirectory
from terresante_platform import migrations

OLDEST = 150_000
"""`server_version_num` of PostgreSQL 15, the oldest that the services' SQL was written for."""
PATIENCE = 600.0
"""Seconds for a database to answer: longer than a failover, shorter than the Job's deadline."""
USAGE = "usage: TERRESANTE_SCHEMA_DATABASE_URL=postgresql://… python -m terresante_deploy.schema bring|await PACKAGE"
_NOT_YET = (
    OSError,
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.TooManyConnectionsError,
    asyncpg.PostgresConnectionError,
)
"""Not up, or not told yet of our role or database: all that passes by itself while everything starts at once."""


class Unfit(Exception):
    """This server cannot be used; the text says what to do."""


class Standing(Enum):
    """A database's schema, beside what an image needs."""

    BEHIND = "behind"
    THERE = "there"
    NEWER = "newer"


def standing(found: str | None, known: frozenset[str], head: str) -> Standing:
    """`found`: the database's revision, None if it has none; `known`: every revision that the image has."""
    if found == head:
        return Standing.THERE
    if found is None or found in known:
        return Standing.BEHIND
    return Standing.NEWER


def revisions(package: str) -> tuple[frozenset[str], str]:
    """The package's revisions, and the last of them."""
    config = Config()
    config.set_main_option("script_location", str(files(package) / "migrations"))
    script = ScriptDirectory.from_config(config)
    head = script.get_current_head()
    if head is None:
        raise SystemExit(f"{package} has no migrations")
    return frozenset(one.revision for one in script.walk_revisions()), head


async def seen(url: str, *, writes: bool = False) -> str | None:
    """The database's revision. Raises Unfit, or what asyncpg raises. `writes`: it must take changes."""
    database = await asyncpg.connect(url, timeout=5)
    try:
        if int(await database.fetchval("select current_setting('server_version_num')")) < OLDEST:
            raise Unfit(f"PostgreSQL {OLDEST // 10_000} or later is needed: upgrade the server.")
        if writes and await database.fetchval(
            "select pg_is_in_recovery() or current_setting('transaction_read_only')::bool"
        ):
            raise Unfit("The database is read-only: give the address of the primary, not of a standby.")
        if await database.fetchval("select to_regclass('alembic_version')") is None:
            return None
        found: str | None = await database.fetchval("select version_num from alembic_version")
        return found
    except asyncpg.InsufficientPrivilegeError:
        raise Unfit(
            "This role may not read alembic_version: have its owner GRANT SELECT on it (operations, Databases)."
        ) from None
    finally:
        await database.close()


async def answering(url: str, *, writes: bool) -> str | None:
    """As `seen`, once the server answers. Raises SystemExit with the last reason after PATIENCE."""
    until, told = time.monotonic() + PATIENCE, 0.0
    while True:
        try:
            return await seen(url, writes=writes)
        except _NOT_YET as fault:
            reason = type(fault).__name__
        if time.monotonic() > until:
            raise SystemExit(f"The database did not answer for {PATIENCE:.0f} s: {reason}.")
        if time.monotonic() - told > 10:
            told = time.monotonic()
            _say(f"The database does not answer yet ({reason}).")
        await asyncio.sleep(1)


async def awaited(package: str, url: str) -> None:
    """Returns once the schema is what the image needs, or newer."""
    known, head = revisions(package)
    told = 0.0
    while True:
        found = await answering(url, writes=False)
        now = standing(found, known, head)
        if now is not Standing.BEHIND:
            _say(f"The schema is {now.value}: {found}.")
            return
        if time.monotonic() - told > 10:
            told = time.monotonic()
            _say(f"The schema is at {found or 'nothing'}, {head} is needed: waiting for the migration Job.")
        await asyncio.sleep(1)


def brought(package: str, url: str) -> None:
    """Migrates, unless there is nothing to do or the schema is newer."""
    known, head = revisions(package)
    found = asyncio.run(answering(url, writes=True))
    now = standing(found, known, head)
    if now is Standing.BEHIND:
        migrations.upgrade(package, url)
    _say(f"The schema of {package} was {found or 'nothing'} ({now.value}); this image needs {head}.")


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main() -> None:
    """See the module."""
    url = os.environ.get("TERRESANTE_SCHEMA_DATABASE_URL")
    if len(sys.argv) != 3 or sys.argv[1] not in ("bring", "await") or not url:
        sys.exit(USAGE)
    try:
        if sys.argv[1] == "bring":
            brought(sys.argv[2], url)
        else:
            asyncio.run(awaited(sys.argv[2], url))
    except Unfit as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
