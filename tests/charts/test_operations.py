"""What docs/operations.md tells operators to type does what it says."""

import asyncio
import re
from pathlib import Path

import asyncpg
import pytest
from terresante_platform.testing.postgres import Server

from tests.charts.rendered import RELEASE, ROOT, containers, pods
from tests.charts.test_programs import schema

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def url_of(postgres: Server, role: str, password: str) -> str:
    """An address as an operator writes it into the Secret."""
    rest = postgres.url("consent").rpartition("@")[2]
    return f"postgresql://{role}:{password}@{rest}"


async def test_the_databases_lines_give_a_schema_that_its_owner_makes_and_the_run_time_role_may_only_use(
    postgres: Server,
) -> None:
    (lines,) = re.findall(r"```sql\n(CREATE ROLE consent_owner.*?)```", PAGE, re.DOTALL)
    before, after = lines.split("\\connect consent\n")
    for part, database in ((before, "postgres"), (after, "consent")):
        for statement in part.strip().split(";\n"):
            await asyncio.to_thread(postgres.sql, statement.rstrip(";"), database)
    owner, run_time = (url_of(postgres, *one) for one in (("consent_owner", "changez-moi"), ("consent", "changez-moi-aussi")))  # fmt: skip

    await asyncio.to_thread(schema.brought, "terresante_consent", owner)
    await asyncio.wait_for(schema.awaited("terresante_consent", run_time), 20)

    user = await asyncpg.connect(run_time)
    try:
        assert await user.fetchval("select count(*) from consent") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await user.execute("delete from journal_entry")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await user.execute("alter table consent add column more text")
    finally:
        await user.close()


@pytest.mark.parametrize("values", ["production", "airgap"])
def test_every_secret_that_a_pod_reads_is_on_the_page(values: str) -> None:
    page = PAGE.split("### Secrets")[1].split("### Databases")[0]
    named = set()
    for _, _, spec in pods(values):
        named |= {one["secret"]["secretName"] for one in spec.get("volumes", []) if "secret" in one}
        for container in containers(spec):
            for one in container.get("env", []):
                if "secretKeyRef" in one.get("valueFrom", {}):
                    named.add(one["valueFrom"]["secretKeyRef"]["name"])
    for name in {one for one in named if one.startswith(RELEASE)}:
        kind = re.sub(r"^(gateway|identity|consent|records|messaging|directory)-(tls|database)$", r"<part>-\2",
                      name.removeprefix(f"{RELEASE}-"))  # fmt: skip
        assert f"`{kind}`" in page.replace("<service>", "<part>"), name


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:deploy|docs)/[\w./-]+)`", PAGE))
    assert len(named) >= 5
    assert [name for name in named if not Path(ROOT, name).exists()] == []
