"""Pytest fixtures over real parts: PostgreSQL, NATS, gRPC with mutual TLS, tokens of a real key.

Loaded once by the conftest of the project's root. A service's `tests/conftest.py` names its package:
`@pytest.fixture(scope="session") def package() -> str: return "terresante_consent"`.
"""
