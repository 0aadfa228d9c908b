"""What flows share: browsers for those that people go through in one, and a telling of conversations for each module."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from terresante_dev.portal import Person

from .conversing import Talk


def pytest_configure(config: pytest.Config) -> None:
    """The browser's fixtures, in a way that also works when the whole project's tests are collected at once."""
    config.pluginmanager.import_plugin("terresante_dev.browser.testing")


@pytest.fixture
def authorities(stack: dict[str, Any]) -> tuple[Path, ...]:
    """Who signed Keycloak's certificate."""
    return (Path(stack["ca"]["issuers"]),)


@pytest.fixture(scope="module")
def talk(stack: dict[str, Any]) -> Iterator[Talk]:
    """A telling of its own for each module: its tests go on from where the one before left things."""
    made = Talk(stack, secrets.randbelow(10**9))
    yield made
    made.close()


@pytest.fixture(scope="module")
def gp(talk: Talk) -> Person:
    return talk.who("gp")


@pytest.fixture(scope="module")
def nurse(talk: Talk) -> Person:
    return talk.who("nurse")


@pytest.fixture(scope="module")
def circle(talk: Talk, gp: Person) -> str:
    """The circle's thread."""
    return talk.thread(gp, "circle")
