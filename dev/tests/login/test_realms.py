"""Realms that exist are brought to what `deploy/keycloak` says, wherever a run ends; who may not is told so."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from keycloak import KeycloakAdmin
from terresante_dev.testing import LoginService

from .conftest import Realm
from .putting_right import (
    BEFORE,
    DOCKER,
    Breaking,
    Json,
    Wanted,
    card_claims,
    check,
    machine,
    put_right,
    reached,
    token_of,
    wanted,
)

from terresante_deploy.realms.administrator import Stopped  # isort: skip
from terresante_deploy.realms.trees import listed, shape, tree  # isort: skip
from terresante_deploy.realms.wanted import realms  # isort: skip


MOST_CHANGES = 120
"""More than bringing the realm of before to today's takes."""


@pytest.fixture
def fresh(login_service: LoginService) -> Iterator[Callable[[Json], Wanted]]:
    """Imports a realm from a file's content, and gives what it should be today."""
    master, made = reached(login_service).administrator("master"), []

    def imported(content: Json) -> Wanted:
        today = wanted(login_service, f"pro-{uuid.uuid4().hex[:8]}")
        old = replace(today, content={**content, "realm": today.name})
        master.create_realm(old.whole())
        made.append(today.name)
        return today

    yield imported
    for name in made:
        master.delete_realm(name)


def test_a_realm_that_was_imported_today_differs_in_nothing(login_service: LoginService) -> None:
    told = {name: value for name, value in login_service.server.environment().items() if "_PORTAL_" not in name}
    for realm in realms(told):
        assert check(reached(login_service), realm) == []


def without_card(content: Json) -> Json:
    """A realm whose people never log in by card: its flow for browsers has other steps."""
    flows = [
        {
            **flow,
            "authenticationExecutions": [
                step for step in flow["authenticationExecutions"] if step.get("flowAlias") != "pro card"
            ],
        }
        for flow in content["authenticationFlows"]
        if flow["alias"] not in ("pro card", "pro level 3")
    ]
    return {**content, "authenticationFlows": flows}


def test_wherever_a_run_ends_people_log_in_by_a_whole_flow_and_the_next_goes_on(
    login_service: LoginService, fresh: Callable[[Json], Wanted], tmp_path: Path
) -> None:
    old = without_card(json.loads(BEFORE.read_text(encoding="utf-8")))
    today = fresh(old)
    keycloak = reached(login_service)
    admin = keycloak.administrator(today.name)
    (flow,) = [one["id"] for one in admin.get_authentication_flows() if one["alias"] == "pro browser"]
    admin.create_client({"clientId": "autre", "authenticationFlowBindingOverrides": {"browser": flow}})
    whole = [_named(shape(tree(content, "pro browser"))) for content in (old, today.content)]

    for changes in range(1, MOST_CHANGES):
        breaking = Breaking(keycloak.url, keycloak.ca_file, {**keycloak.credential, "changes": str(changes)})
        try:
            put_right(breaking, today)
        except Stopped as why:
            assert "Start anew" in str(why)
        else:
            break
        bound = admin.get_realm(today.name)["browserFlow"]
        steps = listed(admin.get_authentication_flow_executions(bound), {})
        assert _named(shape(steps)) in whole, changes
    else:
        pytest.fail("it never comes to an end")

    assert changes > 8
    assert check(keycloak, today) == []
    flows = {one["alias"]: one["id"] for one in admin.get_authentication_flows()}
    assert not [alias for alias in flows if alias.endswith(" before")]
    (autre,) = [one for one in admin.get_clients() if one["clientId"] == "autre"]
    assert autre["authenticationFlowBindingOverrides"] == {"browser": flows["pro browser"]}
    realm = Realm(login_service.server, today.name, tmp_path, admin)
    claims = card_claims(realm)
    assert (claims["acr"], claims["amr"]) == ("3", ["sc"])
    certificate, uid = machine(realm)
    assert token_of(realm, certificate)["uid"] == uid


def _named(steps: list[Any]) -> list[Any]:
    """A shape with the names that its flows had before they were put aside."""
    return [(name.removesuffix(" before"), need, below and _named(below)) for name, need, below in steps]


def test_what_is_ours_and_was_changed_is_put_back(
    login_service: LoginService, fresh: Callable[[Json], Wanted], tmp_path: Path
) -> None:
    today = fresh(wanted(login_service, "x").content)
    keycloak = reached(login_service)
    admin = keycloak.administrator(today.name)
    assert check(keycloak, today) == []
    portal = next(one for one in admin.get_clients() if one["clientId"] == "portal")
    scopes = {one["name"]: one["id"] for one in admin.get_client_scopes()}
    admin.update_client(portal["id"], {"clientId": "portal", "directAccessGrantsEnabled": True})
    admin.add_client_default_client_scope(portal["id"], scopes["profile"], {})
    amr = next(one for one in portal["protocolMappers"] if one["name"] == "amr")
    admin.remove_client_mapper(portal["id"], amr["id"])
    actions = f"admin/realms/{today.name}/authentication/required-actions"
    assert admin.connection.raw_delete(f"{actions}/CONFIGURE_TOTP").status_code == 204
    profile = admin.get_realm_users_profile()
    without = [one for one in profile["attributes"] if one["name"] != "certificateSubject"]
    admin.update_realm_users_profile({**profile, "attributes": without})
    admin.update_realm(today.name, {"bruteForceProtected": False, "directGrantFlow": "direct grant"})
    card = next(
        one
        for one in admin.get_authentication_flow_executions("pro browser")
        if one.get("providerId") == "auth-x509-client-username-form"
    )["authenticationConfig"]
    config = admin.get_authenticator_config(card)
    admin.update_authenticator_config(
        {
            **config,
            "alias": "sans listes",
            "config": {**config["config"], "x509-cert-auth.crl-checking-enabled": "false"},
        },
        card,
    )

    assert set(put_right(keycloak, today)) == {
        f"{today.name}: required action CONFIGURE_TOTP: missing",
        f"{today.name}: user attributes: certificateSubject",
        f"{today.name}: client portal: directAccessGrantsEnabled",
        f"{today.name}: client portal: scope profile is too much",
        f"{today.name}: client portal: mapper amr: missing",
        f"{today.name}: realm: bruteForceProtected, directGrantFlow",
        f"{today.name}: flow pro browser: auth-x509-client-username-form: x509-cert-auth.crl-checking-enabled",
    }
    assert check(keycloak, today) == []
    claims = card_claims(Realm(login_service.server, today.name, tmp_path, admin))
    assert (claims["acr"], claims["amr"]) == ("3", ["sc"])


def test_a_client_that_is_gone_is_made_anew_and_may_do_what_it_must_and_no_more(
    login_service: LoginService, fresh: Callable[[Json], Wanted]
) -> None:
    today = fresh(wanted(login_service, "x").content)
    keycloak = reached(login_service)
    admin = keycloak.administrator(today.name)
    admin.delete_client(str(admin.get_client_id("platform")))

    put_right(keycloak, today)

    assert check(keycloak, today) == []
    platform = KeycloakAdmin(
        server_url=f"{login_service.url}/",
        realm_name=today.name,
        client_id="platform",
        client_secret_key=login_service.platform_secret("pro"),
        verify=str(login_service.ca_file),
    )
    assert platform.get_users({}) == []
    assert platform.get_users({"max": 1}) == []
    with pytest.raises(Exception, match="403"):
        platform.get_clients()


def test_a_realm_that_is_missing_is_made_whole(login_service: LoginService) -> None:
    keycloak, today = reached(login_service), wanted(login_service, f"pro-{uuid.uuid4().hex[:8]}")
    try:
        assert check(keycloak, today) == [f"{today.name}: realm: missing"]
        assert check(keycloak, today) == [f"{today.name}: realm: missing"]
        put_right(keycloak, today)
        assert check(keycloak, today) == []
    finally:
        keycloak.administrator("master").delete_realm(today.name)


def test_who_may_not_is_told_so(login_service: LoginService) -> None:
    today = wanted(login_service, "pro")
    with pytest.raises(Stopped, match=r"refused the administrator \(40[01]\): give the credential of one of its realm"):
        check(reached(login_service, username="admin", password="canari"), today)
    master = reached(login_service).administrator("master")
    secret = uuid.uuid4().hex
    master.create_client({"clientId": "nobody", "secret": secret, "serviceAccountsEnabled": True})
    try:
        with pytest.raises(Stopped, match="Keycloak does not let this administrator do it"):
            check(reached(login_service, **{"client-id": "nobody", "client-secret": secret}), today)
    finally:
        master.delete_client(str(master.get_client_id("nobody")))


@pytest.mark.parametrize(
    ("portal", "code", "said"), [("", 0, "are as they should be"), ("https://x.fr", 1, "client portal")]
)
def test_the_program_says_what_differs_by_its_end_and_shows_no_secret(
    login_service: LoginService, tmp_path: Path, portal: str, code: int, said: str
) -> None:
    told = login_service.server.environment()
    (tmp_path / "username").write_text("admin")
    (tmp_path / "password").write_text(told["KC_BOOTSTRAP_ADMIN_PASSWORD"])
    given = {
        name: value
        for name, value in told.items()
        if name.startswith("TERRESANTE_KEYCLOAK_") and "_PORTAL_" not in name
    }
    where = {
        "TERRESANTE_REALMS_KEYCLOAK_URL": login_service.url,
        "TERRESANTE_REALMS_CA_FILE": str(login_service.ca_file),
        "TERRESANTE_KEYCLOAK_PORTAL_ORIGIN": portal,
        "PYTHONPATH": str(DOCKER),
    }
    command = [sys.executable, "-m", "terresante_deploy.realms", "--check", "--administrator", str(tmp_path)]

    done = subprocess.run(command, env={**os.environ, **given, **where}, capture_output=True, text=True, check=False)

    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout
    assert ("PORTAL_ORIGIN is not set: what it fills in is left as it is" in done.stdout) is (not portal)
    for secret in (told["KC_BOOTSTRAP_ADMIN_PASSWORD"], *(value for name, value in told.items() if "SECRET" in name)):
        assert secret not in done.stdout + done.stderr
