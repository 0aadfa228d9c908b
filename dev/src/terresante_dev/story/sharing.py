"""Steps 4 to 8: consent, the patient's account, what is shared, with whom, and what is hidden."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from terresante_dev import enrolment
from terresante_dev.portal import Person
from terresante_dev.story.stage import Stage, done, now, refused, soon, true, version


def consent(stage: Stage) -> str:
    """4. Without a consent nothing opens; the GP records it; the circle exists and the GP is its first member."""
    gp = stage.who("gp")
    refused(gp.get(stage.path("/documents")), 403, "CONSENT_NOT_IN_FORCE", "NOT_IN_CIRCLE")
    no_circle = gp.get(stage.path("/circle"))
    true(no_circle.status in (403, 404), "there is no circle without a consent", no_circle)
    refused(gp.post(stage.path("/notes"), {"text": "Trop tôt."}), 403, "CONSENT_NOT_IN_FORCE", "NOT_IN_CIRCLE")
    stage.made["consent"] = give_consent(stage, gp)
    circle = done(gp.get(stage.path("/circle")))
    members = [one["professional"]["id"] for one in circle["members"] if one["until"] is None]
    true(circle["consent_in_force"] and members == [gp.uid], "the circle has the GP as its first member", circle)
    return "refused before; with the consent, record and circle exist, the GP is the first member"


def give_consent(stage: Stage, by: Person) -> str:
    """Records the patient's consent; gives its id."""
    given = {
        "form": "oral",
        "given_at": now(),
        "notice_version": "2026-01",
        "information_given": "Le partage, le cercle de soins, le droit de retirer son accord à tout moment.",
    }
    return str(done(by.post(stage.path("/consents"), given), 201)["id"])


def activate(stage: Stage) -> str:
    """5. The patient gets a code from the GP, chooses password and one-time code on Keycloak's pages, sees record and
    circle.
    """
    letter = done(stage.who("gp").post(stage.path("/activation")), 201)
    login = enrolment.activated(
        stage.stack, "patient", letter["username"], letter["activation_code"], letter["login_url"]
    )
    patient = Person(stage.stack, login, stage.gateway)
    stage.people["patient"] = patient
    true(patient.log_in()["acr"] == "2", "the patient's password and code give acr 2")
    patient.known_as(stage.made["patient"])
    with patient.browser() as browser:
        spent = browser.login(letter["username"], letter["activation_code"])
        true(spent.code is None, "the activation code works once", spent)
    refused(stage.who("gp").post(stage.path("/activation")), 409, "ACTIVATION_ALREADY_DONE")
    circle = done(patient.get(stage.path("/circle")))
    true(
        len(circle["members"]) == 1 and circle["members"][0]["professional"]["name"],
        "the patient sees who is in the circle",
    )
    true(
        done(patient.get(stage.path("/documents?total=true")))["total"] == 0, "the patient sees the record, still empty"
    )
    return "the code works once; password and code chosen on Keycloak's pages; record and circle are seen"


def publish(stage: Stage) -> str:
    """6. The GP publishes a PDF, an observation and a note; the bytes come back identical; what is stored is
    unreadable.
    """
    gp = stage.who("gp")
    content = pdf(f"Bilan {stage.seed}")
    title = stage.made["title"] = f"Bilan biologique {stage.seed} TITRECANARI"
    stage.made["document"] = document(stage, gp, title, "11502-2", content)
    back = gp.get(stage.path(f"/documents/{stage.made['document']}/content"))
    true(back.status == 200 and back.content == content, "the bytes come back identical", back)
    measure = {
        "code_system": "http://loinc.org",
        "code": "8310-5",
        "label": "Température corporelle",
        "quantity": {"value": "37.5", "unit": "Cel"},
        "observed_at": now(),
    }
    stage.made["observation"] = done(gp.post(stage.path("/observations"), measure), 201)["id"]
    stage.made["note"] = f"Passage jeudi {stage.seed} NOTECANARI."
    stage.made["note_id"] = done(gp.post(stage.path("/notes"), {"text": stage.made["note"]}), 201)["id"]
    kept = [file.read_bytes() for file in Path(stage.stack["folder"], "documents").rglob("*") if file.is_file()]
    true(bool(kept), "the content is stored")
    readable = [one for one in kept if b"%PDF" in one or content[:64] in one]
    true(not readable, "no stored content can be read without the operator's key")
    digest = hashlib.sha256(content).hexdigest()[:12]
    return f"PDF (sha-256 {digest}…), temperature and note published; identical when read; unreadable where stored"


def document(stage: Stage, by: Person, title: str, type_code: str, content: bytes, **visibility: bool) -> str:
    """Publishes a document; gives its id."""
    description: dict[str, Any] = {"type_code": type_code, "title": title, "dated": now()}
    if visibility:
        description["visibility"] = visibility
    answer = by.publish(stage.path("/documents"), description, content, "application/pdf")
    return str(done(answer, 201)["id"])


def share(stage: Stage) -> str:
    """7. The nurse is refused, then invited; the social worker, explicitly agreed to, sees only what his profession
    may.
    """
    gp, nurse, social = stage.who("gp"), stage.who("nurse"), stage.who("social-worker")
    refused(nurse.get(stage.path("/documents")), 403, "NOT_IN_CIRCLE")
    invited = gp.post(stage.path("/circle/members"), {"professional_id": nurse.uid})
    done(invited, 201)
    stage.traces.append(invited.trace_id)
    soon(lambda: stage.told("patient", "member_invited"), "the patient is told of the invitation")
    listed = done(nurse.get(stage.path("/documents?total=true")))
    true(
        listed["total"] == 1 and listed["items"][0]["id"] == stage.made["document"], "the nurse reads the list", listed
    )
    read = nurse.get(stage.path(f"/documents/{stage.made['document']}/content"))
    true(read.status == 200 and read.content.startswith(b"%PDF"), "the nurse reads the document", read)

    member = {"professional_id": social.uid}
    refused(gp.post(stage.path("/circle/members"), member), 422, "AGREEMENT_MISSING")
    agreed = {**member, "explicit_agreement": True, "agreement_form": "oral"}
    done(gp.post(stage.path("/circle/members"), agreed), 201)
    stage.made["social_document"] = document(stage, gp, "Évaluation sociale", social_type(stage), pdf("sociale"))
    seen = done(social.get(stage.path("/documents?total=true")))
    true(seen["total"] == 1 == len(seen["items"]), "the social worker's total is what he may see", seen["total"])
    true(seen["items"][0]["id"] == stage.made["social_document"], "he sees the social document only")
    refused(social.get(stage.path(f"/documents/{stage.made['document']}")), 403, "CATEGORY_NOT_ENTITLED")
    true(done(gp.get(stage.path("/documents?total=true")))["total"] == 2, "the GP sees both")
    return "the nurse was refused, then reads; the patient was told; the social worker's total is 1 where the GP's is 2"


def social_type(stage: Stage) -> str:
    """A type of document whose category social workers may read."""
    types = done(stage.who("gp").get("/v1/document-types"))["items"]
    return str(next(one["code"] for one in types if one["category"] in ("social_letter", "personalised_project")))


def hide(stage: Stage) -> str:
    """8. One document hidden from other professionals, one not yet visible to the patient: in lists, totals and by
    id.
    """
    gp, nurse, patient = stage.who("gp"), stage.who("nurse"), stage.who("patient")
    masked = stage.made["masked"] = document(stage, gp, "Compte rendu masqué", "11502-2", pdf("masque"))
    awaited = stage.made["awaited"] = document(stage, gp, "Résultat à annoncer", "11502-2", pdf("annonce"))
    read = gp.get(stage.path(f"/documents/{masked}"))
    visibility = stage.path(f"/documents/{masked}/visibility")
    refused(gp.call("PUT", visibility, {"hidden_from_professionals": True}), 428, "VERSION_REQUIRED")
    done(gp.call("PUT", visibility, {"hidden_from_professionals": True}, **version(read)))
    refused(gp.call("PUT", visibility, {"hidden_from_professionals": False}, **version(read)), 412, "VERSION_STALE")
    read = gp.get(stage.path(f"/documents/{awaited}"))
    done(gp.call("PUT", stage.path(f"/documents/{awaited}/visibility"), {"hidden_from_patient": True}, **version(read)))
    refused(
        nurse.call("PUT", visibility, {"hidden_from_professionals": False}, if_match='"2"'),
        404,
        "DOCUMENT_UNKNOWN",
    )
    totals = {key: sees(stage, key) for key in ("gp", "nurse", "patient")}
    true(totals["gp"] >= {masked, awaited}, "the author sees both")
    true(masked not in totals["nurse"] and awaited in totals["nurse"], "the nurse does not see the masked one")
    true(masked in totals["patient"] and awaited not in totals["patient"], "the patient does not see the awaited one")
    refused(nurse.get(stage.path(f"/documents/{masked}")), 404, "DOCUMENT_UNKNOWN")
    refused(nurse.get(stage.path(f"/documents/{masked}/content")), 404, "DOCUMENT_UNKNOWN")
    refused(patient.get(stage.path(f"/documents/{awaited}")), 404, "DOCUMENT_UNKNOWN")
    counts = ", ".join(f"{key} {len(ids)}" for key, ids in totals.items())
    return f"documents seen: {counts}; by id: unknown"


def sees(stage: Stage, key: str) -> set[str]:
    """The ids that somebody's list shows; its total must say the same."""
    listed = done(stage.who(key).get(stage.path("/documents?total=true&limit=100")))
    true(listed["total"] == len(listed["items"]), "the total is exactly what is listed", listed["total"])
    return {one["id"] for one in listed["items"]}


def pdf(words: str) -> bytes:
    """A one-page PDF with these words."""
    text = f"BT /F1 18 Tf 72 720 Td ({words}) Tj ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return made + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        table,
        size,
        len(made),
    )
