"""The demo's own PostgreSQL, NATS and Keycloak are given what the services of today need."""

import json
import re
import sys

import pytest
from cryptography import x509
from terresante_dev.keycloak import Keycloak
from terresante_dev.settings_of import KINDS

from tests.charts.rendered import PARTS, ROOT, deployment, environment

DEPLOY = ROOT / "deploy"
sys.path.insert(0, str(DEPLOY / "docker"))

from terresante_deploy.demo.secrets import Demo  # noqa: E402


class Kept:
    """Secrets of a namespace, in memory."""

    def __init__(self) -> None:
        self.all: dict[str, dict[str, bytes]] = {}

    def read(self, name: str) -> dict[str, bytes] | None:
        return self.all.get(name)

    def write(self, name: str, content: dict[str, bytes]) -> None:
        self.all[name] = dict(content)


@pytest.fixture(scope="module")
def kept() -> Kept:
    """What a first installation makes."""
    secrets = Kept()
    Demo(secrets, "terresante", "terresante", []).provide()
    return secrets


def names_of(pem: bytes) -> set[str]:
    """Common names of the certificates of a bundle."""
    return {one.subject.rfc4514_string() for one in x509.load_pem_x509_certificates(pem)}


def test_cards_and_organisations_may_log_in_and_nobody_the_root_signs(kept: Kept) -> None:
    cards = kept.all["terresante-cards"]
    issuing, authorities = names_of(cards["issuing.pem"]), names_of(cards["authorities.pem"])
    assert len(issuing) == 2 and any("PERSONNES" in one for one in issuing)
    assert any("ORGANISATIONS" in one for one in issuing)
    assert {one for one in authorities if "RACINE" in one} == authorities - issuing
    assert {"persons.crl", "organisations.crl"} <= set(cards)


def test_an_upgrade_keeps_keys_and_makes_what_a_release_before_did_not_know(kept: Kept) -> None:
    before = {name: dict(content) for name, content in kept.all.items()}
    del kept.all["terresante-cards"]["organisations.pem"], kept.all["terresante-cards"]["organisations.key"]
    made = Demo(kept, "terresante", "terresante", []).provide()
    assert made == []
    assert kept.all["terresante-cards"]["persons.key"] == before["terresante-cards"]["persons.key"]
    assert any("ORGANISATIONS" in one for one in names_of(kept.all["terresante-cards"]["issuing.pem"]))
    assert kept.all["terresante-consent-journal"] == before["terresante-consent-journal"]


def test_keycloak_is_told_whatever_its_realms_ask_for_and_have_no_default_for() -> None:
    asked = set()
    for realm in ("pro", "patient"):
        text = (DEPLOY / "keycloak" / f"{realm}-realm.json").read_text(encoding="utf-8")
        asked |= set(re.findall(r"\$\{(TERRESANTE_KEYCLOAK_\w+)\}", text))
    assert {"TERRESANTE_KEYCLOAK_CARD_POLICY", "TERRESANTE_KEYCLOAK_ORGANISATION_POLICY"} <= asked
    told = Keycloak(
        folder=ROOT,
        host_port=8443,
        management_port=9000,
        database_url="postgresql://host:5432/keycloak",
        database_user="keycloak",
        database_password="",
        pki=ROOT,
        secrets={"admin": "a", "pro-platform": "b", "patient-platform": "c"},
        sandbox=False,
    ).environment()
    assert asked <= set(told)
    assert told["TERRESANTE_KEYCLOAK_CARD_POLICY"] != told["TERRESANTE_KEYCLOAK_ORGANISATION_POLICY"]


@pytest.mark.parametrize("part", PARTS)
def test_machines_are_known_to_every_part_by_the_realm_of_professionals(part: str) -> None:
    (only,) = deployment("production", part)["spec"]["template"]["spec"]["containers"]
    issuers = json.loads(environment(only)[f"TERRESANTE_{part.upper()}_ISSUERS"])
    assert issuers["https://login.sante.example.fr/realms/pro"] == KINDS["pro"]
    assert "system" in KINDS["pro"] and "system" not in KINDS["patient"]
