"""What the directory's tests share: a territory, its administrator, a structure, and people to register."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from terresante.directory.v1.directory_service_pb2_grpc import (
    DirectoryServiceStub,
    add_DirectoryServiceServicer_to_server,
)
from terresante.directory.v1.enrolment_service_pb2_grpc import (
    EnrolmentServiceStub,
    add_EnrolmentServiceServicer_to_server,
)
from terresante.directory.v1.ror_service_pb2_grpc import RorServiceStub, add_RorServiceServicer_to_server
from terresante_dev.testing import LoginService
from terresante_directory import enrolment_rules, gazetteer, reference
from terresante_directory.domain.care import CountCircles, CountMessages, not_known
from terresante_directory.domain.identifiers import AdministratorId, PlaceId, StructureId, TerritoryCode, rpps
from terresante_directory.domain.professionals import NewPlace, Profession, Professional, register_professional
from terresante_directory.domain.structures import Structure, StructureKind
from terresante_directory.domain.territories import Administrator
from terresante_directory.joining import Joining
from terresante_directory.rpc import DirectoryService
from terresante_directory.rpc.enrolment_desk import EnrolmentService, Parts, Reference
from terresante_directory.rpc.enrolment_desk.within import changing
from terresante_directory.rpc.ror import RorService
from terresante_directory.settling import Settling
from terresante_directory.store import enrolments, known_people
from terresante_directory.turning import Given, Turning
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .counter import Counter
from .desk import CallingAs, Clock, Desk
from .in_memory import AccountsInMemory
from .joining import RPPS, known, waiting
from .real_keycloak import Realm
from .tree import Tree

MONDAY = datetime(2025, 3, 3, 9, tzinfo=UTC)
OUEST, SUD = TerritoryCode("94-ouest"), TerritoryCode("95-sud")


def pytest_configure(config: pytest.Config) -> None:
    """The platform's fixtures, in a way that also works when the whole project's tests are collected at once."""
    for plugin in (
        "terresante_platform.testing.plugin",
        "terresante_dev.testing",
        "terresante_dev.browser.testing",
    ):
        config.pluginmanager.import_plugin(plugin)


@pytest.fixture(scope="session")
def package() -> str:
    return "terresante_directory"


@pytest.fixture
def monday() -> datetime:
    return MONDAY


@pytest.fixture
def ouest() -> Administrator:
    """The administrator of 94 Ouest."""
    return Administrator(AdministratorId(uuid4()), "Claire", "Durand", frozenset({OUEST}))


@pytest.fixture
def a_structure() -> Callable[..., Structure]:
    """A new structure of 94 Ouest, or of another territory."""

    def make(name: str = "Cabinet des Tilleuls", territory: TerritoryCode = OUEST) -> Structure:
        id = StructureId(new_id())
        return Structure(id, name, StructureKind.CABINET, None, None, territory, None, "94000", "Créteil")

    return make


@pytest.fixture
def a_professional() -> Callable[..., Professional]:
    """A new professional practising in the structures given since Monday."""

    def make(
        *structures: Structure, family_name: str = "Lemaire", given_name: str = "Anne", rpps: str = "", code: str = "10"
    ) -> Professional:
        territories = frozenset(structure.territory for structure in structures)
        return register_professional(
            new_id(),  # type: ignore[arg-type]
            rpps_number=rpps,
            family_name=family_name,
            given_name=given_name,
            profession=code,
            places=[NewPlace(PlaceId(new_id()), structure, "") for structure in structures],
            by=Administrator(AdministratorId(uuid4()), "Claire", "Durand", territories),
            professions={code: Profession(code, "Médecin", True)},
            at=MONDAY,
        )

    return make


@pytest.fixture
def clock(monday: datetime) -> Clock:
    return Clock(monday)


@pytest.fixture
def keycloak() -> AccountsInMemory:
    return AccountsInMemory()


@pytest.fixture
def circles() -> CountCircles:
    """Who counts circles; a test that asks consent has its own."""
    return not_known


@pytest.fixture
def messages() -> CountMessages:
    """Who counts messages; a test that asks messaging has its own."""
    return not_known


@pytest_asyncio.fixture
async def address(database: Database, serve: Any, settling: Settling, clock: Clock, circles: CountCircles) -> str:
    directory = DirectoryService(database, settling, reference.territories(), reference.professions(), clock.now)
    in_time = RorService(
        database,
        reference.territories(),
        reference.professions(),
        gazetteer.load(),
        reference.disclosure(),
        clock.now,
        reference.digital_services(),
        circles,
    )
    register = partial(add_DirectoryServiceServicer_to_server, directory)
    register_in_time = partial(add_RorServiceServicer_to_server, in_time)
    return await serve("directory", register, register_in_time)  # type: ignore[no-any-return]


@pytest_asyncio.fixture
async def desk(address: str, dial: Any, calling_as: CallingAs, database: Database, settling: Settling) -> Desk:
    stub = DirectoryServiceStub(await dial(address, "directory"))
    return Desk(stub, calling_as, database, settling)


@pytest.fixture
def doors(
    database: Database, settling: Settling, clock: Clock, circles: CountCircles, messages: CountMessages
) -> EnrolmentService:
    """By which people come in and leave."""
    territories, professions = reference.territories(), reference.professions()

    def services(over: Database) -> tuple[DirectoryService, RorService]:
        disclosure, communes = reference.disclosure(), gazetteer.load()
        return (
            DirectoryService(over, settling, territories, professions, clock.now),
            RorService(over, territories, professions, communes, disclosure, clock.now),
        )

    parts = Parts(settling, services(database)[0], known_people, changing(services), circles, messages)
    said = Reference(territories, professions, enrolment_rules.load(), reference.disclosure())
    return EnrolmentService(database, parts, said, clock.now)


@pytest_asyncio.fixture
async def counter(doors: EnrolmentService, serve: Any, dial: Any, database: Database, calling_as: CallingAs) -> Counter:
    """The same directory by its other doors."""
    address = await serve("directory", partial(add_EnrolmentServiceServicer_to_server, doors))
    return Counter(EnrolmentServiceStub(await dial(address, "directory")), database, calling_as)


@pytest.fixture
def joining(database: Database, clock: Clock) -> Joining:
    """Who asked to enrol is looked up."""
    return Joining(database, known_people, clock.now)


@pytest_asyncio.fixture
async def expected(database: Database, joining: Joining, settling: Settling, clock: Clock) -> UUID:
    """Whose inert account waits for their card: the national directory knows them, and they asked."""
    await known(database, RPPS)
    async with database.transaction() as transaction:
        await enrolments.ask(transaction, rpps(RPPS), clock.now())
    await joining.round()
    await settling.round()
    return await waiting(database)


@pytest_asyncio.fixture
async def tree(desk: Desk, address: str, dial: Any, clock: Clock) -> Tree:
    """The directory in time, at the same desk."""
    return Tree(RorServiceStub(await dial(address, "directory")), desk, clock)


@pytest_asyncio.fixture
async def centres(database: Database, clock: Clock) -> None:
    """What the data files say is taken over: territories, which communes they cover, and where these are."""
    communes = gazetteer.load().communes
    centres = {one.code: (one.latitude, one.longitude) for one in communes.values()}
    given = Given(tuple(reference.territories().values()), gazetteer.load_territories(), centres)
    await Turning(database, given, clock.now).take_over()


@pytest_asyncio.fixture
async def consent_stub(address: str, dial: Any, calling_as: CallingAs, database: Database, settling: Settling) -> Desk:
    """The same service, called by consent."""
    stub = DirectoryServiceStub(await dial(address, "directory", as_="consent"))
    return Desk(stub, calling_as, database, settling)


@pytest.fixture
def settling(database: Database, keycloak: AccountsInMemory, clock: Clock) -> Settling:
    return Settling(database, keycloak, clock.now)


@pytest.fixture(scope="session")
def realm(login_service: LoginService, tmp_path_factory: pytest.TempPathFactory) -> Realm:
    """Realm `pro` of a real Keycloak."""
    return Realm(login_service, tmp_path_factory.mktemp("realm"))
