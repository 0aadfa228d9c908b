"""Fixtures over real parts for every test of the tree: see libs/platform/src/terresante_platform/testing."""

pytest_plugins = ["terresante_platform.testing.plugin"]
