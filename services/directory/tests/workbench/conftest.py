"""The pages over the real service, database and RPCs; only Keycloak is a test's own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from terresante_directory import enrolment_rules, gazetteer, reference, valuesets
from terresante_directory.domain.care import CountCircles, CountMessages
from terresante_directory.domain.identifiers import AdministratorId
from terresante_directory.domain.territories import appoint
from terresante_directory.imports.importing import Importing
from terresante_directory.rpc import DirectoryService
from terresante_directory.rpc.enrolment_desk import EnrolmentService, Parts, Reference
from terresante_directory.rpc.enrolment_desk.within import changing
from terresante_directory.rpc.imports import ImportService
from terresante_directory.rpc.ror import RorService
from terresante_directory.settling import Settling
from terresante_directory.store import administrators, known_people
from terresante_directory.turning import Given, Turning
from terresante_directory.workbench import app, inside
from terresante_directory.workbench.attempts import Attempts
from terresante_directory.workbench.inside import Servicers
from terresante_directory.workbench.serving import LOGINS, marking
from terresante_directory.workbench.sessions import Sessions
from terresante_directory.workbench.visits import Workbench
from terresante_platform import background
from terresante_platform.database import Database
from terresante_platform.strangers import Strangers
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

    def seconds(self) -> float:
        """Those that a test put it on by, and no other."""
        return self.ahead.total_seconds()


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
    circles: CountCircles,
    messages: CountMessages,
) -> AsyncIterator[Workbench]:
    """What the pages stand on."""
    professions = reference.professions()
    verifier = verifier_of("directory", pro)
    communes, disclosure = gazetteer.load(), reference.disclosure()

    def serving(over: Database) -> tuple[DirectoryService, RorService]:
        return (
            DirectoryService(over, settling, reference.territories(), professions, watch.now),
            RorService(over, reference.territories(), professions, communes, disclosure, watch.now, circles=circles),
        )

    service, in_time = serving(database)
    parts = Parts(settling, service, known_people, changing(serving), circles, messages)
    said = Reference(reference.territories(), professions, enrolment_rules.load(), disclosure)
    enrolment = EnrolmentService(database, parts, said, watch.now)
    importing = Importing(database, reference.territories(), watch.now)
    imports = ImportService(database, importing, reference.territories(), watch.now)
    servicers = Servicers(service, in_time, imports, enrolment)
    async with (
        background.running(importing.run()),
        inside.desk(certificates.identity("directory"), verifier, servicers) as desk,
    ):
        labels = {code: profession.label for code, profession in professions.items()}
        sessions, attempts = Sessions(database, watch.now), Attempts(database, watch.now)
        keycloak: Any = logins
        strangers = Strangers(marking("a key"), watch.seconds, LOGINS)
        values = valuesets.load()
        yield Workbench(sessions, attempts, keycloak, verifier, desk, ORIGIN, labels, values, communes, strangers)


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


@pytest_asyncio.fixture
async def anne(door: Any, logins: KeycloakInMemory, claire: Visitor) -> AsyncIterator[Visitor]:
    """A professional of 94 Ouest whom Claire enrolled and gave an account, signed in."""
    structure = {"name": "Cabinet des Tilleuls", "kind": "cabinet", "territory_code": "94-ouest", "level": "site"}
    place = (await claire.send("/structures/nouvelle", **structure)).headers["location"]
    someone = {"family_name": "Lemaire", "given_name": "Anne", "profession": "10", "role": "titulaire"}
    where = place.partition("?")[0].rpartition("/")[2]
    enrolled = await claire.send("/professionnels/nouveau", structure=where, **someone)
    id = enrolled.headers["location"].partition("?")[0].rpartition("/")[2]
    assert (await claire.send(f"/professionnels/{id}/compte/ouvrir", means="password")).status_code == 200
    one = Visitor(door, logins)
    await one.log_in(UUID(id), kind="professional")
    yield one
    await one.http.aclose()


@pytest_asyncio.fixture
async def invited(visitor: Visitor, expected: UUID) -> Visitor:
    """Somebody whose account waits for them to complete their enrolment, signed in by card."""
    await visitor.log_in(expected, kind="professional", acr=3)
    return visitor
