"""Two persons with records, circles and consents turn out to be one, then two again: who reads what (decision 0008).

Each test goes on from where the one before left the two records; they are one telling.
"""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from terresante_dev import enrolment
from terresante_dev.portal import Person
from terresante_dev.story import STEPS, Stage
from terresante_dev.story.sharing import document, give_consent, pdf
from terresante_dev.story.stage import done, refused, soon

pytestmark = pytest.mark.timeout(300)


class Twofold:
    """Two records of one human being: `one` is the story's (circle: GP and nurse), `other` was opened by a physician."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self.stage = Stage(stack, secrets.randbelow(10**9))
        for step in STEPS[:8]:
            step.play(self.stage)
        self.gp, self.nurse = self.stage.who("gp"), self.stage.who("nurse")
        self.physician, self.patient = self.stage.who("emergency-physician"), self.stage.who("patient")
        self.one = self.stage.made["patient"]
        self.one_document = self.stage.made["document"]
        self.other = self._second_identity()
        self.merge = ""

    def _second_identity(self) -> str:
        """The same patient, registered again elsewhere with a slip of the pen."""
        traits = enrolment.traits(self.stage.patient)
        traits["birth_name"] = traits["birth_name"][0] + "E" + traits["birth_name"][1:]
        answer = self.physician.post("/v1/patients", {"traits": traits})
        if answer.status == 409:
            distinct = [one["person"]["id"] for one in answer.body["candidates"]]
            answer = self.physician.post("/v1/patients", {"traits": traits, "confirm_distinct_from": distinct})
        made = str(done(answer, 201)["id"])
        here, self.stage.made["patient"] = self.stage.made["patient"], made
        give_consent(self.stage, self.physician)
        self.other_document = document(self.stage, self.physician, "Compte rendu d’urgence", "11502-2", pdf("urgence"))
        self.stage.made["patient"] = here
        return made

    def reads(self, who: Person, patient: str, document: str) -> Any:
        return who.get(f"/v1/patients/{patient}/documents/{document}")

    def opens(self, who: Person, patient: str, document: str) -> bool:
        return bool(self.reads(who, patient, document).status == 200)

    def version(self, patient: str, by: Person) -> int:
        return int(done(by.get(f"/v1/patients/{patient}"))["version"])


@pytest.fixture(scope="module")
def twofold(stack: dict[str, Any]) -> Iterator[Twofold]:
    made = Twofold(stack)
    yield made
    for gateway in made.stage.gateways:
        gateway.close()


@pytest.fixture(scope="module")
def officer(twofold: Twofold) -> Person:
    """The GP is the identity officer of the territory too."""
    gp, admin = twofold.gp, twofold.stage.who("admin")
    admin.log_in()
    named = {"professional_id": gp.uid, "territory_codes": ["94-ouest"], "structure_ids": []}
    done(admin.post("/v1/identity-officers", named), 201)
    soon(lambda: gp.get("/v1/identity/reviews").status == 200, "consent knows of the mandate")
    return gp


def test_before_the_merge_each_circle_reads_its_own_record(twofold: Twofold) -> None:
    assert twofold.opens(twofold.gp, twofold.one, twofold.one_document)
    assert twofold.opens(twofold.physician, twofold.other, twofold.other_document)
    refused(twofold.reads(twofold.physician, twofold.one, twofold.one_document), 403, "NOT_IN_CIRCLE")


def test_only_an_officer_of_that_place_merges(twofold: Twofold) -> None:
    body = {
        "absorbed_id": twofold.other,
        "absorbed_version": twofold.version(twofold.other, twofold.physician),
        "surviving_id": twofold.one,
        "surviving_version": twofold.version(twofold.one, twofold.gp),
        "comment": "Même personne, faute de frappe.",
    }
    answer = refused(twofold.physician.post("/v1/identity/merges", body), 403, "ACCESS_REFUSED")
    assert "NOT_IDENTITY_OFFICER" in str(answer.body)


def test_a_merge_opens_nothing_to_anybody(twofold: Twofold, officer: Person) -> None:
    body = {
        "absorbed_id": twofold.other,
        "absorbed_version": twofold.version(twofold.other, twofold.physician),
        "surviving_id": twofold.one,
        "surviving_version": twofold.version(twofold.one, twofold.gp),
        "comment": "Même personne, faute de frappe.",
    }
    twofold.merge = done(officer.post("/v1/identity/merges", body), 201)["act"]["id"]
    soon(lambda: twofold.stage.told("nurse", "records_joined"), "the nurse is told that both are one person")

    assert twofold.opens(twofold.gp, twofold.one, twofold.one_document)
    assert twofold.opens(twofold.physician, twofold.other, twofold.other_document)
    refused(twofold.reads(twofold.physician, twofold.one, twofold.one_document), 403, "NOT_IN_CIRCLE")
    refused(twofold.reads(twofold.nurse, twofold.other, twofold.other_document), 403, "NOT_IN_CIRCLE")


def test_the_absorbed_identity_says_who_it_became(twofold: Twofold) -> None:
    shown = done(twofold.physician.get(f"/v1/patients/{twofold.other}"))

    assert shown["merged_into"] == twofold.one
    assert done(twofold.gp.get(f"/v1/patients/{twofold.one}"))["absorbed"] == [twofold.other]


def test_a_block_under_one_id_holds_for_both(twofold: Twofold) -> None:
    blocks = f"/v1/patients/{twofold.one}/blocks"
    block = done(twofold.patient.post(blocks, {"professional_id": twofold.physician.uid}), 201)
    refused(twofold.reads(twofold.physician, twofold.other, twofold.other_document), 403, "BLOCKED_BY_PATIENT")

    done(twofold.patient.call("DELETE", f"{blocks}/{block['id']}"))
    assert twofold.opens(twofold.physician, twofold.other, twofold.other_document)


def test_a_withdrawal_under_one_id_closes_both(twofold: Twofold) -> None:
    consent = twofold.stage.made["consent"]
    done(twofold.patient.post(f"/v1/patients/{twofold.one}/consents/{consent}/withdrawal"))

    refused(twofold.reads(twofold.nurse, twofold.one, twofold.one_document), 403, "CONSENT_NOT_IN_FORCE")
    theirs = f"/v1/patients/{twofold.other}/notes"
    refused(twofold.physician.post(theirs, {"text": "Après le retrait."}), 403, "CONSENT_NOT_IN_FORCE")


def test_a_consent_cannot_be_recorded_for_the_absorbed_identity(twofold: Twofold) -> None:
    given = {
        "form": "oral",
        "given_at": "2026-11-01T10:00:00Z",
        "notice_version": "2026-01",
        "information_given": "Le partage.",
    }
    answer = refused(twofold.physician.post(f"/v1/patients/{twofold.other}/consents", given), 409, "PATIENT_MERGED")
    assert twofold.one in str(answer.body)


def test_a_consent_given_to_the_survivor_opens_each_record_to_its_own_circle(twofold: Twofold) -> None:
    twofold.stage.made["consent"] = give_consent(twofold.stage, twofold.gp)

    assert twofold.opens(twofold.nurse, twofold.one, twofold.one_document)
    assert twofold.opens(twofold.physician, twofold.other, twofold.other_document)
    refused(twofold.reads(twofold.nurse, twofold.other, twofold.other_document), 403, "NOT_IN_CIRCLE")


def test_the_undoing_restores_what_was(twofold: Twofold, officer: Person) -> None:
    consent = twofold.stage.made["consent"]
    done(twofold.patient.post(f"/v1/patients/{twofold.one}/consents/{consent}/withdrawal"))
    refused(
        twofold.physician.post(f"/v1/patients/{twofold.other}/notes", {"text": "Fermé."}), 403, "CONSENT_NOT_IN_FORCE"
    )

    done(officer.post(f"/v1/identity/acts/{twofold.merge}/undo", {"comment": "Deux personnes : jumelles."}), 201)

    theirs = f"/v1/patients/{twofold.other}/notes"
    soon(lambda: twofold.physician.post(theirs, {"text": "Rouvert."}).status == 201, "the other record is as it was")
    refused(twofold.reads(twofold.nurse, twofold.one, twofold.one_document), 403, "CONSENT_NOT_IN_FORCE")
    assert done(twofold.physician.get(f"/v1/patients/{twofold.other}"))["merged_into"] is None
    assert done(twofold.gp.get(f"/v1/patients/{twofold.one}"))["absorbed"] == []


def test_the_patient_reads_all_of_it_in_the_journal(twofold: Twofold) -> None:
    page = done(twofold.patient.get(f"/v1/patients/{twofold.one}/journal?limit=100"))
    acts = [line["what"]["action"] for line in page["items"]]

    assert acts.count("decide_identity") >= 2, acts
