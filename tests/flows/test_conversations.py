"""Who cares for a patient talks about them in one place, and the patient with them: by real logins, through the gateway.

Each test goes on from where the one before left things; they are one telling.
"""

import hashlib
import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from PIL.ExifTags import IFD
from terresante_dev.portal import Person
from terresante_dev.story.stage import done, refused, soon, version

from .conversing import CAMERA, THREADS, Made, Talk, photo

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def patient(talk: Talk) -> Person:
    return talk.who("patient")


@pytest.fixture(scope="module")
def shared(talk: Talk, patient: Person) -> str:
    """The thread with the patient, opened by them."""
    return talk.thread(patient, "with_patient")


@pytest.fixture(scope="module")
def said() -> dict[str, Made]:
    """Messages of this telling that later tests speak of."""
    return {}


def message(talk: Talk, by: Person, thread: str, id: str) -> Made:
    found: Made = done(by.get(f"{THREADS}/{thread}/messages/{id}"))
    return found


def test_there_is_one_thread_of_the_circle_whoever_opens_it(talk: Talk, gp: Person, nurse: Person, circle: str) -> None:
    for replica in talk.stage.replicas(nurse):
        again = done(replica.post(THREADS, {"kind": "circle", "patient_id": talk.patient}), 200)
        assert (again["id"], again["opened"], again["writable"]) == (circle, False, True)
    refused(talk.who("emergency-physician").get(f"{THREADS}/{circle}"), 404, "THREAD_UNKNOWN")


def test_all_read_what_is_written_in_one_order(
    talk: Talk, gp: Person, nurse: Person, circle: str, said: dict[str, Made]
) -> None:
    said["first"] = talk.post(gp, circle, "Plaie du talon à surveiller.")
    named = [{"kind": "professional", "id": gp.uid}]
    said["second"] = talk.post(
        nurse, circle, "Pansement refait.", quoted_message_id=said["first"]["id"], mentions=named, urgent=True
    )

    for reader in (gp, nurse, talk.who("social-worker")):
        pages = [talk.page(at, circle) for at in talk.stage.replicas(reader)]
        assert [[one["id"] for one in page] for page in pages] == [[said["first"]["id"], said["second"]["id"]]] * 2
        assert [one["place"] for one in pages[0]] == [1, 2]
    quoting = talk.page(gp, circle)[1]
    assert (quoting["quoted_message_id"], quoting["urgent"]) == (said["first"]["id"], True)
    talk.soon_told(gp, "mentioned")


def test_the_same_post_sent_again_is_one_message(talk: Talk, gp: Person, circle: str, said: dict[str, Made]) -> None:
    address, body = f"{THREADS}/{circle}/messages", {"text": "Bilan demandé au laboratoire."}
    answers = [at.post(address, body, idempotency_key=f"bilan-{talk.stage.seed}") for at in talk.stage.replicas(gp) * 2]

    assert [one.status for one in answers] == [201] * 4
    assert len({one.body["id"] for one in answers}) == 1
    assert talk.texts(gp, circle).count(body["text"]) == 1
    said["third"] = answers[0].body
    other = {"text": "Autre chose."}
    refused(gp.post(address, other, idempotency_key=f"bilan-{talk.stage.seed}"), 422, "IDEMPOTENCY_KEY_REUSED")


def test_what_is_unread_is_counted_right_until_it_is_read(
    talk: Talk, gp: Person, nurse: Person, circle: str, said: dict[str, Made]
) -> None:
    counts = done(gp.get("/v1/unread"))
    ours = [(one["unread"], one["unread_urgent"]) for one in counts["patients"] if one["patient_id"] == talk.patient]
    assert (counts["unread"], ours) == (1, [(1, 1)])
    assert talk.listed(gp, "&unread_only=true")[circle]["unread"] == 1

    talk.marked(gp, circle, said["third"]["place"])
    talk.marked(nurse, circle, said["second"]["place"])

    assert done(gp.get("/v1/unread"))["unread"] == 0
    assert done(nurse.get("/v1/unread"))["patients"][0]["unread"] == 1
    receipts = message(talk, gp, circle, said["first"]["id"])["receipts"]
    assert nurse.uid in {one["who"]["id"] for one in receipts if one["read_at"]}
    marks = done(gp.get(f"{THREADS}/{circle}"))["marks"]
    assert {one["who"]["id"]: one["read_up_to"] for one in marks}[nurse.uid] == said["second"]["place"]


def test_what_is_put_right_or_taken_back_leaves_a_trace(talk: Talk, gp: Person, nurse: Person, circle: str) -> None:
    address = f"{THREADS}/{circle}/messages"
    posted = gp.post(address, {"text": "Je passe jeudi."})
    there = f"{address}/{done(posted, 201)['id']}"
    refused(nurse.call("PUT", there, {"text": "Non."}, **version(posted)), 403, "MESSAGE_NOT_YOURS")
    done(gp.call("PUT", there, {"text": "Je passe vendredi."}, **version(posted)))
    refused(gp.call("PUT", there, {"text": "Ou samedi."}, **version(posted)), 412, "VERSION_STALE")

    seen = done(nurse.get(there))
    assert (seen["text"], [one["text"] for one in seen["former"]]) == ("Je passe vendredi.", ["Je passe jeudi."])
    assert seen["edited_at"]

    done(gp.call("DELETE", there, **version(nurse.get(there))))
    left = done(nurse.get(there))
    assert (left["text"], left["former"], left["author"]["id"]) == ("", [], gp.uid)
    assert left["deleted_at"]


def test_a_task_is_done_by_who_is_asked(talk: Talk, gp: Person, nurse: Person, circle: str) -> None:
    due = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    task = {"task": {"what": "Peser la patiente", "who": {"kind": "professional", "id": nurse.uid}, "due": due}}
    made = talk.post(gp, circle, "", item=task)
    answers = f"{THREADS}/{circle}/messages/{made['id']}/answers"
    refused(talk.who("social-worker").post(answers, {"task": "taken"}), 403, "ITEM_NOT_YOURS")

    done(nurse.post(answers, {"task": "taken"}), 201)
    done(nurse.post(answers, {"task": "done"}), 201)

    acts = message(talk, gp, circle, made["id"])["acts"]
    assert [(one["actor"]["id"], one["task"]) for one in acts] == [(nurse.uid, "taken"), (nurse.uid, "done")]


def test_a_link_to_a_document_opens_for_those_whom_the_decision_allows(
    talk: Talk, gp: Person, nurse: Person, circle: str
) -> None:
    document = talk.stage.made["document"]
    made = talk.post(gp, circle, "Le bilan.", item={"document_id": document})

    for reader in (nurse, talk.who("social-worker")):
        assert message(talk, reader, circle, made["id"])["item"]["document_id"] == document
    address = talk.stage.path(f"/documents/{document}")
    done(nurse.get(address))
    refused(talk.who("social-worker").get(address), 403, "CATEGORY_NOT_ENTITLED")


def test_a_photo_comes_without_the_place_where_it_was_taken(
    talk: Talk, gp: Person, nurse: Person, circle: str, said: dict[str, Made]
) -> None:
    files, taken = f"{THREADS}/{circle}/attachments", photo()
    assert CAMERA.encode() in taken
    file = done(nurse.publish(files, {"name": "talon.jpg"}, taken, "image/jpeg"), 201)
    refused(gp.get(f"{files}/{file['id']}/content"), 404, "ATTACHMENT_UNKNOWN")
    said["photo"] = talk.post(nurse, circle, "Photo du talon.", attachment_ids=[file["id"]])

    kept = gp.get(f"{files}/{file['id']}/content")
    assert (kept.status, hashlib.sha256(kept.content).hexdigest()) == (200, file["sha256"])
    assert CAMERA.encode() not in kept.content
    with Image.open(io.BytesIO(kept.content)) as shown:
        assert shown.size == (1200, 900)
        assert not shown.getexif().get_ifd(IFD.GPSInfo)
    soon(lambda: gp.get(f"{files}/{file['id']}/thumbnail").status == 200, "the thumbnail is made")
    with Image.open(io.BytesIO(gp.get(f"{files}/{file['id']}/thumbnail").content)) as small:
        assert (small.format, max(small.size)) == ("JPEG", 320)
    refused(talk.who("emergency-physician").get(f"{files}/{file['id']}/thumbnail"), 404, "THREAD_UNKNOWN")


def test_the_patient_sees_that_the_circle_talks_and_not_what_it_says(
    talk: Talk, patient: Person, circle: str, said: dict[str, Made]
) -> None:
    seen = talk.listed(patient)[circle]

    assert (seen["readable"], seen["writable"], seen["unread"], seen["title"]) == (False, False, 0, None)
    for address in ("/messages", f"/messages/{said['first']['id']}"):
        refused(patient.get(f"{THREADS}/{circle}{address}"), 404, "THREAD_UNKNOWN")
    assert talk.found(patient, "pansement") == set()


def test_the_patient_writes_once_the_circle_lets_them_and_sees_who_read_it(
    talk: Talk, gp: Person, nurse: Person, patient: Person, shared: str
) -> None:
    address = f"{THREADS}/{shared}/messages"
    refused(patient.post(address, {"text": "Puis-je marcher ?"}), 403, "WRITING_NOT_OPEN")
    refused(talk.settled(patient, patient_may_write=True), 403, "NOT_PERMITTED")
    talk.post(gp, shared, "Bonjour, vous pouvez nous écrire ici.")
    done(talk.settled(gp, patient_may_write=True))

    asked = talk.post(patient, shared, "Puis-je marcher ?")
    assert talk.texts(nurse, shared) == ["Bonjour, vous pouvez nous écrire ici.", "Puis-je marcher ?"]
    talk.marked(nurse, shared, asked["place"])

    read = message(talk, patient, shared, asked["id"])
    assert {one["who"]["id"] for one in read["receipts"] if one["read_at"]} == {nurse.uid}
    seen = done(patient.get(f"{address}/{asked['id']}?names=true"))["receipts"]
    assert all(one["who"]["name"] for one in seen if one["read_at"])


def test_a_form_is_filled_by_the_patient(talk: Talk, gp: Person, patient: Person, shared: str) -> None:
    questions = [
        {"question": "Avez-vous mal ?", "choices": ["non", "un peu"], "required": True},
        {"question": "Où ?"},
    ]
    made = talk.post(gp, shared, "", item={"form": {"what": "Douleur", "questions": questions}})
    answers = f"{THREADS}/{shared}/messages/{made['id']}/answers"
    for wrong in (["beaucoup", ""], ["", "talon"], ["non"]):
        refused(patient.post(answers, {"form": {"answers": wrong}}), 400, "ANSWER_INVALID")

    done(patient.post(answers, {"form": {"answers": ["un peu", "Au talon"]}}), 201)

    assert message(talk, gp, shared, made["id"])["acts"][0]["form"]["answers"] == ["un peu", "Au talon"]


def test_a_side_thread_is_for_those_it_names_and_the_patient_sees_that_it_is_there(
    talk: Talk, gp: Person, nurse: Person, patient: Person
) -> None:
    side = talk.thread(gp, "side", title="Préparer la sortie", professional_ids=[nurse.uid])
    talk.post(gp, side, "Entre nous deux, chambre médicalisée.")

    assert talk.texts(nurse, side) == ["Entre nous deux, chambre médicalisée."]
    refused(talk.who("social-worker").get(f"{THREADS}/{side}/messages"), 404, "THREAD_UNKNOWN")
    seen = talk.listed(patient)[side]
    assert (seen["readable"], seen["title"]) == (False, None)
    assert {one["id"] for one in seen["members"]} == {gp.uid, nurse.uid}
    refused(patient.get(f"{THREADS}/{side}/messages"), 404, "THREAD_UNKNOWN")
    assert side not in talk.listed(talk.who("social-worker"))


def test_a_hidden_side_thread_is_nowhere_for_the_patient(
    talk: Talk, gp: Person, nurse: Person, patient: Person
) -> None:
    side = talk.thread(gp, "side", title="Inquiétude", professional_ids=[nurse.uid], hidden_from_patient=True)
    talk.post(nurse, side, "À dire avec précaution.")

    assert side not in talk.listed(patient)
    hidden, nowhere = (patient.get(f"{THREADS}/{id}") for id in (side, talk.stage.made["document"]))
    refused(hidden, 404, "THREAD_UNKNOWN")
    assert {**hidden.body, "trace_id": ""} == {**nowhere.body, "trace_id": ""}


def test_a_search_finds_words_within_what_one_may_read(
    talk: Talk, gp: Person, nurse: Person, patient: Person, said: dict[str, Made]
) -> None:
    social = talk.who("social-worker")

    assert talk.found(nurse, "PLAI tal") == {said["first"]["id"]}
    assert talk.found(nurse, "medicalisee") == talk.found(gp, "médicalisée") != set()
    assert talk.found(social, "médicalisée") == set()
    assert talk.found(patient, "marcher") != set()
    assert talk.found(patient, "précaution") == set()
    assert talk.found(talk.who("emergency-physician"), "pansement") == set()
