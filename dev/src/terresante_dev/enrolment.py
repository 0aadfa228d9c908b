"""How made-up people come into being: only through the doors that real ones use.

The first administrator of a territory is appointed by operations (`python -m terresante_directory.appoint`);
everybody else is
registered through the gateway; passwords and codes are chosen on Keycloak's own pages.
"""

from __future__ import annotations

import json
import os
import secrets
import ssl
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2

from terresante_dev import pki, settings_of
from terresante_dev import stack as stacks
from terresante_dev.machine import CLIENT
from terresante_dev.personas import Administrator, Feeder, Login, Patient, Professional, Structure
from terresante_dev.portal import Answer, Gateway, Person, browser_of


class NotEnrolled(Exception):
    """An act of enrolment was refused."""

    def __init__(self, act: str, answer: object) -> None:
        super().__init__(f"{act}: {answer}")


def done(act: str, answer: Answer, status: int) -> Any:
    """The body of an answer that had to be `status`."""
    if answer.status != status:
        raise NotEnrolled(act, f"{answer} {json.dumps(answer.body, ensure_ascii=False)[:400]}")
    return answer.body


def administrator(stack: Mapping[str, Any], who: Administrator, gateway: Gateway) -> Person:
    """Appoints by the operators' command, then activates the account on Keycloak's pages."""
    ours = stacks.reopened(stack["stack"])
    environment = {**os.environ, **settings_of.of(ours, "directory", stack["issuers"])}
    name = f"{who.given_name} {who.family_name}"
    command = [sys.executable, "-m", "terresante_directory.appoint", "--name", name, "--territory", who.territory]
    made = subprocess.run(
        [*command, "--means", "password"], env=environment, capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise NotEnrolled("appoint", made.stderr[-400:])
    letter = json.loads(made.stdout)
    login = activated(stack, "pro", letter["username"], letter["starting_password"])
    return Person(stack, _named(login, letter["administrator_id"], who.description), gateway)


def structure(by: Person, what: Structure) -> str:
    """Registers a structure; gives its id."""
    body = {
        "name": what.name,
        "kind": what.kind,
        "territory_code": what.territory,
        "postal_code": what.postal_code,
        "commune": what.commune,
        **({"finess": what.finess} if what.finess else {}),
        **({"siret": what.siret} if what.siret else {}),
    }
    return str(done("register structure", by.post("/v1/structures", body), 201)["id"])


def professional(by: Person, who: Professional, structures: Mapping[str, str], gateway: Gateway) -> Person:
    """Registers a professional, opens the account, and prepares what they log in with: a card, or password and code."""
    body = {
        "family_name": who.family_name,
        "given_name": who.given_name,
        "profession": who.profession,
        "places": [{"structure_id": structures[place.structure], "role": place.role} for place in who.places],
        **({"rpps": who.rpps} if who.rpps else {}),
    }
    registered = done("register professional", by.post("/v1/professionals", body), 201)
    means = "card" if who.card else "password_and_code"
    opened = by.post(f"/v1/professionals/{registered['id']}/account", {"means": means})
    account = done("open account", opened, 201)
    if who.card:
        login = with_card(by.stack, who)
    else:
        login = activated(by.stack, "pro", account["username"], account["starting_password"])
    person = Person(by.stack, _named(login, registered["id"], who.description), gateway)
    person.place = registered["places"][0]["id"]
    return person


def identity_officer(by: Person, person: Person, territories: Sequence[str]) -> None:
    """Names somebody identity officer of these territories."""
    body = {"professional_id": person.uid, "territory_codes": [*territories], "structure_ids": []}
    done("name identity officer", by.post("/v1/identity-officers", body), 201)


def feeder(by: Person, what: Feeder, home: Structure, structure_id: str, gateway: Gateway) -> Person:
    """Issues the certificate of a structure's system and registers it; `structure_id`: of its structure, `home`."""
    number = home.finess or home.siret
    certificate = pki.issue_organisation(cards(by.stack), number, home.name, what.host, name=what.host)
    body = {
        "name": what.name,
        "structure_id": structure_id,
        "issuers": [*what.issuers],
        "policy": what.policy,
        "certificate_subject": pki.subject_of(certificate),
    }
    registered = done("register feeder", by.post("/v1/feeders", body), 201)
    files = {"card_file": str(certificate.certificate), "key_file": str(certificate.key)}
    return Person(by.stack, Login("pro", registered["id"], what.description, client=CLIENT, **files), gateway)


def with_card(stack: Mapping[str, Any], who: Professional) -> Login:
    """Issues the card that goes with the number."""
    card = pki.issue_card(cards(stack), who.rpps, who.family_name, who.given_name, who.title)
    return Login("pro", "", who.description, "", "", "", str(card.certificate), str(card.key), str(card.pkcs12))


def cards(stack: Mapping[str, Any]) -> Path:
    """The folder of the cards and of their authority."""
    return Path(stack["folder"]) / "pki" / "cards"


def activated(stack: Mapping[str, Any], realm: Any, username: str, starting_password: str, start: str = "") -> Login:
    """First login with what the letter says: chooses a password and enrols a code on Keycloak's own pages.

    `start`: the page that the letter names, if it names one.
    """
    password = f"Sandbox-{secrets.token_urlsafe(12)}"
    with browser_of(stack, realm) as browser:
        secret = browser.activate(username, starting_password, password, start)
    return Login(realm, "", "", username, password, secret)


def traits(patient: Patient) -> dict[str, Any]:
    """The five traits as a portal sends them."""
    return {
        "birth_name": patient.birth_name,
        "first_name": patient.first_name,
        "birth_date": patient.birth_date.isoformat(),
        "sex": patient.sex,
        "birth_country": patient.birth_country,
        "birth_postal_code": patient.birth_postal_code,
    }


def _named(login: Login, uid: str, description: str) -> Login:
    return Login(
        login.realm,
        uid,
        description,
        login.username,
        login.password,
        login.totp_secret,
        login.card_file,
        login.key_file,
        login.pkcs12_file,
    )


def revocations_read(stack: Mapping[str, Any]) -> None:
    """Has Keycloak read the cards' revocation list again now, as operations do after each new list."""
    base = stack["issuers"]["pro"].removesuffix("/realms/pro")
    password = stacks.reopened(stack["stack"]).secret("keycloak.admin.password")
    trust = ssl.create_default_context(cafile=str(stack["ca"]["issuers"]))
    with httpx2.Client(base_url=base, verify=trust, timeout=20, trust_env=False) as operator:
        grant = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": password}
        token = operator.post("/realms/master/protocol/openid-connect/token", data=grant).raise_for_status().json()
        bearer = {"authorization": f"Bearer {token['access_token']}"}
        operator.post("/admin/realms/pro/clear-crl-cache", headers=bearer).raise_for_status()
