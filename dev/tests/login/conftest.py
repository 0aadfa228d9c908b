"""What the login tests see of the shared Keycloak: its two realms, and browsers without cookies."""

import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from keycloak import KeycloakAdmin
from terresante_dev import codes, pki
from terresante_dev.keycloak import Keycloak
from terresante_dev.login import Browser, Page
from terresante_dev.testing import LoginService

PASSWORD = "une phrase assez longue"
START = "mot de passe de départ"


def pytest_configure(config: pytest.Config) -> None:
    """The shared Keycloak, in a way that also works when the whole project's tests are collected at once."""
    config.pluginmanager.import_plugin("terresante_dev.testing")


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

    def system(self, subject: str, **attributes: str) -> tuple[str, str]:
        """The account of a machine, or of somebody who bears a certificate's subject all the same: `uid`, their id."""
        attributes = self._known({"kind": "system", "certificateSubject": subject, **attributes})
        known = {name: [value] for name, value in attributes.items()}
        user = {"username": f"u{secrets.token_hex(6)}", "enabled": True, "attributes": known}
        return attributes["uid"], self.admin.create_user(user)

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


@pytest.fixture(scope="session")
def log(login_service: LoginService) -> Path:
    """What Keycloak writes."""
    return login_service.log


def _realm(service: LoginService, name: str, folder: Path) -> Realm:
    admin = KeycloakAdmin(
        server_url=f"{service.url}/",
        realm_name=name,
        client_id="platform",
        client_secret_key=service.platform_secret(name),
        verify=str(service.ca_file),
    )
    return Realm(service.server, name, folder, admin)


@pytest.fixture(scope="session")
def pro(login_service: LoginService, tmp_path_factory: pytest.TempPathFactory) -> Realm:
    return _realm(login_service, "pro", tmp_path_factory.mktemp("pro"))


@pytest.fixture(scope="session")
def patient(login_service: LoginService, tmp_path_factory: pytest.TempPathFactory) -> Realm:
    return _realm(login_service, "patient", tmp_path_factory.mktemp("patient"))
