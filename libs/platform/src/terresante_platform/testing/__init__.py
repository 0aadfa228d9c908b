"""Pytest fixtures over real parts: PostgreSQL, NATS, gRPC with mutual TLS, tokens of a real key.

In a service's `tests/conftest.py`:  `pytest_plugins = ["terresante_platform.testing.plugin"]`  and
`@pytest.fixture(scope="session") def package() -> str: return "terresante_consent"`.
"""
