"""Scenes of conversations around the patient, of what the circle is alerted by, and of what is new since a visit."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from terresante_dev.portal import Person
from terresante_dev.story.stage import Stage, done, now, refused, soon, true, version

THREADS = "/v1/threads"
Written = dict[str, Any]


def converse(stage: Stage) -> None:
    """All of them, in order: what one makes the next needs."""
    settings(stage)
    thread = threads(stage)
    wound = written(stage, thread)
    read(stage, thread, wound)
    changed(stage, thread, wound)
    with_the_patient(stage)
    stay(stage)
    thresholds(stage)
    since_the_last_visit(stage)


def settings(stage: Stage) -> None:
    """The GP lets the patient write; the patient lets newcomers see what was written before."""
    address = stage.path("/circle/settings")
    for key, change in (("gp", {"patient_may_write": True}), ("patient", {"newcomers_see_earlier": True})):
        who = stage.who(key)
        done(who.call("PUT", address, change, **version(who.get(stage.path("/circle")))))
    gp = stage.who("gp")
    refused(gp.call("PUT", address, {}, **version(gp.get(stage.path("/circle")))), 400, "SETTINGS_EMPTY")


def threads(stage: Stage) -> str:
    """The circle's thread, which is there for whoever asks next; one among two members; one without the patient."""
    gp, nurse, patient = stage.who("gp"), stage.who("nurse"), stage.made["patient"]
    circle = done(gp.post(THREADS, {"kind": "circle", "patient_id": patient}), 201)
    done(nurse.post(THREADS, {"kind": "circle", "patient_id": patient}), 200)
    side = {
        "kind": "side",
        "patient_id": patient,
        "professional_ids": [nurse.uid],
        "title": "Préparer la sortie d’hôpital",
    }
    opened = gp.post(THREADS, side)
    made = done(opened, 201)
    done(gp.call("PATCH", f"{THREADS}/{made['id']}", {"hidden_from_representatives": True}, **version(opened)))
    done(gp.post(THREADS, {"kind": "direct", "professional_ids": [nurse.uid]}), 201)
    refused(gp.post(THREADS, {"kind": "circle", "patient_id": patient, "title": "Un titre"}), 400, "THREAD_INVALID")
    refused(gp.get(f"{THREADS}/{stage.made['note_id']}"), 404, "THREAD_UNKNOWN")
    return str(circle["id"])


def written(stage: Stage, thread: str) -> Written:
    """The nurse joins a photo, names the GP, asks for something."""
    gp, nurse = stage.who("gp"), stage.who("nurse")
    files = f"{THREADS}/{thread}/attachments"
    photo = done(nurse.publish(files, {"name": "plaie-talon.png"}, picture(), "image/png"), 201)
    message = {
        "text": "Plaie du talon plus rouge ce matin, 38,2 °C. Photo jointe.",
        "urgent": True,
        "mentions": [{"kind": "professional", "id": gp.uid}],
        "attachment_ids": [photo["id"]],
        "item": {
            "task": {
                "what": "Passer voir la plaie",
                "who": {"kind": "professional", "id": gp.uid},
                "due": (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds"),
            }
        },
    }
    made: Written = done(nurse.post(f"{THREADS}/{thread}/messages", message), 201)
    done(gp.get(f"{files}/{photo['id']}/content"))
    soon(lambda: gp.get(f"{files}/{photo['id']}/thumbnail").status == 200, "the photo has its thumbnail")
    forged = nurse.publish(files, {"name": "photo.jpg"}, b"<svg onload='alert(1)'/>", "image/jpeg")
    true(forged.status in (400, 415), "what is no picture is refused", forged)
    return made


def read(stage: Stage, thread: str, wound: Written) -> None:
    """The GP sees that something is unread, reads it, says so, does it; the nurse sees that."""
    gp, nurse = stage.who("gp"), stage.who("nurse")
    address = f"{THREADS}/{thread}/messages"
    counts = done(gp.get("/v1/unread"))
    true(counts["unread_urgent"] >= 1, "the GP has something urgent to read", counts)
    done(gp.get(f"{THREADS}?patient_id={stage.made['patient']}&unread_only=true&names=true"))
    done(gp.get(f"{address}?limit=20&names=true"))
    mark = {"received_up_to": wound["place"], "read_up_to": wound["place"]}
    done(gp.call("PUT", f"{THREADS}/{thread}/mark", mark))
    done(gp.post(f"{address}/{wound['id']}/answers", {"task": "taken"}), 201)
    done(gp.post(f"{address}/{wound['id']}/answers", {"task": "done"}), 201)
    refused(nurse.post(f"{address}/{wound['id']}/answers", {"form": {"answers": ["oui"]}}), 400, "ANSWER_INVALID")
    done(nurse.get(f"{address}/{wound['id']}?names=true"))
    done(nurse.get(f"{THREADS}/{thread}?names=true"))
    done(gp.post("/v1/messages/search", {"query": "plaie tal", "names": True}))


def changed(stage: Stage, thread: str, wound: Written) -> None:
    """A word that was wrong is put right; what went to the wrong place is taken back."""
    gp, nurse = stage.who("gp"), stage.who("nurse")
    address = f"{THREADS}/{thread}/messages"
    visit = {
        "what": "Visite commune à domicile",
        "starts": [(datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds") for days in (2, 3)],
        "minutes": 30,
    }
    answer = {"text": "Je passe jeudi.", "quoted_message_id": wound["id"], "item": {"appointment": visit}}
    posted = gp.post(address, answer)
    made = done(posted, 201)
    edited = gp.call("PUT", f"{address}/{made['id']}", {"text": "Je passe vendredi matin."}, **version(posted))
    done(edited)
    stale = gp.call("PUT", f"{address}/{made['id']}", {"text": "Ou samedi."}, **version(posted))
    refused(stale, 412, "VERSION_STALE")
    done(nurse.post(f"{address}/{made['id']}/answers", {"appointment": {"start": 1}}), 201)
    theirs = nurse.call("PUT", f"{address}/{made['id']}", {"text": "Non."}, **version(edited))
    refused(theirs, 403, "MESSAGE_NOT_YOURS")
    wrong = nurse.post(address, {"text": "Envoyé au mauvais endroit."})
    there = f"{address}/{done(wrong, 201)['id']}"
    done(nurse.call("DELETE", there, **version(wrong)))
    again = nurse.call("DELETE", there, **version(nurse.get(there)))
    refused(again, 409, "MESSAGE_DELETED")


def with_the_patient(stage: Stage) -> None:
    """The patient writes to the circle, and sees who has read it."""
    gp, patient = stage.who("gp"), stage.who("patient")
    opened = patient.post(THREADS, {"kind": "with_patient", "patient_id": stage.made["patient"]})
    address = f"{THREADS}/{done(opened, 201)['id']}"
    sent = done(patient.post(f"{address}/messages", {"text": "Puis-je reprendre la marche ?"}), 201)
    questions = [
        {"question": "Avez-vous mal en marchant ?", "choices": ["non", "un peu", "beaucoup"], "required": True},
        {"question": "Combien de temps marchez-vous ?"},
    ]
    form = {"item": {"form": {"what": "Avant de reprendre la marche", "questions": questions}}}
    asked = done(gp.post(f"{address}/messages", form), 201)
    done(gp.call("PUT", f"{address}/mark", {"read_up_to": asked["place"]}))
    answers = {"form": {"answers": ["un peu", "Dix minutes"]}}
    done(patient.post(f"{address}/messages/{asked['id']}/answers", answers), 201)
    done(patient.get(f"{address}/messages/{sent['id']}?names=true"))


def stay(stage: Stage) -> None:
    """The emergency physician, who may open the record, says that the patient came in, and left."""
    gp, physician = stage.who("gp"), stage.who("emergency-physician")
    physician.log_in()
    reason = {"reason": "Chute à domicile, traitement en cours inconnu."}
    access = done(physician.post(stage.path("/emergency-accesses"), reason), 201)
    admission = {"kind": "emergency", "unit": "Urgences, secteur 2", "since": now()}
    admitted = physician.post(stage.path("/stays"), admission)
    made = done(admitted, 201)
    refused(physician.post(stage.path("/stays"), admission), 409, "STAY_ALREADY")
    soon(lambda: stage.told("gp", "patient_admitted"), "the GP is told")
    there = stage.path(f"/stays/{made['id']}/discharge")
    left = physician.call("POST", there, {"until": now()}, **version(admitted))
    done(left)
    refused(physician.call("POST", there, {"until": now()}, **version(left)), 409, "STAY_ENDED")
    done(physician.call("DELETE", stage.path(f"/emergency-accesses/{access['id']}")))
    done(gp.get(stage.path("/stays?limit=10&names=true")))


def thresholds(stage: Stage) -> None:
    """The GP asks that the circle be told of a pressure that is too high; one is; it is ended."""
    gp, nurse = stage.who("gp"), stage.who("nurse")
    limits = {"code": "8480-6", "unit": "mm[Hg]", "low": 90, "high": 160}
    made = done(gp.post(stage.path("/thresholds"), limits), 201)
    done(nurse.get(stage.path("/thresholds?names=true")))
    pressure = {
        "code_system": "http://loinc.org",
        "code": "8480-6",
        "label": "Pression artérielle systolique",
        "quantity": {"value": "182", "unit": "mm[Hg]"},
        "observed_at": now(),
    }
    done(nurse.post(stage.path("/observations"), pressure), 201)
    soon(lambda: stage.told("gp", "threshold_crossed"), "the GP is told")
    crossed = {"code": "8480-6", "unit": "mm[Hg]", "low": 160, "high": 90}
    refused(gp.post(stage.path("/thresholds"), crossed), 400, "THRESHOLD_INVALID")
    done(gp.call("DELETE", stage.path(f"/thresholds/{made['id']}")), 204)
    refused(gp.call("DELETE", stage.path(f"/thresholds/{made['id']}")), 404, "THRESHOLD_UNKNOWN")


def since_the_last_visit(stage: Stage) -> None:
    """What the nurse finds when she comes back; and nothing more after that."""
    nurse: Person = stage.who("nurse")
    news = done(nurse.get(stage.path("/news?names=true")))
    true(bool(news["items"]), "something was added since the last visit", news)
    done(nurse.post(stage.path("/visits")), 201)
    true(done(nurse.get(stage.path("/news")))["items"] == [], "nothing is new right after a visit")
    refused(nurse.get(stage.path("/news?since=2020-01-01T00:00:00Z")), 400, "PERIOD_INVALID")


def picture(width: int = 640, height: int = 480) -> bytes:
    """A PNG in shades of red, as large as a small photo."""
    lines = (
        b"\0" + b"".join(bytes((160 + x * 80 // width, 60 + y * 60 // height, 60)) for x in range(width))
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(lines), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
