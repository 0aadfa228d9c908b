"""What the directory's tests share: a territory, its administrator, a structure, and people to register."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from terresante.directory.v1.directory_service_pb2_grpc import (
    DirectoryServiceStub,
    add_DirectoryServiceServicer_to_server,
)
from terresante_dev.testing import LoginService
from terresante_directory import reference
from terresante_directory.domain.identifiers import AdministratorId, PlaceId, StructureId, TerritoryCode
from terresante_directory.domain.professionals import NewPlace, Profession, Professional, register_professional
from terresante_directory.domain.structures import Structure, StructureKind
from terresante_directory.domain.territories import Administrator
from terresante_directory.rpc import DirectoryService
from terresante_directory.settling import Settling
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .desk import CallingAs, Clock, Desk
from .in_memory import AccountsInMemory
from .real_keycloak import Realm

MONDAY = datetime(2025, 3, 3, 9, tzinfo=UTC)
OUEST, SUD = TerritoryCode("94-ouest"), TerritoryCode("95-sud")


def pytest_configure(config: pytest.Config) -> None:
    """The platform's fixtures, in a way that also works when the whole project's tests are collected at once."""
    for plugin in ("terresante_platform.testing.plugin", "terresante_dev.testing"):
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


@pytest_asyncio.fixture
async def address(database: Database, serve: Any, settling: Settling, clock: Clock) -> str:
    directory = DirectoryService(database, settling, reference.territories(), reference.professions(), clock.now)
    register = partial(add_DirectoryServiceServicer_to_server, directory)
    return await serve("directory", register)  # type: ignore[no-any-return]


@pytest_asyncio.fixture
async def desk(address: str, dial: Any, calling_as: CallingAs, database: Database, settling: Settling) -> Desk:
    stub = DirectoryServiceStub(await dial(address, "directory"))
    return Desk(stub, calling_as, database, settling)


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
