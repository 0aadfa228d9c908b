"""What the platform may do in Keycloak, what Keycloak writes and opens, and what the committed realms hold."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from keycloak.exceptions import KeycloakGetError, KeycloakPostError, KeycloakPutError
from terresante_dev import pki
from terresante_dev.keycloak.server import DEPLOY
from terresante_dev.personas.numbers import rpps

from .conftest import Realm, until


def test_the_platform_manages_accounts_and_cannot_raise_itself(pro: Realm) -> None:
    _, user_id = pro.account()
    assert pro.admin.get_user(user_id)["enabled"]

    admin = pro.admin
    for forbidden in (admin.get_clients, admin.get_realm_roles, admin.get_events, admin.get_components):
        with pytest.raises(KeycloakGetError, match="403"):
            forbidden()
    with pytest.raises(KeycloakPutError, match="403"):
        admin.update_realm("pro", {"bruteForceProtected": False})
    with pytest.raises(KeycloakPostError, match="403"):
        admin.create_client({"clientId": "mine"})


def test_an_account_keeps_no_name(pro: Realm) -> None:
    _, user_id = pro.account()
    user = pro.admin.get_user(user_id)

    pro.admin.update_user(user_id, {**user, "firstName": "Isabelle", "lastName": "Donnet"})

    after = pro.admin.get_user(user_id)
    assert "firstName" not in after
    assert "lastName" not in after
    assert after["attributes"]["uid"] == user["attributes"]["uid"]


@pytest.mark.parametrize(("attribute", "wrong"), [("uid", "42"), ("kind", "patient"), ("idNat", "99700000013")])
def test_an_attribute_of_another_form_is_refused(pro: Realm, attribute: str, wrong: str) -> None:
    with pytest.raises(KeycloakPostError, match="400"):
        pro.account(**{attribute: wrong})


def test_the_log_does_not_say_who_presented_a_refused_card(pro: Realm, log: Path) -> None:
    number = rpps(60_000)
    cards = pro.keycloak.cards
    pro.account(idNat=f"8{number}")
    card = pki.issue_card(cards, number, "CANARI-SANGUIN", "AGLAE", name="canary")
    pki.revoke(cards, "canary")
    until(lambda: "révoquée" in pro.enter(card).text, seconds=10)
    unknown = pki.issue_card(cards, rpps(60_001), "CANARI-SANGUIN", "AGLAE")
    assert not pro.enter(unknown).code

    written = log.read_text()

    assert "Listening on" in written
    for secret in ("CANARI", "AGLAE", number, rpps(60_001)):
        assert secret not in written


def test_each_line_of_the_log_is_json(log: Path, pro: Realm) -> None:
    lines = log.read_text().splitlines()

    assert lines
    assert all(isinstance(json.loads(line), dict) for line in lines)


def test_it_listens_on_loopback_only(pro: Realm) -> None:
    ports = {pro.keycloak.host_port, pro.keycloak.management_port}
    found = [
        connection
        for process in psutil.process_iter(["cmdline"])
        if str(pro.keycloak.folder) in " ".join(process.info["cmdline"] or ())
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert ports <= {connection.laddr.port for connection in found}
    assert {connection.laddr.ip.removeprefix("::ffff:") for connection in found} == {"127.0.0.1"}


def test_the_committed_realms_are_what_the_generator_writes() -> None:
    code = "import json, realms; print(json.dumps(realms.files()))"
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=DEPLOY, check=True, capture_output=True, text=True
    ).stdout

    for name, content in json.loads(printed).items():
        assert (DEPLOY / name).read_text(encoding="utf-8") == content


@pytest.mark.parametrize("realm", ["pro", "patient"])
def test_a_production_realm_holds_no_person_no_secret_and_no_client_for_tests(realm: str) -> None:
    text = (DEPLOY / f"{realm}-realm.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)

    assert [user["username"] for user in content["users"]] == ["service-account-platform"]
    assert "portal-low" not in text
    open_clients = {client["clientId"] for client in content["clients"] if client["enabled"]}
    assert open_clients == {"portal", "platform"} | ({"systems", "workbench"} if realm == "pro" else set())
    secrets = re.findall(r'"(?:secret|value|privateKey)": "(.*?)"', text)
    assert secrets == [f"${{TERRESANTE_KEYCLOAK_{realm.upper()}_PLATFORM_SECRET}}"]
