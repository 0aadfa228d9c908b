"""`up` fails loudly: it says which part and why, and leaves nothing running."""

import asyncio
import os
from collections.abc import Iterator

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest

from .conftest import ROOT, Ground

PARTS = "postgres,nats,sink,directory"


@pytest.fixture
def ground() -> Iterator[Ground]:
    """A stack that nobody has brought up yet."""
    made = Ground(f"test-failing-{os.getpid()}")
    yield made
    made.verb("reset")


def left_running(ground: Ground) -> list[str]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or ())
        if str(ground.folder) in words or f"--stack {ground.name} --replicas" in words:
            found.append(words)
    return found


async def claim_a_schema_that_no_migration_makes(owner_url: str) -> None:
    owner = await asyncpg.connect(owner_url)
    await owner.execute("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)")
    await owner.execute("INSERT INTO alembic_version VALUES ('unknown_revision')")
    await owner.close()


def test_a_service_that_cannot_start_is_named_with_its_own_words_and_everything_is_stopped(ground: Ground) -> None:
    wrong = {"TERRESANTE_DIRECTORY_NONSENSE": "1"}

    said = ground.verb("up", "--only", PARTS, fails=True, environment=wrong)

    assert "directory fails: ended with code 1" in said
    assert "TERRESANTE_DIRECTORY_NONSENSE" in said
    assert ground.told["state"] == "stopped"
    assert left_running(ground) == []


def test_a_failed_migration_is_told_with_its_last_lines(ground: Ground) -> None:
    ground.up()
    asyncio.run(claim_a_schema_that_no_migration_makes(ground.told["databases"]["directory"]["owner_url"]))
    ground.verb("down")

    said = ground.verb("up", "--only", PARTS, fails=True)

    assert "schemas fails" in said
    assert "while migrating terresante_directory" in said
    assert "unknown_revision" in said
    assert left_running(ground) == []


def test_a_name_that_is_no_stack_is_refused_and_nothing_is_made() -> None:
    said = Ground("Wrong.Name").verb("up", fails=True)

    assert "lower-case letters" in said
    assert not (ROOT / ".run" / "Wrong.Name").exists()
