"""The platform to break, and the people on it. It is always left whole."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from terresante_dev.portal import Person
from terresante_dev.recording.vigilance import registered_feeder
from terresante_dev.story import Stage

from tests.flows.conversing import Talk

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


@pytest.fixture(scope="session")
def talk(stack: dict[str, Any]) -> Iterator[Talk]:
    """A telling of conversations: GP, nurse, social worker and patient, who write to each other."""
    made = Talk(stack, secrets.randbelow(10**9))
    yield made
    made.close()


@pytest.fixture(scope="session")
def portal(talk: Talk) -> Person:
    """A portal's system, which people may choose to be told by."""
    return registered_feeder(talk.stage)
