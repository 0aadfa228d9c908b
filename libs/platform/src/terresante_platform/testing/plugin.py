"""The fixtures. A service's conftest names its package; each test then has a migrated database of its own.

database      Database on a fresh, migrated database         database_url   its URL (superuser)
nats_server   a NATS server                                  bus            Bus on a stream EVENTS made for this test
certificates  Authority of the test                          pro, patients  Issuers (professional+administrator /
patient)
serve         serve(name, *register) -> address, mTLS        dial           dial(address, peer, as_="gateway") ->
channel for stubs
calling_as    calling_as(kind, id, acr=2, place="", ...)     published      await published() -> subjects in the
outbox, in order
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from grpc import aio
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig
from sqlalchemy import text

from terresante_platform import bus as bus_module
from terresante_platform import calls, migrations
from terresante_platform import database as database_module
from terresante_platform.bus import STREAM, Bus
from terresante_platform.database import Database
from terresante_platform.rpc import client, server
from terresante_platform.testing import nats_server as nats_module
from terresante_platform.testing import postgres as postgres_module
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.issuer import Issuer, verifier_of

Serve = Callable[..., Awaitable[str]]
Dial = Callable[..., Awaitable[aio.Channel]]
CallingAs = Callable[..., calls.Caller]
Published = Callable[[], Awaitable[list[str]]]


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_module.Server]:
    """One PostgreSQL for the session."""
    with postgres_module.server() as running:
        yield running


@pytest.fixture(scope="session")
def templates() -> dict[str, str]:
    """The migrated databases of the session, by package."""
    return {}


@pytest.fixture
def template(postgres: postgres_module.Server, package: str, templates: dict[str, str]) -> str:
    """A migrated database to copy from. Extensions are made here, as operations do beforehand."""
    if package not in templates:
        name = f"template_{package}"
        postgres.sql(f'create database "{name}"')
        for extension in ("pg_trgm", "unaccent", "btree_gin"):
            postgres.sql(f"create extension if not exists {extension}", name)
        migrations.upgrade(package, postgres.url(name))
        templates[package] = name
    return templates[package]


@pytest.fixture
def database_url(postgres: postgres_module.Server, template: str) -> Iterator[str]:
    """A fresh copy of the migrated database."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    postgres.sql(f'create database "{name}" template "{template}" strategy wal_log')
    yield postgres.url(name)
    postgres.sql(f'drop database "{name}" with (force)')


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The service's database."""
    async with database_module.connected(database_url, pool=8) as connected:
        yield connected


@pytest.fixture(scope="session")
def nats_server() -> Iterator[nats_module.Server]:
    """One NATS server for the session."""
    with nats_module.server() as running:
        yield running


@pytest_asyncio.fixture
async def bus(nats_server: nats_module.Server, package: str) -> AsyncIterator[Bus]:
    """A connection with an empty stream, and the package's durable consumer of everything."""
    service = package.removeprefix("terresante_")
    async with bus_module.connected(nats_server.url, service, None) as connected:
        await asyncio.wait_for(connected.connected.wait(), 10)
        await connected.stream.add_stream(StreamConfig(name=STREAM, subjects=["terresante.*.v1.>"]))
        await connected.stream.add_consumer(
            STREAM,
            ConsumerConfig(
                durable_name=service,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=30,
                filter_subject="terresante.*.v1.>",
            ),
        )
        yield connected
        await connected.stream.delete_stream(STREAM)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The internal authority of the session."""
    folder: Path = tmp_path_factory.mktemp("certificates")
    return Authority(folder)


@pytest.fixture(scope="session")
def pro() -> Issuer:
    """The professionals' realm."""
    return Issuer("https://login.test/realms/pro", ["professional", "administrator", "system"])


@pytest.fixture(scope="session")
def patients() -> Issuer:
    """The patients' realm."""
    return Issuer("https://login.test/realms/patient", ["patient"])


@pytest_asyncio.fixture
async def serve(certificates: Authority, pro: Issuer, patients: Issuer) -> AsyncIterator[Serve]:
    """`await serve("consent", partial(add_ConsentServiceServicer_to_server, servicer))` gives the address."""
    async with AsyncExitStack() as stack:

        async def started(name: str, *register: Callable[[aio.Server], None]) -> str:
            serving = server.serving(
                "127.0.0.1:0", certificates.identity(name), verifier_of(name, pro, patients), register, 1.0, 0.0
            )
            port = await stack.enter_async_context(serving)
            return f"ipv4:127.0.0.1:{port}"

        yield started


@pytest_asyncio.fixture
async def dial(certificates: Authority) -> AsyncIterator[Dial]:
    """`await dial(address, "consent", as_="records")` gives a channel for stubs, with the certificate of `as_`."""
    async with AsyncExitStack() as stack:

        async def dialled(address: str, peer: str, as_: str = "gateway") -> aio.Channel:
            return await stack.enter_async_context(client.connected(address, peer, certificates.identity(as_)))

        yield dialled


@pytest.fixture
def calling_as(pro: Issuer, patients: Issuer) -> Iterator[CallingAs]:
    """`calling_as("patient", id)` makes the calls that follow in this test that person's. `calling_as(None)`:
    nobody's.
    """

    def call_as(
        kind: str | None,
        id: UUID | None = None,
        /,
        *,
        acr: int = 2,
        place: str = "",
        key: str = "",
        logged_in_ago: float = 1.0,
        **claims: Any,
    ) -> calls.Caller | None:
        if kind is None or id is None:
            calls.enter(calls.Call())
            return None
        issuer = patients if kind in patients.kinds else pro
        token = issuer.token(kind, id, acr, logged_in_ago, **claims)
        caller = calls.Caller(id, kind, acr, 0.0, 0.0, token)
        calls.enter(calls.Call(caller=caller, place=place, idempotency_key=key))
        return caller

    yield call_as  # type: ignore[misc]
    calls.enter(calls.Call())


@pytest.fixture
def published(database: Database) -> Published:
    """What is in the outbox, by subject without the common beginning, oldest first."""

    async def subjects() -> list[str]:
        async with database.reading() as connection:
            found = await connection.execute(text("select subject from outbox order by sequence"))
            return [row.subject.removeprefix("terresante.") for row in found]

    return subjects
