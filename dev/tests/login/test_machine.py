"""Machines: a token for their organisation's certificate, and nobody else gets one that way."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from terresante_dev import pki
from terresante_dev.login import TokenRefused, Tokens
from terresante_dev.machine import machine_tokens
from terresante_dev.personas.numbers import rpps, siret
from terresante_directory.domain.certificates import certificate_subject

from .conftest import Realm, until

SERIALS = count(900)


@dataclass(frozen=True)
class Machine:
    """A system with an account and the certificate that opens it."""

    certificate: pki.Card
    uid: str
    user_id: str


def certified(pro: Realm, organisation: str = "HÔPITAL  DU PORT, BÂTIMENT B", **differences: Any) -> pki.Card:
    """A new certificate of an organisation, with a subject of its own."""
    serial = next(SERIALS)
    host = f"dpi-{serial}.hopital.example"
    name = f"machine-{serial}"
    return pki.issue_organisation(pro.keycloak.cards, siret(serial), organisation, host, name=name, **differences)


def known(certificate: pki.Card) -> str:
    """Its subject as the directory writes it into an account."""
    return certificate_subject(pki.subject_of(certificate)).key


def tokens(pro: Realm, certificate: pki.Card, client: str = "systems") -> Tokens:
    keycloak = pro.keycloak
    ca_file = keycloak.pki / "ca.pem"
    return machine_tokens(keycloak.issuer(pro.name), ca_file, certificate.certificate, certificate.key, client)


def refused(pro: Realm, certificate: pki.Card, client: str = "systems") -> str:
    """What a certificate that gets no token is told."""
    with pytest.raises(TokenRefused) as answer:
        tokens(pro, certificate, client)
    assert answer.value.status in {400, 401, 403}
    return str(answer.value)


@pytest.fixture
def machine(pro: Realm) -> Iterator[Machine]:
    certificate = certified(pro)
    uid, user_id = pro.system(known(certificate))
    yield Machine(certificate, uid, user_id)


def test_a_certificate_gives_a_short_token_of_level_3_that_says_which_system(pro: Realm, machine: Machine) -> None:
    given = tokens(pro, machine.certificate)

    claims = given.claims
    assert (claims["uid"], claims["kind"], claims["acr"]) == (machine.uid, "system", "3")
    assert set(claims["aud"]) == {"gateway", "identity", "consent", "records", "messaging", "directory"}
    assert (claims["azp"], claims["typ"], claims["exp"] - claims["iat"]) == ("systems", "Bearer", 300)
    assert not {"name", "preferred_username", "email", "realm_access"} & set(claims)
    assert given.refresh == ""


def test_it_opens_the_account_of_its_whole_subject_only(pro: Realm, machine: Machine) -> None:
    other = certified(pro)

    assert "token" not in refused(pro, other)
    pro.system(known(other))
    assert tokens(pro, other).claims["uid"] != machine.uid


def test_a_suspended_system_gets_nothing(pro: Realm, machine: Machine) -> None:
    pro.admin.update_user(machine.user_id, {**pro.admin.get_user(machine.user_id), "enabled": False})

    refused(pro, machine.certificate)


def test_a_revoked_certificate_gets_nothing(pro: Realm, machine: Machine) -> None:
    assert tokens(pro, machine.certificate).access

    pki.revoke(pro.keycloak.cards, machine.certificate.name)

    def is_out() -> bool:
        try:
            tokens(pro, machine.certificate)
        except TokenRefused:
            return True
        return False

    until(is_out, seconds=10)


def test_the_log_does_not_say_which_certificate_was_refused(pro: Realm, log: Path) -> None:
    unknown, card = certified(pro, "CANARI DU PORT"), certified(pro, "CANARI DES MERS", policy=pki.POLICY)
    for certificate in (unknown, card):
        refused(pro, certificate)

    written = log.read_text()

    assert "Listening on" in written
    assert "canari" not in written.lower()


def test_a_persons_card_gets_no_token_here(pro: Realm) -> None:
    number = rpps(next(SERIALS))
    pro.account(idNat=f"8{number}")
    card = pki.issue_card(pro.keycloak.cards, number, "MARTIN", "PAUL")

    refused(pro, card)


def test_a_card_with_the_very_subject_of_a_system_gets_nothing(pro: Realm) -> None:
    """The policy says that it is a card, whatever it says of its holder."""
    card = certified(pro, authority="persons", policy=pki.POLICY)
    pro.system(known(card))

    refused(pro, card)


def test_only_an_account_of_a_system_is_opened_should_a_persons_bear_the_subject(pro: Realm) -> None:
    certificate = certified(pro)
    pro.system(known(certificate), kind="professional")

    refused(pro, certificate)


def test_two_accounts_with_one_subject_are_no_ones(pro: Realm, machine: Machine) -> None:
    pro.system(known(machine.certificate))

    refused(pro, machine.certificate)


def test_a_system_does_not_come_in_by_the_portal(pro: Realm, machine: Machine) -> None:
    page = pro.enter(machine.certificate)

    assert not page.code
    refused(pro, machine.certificate, client="portal")


def test_people_cannot_use_the_client_of_machines(pro: Realm) -> None:
    username, _ = pro.person()
    with pro.browser(client="systems") as browser:
        page = browser.open()
    assert page.code is None
    assert not page.asks("password")

    issuer, trust = pro.keycloak.issuer(pro.name), ssl.create_default_context(cafile=pro.keycloak.pki / "ca.pem")
    with httpx2.Client(verify=trust, trust_env=False) as anybody:
        asked = {"grant_type": "password", "client_id": "systems", "username": username, "password": "peu importe"}
        answer = anybody.post(f"{issuer}/protocol/openid-connect/token", data=asked)
    assert answer.status_code in {400, 401}
    assert "access_token" not in answer.json()


@pytest.mark.parametrize("why", ["expired", "foreign", "server"])
def test_what_is_no_certificate_for_logging_in_does_not_pass_tls(pro: Realm, why: str) -> None:
    differences: dict[str, dict[str, Any]] = {
        "expired": {"expired": True},
        "foreign": {"authority": "foreign"},
        "server": {"purpose": "server"},
    }
    certificate = certified(pro, **differences[why])
    pro.system(known(certificate))

    with pytest.raises(httpx2.TransportError, match="certificate"):
        tokens(pro, certificate)
