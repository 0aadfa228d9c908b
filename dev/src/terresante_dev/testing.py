"""A pytest plugin: one real Keycloak with the committed realms for all suites that need one, `login_service`.

It starts with the first test that asks for it (half a minute) and is ended with the session. Suites share it: each
makes its own people, and depends on nobody else's.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from terresante_platform.testing import postgres

from terresante_dev.keycloak import Keycloak

START_SECONDS = 240
"""That a start may take on a machine that does much else; alone it takes fourteen."""
STOP_SECONDS = 60


@dataclass(frozen=True)
class LoginService:
    """A running Keycloak on a throw-away database. It looks at revocation lists anew each second.

    `folder`: its own, which another user may pass through; `log`: what it writes.
    """

    server: Keycloak
    folder: Path
    log: Path

    @property
    def url(self) -> str:
        """Where its realms are below."""
        return self.server.issuer("pro").removesuffix("/realms/pro")

    def platform_secret(self, realm: str) -> str:
        """The secret by which the platform makes accounts in a realm."""
        return self.server.environment()[f"TERRESANTE_KEYCLOAK_{realm.upper()}_PLATFORM_SECRET"]

    @property
    def ca_file(self) -> Path:
        """Who signed its certificate."""
        return self.server.pki / "ca.pem"


@contextmanager
def running() -> Iterator[LoginService]:
    """One more of them, until left. Fails with the end of its log if it does not start."""
    folder = Path(tempfile.mkdtemp(prefix="terresante-login-"))
    folder.chmod(0o711)
    try:
        with postgres.server() as database:
            database.sql("create database keycloak")
            server = Keycloak(
                folder / "keycloak",
                host_port=postgres.free_port(),
                management_port=postgres.free_port(),
                database_url=f"postgresql://127.0.0.1:{database.port}/keycloak",
                database_user="postgres",
                database_password="postgres",  # noqa: S106 -- trusts everybody on this machine, and holds nobody
                pki=folder / "pki",
                secrets={name: secrets.token_urlsafe(24) for name in ("admin", "pro-platform", "patient-platform")},
                crl_seconds=1,
            )
            server.prepare(lambda _: None)
            with _ready(server, folder / "keycloak.log"):
                yield LoginService(server, folder, folder / "keycloak.log")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ready(server: Keycloak, log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            server.command(), env=os.environ | server.environment(), stdout=output, stderr=output
        )
    try:
        end = time.monotonic() + START_SECONDS
        while not server.ready():
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"Keycloak did not start: {log.read_text()[-3000:]}")
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)


@pytest.fixture(scope="session")
def login_service() -> Iterator[LoginService]:
    """One real Keycloak for the session."""
    with running() as service:
        yield service


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs it is marked so, and has the time to start it."""
    for item in items:
        if "login_service" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.keycloak)
        if item.get_closest_marker("keycloak"):
            item.add_marker(pytest.mark.timeout(START_SECONDS + 60))
