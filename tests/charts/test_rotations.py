"""The rotations of docs/operations.md, step by step with real parts: no call fails while they go on."""

import asyncio
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from terresante_platform.rpc import server
from terresante_platform.rpc.client import Channel
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.issuer import Issuer, verifier_of
from terresante_platform.testing.postgres import Server
from terresante_platform.tls import Identity

from tests.charts.rendered import ROOT
from tests.charts.test_programs import schema

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


class Pod:
    """The folder of a pod's certificate, whose files are replaced as kubelet replaces them."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.identity = Identity(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")
        folder.mkdir()

    def given(self, authority: Authority) -> None:
        """A certificate of that authority."""
        made = authority.identity(self.name)
        shutil.copy(made.certificate, self.identity.certificate)
        shutil.copy(made.key, self.identity.key)

    def trusts(self, *authorities: Authority) -> None:
        """These and no others."""
        folder = self.identity.authority
        folder.write_bytes(b"".join(one.identity("any").authority.read_bytes() for one in authorities))


async def served(channel: Channel) -> bool:
    """Whether a call on a connection made just now is answered."""
    stub = health_pb2_grpc.HealthStub(channel._opened())
    try:
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=3)
    except aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


@pytest.fixture
def pods(tmp_path: Path) -> tuple[Pod, Pod, Authority, Authority]:
    """A pod that is called, one that calls, the old authority and the new one."""
    old, new = Authority(tmp_path / "old", "old authority"), Authority(tmp_path / "new", "new authority")
    called, calling = Pod(tmp_path / "called", "consent"), Pod(tmp_path / "calling", "records")
    for pod in (called, calling):
        pod.given(old)
        pod.trusts(old)
    return called, calling, old, new


async def test_the_internal_authority_is_replaced_in_three_passes_without_a_call_that_fails(
    pods: tuple[Pod, Pod, Authority, Authority], pro: Issuer, patients: Issuer
) -> None:
    called, calling, old, new = pods
    passes: list[tuple[str, Callable[[Pod], None]]] = [
        ("both authorities are trusted", lambda pod: pod.trusts(old, new)),
        ("certificates are of the new one", lambda pod: pod.given(new)),
        ("the old one is trusted no more", lambda pod: pod.trusts(new)),
    ]
    async with server.serving("127.0.0.1:0", called.identity, verifier_of("x", pro, patients), (), 1.0, 0.0) as port:
        channel = Channel(f"ipv4:127.0.0.1:{port}", "consent", calling.identity)
        assert await served(channel)
        for words, step in passes:
            for pod in (called, calling):
                step(pod)
                assert await served(channel), f"{words}, {pod.name} first"
        await channel.close()


async def test_a_certificate_of_an_authority_that_is_not_trusted_yet_cuts_the_line(
    pods: tuple[Pod, Pod, Authority, Authority], pro: Issuer, patients: Issuer
) -> None:
    called, calling, _, new = pods
    async with server.serving("127.0.0.1:0", called.identity, verifier_of("x", pro, patients), (), 1.0, 0.0) as port:
        channel = Channel(f"ipv4:127.0.0.1:{port}", "consent", calling.identity)
        calling.given(new)
        assert not await served(channel), "why there are three passes"
        await channel.close()


async def test_a_databases_password_is_replaced_while_the_old_one_still_serves(postgres: Server) -> None:
    (made,) = re.findall(r"```sql\n(CREATE ROLE consent_owner.*?)```", PAGE, re.DOTALL)
    (rotated,) = re.findall(r"```sql\n(CREATE ROLE consent_2 .*?)```", PAGE, re.DOTALL)
    begins, ends = rotated.strip().split(";\n")
    before, after = made.replace("consent", "rotated").split("\\connect rotated\n")
    for part, database in ((before, "postgres"), (after, "rotated")):
        for statement in part.strip().split(";\n"):
            await asyncio.to_thread(postgres.sql, statement.rstrip(";"), database)

    def url(role: str, word: str) -> str:
        return f"postgresql://{role}:{word}@{postgres.url('rotated').rpartition('@')[2]}"

    await asyncio.to_thread(schema.brought, "terresante_consent", url("rotated_owner", "changez-moi"))
    old = await asyncpg.connect(url("rotated", "changez-moi-aussi"))
    await asyncio.to_thread(postgres.sql, begins.replace("consent", "rotated"), "rotated")
    new = await asyncpg.connect(url("rotated_2", "changez-moi-encore"))
    for one in (old, new):
        assert await one.fetchval("select count(*) from consent") == 0
        await one.execute("insert into known_professional values (gen_random_uuid(), 'x', true, true, 1, now())")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await new.execute("alter table consent add column more text")

    await asyncio.to_thread(postgres.sql, ends.rstrip(";").replace("consent", "rotated"), "rotated")
    assert await old.fetchval("select count(*) from known_professional") == 2, "who is in goes on"
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(url("rotated", "changez-moi-aussi"))
    await (await asyncpg.connect(url("rotated_2", "changez-moi-encore"))).close()
    for one in (old, new):
        await one.close()
