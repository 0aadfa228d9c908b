"""A server that starts is healthy once it can tell who is calling: who was sent to it before would be refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from terresante_platform.rpc import server
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.issuer import Issuer
from terresante_platform.tls import Identity
from terresante_platform.tokens import Verifier

from .test_tokens import Flaky

ISSUER = Issuer("https://login.test/realms/pro", ["professional"])


@pytest.fixture
def login() -> Flaky:
    """Whoever logs people in: away until it is said to be there."""
    away = Flaky(ISSUER)
    away.up = False
    return away


@pytest.fixture
def verifier(login: Flaky, monkeypatch: pytest.MonkeyPatch) -> Verifier:
    monkeypatch.setattr("terresante_platform.tokens.FIRST_FETCH_AGAIN_SECONDS", 0.05)
    return Verifier({ISSUER.url: ISSUER.kinds}, "directory", login.fetch)


@asynccontextmanager
async def started(identity: Identity, verifier: Verifier) -> AsyncIterator[health_pb2_grpc.HealthStub]:
    async with (
        server.serving("127.0.0.1:0", identity, verifier, [], 1.0, 0.0) as port,
        aio.secure_channel(
            f"127.0.0.1:{port}",
            identity.channel_credentials(),
            options=(("grpc.ssl_target_name_override", "directory.svc"),),
        ) as channel,
    ):
        yield health_pb2_grpc.HealthStub(channel)


async def status(of: health_pb2_grpc.HealthStub) -> str:
    told = await of.Check(health_pb2.HealthCheckRequest(), timeout=5)
    return health_pb2.HealthCheckResponse.ServingStatus.Name(told.status)


async def becomes(of: health_pb2_grpc.HealthStub, wanted: str) -> None:
    async with asyncio.timeout(5):
        while await status(of) != wanted:
            await asyncio.sleep(0.01)


async def test_it_is_healthy_at_once_where_the_keys_can_be_had(
    certificates: Authority, verifier: Verifier, login: Flaky
) -> None:
    login.up = True
    async with started(certificates.identity("directory"), verifier) as server_health:
        assert await status(server_health) == "SERVING"


async def test_it_waits_for_the_keys_and_goes_on_asking_for_them(
    certificates: Authority, verifier: Verifier, login: Flaky
) -> None:
    async with started(certificates.identity("directory"), verifier) as server_health:
        assert await status(server_health) == "NOT_SERVING"
        async with asyncio.timeout(5):
            while login.asked < 3:
                await asyncio.sleep(0.01)
        assert await status(server_health) == "NOT_SERVING"
        login.up = True
        await becomes(server_health, "SERVING")
    assert verifier.lacking == []


async def test_it_does_not_wait_for_ever(
    certificates: Authority, verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "KEYS_SECONDS", 0.3)
    async with started(certificates.identity("directory"), verifier) as server_health:
        assert await status(server_health) == "NOT_SERVING"
        await becomes(server_health, "SERVING")
    assert verifier.lacking == [ISSUER.url]
