"""A real Keycloak for these tests: the committed realms on a throw-away database; what it knows of a user."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from keycloak import KeycloakAdmin
from terresante_dev import pki
from terresante_dev.keycloak import Keycloak
from terresante_dev.login import Browser
from terresante_directory.accounts import KeycloakAccounts
from terresante_platform.testing import postgres

from .in_memory import User

START_SECONDS = 120


class Realm:
    """Realm `pro` of a running Keycloak."""

    def __init__(self, server: Keycloak, folder: Path) -> None:
        self.server = server
        self.url = server.issuer("pro").removesuffix("/realms/pro")
        self.ca_file = server.pki / "ca.pem"
        self.secret_file = folder / "secret"
        self.secret_file.write_text(server.environment()["TERRESANTE_KEYCLOAK_PRO_PLATFORM_SECRET"] + "\n")
        self._folder = folder
        self._admin = KeycloakAdmin(
            server_url=self.url,
            realm_name="pro",
            client_id="platform",
            client_secret_key=self.secret_file.read_text().strip(),
            verify=str(self.ca_file),
        )

    def accounts(self) -> KeycloakAccounts:
        """As the directory opens it."""
        return KeycloakAccounts(self.url, "pro", "platform", self.secret_file, self.ca_file)

    def browser(self, card: pki.Card | None = None) -> Browser:
        return Browser(
            self.server.issuer("pro"),
            self.ca_file,
            self._folder / "codes.json",
            redirect_uri=self.server.redirect_uri,
            card=(card.certificate, card.key) if card else None,
        )

    def look(self, uid: UUID) -> User | None:
        """What it knows of the user with this `uid`. Fails if there are several."""
        found: list[dict[str, Any]] = self._admin.get_users({"q": f"uid:{uid}"})
        assert len(found) <= 1
        if not found:
            return None
        user = self._admin.get_user(found[0]["id"])
        return User(
            user["username"],
            user["enabled"],
            {name: value for name, (value,) in user["attributes"].items()},
            set(user["requiredActions"]),
            {credential["type"] for credential in self._admin.get_credentials(user["id"])},
        )


@contextmanager
def running(database: postgres.Server) -> Iterator[Realm]:
    """A Keycloak on a database of its own in that server, ended afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="terresante-keycloak-"))
    database.sql("create database keycloak")
    server = Keycloak(
        folder / "keycloak",
        host_port=postgres.free_port(),
        management_port=postgres.free_port(),
        database_url=f"postgresql://127.0.0.1:{database.port}/keycloak",
        database_user="postgres",
        database_password="postgres",
        pki=folder / "pki",
        secrets={name: secrets.token_urlsafe(24) for name in ("admin", "pro-platform", "patient-platform")},
    )
    server.prepare(lambda _: None)
    output = folder / "log"
    with output.open("wb") as log:
        environment = os.environ | server.environment()
        process = subprocess.Popen(server.command(), env=environment, stdout=log, stderr=log)
    try:
        end = time.monotonic() + START_SECONDS
        while not server.ready():
            assert process.poll() is None and time.monotonic() < end, output.read_text()[-3000:]
            time.sleep(0.2)
        yield Realm(server, folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        database.sql("drop database keycloak with (force)")
        shutil.rmtree(folder, ignore_errors=True)
