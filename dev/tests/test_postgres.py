"""The stack's PostgreSQL keeps what it acknowledges, keeps the services apart, and logs no value."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from .conftest import Ground

CANARY = "ZORGLUB-1990-01-31"


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("password_encryption", "scram-sha-256"),
        ("listen_addresses", "127.0.0.1"),
        ("log_statement", "none"),
        ("log_min_duration_statement", "-1"),
        ("log_parameter_max_length_on_error", "0"),
    ],
)
async def test_the_running_server_has_the_settings_of_production(ground: Ground, setting: str, value: str) -> None:
    async with connected(ground.told["postgres"]["url"]) as server:
        assert await server.fetchval("SELECT current_setting($1)", setting) == value


async def test_a_service_works_with_the_tables_of_its_owner_but_cannot_make_or_change_any(ground: Ground) -> None:
    urls = ground.told["databases"]["consent"]
    async with connected(urls["owner_url"]) as owner:
        await owner.execute("CREATE TABLE grants (id bigint GENERATED ALWAYS AS IDENTITY, word text)")
    async with connected(urls["url"]) as service:
        await service.execute("INSERT INTO grants (word) VALUES ('yes')")
        await service.execute("UPDATE grants SET word = 'no'")
        assert await service.fetchval("SELECT word FROM grants") == "no"
        for refused in ("ALTER TABLE grants ADD x text", "DROP TABLE grants", "CREATE TABLE mine (x int)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await service.execute(refused)
        await service.execute("DELETE FROM grants")


@pytest.mark.parametrize("role", ["url", "owner_url"])
async def test_no_service_can_open_anothers_database(ground: Ground, role: str) -> None:
    address = ground.told["databases"]["records"][role].rsplit("/", 1)[0] + "/consent"

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        await asyncpg.connect(address)


async def test_a_wrong_password_is_refused(ground: Ground) -> None:
    address = ground.told["databases"]["records"]["url"].replace("records:", "records:x", 1)

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(address)


async def test_matching_has_the_extensions_it_searches_with(ground: Ground) -> None:
    async with connected(ground.told["databases"]["identity"]["url"]) as identity:
        assert await identity.fetchval("SELECT similarity('DUPONT', 'DUPOND')") > 0.5
        assert await identity.fetchval("SELECT unaccent('Hélène')") == "Helene"


async def test_no_value_of_a_failing_statement_reaches_the_log(ground: Ground) -> None:
    async with connected(ground.told["databases"]["messaging"]["owner_url"]) as owner:
        await owner.execute("CREATE TABLE people (name text UNIQUE)")
        await owner.execute("INSERT INTO people VALUES ($1)", CANARY)
        with pytest.raises(asyncpg.UniqueViolationError):
            await owner.execute("INSERT INTO people VALUES ($1)", CANARY)
        with pytest.raises(asyncpg.UndefinedTableError):
            await owner.execute("SELECT $1::text FROM nowhere", CANARY)
        with pytest.raises(asyncpg.InvalidTextRepresentationError):
            await owner.execute(f"DO $$ BEGIN PERFORM '{CANARY}'::integer; END $$")

    log = (ground.folder / "logs" / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert CANARY not in log
