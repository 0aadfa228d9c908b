"""What the directory's tests share: a territory, its administrator, a structure, and people to register."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from terresante_directory.domain.identifiers import AdministratorId, PlaceId, StructureId, TerritoryCode
from terresante_directory.domain.professionals import NewPlace, Profession, Professional, register_professional
from terresante_directory.domain.structures import Structure, StructureKind
from terresante_directory.domain.territories import Administrator
from terresante_platform.ids import new_id

pytest_plugins = ["terresante_platform.testing.plugin"]

MONDAY = datetime(2025, 3, 3, 9, tzinfo=UTC)
OUEST, SUD = TerritoryCode("94-ouest"), TerritoryCode("95-sud")


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
