"""The gateway's tests: the real HTTPS server, the real channels, five real gRPC servers with programmed answers."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import pytest_asyncio
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from terresante_gateway import app, peers, server
from terresante_gateway.cursors import Signer
from terresante_gateway.exchange import BUDGETS
from terresante_gateway.exchange import Services as Asked
from terresante_gateway.live import Streams
from terresante_platform.rpc import server as rpc
from terresante_platform.strangers import Strangers
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.issuer import Issuer, verifier_of
from terresante_platform.testing.traced import exporter

from .servicers import Services

ORIGIN = "https://portail.test"
LIMITS = server.Limits(connections=200, head_seconds=1.0, idle_seconds=2.0)


def pytest_configure(config: pytest.Config) -> None:
    """The platform's fixtures, in a way that also works when the whole project's tests are collected at once."""
    config.pluginmanager.import_plugin("terresante_platform.testing.plugin")


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Running:
    """A gateway that serves."""

    port: int
    services: Services
    state: app.State
    trust: ssl.SSLContext
    authority: str
    pro: Issuer
    patients: Issuer
    clock: Clock
    streams: Streams
    most_requests: int = 12

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def bearer(self, kind: str = "professional", id: UUID | None = None, acr: int = 2, **more: Any) -> dict[str, str]:
        """The header of a person's token."""
        issuer = self.patients if kind in self.patients.kinds else self.pro
        return {"authorization": f"Bearer {issuer.token(kind, id or uuid4(), acr, **more)}"}

    async def raw(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A bare TLS connection."""
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self.trust, server_hostname="localhost")


@pytest_asyncio.fixture(scope="session")
async def running(
    certificates: Authority, pro: Issuer, patients: Issuer, exporter: InMemorySpanExporter
) -> AsyncIterator[Running]:
    """One gateway and its five services for the session."""
    services = Services()
    async with AsyncExitStack() as stack:
        addresses = {}
        for name in peers.NAMES:
            serving = rpc.serving(
                "127.0.0.1:0",
                certificates.identity(name),
                verifier_of(name, pro, patients),
                services.registrations(name),
                0.5,
            )
            addresses[name] = f"ipv4:127.0.0.1:{await stack.enter_async_context(serving)}"
        who = certificates.identity("gateway")
        stubs = await stack.enter_async_context(peers.connected(addresses, who))
        state, signer, clock, streams = app.State(), Signer(b"k" * 32), Clock(), Streams(most=40)
        door = app.door(
            Asked(stubs, signer, Strangers(signer.mark, clock, BUDGETS), streams=streams),
            verifier_of("gateway", pro, patients),
            state,
            public_url="https://api.test",
            origins=[ORIGIN],
            most_requests=Running.most_requests,
            body_seconds=1.0,
        )
        port = await stack.enter_async_context(server.serving(door, "127.0.0.1:0", who, LIMITS, 2.0))
        trust = ssl.create_default_context(cafile=str(who.authority))
        yield Running(port, services, state, trust, str(who.authority), pro, patients, clock, streams)


@pytest_asyncio.fixture(scope="session")
async def connection(running: Running) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that trusts the gateway's certificate."""
    limits = httpx2.Limits(keepalive_expiry=LIMITS.idle_seconds / 2)
    async with httpx2.AsyncClient(base_url=running.url, verify=running.trust, timeout=15, limits=limits) as client:
        yield client


@pytest.fixture(scope="session", name="exporter")
def _exporter() -> InMemorySpanExporter:
    """Where the spans of the session go."""
    return exporter()


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Callable[[], Sequence[ReadableSpan]]:
    """The spans that ended during the test."""
    exporter.clear()
    return exporter.get_finished_spans


@pytest.fixture
def gateway(running: Running) -> Running:
    """The gateway, with nothing programmed."""
    running.services.forget()
    return running


@pytest.fixture
def services(gateway: Running) -> Services:
    """Its services."""
    return gateway.services


@pytest.fixture
def http(gateway: Running, connection: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A client of it."""
    return connection
