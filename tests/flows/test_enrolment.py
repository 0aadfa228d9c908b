"""People come in, stay able to log in, and leave, through the gateway and by real logins.

Each test goes on from where the one before left things; they are one telling.
"""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from terresante_dev import enrolment
from terresante_dev.personas import Professional
from terresante_dev.portal import Answer, Person
from terresante_dev.recording import national
from terresante_dev.recording.enrolling import (
    ACCOUNTS,
    IMPORTS,
    MEANS,
    REQUESTS,
    arrived,
    asked,
    logs_in,
    sent,
    somebody,
    with_new_phone,
)
from terresante_dev.story import STEPS, Stage
from terresante_dev.story.stage import done, refused, soon, version

pytestmark = pytest.mark.timeout(600)
HOME = "cabinet-infirmier"


class Territory:
    """The people of this telling: two administrators of a territory, one of another, a doctor, a nurse."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self.stage = Stage(stack, secrets.randbelow(10**9))
        for step in STEPS[:1]:
            step.play(self.stage)
        self.ours, self.gp, self.nurse = (self.stage.who(key) for key in ("admin", "gp", "nurse"))
        other = next(one for one in self.stage.cast.administrators if one.key == "admin-92-nord")
        self.other: Person = enrolment.administrator(stack, other, self.stage.gateway)
        self.home = self.stage.made["structures"][HOME]
        self.kept: dict[str, Any] = {}

    def registered(self, rank: int) -> dict[str, Any]:
        """A nurse of the territory, without an account yet."""
        who = somebody(self.stage, rank)
        body = {
            "rpps": who.rpps,
            "family_name": who.family_name,
            "given_name": who.given_name,
            "profession": who.profession,
            "places": [{"structure_id": self.home, "role": "infirmière"}],
        }
        found: dict[str, Any] = done(self.ours.post("/v1/professionals", body), 201)
        return found

    def account(self, id: str) -> dict[str, Any]:
        """The account of a professional, as it is listed."""
        (found,) = done(self.ours.get(f"{ACCOUNTS}?professional_id={id}"))["items"]
        return dict(found)

    def version(self, professional: str) -> int:
        return int(done(self.ours.get(f"/v1/professionals/{professional}"))["version"])

    def told(self, *people: Professional) -> None:
        """The national directory names these people in the home structure."""
        home = next(one for one in self.stage.cast.structures if one.key == HOME)
        sent(self.ours, "annuaire", "extraction.txt", national.extract((one, home) for one in people))


@pytest.fixture(scope="module")
def territory(stack: dict[str, Any]) -> Iterator[Territory]:
    yield Territory(stack)


def test_accounts_are_opened_together_and_each_that_cannot_be_says_why(territory: Territory) -> None:
    nurse = territory.kept["nurse"] = territory.registered(1)
    territory.ours.log_in()

    body = {"professional_ids": [nurse["id"], territory.home], **MEANS}
    opened, unknown = done(territory.ours.post("/v1/account-openings", body))["items"]

    assert (opened["opened"], unknown["reason"]) == (True, "PROFESSIONAL_UNKNOWN")
    assert unknown["sentence"] and unknown["starting_password"] is None
    login = enrolment.activated(territory.stage.stack, "pro", opened["username"], opened["starting_password"])
    person = Person(territory.stage.stack, replace(login, uid=nurse["id"]), territory.stage.gateway)
    assert done(person.get("/v1/me"))["id"] == nurse["id"]
    territory.kept["person"] = person
    listed = done(territory.ours.get(f"{ACCOUNTS}?text={quote(nurse['family_name'])}"))["items"]
    assert nurse["id"] in [one["professional_id"] for one in listed]


def test_another_territorys_administrator_sees_and_changes_none_of_it(territory: Territory) -> None:
    nurse = territory.kept["nurse"]["id"]
    territory.other.log_in()

    assert done(territory.other.get(f"{ACCOUNTS}?professional_id={nurse}"))["items"] == []
    refused(territory.other.get(f"{ACCOUNTS}?territory_code=94-ouest"), 403, "TERRITORY_NOT_YOURS")
    address = f"/v1/professionals/{nurse}/account"
    loss = {"evidence": "in_person", "why": "Pour voir"}
    refused(territory.other.post(f"{address}/phone-replacement", loss), 403, "TERRITORY_NOT_YOURS")
    refused(territory.other.post(f"{address}/card-loss", {"why": "Pour voir"}), 403, "TERRITORY_NOT_YOURS")
    refused(territory.nurse.get(ACCOUNTS), 403, "KIND_NOT_ALLOWED")
    refused(territory.other.get("/v1/indicators?territory_code=94-ouest"), 403, "TERRITORY_NOT_YOURS")


def test_a_replaced_phone_ends_the_session_and_its_codes_count_no_more(territory: Territory) -> None:
    person, nurse = territory.kept["person"], territory.kept["nurse"]["id"]
    territory.ours.log_in()
    address = f"/v1/professionals/{nurse}/account/phone-replacement"
    refused(territory.ours.post(address, {"evidence": "par courriel"}), 400, "EVIDENCE_INVALID")

    done(territory.ours.post(address, {"evidence": "in_person", "why": "Téléphone volé"}), 201)

    assert not logs_in(person)
    again = Person(territory.stage.stack, with_new_phone(territory.stage, person.login), territory.stage.gateway)
    assert done(again.get("/v1/me"))["id"] == nurse
    assert not logs_in(person)
    (act,) = [
        one
        for one in done(territory.ours.get(f"/v1/account-acts?account_id={nurse}"))["items"]
        if one["kind"] == "phone_replaced"
    ]
    assert (act["why"], bool(act["evidence"]), act["by_holder"]) == ("Téléphone volé", True, False)


def test_a_lost_card_opens_nothing_any_more(territory: Territory) -> None:
    gp = territory.gp
    assert logs_in(gp)

    done(territory.ours.post(f"/v1/professionals/{gp.uid}/account/card-loss", {"why": "Perdue"}), 201)

    soon(lambda: not logs_in(gp), "the card is refused")
    assert territory.account(gp.uid)["card_lost"] is not None


def test_an_administrator_names_another_within_their_own_rights_only(territory: Territory) -> None:
    who = {"given_name": "Claire", "family_name": "Durand", "territory_codes": ["94-ouest"], **MEANS}
    territory.ours.log_in()
    refused(
        territory.ours.post("/v1/administrators", who | {"territory_codes": ["94-ouest", "92-nord"]}),
        403,
        "TERRITORY_NOT_YOURS",
    )

    key = {"idempotency_key": secrets.token_hex(12)}
    letter = done(territory.ours.post("/v1/administrators", who, **key), 201)
    again = done(territory.ours.post("/v1/administrators", who, **key), 201)

    assert again["administrator"]["id"] == letter["administrator"]["id"]
    password = again["starting_password"] or letter["starting_password"]
    login = enrolment.activated(territory.stage.stack, "pro", letter["username"], password)
    second = Person(territory.stage.stack, replace(login, uid=letter["administrator"]["id"]), territory.stage.gateway)
    assert done(second.get("/v1/me"))["administrator"]["territory_codes"] == ["94-ouest"]
    territory.kept["second"] = second


def test_what_gives_rights_needs_two_pairs_of_eyes(territory: Territory) -> None:
    stage, nurse, second = territory.stage, territory.nurse, territory.kept["second"]
    newcomer = territory.kept["nurse"]["id"]
    done(territory.ours.call("PUT", f"/v1/structures/{territory.home}/correspondents/{nurse.uid}"))
    elsewhere = stage.made["structures"]["cabinet-plaine"]
    read = territory.ours.get(f"/v1/professionals/{newcomer}")
    place = done(read)["places"][0]["id"]
    done(territory.ours.call("DELETE", f"/v1/professionals/{newcomer}/places/{place}", **version(read)))
    adding = {"add_place": {"professional_id": newcomer, "version": territory.version(newcomer), "role": "infirmière"}}
    asking = {"structure_id": territory.home, "change": adding, "why": "Elle revient"}
    refused(nurse.post(REQUESTS, asking | {"structure_id": elsewhere}), 403, "NOT_CORRESPONDENT")

    request = done(nurse.post(REQUESTS, asking), 201)
    address = f"{REQUESTS}/{request['id']}/decision"

    assert request["change"] == adding["add_place"]
    refused(nurse.post(address, {"approve": True}), 403, "KIND_NOT_ALLOWED")
    refused(territory.other.post(address, {"approve": True}), 404, "REQUEST_UNKNOWN")
    assert done(territory.ours.post(address, {"approve": True}), 201)["state"] == "half_approved"
    refused(territory.ours.post(address, {"approve": True}), 409, "FOUR_EYES_SAME")
    assert done(second.post(address, {"approve": True}), 201)["state"] == "approved"
    places = done(territory.ours.get(f"/v1/professionals/{newcomer}"))["places"]
    assert [one["role"] for one in places if one["until"] is None] == ["infirmière"]


def test_an_administrator_who_is_ended_does_nothing_any_more(territory: Territory) -> None:
    second, ours = territory.kept["second"], territory.ours
    refused(ours.post(f"/v1/administrators/{ours.uid}/ending", {"why": "Moi"}), 403, "ADMINISTRATOR_SELF")
    ending = {"why": "Autre poste"}
    refused(territory.other.post(f"/v1/administrators/{second.uid}/ending", ending), 404, "ADMINISTRATOR_OTHER_UNKNOWN")

    done(ours.post(f"/v1/administrators/{second.uid}/ending", ending), 201)

    refused(second.get("/v1/desk"), 403, "ADMINISTRATOR_UNKNOWN", "CALLER_SUSPENDED")


def test_an_import_changes_nothing_until_it_is_applied_and_is_undone_in_one_act(territory: Territory) -> None:
    ours = territory.ours
    address = f"{IMPORTS}/{sent(ours, 'own_table', 'structures.csv', national.structures(territory.stage.seed))}"
    search = f"/v1/finds?kind=structure&text={quote(f'Coteaux {territory.stage.seed}')}"
    refused(territory.other.get(address), 404, "IMPORT_UNKNOWN")
    assert done(ours.get(search))["items"] == []

    chosen = ours.post(f"{address}/choices", {"outcome": "new", "chosen": True})
    refused(ours.post(f"{address}/application", {"why": ""}, if_match='"1"'), 412, "VERSION_STALE")
    done(ours.post(f"{address}/application", {"why": "Nouvelle association"}, **version(chosen)), 202)
    soon(lambda: done(ours.get(address))["state"] == "applied", "it is applied")

    assert len(done(ours.get(search))["items"]) == 1
    act = done(ours.get(address))["act_id"]
    done(ours.post(f"/v1/directory-acts/{act}/undoing", {"why": "Trop tôt"}), 201)
    assert done(ours.get(search))["items"] == []


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers tell the same, but for the seconds between them."""
    apart = datetime.fromisoformat(one.body["until"]) - datetime.fromisoformat(other.body["until"])
    return abs(apart.total_seconds()) < 60 and one.body["next"] == other.body["next"]


def test_a_professional_enrols_with_their_card_and_nobody_elses_opens_anything(territory: Territory) -> None:
    stage = territory.stage
    her, stranger = somebody(stage, 5), somebody(stage, 6)
    territory.told(her)

    answers = [asked(stage, rpps) for rpps in (her.rpps, stranger.rpps, stage.professional("nurse").rpps)]

    assert all(same(answers[0], one) for one in answers)
    person = territory.kept["joined"] = arrived(stage, her)
    assert person.log_in()["acr"] == "3"
    thief = Person(stage.stack, enrolment.with_card(stage.stack, stranger), stage.gateway)
    assert not logs_in(thief)


def test_until_the_terms_are_accepted_the_account_is_good_for_nothing_else(territory: Territory) -> None:
    person = territory.kept["joined"]

    refused(person.get("/v1/professionals"), 403, "ENROLMENT_INCOMPLETE")
    refused(person.get("/v1/patients"), 403, "ACCOUNT_SUSPENDED")
    refused(territory.nurse.get("/v1/enrolments/mine"), 404, "ENROLMENT_UNKNOWN")

    waiting = done(person.get("/v1/enrolments/mine"))
    chosen = {"terms_version": waiting["terms_version"], "role": "infirmière libérale"}
    elsewhere = territory.stage.made["structures"]["hopital"]
    refused(person.post("/v1/enrolments/mine", chosen | {"structure_id": elsewhere}), 400, "PLACE_INVALID")
    refused(
        person.post("/v1/enrolments/mine", chosen | {"structure_id": territory.home, "terms_version": "2001"}),
        412,
        "TERMS_VERSION_STALE",
    )
    refused(
        territory.nurse.post("/v1/enrolments/mine", chosen | {"structure_id": territory.home}), 401, "LOGIN_TOO_WEAK"
    )
    assert [one["structure_id"] for one in waiting["places"]] == [territory.home]
    joined = done(person.post("/v1/enrolments/mine", chosen | {"structure_id": territory.home}), 201)
    assert joined["id"] == waiting["professional_id"]
    assert done(person.get("/v1/me"))["professional"]["places"][0]["role"] == "infirmière libérale"
    refused(person.post("/v1/enrolments/mine", chosen | {"structure_id": territory.home}), 409, "ENROLMENT_DONE")
    territory.kept["joined_id"] = joined["id"]


def test_the_territory_is_told_of_who_enrolled(territory: Territory) -> None:
    acts = done(territory.ours.get(f"/v1/account-acts?account_id={territory.kept['joined_id']}"))["items"]

    assert [(one["kind"], one["by_holder"]) for one in acts][-1] == ("enrolled_alone", True)
    assert "new_professionals" in [one["kind"] for one in done(territory.ours.get("/v1/desk"))["items"]]


def test_who_is_suspended_is_refused_on_the_next_request(territory: Territory) -> None:
    person, id = territory.kept["joined"], territory.kept["joined_id"]
    done(person.get("/v1/professionals?limit=1"))

    done(territory.ours.post(f"/v1/professionals/{id}/account/suspension"), 201)

    refused(person.get("/v1/professionals?limit=1"), 403, "CALLER_SUSPENDED")
    refused(person.get("/v1/me/correspondence"), 403, "CALLER_SUSPENDED")
    soon(lambda: person.get("/v1/patients").reason == "ACCOUNT_SUSPENDED", "consent has heard of it")
    assert not logs_in(person)
    territory.ours.log_in()
    done(territory.ours.call("DELETE", f"/v1/professionals/{id}/account/suspension"))
    soon(lambda: logs_in(person), "the card opens again")


def test_leaving_is_as_easy_and_says_what_stays(territory: Territory) -> None:
    person, id = territory.kept["joined"], territory.kept["joined_id"]
    person.log_in()
    refused(person.call("POST", "/v1/me/leaving", if_match='"1"'), 412, "VERSION_STALE")

    read = person.get(f"/v1/professionals/{id}")
    left = done(person.call("POST", "/v1/me/leaving", **version(read)), 201)

    assert "sous votre nom" in left["sentence"]
    refused(person.get("/v1/professionals?limit=1"), 403, "CALLER_SUSPENDED")
    assert not logs_in(person)
    assert all(one["until"] for one in done(territory.ours.get(f"/v1/professionals/{id}"))["places"])


def test_an_address_asks_so_often_and_no_more(territory: Territory) -> None:
    rpps = somebody(territory.stage, 7).rpps
    statuses = [territory.stage.gateway.call("POST", "/v1/enrolments", {"rpps": rpps}).status for _ in range(6)]

    assert statuses[-1] == 429
