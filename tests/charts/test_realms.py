"""Keycloak's realms put right by a Job: what it is given, who lets it, and what its program says before Keycloak is asked.

What it does to a real Keycloak is in dev/tests/login/test_realms.py.
"""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from terresante_dev.keycloak.server import DEPLOY, REALMS

from tests.charts.rendered import ROOT, Json, environment, of_kind, template

DOCKER = ROOT / "deploy" / "docker"
sys.path.insert(0, str(DOCKER))

from schema_realms import REALM_SETTINGS  # noqa: E402
from terresante_deploy.realms.administrator import Stopped, credential_in, of_age  # noqa: E402
from terresante_deploy.realms.comparing import changed, password_policy, same_policy  # noqa: E402
from terresante_deploy.realms.trees import listed, shape, tops, tree  # noqa: E402
from terresante_deploy.realms.wanted import NotGiven, Wanted, realms, settings  # noqa: E402

FILES = "".join((DEPLOY / f"{realm}-realm.json").read_text(encoding="utf-8") for realm in REALMS)


@cache
def job(values: str) -> Json:
    """The pod of the Job."""
    (found,) = [
        one for one in of_kind(values, "Job") if one["metadata"]["labels"]["app.kubernetes.io/component"] == "realms"
    ]
    pod: Json = found["spec"]["template"]["spec"]
    return pod


def test_an_operator_may_give_every_setting_of_the_realms_and_no_other() -> None:
    asked = set(re.findall(r"\$\{TERRESANTE_KEYCLOAK_(\w+)[:}]", FILES))
    assert set(REALM_SETTINGS) == {name for name in asked if not name.endswith("_SECRET")}


def test_the_job_has_the_administrators_secret_as_files_and_what_it_may_make_clients_with() -> None:
    (container,) = job("production")["containers"]
    told = environment(container)
    assert told["TERRESANTE_REALMS_KEYCLOAK_URL"] == "https://login.sante.example.fr"
    for realm in REALMS:
        reference = {"secretKeyRef": {"name": "terresante-keycloak-clients", "key": realm}}
        assert told[f"TERRESANTE_KEYCLOAK_{realm.upper()}_PLATFORM_SECRET"] == reference
    places = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    secrets = {one["name"]: one["secret"]["secretName"] for one in job("production")["volumes"] if "secret" in one}
    assert places["keycloak-administrator"] == "/run/terresante/keycloak-administrator"
    assert secrets == {"keycloak-administrator": "terresante-keycloak-administrator"}


def test_only_the_job_reads_the_administrators_secret() -> None:
    for one in of_kind("production", "Deployment", "StatefulSet"):
        assert "keycloak-administrator" not in str(one), one["metadata"]["name"]


def test_it_checks_keycloaks_certificate_by_the_authority_of_values() -> None:
    (container,) = job("airgap")["containers"]
    file = environment(container)["TERRESANTE_REALMS_CA_FILE"]
    assert file == "/run/terresante/keycloak-ca/ca.crt"
    assert any(file.startswith(one["mountPath"] + "/") for one in container["volumeMounts"])
    assert "TERRESANTE_REALMS_CA_FILE" not in environment(job("production")["containers"][0])


def test_the_origin_of_the_administrators_pages_is_that_of_values() -> None:
    done = template(("production",), "workbench.enabled=true", "workbench.url=https://annuaire.example.fr")
    assert (
        'name: TERRESANTE_KEYCLOAK_WORKBENCH_ORIGIN\n              value: "https://annuaire.example.fr"' in done.stdout
    )


def test_an_operator_who_keeps_the_realms_has_no_job_and_gives_no_administrator() -> None:
    done = template(("production",), "keycloak.realms.enabled=false")
    assert done.returncode == 0, done.stderr
    assert "terresante_deploy.realms" not in done.stdout and "keycloak-administrator" not in done.stdout
    assert "realms -> keycloak" not in done.stdout


@pytest.mark.parametrize(
    ("values", "given", "said"),
    [
        ("demo", "keycloak.realms.enabled=true", "the demo's Keycloak imports its realms itself"),
        (
            "production",
            "keycloak.realms.settings.PRO_PLATFORM_SECRET=x",
            "properties 'PRO_PLATFORM_SECRET' not allowed",
        ),
        ("production", "keycloak.realms.enabled=oui", "at '/keycloak/realms/enabled'"),
    ],
)
def test_what_is_no_setting_is_refused(values: str, given: str, said: str) -> None:
    done = template((values,), given)
    assert done.returncode != 0 and said in done.stderr, done.stderr


def pro(**given: str) -> Wanted:
    """The realm of professionals with these settings and no others."""
    (found,) = [one for one in realms({f"TERRESANTE_KEYCLOAK_{name}": value for name, value in given.items()})
                if one.name == "pro"]  # fmt: skip
    return found


def test_a_field_whose_setting_is_not_given_is_not_compared_and_gets_its_default_only_when_made() -> None:
    wanted = pro(CARD_POLICY="1.2.3")
    (portal,) = [one for one in wanted.content["clients"] if one["clientId"] == "portal"]
    assert "redirectUris" not in wanted.known(portal)
    assert wanted.known(portal)["publicClient"] is True
    assert wanted.full(portal)["redirectUris"] == ["http://127.0.0.1:8000/callback"]
    assert "TERRESANTE_KEYCLOAK_PORTAL_ORIGIN" in wanted.left()
    assert "TERRESANTE_KEYCLOAK_CARD_POLICY" not in wanted.left()


def test_what_cannot_be_made_without_a_setting_names_it() -> None:
    with pytest.raises(NotGiven, match="TERRESANTE_KEYCLOAK_PRO_PLATFORM_SECRET is not set"):
        pro(CARD_POLICY="1.2.3", ORGANISATION_POLICY="1.2.4").full(pro().content)


def test_a_setting_of_one_realm_goes_before_that_of_both_and_a_blank_one_is_none() -> None:
    given = {"TERRESANTE_KEYCLOAK_PORTAL_ORIGIN": "both", "TERRESANTE_KEYCLOAK_PRO_PORTAL_ORIGIN": "one", "PATH": "x"}
    blank = {"TERRESANTE_KEYCLOAK_CARD_POLICY": ""}
    assert settings({**given, **blank}, "pro")["PORTAL_ORIGIN"] == "one"
    assert settings({**given, **blank}, "patient")["PORTAL_ORIGIN"] == "both"
    assert "CARD_POLICY" not in settings(blank, "pro")


def test_only_what_differs_is_sent_and_entries_of_others_stay() -> None:
    is_ = {"enabled": True, "attributes": {"ours": "old", "theirs": "kept"}, "redirectUris": ["b", "a"]}
    wanted = {"enabled": True, "attributes": {"ours": "new", "blank": ""}, "redirectUris": ["a", "b"]}
    sent = changed(is_, wanted, frozenset({"attributes"}))
    assert sent == {"attributes": {"ours": "new", "theirs": "kept", "blank": ""}}
    assert changed({**is_, **sent}, wanted, frozenset({"attributes"})) == {}


def test_a_rule_for_passwords_that_an_operator_added_stays_and_a_weakened_one_of_ours_does_not() -> None:
    ours = "length(12) and notUsername(undefined)"
    assert same_policy("passwordBlacklist(list.txt) and notUsername(undefined) and length(12)", ours)
    assert not same_policy("length(8) and notUsername(undefined)", ours)
    rules = password_policy("passwordBlacklist(list.txt) and length(8)", ours).split(" and ")
    assert set(rules) == {"passwordBlacklist(list.txt)", "length(12)", "notUsername(undefined)"}


def test_a_flow_as_keycloak_lists_it_is_compared_with_the_one_of_the_file() -> None:
    content = pro().content
    wanted = tree(content, "systems")
    executions: list[Json] = [
        {"level": 0, "providerId": "direct-grant-auth-x509-username", "requirement": "REQUIRED", "id": "1"},
        {
            "level": 0,
            "displayName": "systems only",
            "requirement": "CONDITIONAL",
            "authenticationFlow": True,
            "id": "2",
        },
        {"level": 1, "providerId": "conditional-user-attribute", "requirement": "REQUIRED", "id": "3"},
        {"level": 1, "providerId": "deny-access-authenticator", "requirement": "REQUIRED", "id": "4"},
    ]
    assert shape(listed(executions, {})) == shape(wanted)
    for place, step in enumerate(executions):
        weaker = [*executions[:place], {**step, "requirement": "DISABLED"}, *executions[place + 1 :]]
        assert shape(listed(weaker, {})) != shape(wanted)
    assert shape(listed(executions[:-1], {})) != shape(wanted)
    assert tops(content) == ["pro browser", "pro no direct grant", "systems"]


def test_a_keycloak_that_the_realms_were_never_seen_on_is_too_old() -> None:
    assert [of_age(version) for version in ("25.0.6", "26.6.9", "26.7.0", "26.10.1", "27.0.0")] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_a_secret_holds_a_client_or_a_person_and_half_of_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "client-id").write_text("reconciler\n")
    with pytest.raises(Stopped, match="files client-id and client-secret, or username and password"):
        credential_in(tmp_path)
    (tmp_path / "client-secret").write_text("")
    with pytest.raises(Stopped):
        credential_in(tmp_path)
    (tmp_path / "client-secret").write_text("s3cret\n")
    assert credential_in(tmp_path) == {"client-id": "reconciler", "client-secret": "s3cret"}


def said_by(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The program, run to its end with a made-up administrator."""
    (folder / "username").write_text("admin")
    (folder / "password").write_text("canari-du-port")
    command = [sys.executable, "-m", "terresante_deploy.realms", "--check", "--administrator", str(folder)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TERRESANTE_")}
    path = os.pathsep.join([str(DOCKER), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        command, env={**kept, "PYTHONPATH": path, **more}, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "TERRESANTE_REALMS_KEYCLOAK_URL is not set"),
        ("http://127.0.0.1:1", "give Keycloak's https:// address"),
        ("https://127.0.0.1:1", "Keycloak does not answer at https://127.0.0.1:1"),
    ],
)
def test_a_keycloak_that_is_not_there_is_one_sentence_without_the_password(tmp_path: Path, url: str, said: str) -> None:
    done = said_by(tmp_path, TERRESANTE_REALMS_KEYCLOAK_URL=url)
    assert done.returncode == 1
    assert said in done.stderr and "Traceback" not in done.stderr
    assert "canari" not in done.stdout + done.stderr
