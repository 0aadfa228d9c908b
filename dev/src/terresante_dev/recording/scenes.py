"""What the story does not show of the API: the rest of its operations, played by the same people after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from terresante_dev import enrolment
from terresante_dev.personas import Patient
from terresante_dev.portal import Person
from terresante_dev.story.sharing import document, pdf
from terresante_dev.story.stage import Stage, done, now, refused, soon, true, version


def everything(stage: Stage, relative: Patient) -> None:
    """All scenes. `relative`: somebody else, who comes to represent the patient."""
    identity(stage)
    represent(stage, relative)
    record(stage)
    read(stage)
    watch(stage)
    administer(stage)
    mistakes(stage)
    start_again(stage)


def identity(stage: Stage) -> None:
    """A document is checked, INSi answers, an attribute is set."""
    gp, traits = stage.who("gp"), enrolment.traits(stage.patient)
    person = gp.get(stage.path())
    checked = gp.call(
        "POST", stage.path("/identity-checks"), {"validation_mode": "CN", "traits": traits}, **version(person)
    )
    done(checked)
    answer = {"code": "01", "accepted": True}
    done(gp.call("POST", stage.path("/insi-answers"), answer, **version(checked)))
    done(gp.call("PUT", stage.path("/identity-flags"), {"flags": ["homonyme"]}, **version(gp.get(stage.path()))))
    refused(gp.call("PUT", stage.path("/identity-flags"), {"flags": []}, if_match='"1"'), 412, "VERSION_STALE")
    done(stage.who("patient").get(stage.path()))
    done(stage.who("patient").get("/v1/patients?limit=2"))
    done(gp.get("/v1/patients?limit=2"))


def represent(stage: Stage, relative: Patient) -> None:
    """The patient's relative is known to the region, is appointed, then no more."""
    gp, patient = stage.who("gp"), stage.who("patient")
    known = done(gp.post("/v1/patients", {"traits": enrolment.traits(relative)}), 201)
    wanted = {"person_id": known["id"], "kind": "trusted_person", "may_read": True}
    appointed = patient.post(stage.path("/representatives"), wanted)
    made = done(appointed, 201)
    done(patient.get(stage.path("/representatives")))
    done(patient.call("DELETE", stage.path(f"/representatives/{made['id']}"), **version(appointed)))


def record(stage: Stage) -> None:
    """What is written in a record, with words that a doctor would use."""
    gp = stage.who("gp")
    letter = document(stage, gp, "Envoyé par erreur", "11502-2", pdf("Erreur"))
    gone = gp.call("DELETE", stage.path(f"/documents/{letter}"), **version(gp.get(stage.path(f"/documents/{letter}"))))
    done(gone, 204)
    made = document(stage, gp, "Bilan biologique de suivi", "11502-2", pdf("Bilan de suivi"))
    done(gp.get(stage.path(f"/documents/{made}")))
    done(gp.post(stage.path("/notes"), {"text": "La fille de la patiente peut ouvrir la porte le matin."}), 201)
    note = gp.post(stage.path("/notes"), {"text": "Passage jeudi : pansement à refaire tous les deux jours."})
    kept = done(note, 201)
    better = {"text": "Passage jeudi : pansement à refaire chaque jour."}
    done(gp.call("PUT", stage.path(f"/notes/{kept['id']}"), better, **version(note)))
    pressure = {
        "code_system": "http://loinc.org",
        "code": "8480-6",
        "label": "Pression artérielle systolique",
        "quantity": {"value": "128", "unit": "mm[Hg]"},
        "observed_at": now(),
    }
    done(gp.post(stage.path("/observations"), pressure), 201)


def read(stage: Stage) -> None:
    """Lists, by pages of two, with totals and names."""
    gp, patient = stage.who("gp"), stage.who("patient")
    for what in ("documents", "notes", "observations"):
        page = done(gp.get(stage.path(f"/{what}?limit=2&total=true&names=true")))
        if page["next_cursor"]:
            done(gp.get(stage.path(f"/{what}?limit=2&cursor={page['next_cursor']}")))
    done(gp.get(stage.path("/documents?limit=1&category=laboratory_result")))
    for what in ("consents", "circle", "blocks", "emergency-accesses"):
        done(patient.get(stage.path(f"/{what}")))
    done(gp.get("/v1/document-types"))
    done(gp.get("/v1/territories"))


def watch(stage: Stage) -> None:
    """The patient reads the journal, why something was decided, and the notifications."""
    patient = stage.who("patient")
    lines = done(patient.get(stage.path("/journal?limit=2")))["items"]
    done(patient.get(stage.path(f"/decisions/{lines[0]['id']}")))
    soon(lambda: bool(done(patient.get("/v1/notifications?limit=2"))["items"]), "the patient was told something")
    told = done(patient.get("/v1/notifications?limit=2&unread_only=true"))["items"]
    done(patient.post("/v1/notifications/read", {"ids": [one["id"] for one in told]}))


def administer(stage: Stage) -> None:
    """The directory: found, practising elsewhere too, suspended and back."""
    admin, nurse = stage.who("admin"), stage.who("nurse")
    done(admin.get("/v1/professionals?limit=2&profession=60"))
    done(admin.get("/v1/structures?limit=2&territory_code=94-ouest"))
    house = stage.made["structures"]["cabinet-plaine"]
    done(admin.get(f"/v1/structures/{house}"))
    address = f"/v1/professionals/{nurse.uid}"
    found = admin.get(address)
    added = admin.call("POST", f"{address}/places", {"structure_id": house, "role": "infirmière"}, **version(found))
    place = next(one for one in done(added, 201)["places"] if one["structure_id"] == house)
    done(admin.call("DELETE", f"{address}/places/{place['id']}", **version(added)))
    done(admin.post(f"{address}/account/suspension", {"why": "Départ annoncé"}), 201)
    done(admin.call("DELETE", f"{address}/account/suspension"))
    done(nurse.get("/v1/me"))
    done(admin.get("/v1/me"))
    for page in ("/health", "/ready"):
        done(stage.gateway.call("GET", page))


def urgent(stage: Stage) -> None:
    """An emergency access, as a physician would word it."""
    physician, patient = stage.who("emergency-physician"), stage.who("patient")
    physician.log_in()
    reason = {"reason": "Patiente inconsciente aux urgences, traitement en cours inconnu."}
    opened = done(physician.post(stage.path("/emergency-accesses"), reason), 201)
    done(patient.get(stage.path("/emergency-accesses")))
    done(physician.call("DELETE", stage.path(f"/emergency-accesses/{opened['id']}")))


def mistakes(stage: Stage) -> None:
    """What a portal gets wrong in its first week, and the answer to it."""
    gp, patient, admin = stage.who("gp"), stage.who("patient"), stage.who("admin")
    notes = stage.path("/notes")
    key = {"idempotency_key": "une-cle-par-creation"}
    done(gp.post(notes, {"text": "Une première note."}, **key), 201)
    for answer, reason in (
        (stage.gateway.call("GET", "/v1/me"), "LOGIN_REQUIRED"),
        (stage.gateway.call("GET", "/v1/me", authorization="Bearer x.y.z"), "TOKEN_INVALID"),
        (admin.get(stage.path("/documents")), "KIND_NOT_ALLOWED"),
        (gp.get("/v1/patients/42"), "ID_INVALID"),
        (gp.get(stage.path("/documents?page=2")), "FIELDS_INVALID"),
        (gp.get("/v1/territories?page=2"), "QUERY_INVALID"),
        (gp.get(stage.path("/documents?cursor=abc")), "CURSOR_INVALID"),
        (gp.post(notes, {"text": 3}), "FIELDS_INVALID"),
        (gp.call("POST", notes), "MEDIA_TYPE_UNSUPPORTED"),
        (gp.post(notes, {"text": "Une autre note."}, **key), "IDEMPOTENCY_KEY_REUSED"),
        (gp.post(notes, {"text": "Encore."}, idempotency_key="court"), "IDEMPOTENCY_KEY_INVALID"),
        (gp.call("PUT", stage.path("/identity-flags"), {"flags": []}, if_match="3"), "IF_MATCH_INVALID"),
        (gp.publish(stage.path("/documents"), LETTER, b"MZ", "application/pdf"), "CONTENT_LIES"),
        (patient.get(stage.path(f"/documents/{stage.made['note_id']}")), "DOCUMENT_UNKNOWN"),
        (gp.get(stage.path("/documents"), terresante_place=stage.made["note_id"]), "PLACE_UNKNOWN"),
    ):
        true(answer.reason == reason, f"refused with {reason}", answer)


LETTER = {"type_code": "11502-2", "title": "Un fichier déguisé", "dated": "2026-03-02T08:15:00+01:00"}


def start_again(stage: Stage) -> None:
    """The patient lost the telephone: a new code, a new start at the page that the letter names, and back."""
    letter = done(stage.who("gp").post(stage.path("/activation"), {"replace": True}), 201)
    login = enrolment.activated(
        stage.stack, "patient", letter["username"], letter["activation_code"], letter["login_url"]
    )
    patient = Person(stage.stack, replace(login, uid=stage.made["patient"]), stage.gateway)
    stage.people["patient"] = patient
    _: Any = done(patient.get("/v1/me"))
