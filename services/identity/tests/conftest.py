"""What the identity tests share: people with invented traits, a consent that says yes or no, a realm of patients."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from terresante.consent.v1.decision_service_pb2_grpc import (
    DecisionServiceStub,
    add_DecisionServiceServicer_to_server,
)
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante.identity.v1.identity_service_pb2_grpc import (
    IdentityServiceStub,
    add_IdentityServiceServicer_to_server,
)
from terresante.identity.v1.linkage_service_pb2_grpc import (
    LinkageServiceStub,
    add_LinkageServiceServicer_to_server,
)
from terresante_identity.accounts import Accounts, connected
from terresante_identity.domain.births import Gazetteer
from terresante_identity.domain.identity import Person, PersonId
from terresante_identity.domain.identity import registered as registered_person
from terresante_identity.domain.ins import Environment
from terresante_identity.domain.status import Standing
from terresante_identity.domain.traits import Sex, Traits, TypedTraits, parsed_traits
from terresante_identity.gazetteer import gazetteer as read_gazetteer
from terresante_identity.matcher import Matcher
from terresante_identity.rpc.access import Access
from terresante_identity.rpc.desk import Desk
from terresante_identity.rpc.linkage import LinkageService
from terresante_identity.rpc.service import IdentityService
from terresante_identity.settings import Settings
from terresante_identity.store import persons
from terresante_identity.store.direct import Reads, reading
from terresante_identity.wire.persons import person_to_proto
from terresante_platform.database import Database
from terresante_platform.testing.certificates import Authority

from . import fed
from .by_hand import Create
from .by_hand import traits as louises
from .officer import Officer
from .realm_of_patients import RealmOfPatients, serving
from .willing_consent import WillingConsent


def pytest_configure(config: pytest.Config) -> None:
    """The platform's fixtures, in a way that also works when the whole project's tests are collected at once."""
    for plugin in ("terresante_platform.testing.plugin", "terresante_dev.testing"):
        config.pluginmanager.import_plugin(plugin)


LOUISE = TypedTraits(
    birth_name="Lefèvre",
    first_name="Louise",
    birth_year=1951,
    birth_month=5,
    birth_day=12,
    sex=Sex.FEMALE,
    birth_country="FR",
    birth_postal_code="94100",
)


@pytest.fixture(scope="session")
def places() -> Gazetteer:
    return read_gazetteer()


@pytest.fixture(scope="session")
def today() -> date:
    return date(2026, 11, 25)


@pytest.fixture(scope="session")
def monday() -> datetime:
    return datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def typed() -> Callable[..., TypedTraits]:
    """Louise's traits as typed, with what a test changes."""

    def type_in(**changes: Any) -> TypedTraits:
        return replace(LOUISE, **changes)

    return type_in


@pytest.fixture
def traits(typed: Callable[..., TypedTraits], places: Gazetteer, today: date) -> Callable[..., Traits]:
    """Louise's checked traits, with what a test changes."""

    def check(**changes: Any) -> Traits:
        return parsed_traits(typed(**changes), places, today)

    return check


@pytest.fixture
def person(traits: Callable[..., Traits], monday: datetime) -> Callable[..., Person]:
    """A registered person with Louise's traits, with what a test changes; `number` tells persons apart."""

    def register(number: int = 1, **changes: Any) -> Person:
        id = PersonId(UUID(int=number))
        return registered_person(id, traits(**changes), Standing(), None, UUID(int=1_000), monday)

    return register


@pytest.fixture(scope="session")
def package() -> str:
    return "terresante_identity"


class Clock:
    """The service's clock: stands still until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monday: datetime) -> Clock:
    return Clock(monday)


@pytest.fixture
def consent() -> WillingConsent:
    return WillingConsent()


@pytest.fixture
def realm() -> Iterator[RealmOfPatients]:
    with serving() as running:
        yield running


@pytest.fixture
def accounts(realm: RealmOfPatients) -> Iterator[Accounts]:
    with connected(realm.url, "patient", "platform", realm.secret, True) as made:
        yield made


@pytest.fixture
def settings(certificates: Authority, database_url: str, realm: RealmOfPatients, tmp_path: Path) -> Settings:
    who = certificates.identity("identity")
    secret = tmp_path / "secret"
    secret.write_text(realm.secret)
    return Settings(
        listen="127.0.0.1:0",
        tls_cert_file=who.certificate,
        tls_key_file=who.key,
        tls_ca_file=who.authority,
        issuers={},
        database_url=database_url,
        nats_url="tls://127.0.0.1:1",
        consent_address="ipv4:127.0.0.1:1",
        keycloak_url=realm.url,
        keycloak_client_secret_file=secret,
        portal_url="https://portail.test/",
        environment=Environment.TEST,
        search_burst=5,
        searches_per_hour=60,
    )


@pytest_asyncio.fixture
async def reads(database: Database, database_url: str) -> AsyncIterator[Reads]:
    """Gone before the database is."""
    async with reading(database_url, 4, "reads") as made:
        yield made


@pytest_asyncio.fixture
async def door(
    database: Database,
    reads: Reads,
    consent: WillingConsent,
    accounts: Accounts,
    settings: Settings,
    places: Gazetteer,
    clock: Clock,
    serve: Any,
    dial: Any,
) -> str:
    """Where the identity service is served, asking a real consent server."""
    at = await serve("consent", partial(add_DecisionServiceServicer_to_server, consent))
    access = Access(DecisionServiceStub(await dial(at, "consent", as_="identity")))
    desk = Desk(database, access, await Matcher.loaded(database, clock), places, settings, clock, reads)
    address: str = await serve(
        "identity",
        partial(add_IdentityServiceServicer_to_server, IdentityService(desk, accounts)),
        partial(add_LinkageServiceServicer_to_server, LinkageService(desk)),
    )
    return address


@pytest_asyncio.fixture
async def service(door: str, dial: Any) -> Any:
    """A stub to call it with, as the gateway does."""
    return IdentityServiceStub(await dial(door, "identity"))


@pytest_asyncio.fixture
async def linkage(door: str, dial: Any) -> Any:
    """The same for the linkage service."""
    return LinkageServiceStub(await dial(door, "identity"))


@pytest_asyncio.fixture
async def for_consent(door: str, dial: Any) -> Any:
    """A stub to call it with, as consent does."""
    return IdentityServiceStub(await dial(door, "identity", as_="consent"))


@pytest.fixture
def doctor(calling_as: Any) -> UUID:
    """A professional, who makes the calls of the test."""
    id = uuid4()
    calling_as("professional", id)
    return id


@pytest.fixture
def create(service: Any) -> Create:
    """Registers somebody, having looked at everybody in the way."""

    async def made(*distinct_from: str, **changes: Any) -> pb.Person:
        reply = await service.CreatePerson(
            pb.CreatePersonRequest(traits=louises(**changes), confirm_distinct_from=distinct_from)
        )
        assert reply.HasField("person"), reply
        person: pb.Person = reply.person
        return person

    return made


@pytest.fixture
def feeder(calling_as: Any) -> UUID:
    """Another system, which makes the calls of the test."""
    id = uuid4()
    calling_as("system", id)
    return id


@pytest.fixture
def read(database: Database) -> Callable[..., Any]:
    """A person as kept, whoever makes the calls of the test."""

    async def person(id: str) -> Any:
        async with database.reading() as connection:
            return person_to_proto(await persons.get(connection, PersonId(UUID(id))))

    return person


@pytest.fixture
def officer(linkage: Any, calling_as: Any, read: Callable[..., Any]) -> Officer:
    """An identity officer, who makes the calls of the test."""
    return Officer(linkage, calling_as, read)


@pytest_asyncio.fixture
async def louise(officer: Officer) -> Any:
    """What became of Louise when the hospital sent her."""
    return await officer.sent(fed.HOSPITAL, "1")


@pytest_asyncio.fixture
async def morel(officer: Officer, louise: Any) -> Any:
    """Another person, who may be Louise: a pair waits."""
    return await officer.sent(fed.CLINIC, "1", **fed.DOUBTFUL)
