"""A real Keycloak as these tests see it: realm `pro` of the one they share with others; what it knows of a user."""

from pathlib import Path
from typing import Any
from uuid import UUID

from keycloak import KeycloakAdmin
from terresante_dev import pki
from terresante_dev.login import Browser
from terresante_dev.testing import LoginService
from terresante_directory.accounts import KeycloakAccounts

from .in_memory import User


class Realm:
    """Realm `pro` of a running Keycloak."""

    def __init__(self, service: LoginService, folder: Path) -> None:
        self.server = service.server
        self.url = service.url
        self.ca_file = service.ca_file
        self.secret_file = folder / "secret"
        self.secret_file.write_text(service.platform_secret("pro") + "\n")
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
