"""Steps 1 to 3: people come into being, log in, and a patient's identity is made."""

from __future__ import annotations

from pathlib import Path

import httpx2

from terresante_dev import codes, enrolment, pki
from terresante_dev.personas import Login
from terresante_dev.portal import Person
from terresante_dev.story.stage import Stage, done, refused, true

CAST = ("gp", "nurse", "social-worker", "emergency-physician")


def enrol(stage: Stage) -> str:
    """1. An administrator registers a structure and four professionals; another territory's is refused the same."""
    by = {one.key: enrolment.administrator(stage.stack, one, stage.gateway) for one in stage.cast.administrators}
    ours, other = by["admin-94-ouest"], by["admin-92-nord"]
    structures = {}
    for one in stage.cast.structures:
        if one.territory == "94-ouest":
            structures[one.key] = enrolment.structure(ours, one)
    stolen = next(one for one in stage.cast.structures if one.territory == "94-ouest")
    body = {"name": "Cabinet d’ailleurs", "kind": "cabinet", "territory_code": stolen.territory}
    refused(
        other.post("/v1/structures", {**body, "postal_code": "94800", "commune": "Villejuif"}),
        403,
        "TERRITORY_NOT_YOURS",
    )
    intruder = {
        "family_name": "Intrus",
        "given_name": "Paul",
        "profession": "60",
        "places": [{"structure_id": structures["cabinet-plaine"], "role": "infirmier"}],
    }
    refused(other.post("/v1/professionals", intruder), 403, "TERRITORY_NOT_YOURS")
    for key in CAST:
        stage.people[key] = enrolment.professional(ours, stage.professional(key), structures, stage.gateway)
    stage.people["admin"] = ours
    stage.made["structures"] = structures
    return (
        f"{len(structures)} structures, {len(CAST)} professionals of 94 Ouest registered; 92 Nord was refused the same"
    )


def log_in(stage: Stage) -> str:
    """2. The card gives acr 3, password and code acr 2; nothing less, and no wrong card, opens anything."""
    gp, nurse = stage.who("gp"), stage.who("nurse")
    true(gp.log_in()["acr"] == "3", "the GP's card gives acr 3")
    true(nurse.log_in()["acr"] == "2", "the nurse's password and code give acr 2")
    _password_alone(stage, nurse)
    _replayed_code(stage, nurse)
    _wrong_cards(stage)
    true(done(gp.get("/v1/me"))["kind"] == "professional", "the GP is known to the gateway")
    return "card: acr 3; password and code: acr 2; password alone, a replayed code, five wrong cards: refused"


def _password_alone(stage: Stage, nurse: Person) -> None:
    with nurse.browser() as browser:
        page = browser.login(nurse.login.username, nurse.login.password)
        true(page.code is None and browser.tokens is None, "a password alone gives no token at the portal", page)


def _replayed_code(stage: Stage, nurse: Person) -> None:
    with nurse.browser() as browser:
        code = codes.next_code(nurse.login.totp_secret, codes.ledger(Path(stage.stack["folder"])))
        first = browser.login(nurse.login.username, nurse.login.password, code=code)
    true(first.code is not None, "a fresh code is taken", first)
    with nurse.browser() as browser:
        again = browser.login(nurse.login.username, nurse.login.password, code=code)
        true(again.code is None, "the same code is not taken twice", again)


def _wrong_cards(stage: Stage) -> None:
    gp, cards = stage.professional("gp"), enrolment.cards(stage.stack)
    holder = (gp.rpps, gp.family_name, gp.given_name, gp.title)
    tag = f"story-{stage.seed}"
    foreign = pki.issue_card(cards, *holder, name=f"{tag}-foreign", authority="foreign")
    expired = pki.issue_card(cards, *holder, name=f"{tag}-expired", expired=True)
    server = pki.issue_card(cards, *holder, name=f"{tag}-server", purpose="server")
    organisation = pki.issue_organisation(cards, "34193006700001", "Hôpital", "mss.example.test", name=f"{tag}-org")
    revoked = pki.issue_card(cards, *holder, name=f"{tag}-revoked")
    pki.revoke(cards, f"{tag}-revoked")
    enrolment.revocations_read(stage.stack)
    for card in (foreign, expired, server, organisation, revoked):
        login = Login("pro", "", "", card_file=str(card.certificate), key_file=str(card.key))
        true(not _opens(Person(stage.stack, login, stage.gateway)), "a wrong card opens nothing", card.name)


def _opens(person: Person) -> bool:
    try:
        _, claims = person.try_log_in()
    except httpx2.TransportError:
        return False  # refused in the TLS handshake
    return claims is not None


def identify(stage: Stage) -> str:
    """3. The GP looks by the five traits, finds none, creates the identity; the same again gives the candidate."""
    gp, traits = stage.who("gp"), enrolment.traits(stage.patient)
    found = done(gp.post("/v1/patients/search", {"traits": traits}))
    true(not any(one["same"] for one in found["items"]), "nobody has these traits yet")
    person = done(gp.post("/v1/patients", {"traits": traits}), 201)
    true(person["status"] == "PROV", "the identity is provisoire", person["status"])
    stage.made["patient"] = person["id"]
    again = refused(gp.post("/v1/patients", {"traits": traits}), 409, "IDENTITY_CANDIDATES")
    true(person["id"] in str(again.body), "the candidate is given instead of a twin")
    badly = {**traits, "birth_name": traits["birth_name"][:3], "first_name": "", "sex": None}
    badly = {name: value for name, value in badly.items() if value is not None}
    close = done(gp.post("/v1/patients/search", {"traits": badly}))
    true(
        any(one["person"]["id"] == person["id"] for one in close["items"]), "three letters and the birth date find them"
    )
    for change, reason in (
        ({"birth_name": "DUR4ND"}, "IDENTITY_NAME_CHARACTER"),
        ({"birth_date": "1951-02-31"}, "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
        ({"birth_date": "2099-01-01"}, "IDENTITY_BIRTH_DATE_IN_FUTURE"),
        ({"birth_postal_code": "00000"}, "IDENTITY_BIRTH_POSTAL_CODE_UNKNOWN"),
    ):
        refused(gp.post("/v1/patients", {"traits": {**traits, **change}}), 400, reason)
    return "nobody found; identity provisoire; created again, a candidate; four wrong traits refused by rule"
