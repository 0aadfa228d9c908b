"""What the consent service's tests share: the service itself on real parts, a directory, a clock."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceStub
from terresante.consent.v1.journal_service_pb2_grpc import JournalServiceStub
from terresante.directory.v1.directory_service_pb2_grpc import add_DirectoryServiceServicer_to_server
from terresante.identity.v1.identity_service_pb2_grpc import add_IdentityServiceServicer_to_server
from terresante_consent.events import reactions
from terresante_consent.journal.chain import Signer
from terresante_consent.parts import Parts, assembled, policy_of
from terresante_platform.consumer import Consumer
from terresante_platform.database import Database
from terresante_platform.testing.issuer import Issuer

from .house import Clock, House
from .linking import Linking
from .small_directory import SmallDirectory
from .small_identity import SmallIdentity


@pytest.fixture(scope="session")
def package() -> str:
    return "terresante_consent"


@pytest.fixture(scope="session")
def pro() -> Issuer:
    """The professionals' realm, which vouches for systems too."""
    return Issuer("https://login.test/realms/pro", ["professional", "administrator", "system"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer(Ed25519PrivateKey.generate())


@pytest.fixture
def directory() -> SmallDirectory:
    return SmallDirectory()  # type: ignore[abstract]  # what consent never asks is left unanswered


@pytest.fixture
def identity() -> SmallIdentity:
    return SmallIdentity()  # type: ignore[abstract]  # what consent never asks is left unanswered


@pytest_asyncio.fixture
async def parts(
    database: Database,
    database_url: str,
    directory: SmallDirectory,
    identity: SmallIdentity,
    signer: Signer,
    clock: Clock,
    serve: Callable[..., Any],
    dial: Callable[..., Any],
) -> AsyncIterator[Parts]:
    """The parts of one running service."""
    address = await serve("directory", partial(add_DirectoryServiceServicer_to_server, directory))
    channel = await dial(address, "directory", as_="consent")
    persons = await serve("identity", partial(add_IdentityServiceServicer_to_server, identity))
    people = await dial(persons, "identity", as_="consent")
    async with assembled(database, database_url, channel, people, signer, policy_of(None), clock) as made:
        yield made


@pytest.fixture
def linking(database: Database, parts: Parts, clock: Clock) -> Linking:
    """Identity, as far as it announces merges."""
    return Linking(Consumer("consent", database, None, reactions(parts.knowing)), clock)  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def house(
    parts: Parts,
    directory: SmallDirectory,
    identity: SmallIdentity,
    clock: Clock,
    serve: Callable[..., Any],
    dial: Callable[..., Any],
    calling_as: Callable[..., Any],
) -> House:
    """The running service, behind real channels."""
    address = await serve("consent", *parts.register)
    gateway = await dial(address, "consent", as_="gateway")
    records = await dial(address, "consent", as_="records")
    messaging = await dial(address, "consent", as_="messaging")
    return House(
        consents=ConsentServiceStub(gateway),
        decisions=DecisionServiceStub(records),
        portal_decisions=DecisionServiceStub(gateway),
        journal=JournalServiceStub(gateway),
        messaging=ConsentServiceStub(messaging),
        tellable=DecisionServiceStub(messaging),
        counting=ConsentServiceStub(await dial(address, "consent", as_="directory")),
        directory=directory,
        identity=identity,
        clock=clock,
        call_as=calling_as,
    )
