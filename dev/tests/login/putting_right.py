"""What the tests of `terresante_deploy.realms` share: whom Keycloak is asked as, and what a realm of today is."""

import json
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakConnectionError
from terresante_dev import pki
from terresante_dev.keycloak.server import DEPLOY
from terresante_dev.machine import machine_tokens
from terresante_dev.personas.numbers import rpps, siret
from terresante_dev.testing import LoginService
from terresante_directory.domain.certificates import certificate_subject

from .conftest import Realm

DOCKER = Path(__file__).resolve().parents[3] / "deploy" / "docker"
sys.path.insert(0, str(DOCKER))

from terresante_deploy.realms import reconciling  # noqa: E402
from terresante_deploy.realms.administrator import Keycloak  # noqa: E402
from terresante_deploy.realms.wanted import Wanted, settings  # noqa: E402

Json = dict[str, Any]
BEFORE = Path(__file__).parent / "before" / "pro-realm.json"
NUMBERS = count(700)
ROLES = ("manage-realm", "manage-clients", "manage-users", "view-realm", "view-clients", "view-users")
"""What docs/operations.md says that an administrator needs in each realm."""


def reached(service: LoginService, **credential: str) -> Keycloak:
    """The shared Keycloak, by its first administrator if no other is given."""
    known = {"username": "admin", "password": service.server.environment()["KC_BOOTSTRAP_ADMIN_PASSWORD"]}
    return Keycloak(service.url, str(service.ca_file), credential or known)


def wanted(service: LoginService, realm: str) -> Wanted:
    """Today's realm of professionals under another name, with the settings of the shared Keycloak."""
    content = json.loads((DEPLOY / "pro-realm.json").read_text(encoding="utf-8"))
    return Wanted({**content, "realm": realm}, settings(service.server.environment(), "pro"))


def check(keycloak: Keycloak, realm: Wanted) -> list[str]:
    """What differs, while nothing is changed."""
    return [*reconciling.differences(keycloak, realm, change=False)]


def put_right(keycloak: Keycloak, realm: Wanted) -> list[str]:
    """What was changed."""
    return [*reconciling.differences(keycloak, realm, change=True)]


def appointed(service: LoginService, realm: str) -> Keycloak:
    """The shared Keycloak, by a client that may do what docs/operations.md says in that realm, and nothing else."""
    master = reached(service).administrator("master")
    known = {"client-id": f"realms-of-{realm}", "client-secret": "secret-de-l-outil"}
    client = {"clientId": known["client-id"], "secret": known["client-secret"], "serviceAccountsEnabled": True}
    account = master.get_client_service_account_user(master.create_client(client))["id"]
    owner = str(master.get_client_id(f"{realm}-realm"))
    master.assign_client_role(account, owner, [master.get_client_role(owner, role) for role in ROLES])
    return reached(service, **known)


def known_of(admin: KeycloakAdmin, realm: str) -> Json:
    """All that an administrator reads of a realm but its flows."""
    return {
        "realm": admin.get_realm(realm),
        "clients": sorted(admin.get_clients(), key=lambda one: str(one["clientId"])),
        "profile": admin.get_realm_users_profile(),
        "actions": admin.get_required_actions(),
        "flows": sorted(flow["alias"] for flow in admin.get_authentication_flows()),
        "keys": sorted(str(key["kid"]) for key in admin.get_keys()["keys"]),
        "users": sorted(admin.get_users({}), key=lambda one: str(one["username"])),
    }


def machine(realm: Realm) -> tuple[pki.Card, str]:
    """A system's certificate and the `uid` of its account."""
    number = next(NUMBERS)
    certificate = pki.issue_organisation(
        realm.keycloak.cards, siret(number), "CLINIQUE DU PHARE", f"dpi-{number}.example", name=f"realms-{number}"
    )
    return certificate, realm.system(certificate_subject(pki.subject_of(certificate)).key)[0]


def card_claims(realm: Realm) -> Json:
    """Claims of a new professional who logs in by card."""
    number = rpps(next(NUMBERS))
    _, user = realm.account(idNat=f"8{number}", kind="professional")
    realm.admin.update_user(user, {**realm.admin.get_user(user), "requiredActions": []})
    with realm.browser(pki.issue_card(realm.keycloak.cards, number, "MARTIN", "PAUL")) as browser:
        page = browser.login()
        assert browser.tokens, page
        return browser.tokens.claims


def token_of(realm: Realm, certificate: pki.Card) -> Json:
    """Claims of the token that a system gets."""
    issuer, ca_file = realm.keycloak.issuer(realm.name), realm.keycloak.pki / "ca.pem"
    return machine_tokens(issuer, ca_file, certificate.certificate, certificate.key).claims


class Breaking(Keycloak):
    """A Keycloak that goes away before it answers the change after so many."""

    def administrator(self, realm: str) -> KeycloakAdmin:
        """See `Keycloak`."""
        admin = super().administrator(realm)
        left = iter(range(int(self.credential["changes"])))

        def limited(send: Callable[..., Any]) -> Callable[..., Any]:
            def sent(*arguments: Any, **more: Any) -> Any:
                if next(left, None) is None:
                    raise KeycloakConnectionError("gone")
                return send(*arguments, **more)

            return sent

        for way in ("raw_post", "raw_put", "raw_delete"):
            setattr(admin.connection, way, limited(getattr(admin.connection, way)))
        return admin
