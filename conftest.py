"""Fixtures over real parts for every test of the tree: libs/platform/src/terresante_platform/testing, and a real
Keycloak: dev/src/terresante_dev/testing.py.
"""

import pytest

pytest_plugins = ["terresante_platform.testing.plugin", "terresante_dev.testing"]


def pytest_configure(config: pytest.Config) -> None:
    """A marker that means something only to pytest-xdist."""
    config.addinivalue_line("markers", "xdist_group(name): in one process when tests are given to several")
