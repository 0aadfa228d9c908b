"""Fixtures over real parts for every test of the tree: libs/platform/src/terresante_platform/testing, and a real
Keycloak: dev/src/terresante_dev/testing.py.
"""

import structlog

pytest_plugins = ["terresante_platform.testing.plugin", "terresante_dev.testing"]

# Before `telemetry` chooses another, a fault would be drawn with all local variables, on the event loop: seconds each.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)
