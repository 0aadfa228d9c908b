"""Unmistakable words, typed wherever people can type."""

from typing import Any

from terresante_dev import enrolment
from terresante_dev.portal import Answer
from terresante_dev.recording.conversing import picture
from terresante_dev.story import Stage
from terresante_dev.story.stage import now

WORD = "FUITECANARI"
INS = "199999999999934"
"""Fifteen digits of no person."""
REASON = f"{WORD} motif de l’accès en urgence"


def planted_in(told: Stage) -> list[Answer]:
    """Types the words, also where they are refused; gives the refusals."""
    gp, physician = told.who("gp"), told.who("emergency-physician")
    traits = {**enrolment.traits(told.patient), "birth_name": WORD}
    name, place = WORD[:11], told.path
    description = {"type_code": "11502-2", "title": f"{WORD} titre", "dated": "2026-03-02T08:00:00+01:00"}
    answer = {"code": "00", "ins_matricule": INS, "ins_oid": "1.2.250.1.213.1.4.10", "accepted": True, "traits": traits}
    for made in (
        gp.post(place("/notes"), {"text": f"{WORD} note"}),
        gp.publish(place("/documents"), description, f"{WORD} contenu".encode(), "text/plain"),
        gp.post(place("/observations"), observed(WORD)),
    ):
        assert made.status == 201, made.body
    created = gp.post("/v1/patients", {"traits": traits})
    spoken_in(told)
    assert created.status == 201 or created.reason == "IDENTITY_CANDIDATES", created.body
    physician.log_in()
    opened = physician.post(place("/emergency-accesses"), {"reason": REASON})
    assert opened.status == 201, opened
    physician.call("DELETE", place(f"/emergency-accesses/{opened.body['id']}"))
    gp.post("/v1/patients/search", {"traits": traits})
    return [
        *refused_of_messages(told),
        gp.post("/v1/patients", {"traits": {**traits, "birth_postal_code": "00000"}}),
        gp.post("/v1/patients", {"traits": {**traits, "birth_name": f"{name}4"}}),
        gp.post("/v1/patients", {"traits": {**traits, "birth_date": name}}),
        gp.call("POST", place("/insi-answers"), answer, if_match='"9"'),
        gp.post(place("/notes"), {"text": f"{WORD}\x00"}),
        gp.post(place("/notes"), {f"{WORD} {WORD}": WORD}),
        gp.post(place("/notes"), {"text": [WORD]}),
        gp.post(place("/emergency-accesses"), {"reason": WORD[:9]}),
        gp.publish(place("/documents"), description, b"MZ" + WORD.encode(), "application/pdf"),
        gp.publish(place("/documents"), {**description, "type_code": WORD}, b"x", "text/plain"),
        gp.publish(place("/documents"), {**description, "dated": WORD}, b"x", f"text/{WORD}"),
        gp.get(f"/v1/patients/{WORD}"),
        gp.get(f"/{WORD}"),
        gp.get(place(f"/documents?cursor={WORD}")),
        gp.get(place(f"/documents?a%20{WORD}={WORD}")),
        gp.get(place(f"/documents?category={WORD}")),
        gp.get(f"/v1/professionals?profession={WORD}"),
        gp.call("GET", "/v1/me", terresante_place=WORD),
        gp.call("POST", place("/notes"), {"text": "x"}, idempotency_key=f"é{WORD}"[1:4]),
        gp.call("GET", "/v1/me", traceparent=WORD),
        told.gateway.call("GET", "/v1/me", authorization=f"Bearer {WORD}.{WORD}.{WORD}"),
        told.gateway.call("GET", "/v1/me", authorization=f"Basic {WORD}"),
    ]


def spoken_in(told: Stage) -> None:
    """Types the words into conversations, and into what is around them."""
    gp, nurse = told.who("gp"), told.who("nurse")
    about = {"kind": "side", "patient_id": told.made["patient"], "professional_ids": [nurse.uid]}
    thread = gp.post("/v1/threads", {**about, "title": f"{WORD} titre"})
    assert thread.status == 201, thread.body
    address = f"/v1/threads/{thread.body['id']}"
    file = gp.publish(f"{address}/attachments", {"name": f"{WORD}.png"}, picture(), "image/png")
    assert file.status == 201, file.body
    form = {"form": {"what": f"{WORD} formulaire", "questions": [{"question": f"{WORD} ?"}]}}
    message = {"text": f"{WORD} message", "attachment_ids": [file.body["id"]], "item": form}
    posted = gp.post(f"{address}/messages", message)
    assert posted.status == 201, posted.body
    there = f"{address}/messages/{posted.body['id']}"
    answered = nurse.post(f"{there}/answers", {"form": {"answers": [f"{WORD} réponse"]}})
    assert answered.status == 201, answered.body
    edited = gp.call("PUT", there, {"text": f"{WORD} message repris"}, if_match=gp.get(there).etag)
    assert edited.status == 200, edited.body
    found = nurse.post("/v1/messages/search", {"query": f"{WORD} repris"})
    assert [one["id"] for one in found.body["items"]] == [posted.body["id"]]
    assert nurse.call("PUT", "/v1/me/email", {"email": f"{WORD}@exemple.example"}).status == 200
    stay = {"kind": "day", "unit": f"{WORD} unité", "since": now()}
    assert gp.post(told.path("/stays"), stay).status == 201
    hook = told.who("feeder-hospital").post("/v1/webhooks", {"url": "http://127.0.0.1:1024/", "label": "Portail"})
    assert hook.status == 201, hook.body
    told.made["webhook_secret"] = hook.body["secret"]


def refused_of_messages(told: Stage) -> list[Answer]:
    """The words where conversations refuse them."""
    gp = told.who("gp")
    thread = gp.post("/v1/threads", {"kind": "circle", "patient_id": told.made["patient"]})
    assert thread.status in (200, 201), thread.body
    messages = f"/v1/threads/{thread.body['id']}/messages"
    return [
        gp.post(messages, {"text": f"{WORD}\x00"}),
        gp.post(messages, {"text": "x", "mentions": [{"kind": "patient", "id": WORD}]}),
        gp.post("/v1/messages/search", {"query": WORD * 20}),
        gp.post("/v1/threads", {"kind": WORD}),
        gp.publish(f"/v1/threads/{thread.body['id']}/attachments", {"name": f"a/{WORD}"}, b"x", "image/png"),
        gp.get(f"/v1/events?after={WORD}"),
        gp.call("GET", "/v1/stream", last_event_id=WORD),
        gp.call("PUT", "/v1/me/email", {"email": f"{WORD} @exemple.example"}),
        gp.post("/v1/me/email/confirm", {"code": WORD}),
        told.who("feeder-hospital").post("/v1/webhooks", {"url": f"https://10.0.0.1/{WORD}", "label": "Portail"}),
    ]


def observed(word: str) -> dict[str, Any]:
    """A measure whose label and text hold the word."""
    return {
        "code_system": "http://loinc.org",
        "code": "8310-5",
        "label": f"{word} température",
        "text": f"{word} observée",
        "observed_at": "2026-03-02T08:15:00+01:00",
    }
