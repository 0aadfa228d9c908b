"""People for the tests: invented traits, typed as a person at a desk would."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from terresante_identity.domain.births import Gazetteer
from terresante_identity.domain.identity import Person, PersonId, ProfessionalId
from terresante_identity.domain.identity import registered as registered_person
from terresante_identity.domain.traits import Sex, Traits, TypedTraits, parsed_traits
from terresante_identity.gazetteer import gazetteer as read_gazetteer

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
        by = ProfessionalId(UUID(int=1_000))
        return registered_person(id, traits(**changes), by, monday, homonym=False)[0]

    return register
