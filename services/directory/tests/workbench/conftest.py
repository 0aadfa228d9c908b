"""The pages over the real service, database and RPCs; only Keycloak is a test's own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from terresante_directory import gazetteer, reference, valuesets
from terresante_directory.domain.identifiers import AdministratorId
from terresante_directory.domain.territories import appoint
from terresante_directory.imports.importing import Importing
from terresante_directory.rpc import DirectoryService
from terresante_directory.rpc.imports import ImportService
from terresante_directory.rpc.ror import RorService
from terresante_directory.settling import Settling
from terresante_directory.store import administrators
from terresante_directory.turning import Given, Turning
from terresante_directory.workbench import app, inside
from terresante_directory.workbench.attempts import Attempts
from terresante_directory.workbench.inside import Servicers
from terresante_directory.workbench.sessions import Sessions
from terresante_directory.workbench.visits import Workbench
from terresante_platform import background
from terresante_platform.database import Database
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.issuer import Issuer, verifier_of

from .visitor import ORIGIN, KeycloakInMemory, Login, Visitor

Appoint = Callable[..., Awaitable[UUID]]


class Watch:
    """The sessions' time: a test puts it on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def logins(pro: Issuer, watch: Watch) -> KeycloakInMemory:
    def token(login: Login) -> str:
        return pro.token(login.kind, login.who, login.acr, login.ago)

    return KeycloakInMemory(token, watch.now)


@pytest_asyncio.fixture
async def workbench(
    database: Database,
    settling: Settling,
    certificates: Authority,
    pro: Issuer,
    logins: KeycloakInMemory,
    watch: Watch,
) -> AsyncIterator[Workbench]:
    """What the pages stand on."""
    professions = reference.professions()
    service = DirectoryService(database, settling, reference.territories(), professions, watch.now)
    verifier = verifier_of("directory", pro)
    communes, disclosure = gazetteer.load(), reference.disclosure()
    in_time = RorService(database, reference.territories(), professions, communes, disclosure, watch.now)
    importing = Importing(database, reference.territories(), watch.now)
    imports = ImportService(database, importing, reference.territories(), watch.now)
    servicers = Servicers(service, in_time, imports)
    async with (
        background.running(importing.run()),
        inside.desk(certificates.identity("directory"), verifier, servicers) as desk,
    ):
        labels = {code: profession.label for code, profession in professions.items()}
        sessions, attempts = Sessions(database, watch.now), Attempts(database, watch.now)
        keycloak: Any = logins
        yield Workbench(sessions, attempts, keycloak, verifier, desk, ORIGIN, labels, valuesets.load(), communes)


@pytest.fixture
def door(workbench: Workbench) -> Any:
    """The pages' application."""
    return app.door(workbench)


@pytest_asyncio.fixture
async def visitor(door: Any, logins: KeycloakInMemory) -> AsyncIterator[Visitor]:
    """A browser that nobody is signed in at."""
    one = Visitor(door, logins)
    yield one
    await one.http.aclose()


@pytest_asyncio.fixture
async def taken_over(database: Database, watch: Watch) -> None:
    """Territories and communes of the data files are in the database, as after the first start."""
    communes = gazetteer.load().communes.values()
    centres = {one.code: (one.latitude, one.longitude) for one in communes}
    given = Given(tuple(reference.territories().values()), gazetteer.load_territories(), centres)
    await Turning(database, given, watch.now).take_over()


@pytest.fixture
def appointed(database: Database) -> Appoint:
    """`await appointed("94-ouest", …)`: a new administrator."""

    async def new(*codes: str, name: str = "Claire Durand") -> UUID:
        id = uuid4()
        made = appoint(AdministratorId(id), name, codes, reference.territories())
        async with database.transaction() as transaction:
            await administrators.add(transaction, made)
        return id

    return new


@pytest_asyncio.fixture
async def claire(visitor: Visitor, appointed: Appoint) -> Visitor:
    """The administrator of 94 Ouest, signed in."""
    await visitor.log_in(await appointed("94-ouest"))
    return visitor
