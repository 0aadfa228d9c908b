"""Fixtures over real parts for every test of the tree: libs/platform/src/terresante_platform/testing, and a real
Keycloak: dev/src/terresante_dev/testing.py.
"""

pytest_plugins = ["terresante_platform.testing.plugin", "terresante_dev.testing"]
