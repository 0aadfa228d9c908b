"""Steps 9 to 12: the patient reads who looked, removes and blocks; an emergency; consent withdrawn and given again."""

from __future__ import annotations

from typing import Any

from terresante_dev.portal import Person
from terresante_dev.story.sharing import document, give_consent, pdf, sees
from terresante_dev.story.stage import Stage, done, refused, soon, true


def read_journal(stage: Stage) -> str:
    """9. The patient reads the journal in plain French: who, in what role and place, when, what, why; refusals
    included.
    """
    entries = journal(stage)
    nurse = stage.who("nurse").uid
    opened = [one for one in entries if one["who"]["id"] == nurse and one["outcome"] == "allowed"]
    closed = [one for one in entries if one["who"]["id"] == nurse and one["outcome"] == "refused"]
    true(bool(opened) and bool(closed), "the nurse's refused and allowed acts are both there")
    line = opened[0]
    for part, words in (
        (line["who"]["name"], "the nurse's name"),
        (line["who"]["profession"], "her profession"),
        (line["place"], "her place"),
        (line["what"]["label"], "what she did"),
        (line["why"]["sentence"], "why she could"),
    ):
        true(bool(part), f"the journal says {words}", line)
    true("NOT_IN_CIRCLE" in closed[-1]["why"]["reasons"], "and why she could not before", closed[-1])
    sequence = [one["sequence"] for one in entries]
    true(sequence == list(range(max(sequence), 0, -1)), "no line is missing: the sequence has no gap", sequence[:10])
    return f"{len(entries)} lines, e.g. « {line['who']['name']} — {line['what']['label']} — {line['why']['sentence']} »"


def journal(stage: Stage) -> list[dict[str, Any]]:
    """All of the patient's lines, newest first, as they were when the reading began."""
    found: list[dict[str, Any]] = []
    page = done(stage.who("patient").get(stage.path("/journal?limit=100")))
    while True:
        found += page["items"]
        if not page["next_cursor"]:
            return found
        page = done(stage.who("patient").get(stage.path(f"/journal?limit=100&cursor={page['next_cursor']}")))


def remove_and_block(stage: Stage) -> str:
    """10. The nurse is removed: the very next request is refused, everywhere. A professional is blocked, in
    emergencies too.
    """
    patient, nurse, social = stage.who("patient"), stage.who("nurse"), stage.who("social-worker")
    done(nurse.get(stage.path("/documents")))
    done(patient.call("DELETE", stage.path(f"/circle/members/{member(stage, nurse)}")))
    for replica in stage.replicas(nurse):
        refused(replica.get(stage.path("/documents")), 403, "NOT_IN_CIRCLE")
        refused(replica.get(stage.path(f"/documents/{stage.made['document']}/content")), 403, "NOT_IN_CIRCLE")
    soon(lambda: stage.told("nurse", "member_removed"), "the nurse is told")
    done(social.get(stage.path("/documents")))
    block = done(patient.post(stage.path("/blocks"), {"professional_id": social.uid}), 201)
    refused(social.get(stage.path("/documents")), 403, "BLOCKED_BY_PATIENT")
    physician = stage.who("emergency-physician")
    other = done(patient.post(stage.path("/blocks"), {"professional_id": physician.uid}), 201)
    physician.log_in()
    urgent = {"reason": "Patiente inconsciente, traitement en cours inconnu."}
    refused(physician.post(stage.path("/emergency-accesses"), urgent), 403, "BLOCKED_BY_PATIENT")
    done(patient.call("DELETE", stage.path(f"/blocks/{other['id']}")))
    true(bool(block["id"]), "the block is kept")
    return "the nurse's next request was refused on every replica; a blocked physician cannot open even in an emergency"


def member(stage: Stage, who: Person) -> str:
    """The id of somebody's active membership."""
    circle = done(stage.who("patient").get(stage.path("/circle")))
    return str(
        next(
            one["id"]
            for one in circle["members"]
            if one["until"] is None and one["professional"] and one["professional"]["id"] == who.uid
        )
    )


def emergency(stage: Stage) -> str:
    """11. The emergency physician opens the record: a reason, an end, patient and GP told, hidden stays hidden, it is
    marked.
    """
    physician = stage.who("emergency-physician")
    refused(physician.get(stage.path("/documents")), 403, "NOT_IN_CIRCLE")
    address = stage.path("/emergency-accesses")
    refused(physician.post(address, {"reason": "vite"}), 400, "EMERGENCY_REASON_MISSING")
    reason = stage.made["emergency_reason"] = f"Patiente inconsciente {stage.seed} MOTIFCANARI, traitement inconnu."
    physician.log_in()
    answer = physician.post(address, {"reason": reason})
    access = done(answer, 201)
    stage.traces.append(answer.trace_id)
    true(access["ends_at"] > access["opened_at"], "it ends by itself", access["ends_at"])
    for key in ("patient", "gp"):
        soon(lambda key=key: stage.told(key, "emergency_opened"), f"the {key} is told")  # type: ignore[misc]
    stage.people["emergency-physician"] = physician
    seen = sees(stage, "emergency-physician")
    true(stage.made["document"] in seen and stage.made["masked"] not in seen, "hidden documents stay hidden", seen)
    refused(physician.get(stage.path(f"/documents/{stage.made['masked']}")), 404, "DOCUMENT_UNKNOWN")
    lines = [one for one in journal(stage) if one["who"]["id"] == physician.uid and one["outcome"] == "allowed"]
    true(any(one["why"]["basis"] == "emergency" for one in lines), "the journal marks what was read in the emergency")
    done(physician.call("DELETE", stage.path(f"/emergency-accesses/{access['id']}")))
    refused(physician.get(stage.path("/documents")), 403, "NOT_IN_CIRCLE")
    return f"reason compulsory; ends {access['ends_at'][:16]}; patient and GP told; masked stayed hidden; journalled"


def withdraw(stage: Stage) -> str:
    """12. Consent withdrawn: nobody reads but each author what they wrote and the patient; given again, all is as it
    was.
    """
    gp, patient, nurse = stage.who("gp"), stage.who("patient"), stage.who("nurse")
    done(gp.post(stage.path("/circle/members"), {"professional_id": nurse.uid}), 201)
    theirs = document(stage, nurse, "Suivi de plaie", "11502-2", pdf("plaie"))
    before = sees(stage, "gp")
    true(theirs in before, "the GP reads what the nurse wrote")
    done(patient.post(stage.path(f"/consents/{stage.made['consent']}/withdrawal")))
    for replica in stage.replicas(gp):
        refused(replica.get(stage.path(f"/documents/{theirs}")), 403, "CONSENT_NOT_IN_FORCE")
    refused(gp.post(stage.path("/notes"), {"text": "Après le retrait."}), 403, "CONSENT_NOT_IN_FORCE")
    true(sees(stage, "gp") == before - {theirs}, "the GP still has what the GP wrote")
    true(sees(stage, "nurse") == {theirs}, "the nurse still has what she wrote")
    true(theirs in sees(stage, "patient"), "the patient reads all the same")
    urgent = {"reason": "Urgence vitale immédiate."}
    physician = stage.who("emergency-physician")
    refused(physician.post(stage.path("/emergency-accesses"), urgent), 403, "CONSENT_NOT_IN_FORCE")
    soon(lambda: stage.told("nurse", "consent_withdrawn"), "the nurse is told")
    stage.made["consent"] = give_consent(stage, gp)
    true(sees(stage, "gp") == before, "given again, the GP sees what was seen before")
    true(theirs in sees(stage, "nurse"), "and the nurse is still in the circle")
    return "after the withdrawal each author read only their own; given again, the circle was as before"
