"""Identities fed by a hospital and a laboratory, and the officer who says which are one person: by real logins.

Each test goes on from where the one before left things; they are one telling.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from terresante_dev import enrolment
from terresante_dev.personas import Feeder
from terresante_dev.portal import Answer, Person
from terresante_dev.story import STEPS, Stage
from terresante_dev.story.stage import done, now, refused, soon

pytestmark = pytest.mark.timeout(300)
SOURCES = "/v1/identity/sources"


class Ward:
    """The people of this telling, and what they have sent so far."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self.stage = Stage(stack, secrets.randbelow(10**9))
        for step in STEPS[:3]:
            step.play(self.stage)
        self.gp, self.admin = self.stage.who("gp"), self.stage.who("admin")
        self.tag = str(self.stage.seed)
        self.admin.log_in()
        hospital, laboratory = (self._feeder(one, rank) for rank, one in enumerate(self.stage.cast.feeders))
        self.hospital, self.hospital_issuer = hospital
        self.laboratory, self.laboratory_issuer = laboratory
        self.known: dict[str, str] = {}

    def _feeder(self, base: Feeder, rank: int) -> tuple[Person, str]:
        """A feeder of the cast under numbers of its own, so that tellings do not meet."""
        structures = self.stage.made["structures"]
        home = next(one for one in self.stage.cast.structures if one.key == base.structure)
        issuer = f"1.2.250.1.999.{self.tag}.{rank}"
        ours = replace(base, issuers=(issuer,), host=f"{rank}.{self.tag}.example")
        made = enrolment.feeder(self.admin, ours, home, structures[base.structure], self.stage.gateway)
        return made, issuer

    @property
    def traits(self) -> dict[str, Any]:
        """The story's patient, as another system writes them."""
        ours = enrolment.traits(self.stage.patient)
        return {
            "birth_name": ours["birth_name"],
            "first_names": ours["first_name"],
            "birth_date": ours["birth_date"],
            "sex": ours["sex"],
            "birth_country": ours["birth_country"],
            "birth_postal_code": ours["birth_postal_code"],
        }

    def fed(self, by: Person, local_id: str, **change: Any) -> Answer:
        """An identity sent by a feeder under its own number."""
        issuer = self.hospital_issuer if by is self.hospital else self.laboratory_issuer
        traits = {**self.traits, **change.pop("traits", {})}
        return by.post(SOURCES, {"issuer": issuer, "local_id": local_id, "traits": traits, **change})


@pytest.fixture(scope="module")
def ward(stack: dict[str, Any]) -> Iterator[Ward]:
    made = Ward(stack)
    yield made
    for gateway in made.stage.gateways:
        gateway.close()


@pytest.fixture(scope="module")
def officer(ward: Ward) -> Person:
    """The GP, named identity officer of the territory."""
    enrolment.identity_officer(ward.admin, ward.gp, ["94-ouest"])
    soon(lambda: ward.gp.get("/v1/identity/reviews").status == 200, "consent knows of the mandate")
    return ward.gp


def test_a_machine_is_known_by_its_certificate_and_is_no_person(ward: Ward) -> None:
    claims = ward.hospital.log_in()

    assert (claims["kind"], claims["acr"]) == ("system", "3")
    refused(ward.hospital.get(ward.stage.path("/documents")), 403, "KIND_NOT_ALLOWED")
    refused(ward.gp.post(SOURCES, {"issuer": "1.2.3", "local_id": "1", "traits": ward.traits}), 403, "KIND_NOT_ALLOWED")


def test_a_hospital_gets_the_regional_person_back_at_once(ward: Ward) -> None:
    answer = done(ward.fed(ward.hospital, "IPP-1"), 201)

    assert answer["outcome"] == "linked", answer
    assert answer["person_id"] == ward.stage.made["patient"]
    assert answer["evidence"]["decision"] == "auto"
    ward.known["IPP-1"] = answer["source"]["id"]


def test_the_same_again_changes_nothing(ward: Ward) -> None:
    again = done(ward.fed(ward.hospital, "IPP-1"), 200)

    assert (again["outcome"], again["source"]["version"]) == ("unchanged", 1)


def test_a_number_of_another_issuer_is_not_theirs_to_use(ward: Ward) -> None:
    body = {"issuer": ward.hospital_issuer, "local_id": "IPP-1", "traits": ward.traits}

    answer = refused(ward.laboratory.post(SOURCES, body), 403, "ACCESS_REFUSED")
    assert "ISSUER_NOT_YOURS" in str(answer.body)


@pytest.mark.parametrize(
    ("traits", "reason"),
    [
        ({"birth_name": "DUR4ND"}, "IDENTITY_NAME_CHARACTER"),
        ({"birth_name": ""}, "IDENTITY_NAME_MISSING"),
        ({"birth_date": "1850-01-01"}, "IDENTITY_BIRTH_DATE_TOO_EARLY"),
        ({"birth_date": "2099-01-01"}, "IDENTITY_BIRTH_DATE_IN_FUTURE"),
        ({"birth_date": "jamais"}, "IDENTITY_BIRTH_DATE_IMPOSSIBLE"),
    ],
)
def test_wrong_traits_are_refused_by_their_rule(ward: Ward, traits: dict[str, str], reason: str) -> None:
    refused(ward.fed(ward.hospital, "IPP-wrong", traits=traits), 400, reason)


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"traits": {"birth_date": "1951-06-31"}}, "BIRTH_DATE_IMPOSSIBLE"),
        ({"traits": {"birth_country": "ZZ", "birth_postal_code": ""}}, "BIRTH_PLACE_UNKNOWN"),
        ({"traits": {"sex": None}}, "SEX_UNKNOWN"),
        ({"ins": {"matricule": "251069402812300", "oid": "1.2.250.1.213.1.4.10"}}, "INS_WITHOUT_STATUS"),
    ],
)
def test_what_only_looks_wrong_is_kept_and_told(ward: Ward, change: dict[str, Any], warning: str) -> None:
    stranger = {"birth_name": "ZYWIEC", "first_names": "OLGA"}
    change = {**change, "traits": {**stranger, **change.get("traits", {})}}

    answer = done(ward.fed(ward.hospital, f"IPP-{warning}", **change), 201)

    assert warning in {one["code"] for one in answer["source"]["warnings"]}


def test_an_ins_of_the_other_environment_is_refused(ward: Ward) -> None:
    ins = {"matricule": "251069402812300", "oid": "1.2.250.1.213.1.4.8"}

    refused(ward.fed(ward.hospital, "IPP-prod", ins=ins), 400, "INS_OID_OF_OTHER_ENVIRONMENT")


def test_a_doubt_is_told_and_waits_for_a_human(ward: Ward) -> None:
    patient = ward.stage.patient
    name = patient.birth_name[0] + "E" + patient.birth_name[1:]
    answer = done(ward.fed(ward.laboratory, "LAB-1", traits={"birth_name": name}), 201)

    assert answer["outcome"] == "doubtful", answer
    assert answer["review_ids"]
    assert answer["person_id"] != ward.stage.made["patient"]
    ward.known |= {"LAB-1": answer["source"]["id"], "doubt": answer["person_id"], "review": answer["review_ids"][0]}


def test_a_feeder_asks_who_somebody_is(ward: Ward) -> None:
    found = done(ward.hospital.post("/v1/identity/matches", {"traits": ward.traits}))["items"]

    assert found[0]["person"]["id"] == ward.stage.made["patient"]
    assert found[0]["person"]["ins"] is None
    assert found[0]["evidence"]["reasons"][0]["text"]


def test_a_batch_is_answered_line_by_line_and_a_bad_line_with_its_reason(ward: Ward) -> None:
    lookups = [{"traits": ward.traits}, {"traits": {**ward.traits, "birth_name": "DUR4ND"}}, {"traits": ward.traits}]
    answer = ward.hospital.post("/v1/identity/matches/batch", {"lookups": lookups})
    lines = [json.loads(line) for line in answer.content.splitlines()]

    assert [line["index"] for line in lines] == [0, 1, 2]
    assert lines[1]["reason"] == "IDENTITY_NAME_CHARACTER"
    assert lines[0]["items"][0]["person"]["id"] == ward.stage.made["patient"]


def test_cross_references_give_all_numbers_but_only_ones_own_traits(ward: Ward) -> None:
    asked = {"issuer": f"urn:oid:{ward.hospital_issuer}", "local_id": "IPP-1"}
    found = done(ward.hospital.post("/v1/identity/cross-references", asked))

    assert found["person_id"] == ward.stage.made["patient"]
    own = {source["issuer"]: source["traits"] is not None for source in found["sources"]}
    assert own[ward.hospital_issuer]
    assert not own["urn:terresante:identity"]
    missing = {"issuer": ward.hospital_issuer, "local_id": "IPP-404"}
    refused(ward.hospital.post("/v1/identity/cross-references", missing), 404, "SOURCE_UNKNOWN")


def test_nobody_but_an_officer_sees_the_queue(ward: Ward) -> None:
    answer = refused(ward.stage.who("nurse").get("/v1/identity/reviews"), 403, "ACCESS_REFUSED")

    assert "NOT_IDENTITY_OFFICER" in str(answer.body)


def test_an_officer_works_the_queue_with_reasons(ward: Ward, officer: Person) -> None:
    review = ward.known["review"]
    queue = done(officer.get("/v1/identity/reviews?limit=100"))["items"]
    counts = done(officer.get("/v1/identity/reviews/counts"))["items"]
    assert review in {one["id"] for one in queue}
    assert sum(one["today"] for one in counts) >= 1

    done(officer.call("PUT", f"/v1/identity/reviews/{review}/assignee", {"assigned_to": "me"}))
    mine = done(officer.get("/v1/identity/reviews?assigned_to=me&limit=100"))["items"]
    assert review in {one["id"] for one in mine}

    pair = done(officer.get(f"/v1/identity/reviews/{review}"))
    names = {pair["source"]["traits"]["birth_name"], pair["other_source"]["traits"]["birth_name"]}
    assert len(names) == 2
    assert all(reason["text"] for reason in pair["review"]["evidence"]["reasons"])


def test_a_confirmed_pair_becomes_one_person_and_the_feeders_are_told(ward: Ward, officer: Person) -> None:
    review = ward.known["review"]
    body = {"verdict": "same", "comment": "Carte d’identité vue : faute de frappe du laboratoire."}
    decided = done(officer.post(f"/v1/identity/reviews/{review}/decision", body), 201)

    assert decided["review"]["state"] == "confirmed"
    assert decided["act"]["surviving_id"] == ward.stage.made["patient"]
    ward.known["merge"] = decided["act"]["id"]
    refused(officer.post(f"/v1/identity/reviews/{review}/decision", body), 409, "REVIEW_DECIDED")
    changes = done(ward.laboratory.get("/v1/identity/changes"))["items"]
    last = changes[-1]
    assert (last["kind"], last["local_id"], last["to_person_id"]) == ("merged", "LAB-1", ward.stage.made["patient"])
    found = done(ward.hospital.post("/v1/identity/cross-references", {"person_id": ward.known["doubt"]}))
    assert found["person_id"] == ward.stage.made["patient"]
    assert {"IPP-1", "LAB-1"} <= {source["local_id"] for source in found["sources"]}


def test_an_act_that_others_rest_on_is_undone_after_them(ward: Ward, officer: Person) -> None:
    person = ward.stage.made["patient"]
    version = done(officer.get(f"/v1/patients/{person}"))["version"]
    body = {"source_id": ward.known["LAB-1"], "person_version": version, "comment": "À revoir."}
    unlinked = done(officer.post("/v1/identity/unlinks", body), 201)["act"]["id"]
    undo = {"comment": "Erreur de ma part."}

    overtaken = refused(officer.post(f"/v1/identity/acts/{ward.known['merge']}/undo", undo), 409, "ACT_OVERTAKEN")
    assert unlinked in str(overtaken.body)
    done(officer.post(f"/v1/identity/acts/{unlinked}/undo", undo), 201)
    done(officer.post(f"/v1/identity/acts/{ward.known['merge']}/undo", undo), 201)
    refused(officer.post(f"/v1/identity/acts/{ward.known['merge']}/undo", undo), 409, "ACT_OVERTAKEN")


def test_a_refused_pair_is_not_proposed_again_unless_a_trait_changes(ward: Ward, officer: Person) -> None:
    review = ward.known["review"]
    waiting = {one["id"] for one in done(officer.get("/v1/identity/reviews?limit=100"))["items"]}
    assert review in waiting, "the undone decision is to be taken again"
    body = {"verdict": "distinct", "comment": "Deux sœurs."}
    done(officer.post(f"/v1/identity/reviews/{review}/decision", body), 201)

    patient = ward.stage.patient
    name = patient.birth_name[0] + "E" + patient.birth_name[1:]
    again = done(ward.fed(ward.laboratory, "LAB-1", traits={"birth_name": name}), 200)
    assert again["outcome"] == "unchanged"
    assert not again["review_ids"]
    changed = done(ward.fed(ward.laboratory, "LAB-1", traits={"birth_name": name, "first_names": "SOLENE ANNE"}), 200)
    assert changed["outcome"] == "updated"


def test_the_history_tells_all_and_any_past_moment_is_rebuilt(ward: Ward, officer: Person) -> None:
    person = ward.stage.made["patient"]
    acts = done(officer.get(f"/v1/identity/persons/{person}/acts?limit=100"))["items"]
    kinds = [one["kind"] for one in reversed(acts)]
    assert kinds[:3] == ["registered", "linked", "merged"], kinds
    assert kinds.count("undone") == 2
    merged = next(one for one in acts if one["kind"] == "merged")

    then = done(officer.get(f"/v1/identity/persons/{person}/as-of?at={merged['at'].replace('+', '%2B')}"))
    assert {"IPP-1", "LAB-1"} <= {source["local_id"] for source in then["sources"]}
    today = done(officer.get(f"/v1/identity/persons/{person}/as-of?at={now().replace('+', '%2B')}"))
    assert "LAB-1" not in {source["local_id"] for source in today["sources"]}


def test_a_doctor_who_types_badly_finds_the_patient_first_and_makes_no_twin(ward: Ward) -> None:
    traits = enrolment.traits(ward.stage.patient)
    typed = {**traits, "birth_name": traits["birth_name"][:-1], "birth_postal_code": traits["birth_postal_code"]}
    found = done(ward.gp.post("/v1/patients/search", {"traits": typed}))["items"]

    assert found[0]["person"]["id"] == ward.stage.made["patient"]
    refused(ward.gp.post("/v1/patients", {"traits": typed}), 409, "IDENTITY_CANDIDATES")


def test_how_well_matching_does_is_told_by_feeder(ward: Ward, officer: Person) -> None:
    feeders = done(officer.get("/v1/identity/quality"))["items"]
    ours = next(one for one in feeders if one["structure_id"] == ward.stage.made["structures"]["laboratoire"])

    assert ours["doubtful"] >= 1
    assert ours["received"] >= 2


def test_a_suspended_feeder_is_refused_on_its_next_request(ward: Ward) -> None:
    ward.admin.log_in()
    listed = done(ward.admin.get("/v1/feeders"))["items"]
    ours = next(one for one in listed if ward.laboratory_issuer in one["issuers"])
    suspended = ward.admin.call(
        "PATCH", f"/v1/feeders/{ours['id']}", {"state": "suspended"}, if_match=f'"{ours["version"]}"'
    )
    done(suspended)

    soon(lambda: ward.fed(ward.laboratory, "LAB-2").status == 403, "consent knows of the suspension")
