"""Scenes of people who come in, lose what they log in with, administer, ask for changes, enrol alone, and leave."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from terresante_dev import enrolment, personas
from terresante_dev.login import LoginFailed
from terresante_dev.personas import Login, Professional, numbers
from terresante_dev.portal import Answer, Person, browser_of
from terresante_dev.recording import national
from terresante_dev.story.stage import Stage, done, refused, soon, true, version

ACCOUNTS, REQUESTS, IMPORTS = "/v1/accounts", "/v1/change-requests", "/v1/imports"
READ_SECONDS = 60.0
"""A process of its own reads it, after what other territories have sent."""
LONGEST = 150.0
"""Seconds until Keycloak has been told of an account that somebody asked for: a round a minute."""
MEANS = {"means": "password_and_code"}


def come_and_go(stage: Stage) -> None:
    """All of them, in order: what one makes the next needs."""
    first, second = newcomers(stage)
    opened(stage, first, second)
    other = named(stage)
    decided(stage, other, first)
    stage.who("admin").log_in()
    ending = {"territory_codes": ["94-ouest"], "why": "Changement de fonction"}
    done(stage.who("admin").post(f"/v1/administrators/{other.uid}/ending", ending), 201)
    watched(stage)
    taken(stage)
    joined(stage)


def serial(stage: Stage, rank: int) -> int:
    """A number's, which no other made-up person of the same stack has."""
    return 10_000 + stage.seed % 3_900 * 10 + rank


def somebody(stage: Stage, rank: int, key: str = "nurse") -> Professional:
    """A nurse of this telling, with a number of their own."""
    name = personas.crowd(stage.seed + rank, professionals=1, patients=0).professionals[0]
    rpps = numbers.rpps(serial(stage, rank))
    return replace(
        stage.professional(key),
        key=f"{key}-{rank}",
        rpps=rpps,
        family_name=name.family_name,
        given_name=name.given_name,
    )


def newcomers(stage: Stage) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two nurses whom the administrator registers, without an account yet."""
    admin, home = stage.who("admin"), stage.made["structures"]["cabinet-infirmier"]
    return tuple(_registered(admin, somebody(stage, rank), home) for rank in (1, 2))  # type: ignore[return-value]


def _registered(admin: Person, who: Professional, home: str) -> dict[str, Any]:
    body = {
        "rpps": who.rpps,
        "family_name": who.family_name,
        "given_name": who.given_name,
        "profession": who.profession,
        "places": [{"structure_id": home, "role": "infirmière libérale"}],
    }
    found: dict[str, Any] = done(admin.post("/v1/professionals", body), 201)
    return found


def opened(stage: Stage, first: dict[str, Any], second: dict[str, Any]) -> None:
    """Their accounts are opened together; one loses the telephone, then the card."""
    admin = stage.who("admin")
    admin.log_in()
    both = {"professional_ids": [first["id"], second["id"]], **MEANS}
    letters = done(admin.post("/v1/account-openings", both))["items"]
    true(all(one["opened"] and one["starting_password"] for one in letters), "both are opened", letters)
    listed = done(admin.get(f"{ACCOUNTS}?text={quote(first['family_name'])}&limit=2"))
    true(first["id"] in [one["professional_id"] for one in listed["items"]], "the account is listed", listed)
    account = f"/v1/professionals/{first['id']}/account"
    loss = {"evidence": next(iter(listed["evidence"])), "why": "Téléphone volé"}
    done(admin.post(f"{account}/phone-replacement", loss), 201)
    refused(admin.post(f"{account}/phone-replacement", loss | {"evidence": "par_courriel"}), 400, "EVIDENCE_INVALID")
    lost = done(admin.post(f"{account}/card-loss", {"why": "Carte perdue dans le train"}), 201)
    true(lost["card_lost"] is not None, "the card opens nothing any more", lost)
    acts = done(admin.get(f"/v1/account-acts?account_id={first['id']}"))["items"]
    true({"phone_replaced", "card_lost"} <= {one["kind"] for one in acts}, "what was done is kept", acts)


def named(stage: Stage) -> Person:
    """A second administrator of the territory, who activates their account."""
    admin = stage.who("admin")
    who = {"given_name": "Claire", "family_name": "Durand", "territory_codes": ["94-ouest"], **MEANS}
    letter = done(admin.post("/v1/administrators", who), 201)
    refused(admin.post("/v1/administrators", who | {"territory_codes": ["92-nord"]}), 403, "TERRITORY_NOT_YOURS")
    refused(admin.post(f"/v1/administrators/{admin.uid}/ending", {"why": "Moi"}), 403, "ADMINISTRATOR_SELF")
    done(admin.get("/v1/administrators"))
    login = enrolment.activated(stage.stack, "pro", letter["username"], letter["starting_password"])
    loss = {"evidence": "in_person", "why": "Téléphone cassé"}
    colleague = letter["administrator"]["id"]
    done(admin.post(f"/v1/administrators/{colleague}/phone-replacement", loss), 201)
    return Person(stage.stack, replace(with_new_phone(stage, login), uid=colleague), stage.gateway)


def with_new_phone(stage: Stage, login: Login) -> Login:
    """The same person, who enrols another phone at the next login; the password stayed."""
    with browser_of(stage.stack, login.realm) as browser:
        secret = browser.activate(login.username, login.password, login.password)
    return replace(login, totp_secret=secret)


def decided(stage: Stage, other: Person, newcomer: dict[str, Any]) -> None:
    """A correspondent asks for somebody to practise in their structure: two administrators have to agree."""
    admin, nurse = stage.who("admin"), stage.who("nurse")
    home = stage.made["structures"]["service-social"]
    place = _practising(admin, nurse, home)
    speaks = f"/v1/structures/{home}/correspondents/{nurse.uid}"
    done(admin.call("PUT", speaks))
    done(admin.get(f"/v1/correspondents?structure_id={home}"))
    done(nurse.get("/v1/me/correspondence"))
    wanted = {"professional_id": newcomer["id"], "version": _version(admin, newcomer["id"]), "role": "remplaçante"}
    asking = {"structure_id": home, "change": {"add_place": wanted}, "why": "Elle arrive lundi"}
    asked = done(nurse.post(REQUESTS, asking), 201)
    address = f"{REQUESTS}/{asked['id']}"
    done(admin.get(f"{REQUESTS}?limit=2&structure_id={home}"))
    done(nurse.get(address))
    done(admin.post(f"{address}/comments", {"text": "Pour combien de temps ?", "assign_to": other.uid}), 201)
    yes = {"approve": True, "comment": "D’accord"}
    half = done(admin.post(f"{address}/decision", yes), 201)
    true(half["state"] == "half_approved", "one is not enough", half)
    refused(admin.post(f"{address}/decision", yes), 409, "FOUR_EYES_SAME")
    whole = done(other.post(f"{address}/decision", yes), 201)
    true(whole["state"] == "approved" and whole["act_id"], "two are, and it is done", whole)
    refused(other.post(f"{address}/decision", yes), 409, "REQUEST_CLOSED")
    done(admin.call("DELETE", speaks))
    refused(nurse.post(REQUESTS, asking), 403, "NOT_CORRESPONDENT")
    read = admin.get(f"/v1/professionals/{nurse.uid}")
    done(admin.call("DELETE", f"/v1/professionals/{nurse.uid}/places/{place}", **version(read)))


def _practising(admin: Person, who: Person, home: str) -> str:
    """They practise there too; the place's id."""
    read = admin.get(f"/v1/professionals/{who.uid}")
    new = {"structure_id": home, "role": "infirmier coordinateur"}
    places = done(admin.post(f"/v1/professionals/{who.uid}/places", new, **version(read)), 201)["places"]
    return str(next(one["id"] for one in places if one["structure_id"] == home and one["until"] is None))


def _version(by: Person, professional: str) -> int:
    return int(done(by.get(f"/v1/professionals/{professional}"))["version"])


def watched(stage: Stage) -> None:
    """What waits, and how the territory does."""
    admin = stage.who("admin")
    done(admin.get("/v1/desk"))
    indicators = done(admin.get("/v1/indicators?territory_code=94-ouest"))["items"]
    true("structures" in {one["kind"] for one in indicators}, "structures are counted", indicators)


def sent(admin: Person, kind: str, name: str, content: bytes) -> str:
    """A file, once it is read. Its id."""
    description = {"format": kind, "file_name": name, "territory_code": "94-ouest"}
    id = done(admin.publish(IMPORTS, description, content, "text/csv"), 202)["id"]

    def is_read() -> bool:
        told = done(admin.get(f"{IMPORTS}/{id}"))
        true(told["state"] != "failed", "the file can be read", told["failure"])
        return bool(told["state"] == "ready")

    soon(is_read, "the file is read", READ_SECONDS)
    return str(id)


def taken(stage: Stage) -> None:
    """A table is sent, looked at line by line, applied in part; another one is forgotten."""
    admin = stage.who("admin")
    table = national.structures(stage.seed)
    address = f"{IMPORTS}/{sent(admin, 'own_table', 'structures.csv', table)}"
    lines = done(admin.get(f"{address}/lines"))["items"]
    true({one["outcome"] for one in lines} == {"new", "rejected"}, "two are new, one cannot be", lines)
    chosen = admin.post(f"{address}/choices", {"outcome": "new", "chosen": True})
    done(chosen)
    done(admin.post(f"{address}/application", {"why": "Association nouvelle"}, **version(chosen)), 202)
    soon(lambda: done(admin.get(address))["state"] == "applied", "it is applied")
    refused(admin.post(f"{address}/choices", {"outcome": "new", "chosen": False}), 409, "IMPORT_APPLIED")
    done(admin.call("DELETE", f"{IMPORTS}/{sent(admin, 'own_table', 'encore.csv', table)}"))
    refused(admin.publish(IMPORTS, {"format": "finess", "file_name": "vide.csv"}, b""), 400, "FILE_EMPTY")
    done(admin.get(f"{IMPORTS}?limit=2"))


def joined(stage: Stage) -> None:
    """The national directory names a nurse who is not here, and another otherwise than we do; the first one enrols."""
    admin, newcomer = stage.who("admin"), somebody(stage, 5)
    home = next(one for one in stage.cast.structures if one.key == "cabinet-infirmier")
    known = replace(stage.professional("nurse"), given_name="Karim Ali")
    sent(admin, "annuaire", "extraction.txt", national.extract([(newcomer, home), (known, home)]))
    differences = done(admin.get("/v1/differences?source=annuaire&kind=professional&limit=2"))["items"]
    true(bool(differences), "they are told to differ", differences)
    keeping = {"difference_ids": [differences[0]["id"]], "settlement": "keep_local", "why": "Prénom d’usage"}
    done(admin.post("/v1/settlements", keeping), 201)
    asked(stage, newcomer.rpps)
    nurse = arrived(stage, newcomer)
    waiting = done(nurse.get("/v1/enrolments/mine"))
    chosen = {"terms_version": waiting["terms_version"], "structure_id": waiting["places"][0]["structure_id"]}
    refused(nurse.post("/v1/enrolments/mine", chosen | {"terms_version": "2001"}), 412, "TERMS_VERSION_STALE")
    done(nurse.post("/v1/enrolments/mine", chosen | {"role": "infirmière libérale"}), 201)
    nurse.log_in()
    read = nurse.get(f"/v1/professionals/{waiting['professional_id']}")
    done(nurse.call("POST", "/v1/me/leaving", **version(read)), 201)


def asked(stage: Stage, rpps: str) -> Answer:
    """Somebody without a login asks to enrol."""
    answer = stage.gateway.call("POST", "/v1/enrolments", {"rpps": rpps})
    done(answer, 202)
    return answer


def arrived(stage: Stage, who: Professional) -> Person:
    """Who asked to enrol, logged in by their card once the account waits for it."""
    person = Person(stage.stack, enrolment.with_card(stage.stack, who), stage.gateway)
    in_time(lambda: logs_in(person), "the account waits for the card")
    return person


def logs_in(person: Person) -> bool:
    """Whether their login gets through now."""
    try:
        person.log_in()
    except LoginFailed:
        return False
    return True


def in_time(holds: Callable[[], bool], words: str) -> None:
    """Waits for what rounds of a minute do."""
    until = time.monotonic() + LONGEST
    while not holds():
        true(time.monotonic() < until, words)
        time.sleep(2)
