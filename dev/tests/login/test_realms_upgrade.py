"""A realm of the release before, with people and what an operator made there, is brought to today's."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from keycloak import KeycloakAdmin
from terresante_dev.testing import LoginService

from .conftest import PASSWORD, Realm
from .putting_right import (
    BEFORE,
    Json,
    Keycloak,
    Wanted,
    appointed,
    card_claims,
    check,
    known_of,
    machine,
    put_right,
    reached,
    token_of,
    wanted,
)

MAIL = {"host": "mail.example.fr", "from": "ne-pas-repondre@example.fr", "port": "25"}
OWN_SECRET = "secret-de-l-exploitant"


@dataclass(frozen=True)
class Upgraded:
    """A realm of the release before, and what an operator did there, brought to today."""

    today: Wanted
    realm: Realm
    keycloak: Keycloak
    found: list[str]
    before: Json
    checked: Json
    after: Json
    person: tuple[str, str]
    credentials: tuple[list[Json], list[Json]]


def operated(admin: KeycloakAdmin, realm: str) -> None:
    """What an operator has of their own in a realm."""
    rules = admin.get_realm(realm)["passwordPolicy"] + " and passwordHistory(3)"
    admin.update_realm(realm, {"smtpServer": MAIL, "loginTheme": "keycloak", "passwordPolicy": rules})
    admin.create_client({"clientId": "autre", "secret": OWN_SECRET, "redirectUris": ["https://autre.example.fr/*"]})
    platform = admin.get_client_id("platform")
    assert platform
    admin.update_client(platform, {"clientId": "platform", "secret": OWN_SECRET})
    profile = admin.get_realm_users_profile()
    own = {"name": "service", "permissions": {"view": ["admin"], "edit": ["admin"]}}
    admin.update_realm_users_profile({**profile, "attributes": [*profile["attributes"], own]})


@pytest.fixture(scope="module")
def upgraded(login_service: LoginService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    today = wanted(login_service, f"pro-{uuid.uuid4().hex[:8]}")
    master = reached(login_service).administrator("master")
    old = replace(today, content={**json.loads(BEFORE.read_text(encoding="utf-8")), "realm": today.name})
    master.create_realm(old.whole())
    keycloak, admin = appointed(login_service, today.name), reached(login_service).administrator(today.name)
    operated(admin, today.name)
    realm = Realm(login_service.server, today.name, tmp_path_factory.mktemp("before"), admin)
    username, secret = realm.person(kind="professional")
    user = admin.get_user_id(username)
    assert user
    before, held = known_of(admin, today.name), admin.get_credentials(user)
    found = check(keycloak, today)
    checked = known_of(admin, today.name)
    assert put_right(keycloak, today) == found
    after = known_of(admin, today.name)
    pair = (held, admin.get_credentials(user))
    yield Upgraded(today, realm, keycloak, found, before, checked, after, (username, secret), pair)
    master.delete_realm(today.name)
    master.delete_client(str(master.get_client_id(keycloak.credential["client-id"])))


def test_what_a_realm_of_before_lacks_is_told_and_nothing_changed_by_it(upgraded: Upgraded) -> None:
    lines = "\n".join(upgraded.found)
    for words in (
        "flow systems: missing",
        "client systems: missing",
        "client workbench: missing",
        "user attributes: certificateSubject, kind",
        "realm: browserSecurityHeaders",
    ):
        assert words in lines
    assert upgraded.checked == upgraded.before


def test_a_system_logs_in_there_by_its_certificate(upgraded: Upgraded) -> None:
    certificate, uid = machine(upgraded.realm)

    claims = token_of(upgraded.realm, certificate)

    assert (claims["uid"], claims["kind"], claims["acr"], claims["azp"]) == (uid, "system", "3", "systems")


def test_people_log_in_there_as_before(upgraded: Upgraded) -> None:
    username, secret = upgraded.person
    with upgraded.realm.browser() as browser:
        page = browser.login(username, PASSWORD, secret)
        assert browser.tokens, page
        assert browser.tokens.claims["acr"] == "2"
    assert card_claims(upgraded.realm)["acr"] == "3"


def test_users_their_credentials_and_the_keys_stay(upgraded: Upgraded) -> None:
    held, holds = upgraded.credentials
    assert {"password", "otp"} <= {one["type"] for one in held} and holds == held
    assert upgraded.after["users"] == upgraded.before["users"]
    assert upgraded.after["keys"] == upgraded.before["keys"]


def test_what_operators_own_stays(upgraded: Upgraded) -> None:
    realm = upgraded.after["realm"]
    assert (realm["smtpServer"], realm["loginTheme"]) == (MAIL, "keycloak")
    assert "passwordHistory(3)" in realm["passwordPolicy"]
    clients = {one["clientId"]: one for one in upgraded.after["clients"]}
    assert clients["autre"] == next(one for one in upgraded.before["clients"] if one["clientId"] == "autre")
    assert clients["platform"]["secret"] == OWN_SECRET
    assert "service" in {one["name"] for one in upgraded.after["profile"]["attributes"]}


def test_the_second_time_there_is_nothing_to_do(upgraded: Upgraded) -> None:
    assert put_right(upgraded.keycloak, upgraded.today) == []
    admin = upgraded.keycloak.administrator(upgraded.today.name)
    now = known_of(admin, upgraded.today.name)
    assert {**now, "users": []} == {**upgraded.after, "users": []}
