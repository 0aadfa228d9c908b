"""The workbench of the running platform in a real browser, its administrators logging in on Keycloak's own pages."""

from pathlib import Path
from typing import Any

import pytest
from terresante_dev.browser.desk import Desk


def pytest_configure(config: pytest.Config) -> None:
    """The browser's fixtures, in a way that also works when the whole project's tests are collected at once."""
    config.pluginmanager.import_plugin("terresante_dev.browser.testing")


@pytest.fixture
def authorities(stack: dict[str, Any]) -> tuple[Path, ...]:
    """Who signed the workbench's and Keycloak's certificates."""
    return (Path(stack["ca"]["gateway"]),)


@pytest.fixture
def desk(stack: dict[str, Any]) -> Desk:
    """The workbench, and who can log in there."""
    return Desk(stack)
