"""Who puts realms right: an administrator of Keycloak's realm `master`, by a credential from a Secret."""

from dataclasses import dataclass
from pathlib import Path

from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakConnectionError, KeycloakError

MASTER = "master"
CALL_SECONDS = 30
LEAST = (26, 7)
"""The oldest Keycloak that these realms were seen working on."""


class Stopped(Exception):
    """The run cannot go on. The text says why and what to do, and holds nothing that Keycloak answered."""


@dataclass(frozen=True)
class Keycloak:
    """Where it is, and as whom it is asked.

    `ca_file`: None for the system's authorities. `credential`: as `credential_in` gives it.
    """

    url: str
    ca_file: str | None
    credential: dict[str, str]

    def administrator(self, realm: str) -> KeycloakAdmin:
        """An administrator of that realm, logged in. Raises Stopped."""
        known = self.credential
        connection = KeycloakOpenIDConnection(
            server_url=self.url.rstrip("/") + "/",
            realm_name=realm,
            user_realm_name=MASTER,
            verify=self.ca_file or True,
            timeout=CALL_SECONDS,
            client_id=known.get("client-id", "admin-cli"),
            client_secret_key=known.get("client-secret"),
            username=known.get("username"),
            password=known.get("password"),
        )
        try:
            connection.get_token()
        except KeycloakConnectionError:
            raise Stopped(
                f"Keycloak does not answer at {self.url}: is it up, and its certificate of the authority given?"
            ) from None
        except KeycloakError as refused:
            raise Stopped(
                f"Keycloak refused the administrator ({refused.response_code}): "
                f"give the credential of one of its realm {MASTER}."
            ) from None
        return KeycloakAdmin(connection=connection)


def credential_in(folder: Path) -> dict[str, str]:
    """File name -> content: `client-id` and `client-secret`, or `username` and `password`. Raises Stopped."""
    for names in (("client-id", "client-secret"), ("username", "password")):
        files = [folder / name for name in names]
        if all(file.is_file() for file in files):
            found = {file.name: file.read_text(encoding="utf-8").strip() for file in files}
            if all(found.values()):
                return found
    raise Stopped(f"{folder} holds no administrator: files client-id and client-secret, or username and password.")


def of_age(version: str) -> bool:
    """Whether a Keycloak of that version is one that the realms were seen working on, or a later one."""
    return tuple(int(part) for part in version.split(".")[:2]) >= LEAST


def must_be_of_age(admin: KeycloakAdmin) -> None:
    """Raises Stopped. Keycloak tells some administrators no version: then it is taken as it is."""
    version = admin.get_server_info().get("systemInfo", {}).get("version", "")
    if version and not of_age(version):
        raise Stopped(f"This is Keycloak {version}: the realms need {LEAST[0]}.{LEAST[1]} or later.")
