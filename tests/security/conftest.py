"""What the security suites share: the story's telling, further patients of the same people, and what is stored."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from terresante_dev.portal import Person
from terresante_dev.story import STEPS, Stage

FROM_IDENTITY_TO_HIDING = slice(2, 8)


@pytest.fixture(scope="session")
def told(told: Stage) -> Iterator[Stage]:
    """The telling of tests/conftest.py, its connections closed at the end."""
    yield told
    for gateway in told.gateways:
        gateway.close()


@pytest.fixture(scope="session")
def another(told: Stage) -> Iterator[Callable[..., Stage]]:
    """Makes a telling about another patient, steps 3 to 8, by the same people but for those given. For suites that wear
    one out.
    """
    stages: list[Stage] = []

    def tell(**others: Person) -> Stage:
        stage = Stage(told.stack, secrets.randbelow(10**9))
        stages.append(stage)
        people = {**told.people, **others}
        stage.people.update({key: person.at(stage.gateway) for key, person in people.items() if key != "patient"})
        for step in STEPS[FROM_IDENTITY_TO_HIDING]:
            step.play(stage)
        return stage

    yield tell
    for gateway in (gateway for stage in stages for gateway in stage.gateways):
        gateway.close()


@pytest.fixture(scope="session")
def spec(told: Stage) -> dict[str, Any]:
    """The OpenAPI that the running gateway gives."""
    answer = told.gateway.call("GET", "/openapi.json")
    assert answer.status == 200
    found: dict[str, Any] = answer.body
    return found
