"""The programs that images bring along for Kubernetes: the probe, and the one that keeps migrations apart from starts."""

import asyncio
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from grpc import aio
from terresante_platform import migrations
from terresante_platform.rpc import server
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.issuer import Issuer, verifier_of
from terresante_platform.testing.postgres import Server

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "deploy" / "docker"
PACKAGE = "terresante_messaging"
sys.path.insert(0, str(DOCKER))

from terresante_deploy import schema  # noqa: E402
from terresante_deploy.schema import Standing, standing  # noqa: E402


@pytest.fixture
def mounted(certificates: Authority, tmp_path: Path) -> Path:
    """A pod's /run/terresante/tls, of consent."""
    who = certificates.identity("consent")
    for source, name in ((who.certificate, "tls.crt"), (who.key, "tls.key"), (who.authority, "ca.crt")):
        shutil.copy(source, tmp_path / name)
    return tmp_path


async def probed(mounted: Path, port: int, *more: str) -> int:
    """The probe's exit code, run as kubelet runs it."""
    command = (sys.executable, "-I", "-S", str(DOCKER / "probe.py"), "consent", str(port), *more)
    environment = {**os.environ, "TERRESANTE_PROBE_TLS": str(mounted)}
    probe = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.DEVNULL)
    return await probe.wait()


async def test_a_service_is_ready_while_it_serves_and_neither_ready_nor_alive_once_it_is_gone(
    mounted: Path, certificates: Authority, pro: Issuer, patients: Issuer
) -> None:
    verifier = verifier_of("consent", pro, patients)
    async with server.serving("127.0.0.1:0", certificates.identity("consent"), verifier, (), 1.0, 0.0) as port:
        assert await probed(mounted, port) == 0
        assert await probed(mounted, port, "--alive") == 0
    assert await probed(mounted, port) == 1
    assert await probed(mounted, port, "--alive") == 1


async def test_a_service_that_answers_without_serving_is_alive_and_not_ready(
    mounted: Path, certificates: Authority
) -> None:
    leaving = aio.server()  # knows no health service: it answers UNIMPLEMENTED
    port = leaving.add_secure_port("127.0.0.1:0", certificates.identity("consent").server_credentials())
    await leaving.start()
    assert await probed(mounted, port) == 1
    assert await probed(mounted, port, "--alive") == 0
    await leaving.stop(None)


async def test_a_loop_that_is_stuck_is_neither(mounted: Path) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the probe gives up
        writer.close()

    deaf = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = deaf.sockets[0].getsockname()[1]
    assert await probed(mounted, port, "--alive") == 1
    deaf.close()


def test_a_schema_is_behind_there_or_newer() -> None:
    known = frozenset({"0001", "0002"})
    assert standing(None, known, "0002") is Standing.BEHIND
    assert standing("0001", known, "0002") is Standing.BEHIND
    assert standing("0002", known, "0002") is Standing.THERE
    assert standing("0003", known, "0002") is Standing.NEWER


@pytest.fixture
def empty(postgres: Server) -> Iterator[str]:
    """The URL of an empty database."""
    name = f"s_{uuid.uuid4().hex[:12]}"
    postgres.sql(f'create database "{name}"')
    yield postgres.url(name)
    postgres.sql(f'drop database "{name}" with (force)')


async def bring(url: str) -> None:
    await asyncio.to_thread(schema.brought, PACKAGE, url)


async def test_a_pod_waits_until_the_job_has_brought_the_schema(empty: str) -> None:
    waiting = asyncio.create_task(schema.awaited(PACKAGE, empty))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0.5)
    await bring(empty)
    await asyncio.wait_for(waiting, 20)


async def test_a_schema_that_is_newer_is_left_alone_and_nobody_waits_for_it(empty: str, postgres: Server) -> None:
    await bring(empty)
    name = empty.rpartition("/")[2].partition("?")[0]
    postgres.sql("update alembic_version set version_num = '9999_of_the_next_version'", name)
    await bring(empty)
    await asyncio.wait_for(schema.awaited(PACKAGE, empty), 20)
    assert await schema.seen(empty) == "9999_of_the_next_version"


async def test_a_read_only_database_is_refused_by_the_job_with_what_to_do(empty: str, postgres: Server) -> None:
    name = empty.rpartition("/")[2].partition("?")[0]
    postgres.sql(f'alter database "{name}" set default_transaction_read_only = on', "postgres")
    with pytest.raises(schema.Unfit, match="give the address of the primary"):
        await bring(empty)


async def test_a_migration_that_fails_half_way_leaves_the_schema_as_it_was(empty: str, postgres: Server) -> None:
    name = empty.rpartition("/")[2].partition("?")[0]
    postgres.sql("create table outbox (in_the_way int)", name)
    with pytest.raises(Exception, match="outbox"):
        await bring(empty)
    assert await schema.seen(empty) is None
    postgres.sql("drop table outbox", name)
    await bring(empty)
    assert await schema.seen(empty) == schema.revisions(PACKAGE)[1]


def test_the_head_that_pods_wait_for_is_the_one_that_the_job_brings(empty: str) -> None:
    migrations.upgrade(PACKAGE, empty)
    assert asyncio.run(schema.seen(empty)) == schema.revisions(PACKAGE)[1]
