"""Who is let in by a card. `acr` 3 opens what a password never opens, so each way of being refused is shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import httpx2
import pytest
from terresante_dev import pki
from terresante_dev.personas.numbers import finess, rpps, siret

from .conftest import Realm, until

SERIALS = count(50_000)


@dataclass(frozen=True)
class Holder:
    """A professional with an account, and the number on their card."""

    rpps: str
    username: str
    user_id: str
    uid: str


@pytest.fixture
def holder(pro: Realm) -> Iterator[Holder]:
    number = rpps(next(SERIALS))
    username, user_id = pro.account(idNat=f"8{number}")
    pro.admin.update_user(user_id, {**pro.admin.get_user(user_id), "requiredActions": []})
    yield Holder(number, username, user_id, pro.admin.get_user(user_id)["attributes"]["uid"][0])


def test_a_card_gives_level_3_and_says_who_by_an_opaque_id(pro: Realm, holder: Holder) -> None:
    card = pki.issue_card(pro.keycloak.cards, holder.rpps, "DONNET-GAILLARD", "ISABELLE")

    with pro.browser(card) as browser:
        page = browser.login()

        assert page.code, page
        assert browser.tokens
        claims = browser.tokens.claims
    assert claims["acr"] == "3"
    assert claims["amr"] == ["sc"]
    assert claims["uid"] == holder.uid
    assert claims["kind"] == "professional"


def test_a_card_whose_number_comes_after_a_longer_name_opens_as_well(pro: Realm, holder: Holder) -> None:
    """DER sorts the parts of the holder's name by length; a name of 20 letters changes their order."""
    card = pki.issue_card(pro.keycloak.cards, holder.rpps, "PHARMACIENNE-DU-NORD", "CAROLE", "Pharmacien")

    assert pro.enter(card).code


def test_a_common_name_with_a_slash_is_read_whole(pro: Realm) -> None:
    employer = finess(50_000)
    _, user_id = pro.account(idNat=f"3{employer}/000000018")
    pro.admin.update_user(user_id, {**pro.admin.get_user(user_id), "requiredActions": []})
    card, other = (
        pki.issue_staff_card(pro.keycloak.cards, employer, number, "PHARMACIE DU PORT", name=f"staff-{number}")
        for number in ("000000018", "000000019")
    )

    assert pro.enter(card).code
    assert "Aucun compte actif" in pro.enter(other).text


def test_a_number_hidden_in_another_part_of_the_name_opens_nothing(pro: Realm, holder: Holder) -> None:
    organisation = f"X, CN=8{holder.rpps}"
    card = pki.issue_staff_card(pro.keycloak.cards, finess(50_001), "1", organisation, name="injected")

    page = pro.enter(card)

    assert not page.code
    assert "Aucun compte actif" in page.text


def test_a_card_without_an_account_leads_to_the_password_form_and_says_why(pro: Realm) -> None:
    card = pki.issue_card(pro.keycloak.cards, rpps(next(SERIALS)), "INCONNU", "JEAN")

    page = pro.enter(card)

    assert page.asks("password")
    assert "Aucun compte actif ne correspond à cette carte." in page.text


def test_a_card_is_refused_from_its_revocation_on(pro: Realm, holder: Holder) -> None:
    card = pki.issue_card(pro.keycloak.cards, holder.rpps, "MARTIN", "PAUL", name="revoked")
    assert pro.enter(card).code

    pki.revoke(pro.keycloak.cards, "revoked")

    until(lambda: not pro.enter(card).code, seconds=10)
    page = pro.enter(card)
    assert page.asks("password")
    assert "Elle est révoquée" in page.text


def test_another_card_still_opens_after_a_revocation(pro: Realm, holder: Holder) -> None:
    cards = pro.keycloak.cards
    pki.issue_card(cards, holder.rpps, "MARTIN", "PAUL", name="lost")
    pki.revoke(cards, "lost")

    assert pro.enter(pki.issue_card(cards, holder.rpps, "MARTIN", "PAUL", name="renewed")).code


@pytest.mark.parametrize("why", ["expired", "foreign", "server", "signature"])
def test_what_is_no_card_for_logging_in_does_not_pass_tls(pro: Realm, holder: Holder, why: str) -> None:
    with pro.browser(_unfit(pro, holder, why)) as browser, pytest.raises(httpx2.TransportError) as refused:
        browser.login()

    assert "certificate unknown" in str(refused.value)


def test_the_certificate_of_an_organisation_does_not_log_in_as_the_person_it_names(pro: Realm, holder: Holder) -> None:
    """It passes TLS, since machines log in with it; the policy that it carries is not a card's."""
    cards, name = pro.keycloak.cards, f"organisation-{holder.rpps}"
    certificate = pki.issue_organisation(cards, siret(50), "LABO DU PORT", f"8{holder.rpps}", name=name)

    page = pro.enter(certificate)

    assert not page.code
    assert page.asks("password")
    assert "Votre carte est refusée." in page.text


def test_a_card_opens_nothing_once_the_account_is_disabled(pro: Realm, holder: Holder) -> None:
    card = pki.issue_card(pro.keycloak.cards, holder.rpps, "PETIT", "LUC")
    assert pro.enter(card).code

    pro.admin.update_user(holder.user_id, {**pro.admin.get_user(holder.user_id), "enabled": False})

    page = pro.enter(card)
    assert not page.code
    assert page.asks("password")


def test_two_accounts_with_one_number_are_no_ones(pro: Realm, holder: Holder) -> None:
    """So the directory must keep a number unique; if it failed to, nobody would get in as somebody else."""
    card = pki.issue_card(pro.keycloak.cards, holder.rpps, "BERNARD", "LISE")
    pro.account(idNat=f"8{holder.rpps}")

    assert not pro.enter(card).code


def test_the_patient_realm_takes_no_notice_of_a_card(pro: Realm, patient: Realm, holder: Holder) -> None:
    card = pki.issue_card(pro.keycloak.cards, holder.rpps, "DURAND", "EVE")

    page = patient.enter(card)

    assert not page.code
    assert page.asks("password")


def _unfit(pro: Realm, holder: Holder, why: str) -> pki.Card:
    cards, number = pro.keycloak.cards, holder.rpps
    name = f"{why}-{number}"
    if why == "expired":
        return pki.issue_card(cards, number, "MARTIN", "PAUL", name=name, expired=True)
    if why == "foreign":
        return pki.issue_card(cards, number, "MARTIN", "PAUL", name=name, authority="foreign")
    if why == "server":
        return pki.issue_card(cards, number, "MARTIN", "PAUL", name=name, purpose="server")
    return pki.issue_card(cards, number, "MARTIN", "PAUL", name=name, purpose="signature")
