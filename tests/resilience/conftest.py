"""The platform to break, and the people on it. It is always left whole."""

from collections.abc import Iterator
from typing import Any

import pytest
from terresante_dev.story import Stage

from .ground import Ground
from .load import Crew
from .people import Session


@pytest.fixture(scope="session")
def ground(stack: dict[str, Any]) -> Ground:
    return Ground(stack)


@pytest.fixture
def whole(ground: Ground) -> Iterator[None]:
    """The test begins and ends with every part ready."""
    ground.ready(within=120)
    yield
    ground.ready(within=120)


@pytest.fixture(scope="session")
def crew(told: Stage) -> Iterator[Crew]:
    """The story's people: GP and nurse in the circle, the patient, and an emergency physician who is not in it."""
    sessions = {key: Session(told.who(key)) for key in ("gp", "nurse", "patient", "emergency-physician")}
    for session in sessions.values():
        session.log_in()
    yield Crew(
        told.stack,
        told.made["patient"],
        gp=sessions["gp"],
        nurse=sessions["nurse"],
        patient=sessions["patient"],
        guest=sessions["emergency-physician"],
    )
    told.gateway.close()
