"""The story, step by step, on the whole platform with real Keycloak: each step is a promise made to people."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from terresante_dev.story import STEPS, Stage, Step

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def stage(stack: dict[str, Any]) -> Iterator[Stage]:
    made = Stage(stack, secrets.randbelow(10**9))
    yield made
    for gateway in made.gateways:
        gateway.close()


@pytest.fixture(scope="module")
def played() -> list[int]:
    """The steps that were true so far."""
    return []


@pytest.mark.parametrize("step", STEPS, ids=[f"{step.number:02}-{step.name.replace(' ', '-')}" for step in STEPS])
def test_it_is_true_that(step: Step, stage: Stage, played: list[int]) -> None:
    assert len(played) == step.number - 1, "a step before was not true"
    step.play(stage)
    played.append(step.number)
