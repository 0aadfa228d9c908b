"""Browsers for the flows that people go through in one."""

from pathlib import Path
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """The browser's fixtures, in a way that also works when the whole project's tests are collected at once."""
    config.pluginmanager.import_plugin("terresante_dev.browser.testing")


@pytest.fixture
def authorities(stack: dict[str, Any]) -> tuple[Path, ...]:
    """Who signed Keycloak's certificate."""
    return (Path(stack["ca"]["issuers"]),)
