"""Who may no longer know of a conversation is told nothing more: by no address, on no replica, in no stream that was open.

Each test goes on from where the one before left things; they are one telling. In the circle are a GP, a nurse, a social
worker and an emergency physician; the nurse is removed, the social worker blocked, the physician's account suspended,
and at last the consent withdrawn.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from terresante_dev.portal import Person
from terresante_dev.story.sharing import give_consent
from terresante_dev.story.stage import done, refused, soon

from tests.listening import Heard, Listener

from .conversing import THREADS, Talk, events, photo

pytestmark = pytest.mark.timeout(300)
GONE = {(404, "THREAD_UNKNOWN"), (403, "NOT_IN_CIRCLE"), (403, "BLOCKED_BY_PATIENT"), (403, "CONSENT_NOT_IN_FORCE"),
    (403, "ACCOUNT_SUSPENDED")}  # fmt: skip
"""How what one may not know of is refused."""


@dataclass
class Known:
    """What there is to be known."""

    thread: str
    message: str
    file: str
    direct: str
    """A thread of the GP's with the nurse, about nobody."""


@pytest.fixture(scope="module")
def known(talk: Talk) -> Known:
    gp, nurse = talk.who("gp"), talk.who("nurse")
    thread = talk.thread(gp, "circle")
    file = done(gp.publish(f"{THREADS}/{thread}/attachments", {"name": "plaie.jpg"}, photo(), "image/jpeg"), 201)["id"]
    others = [{"kind": "professional", "id": talk.who(key).uid} for key in ("nurse", "social-worker")]
    made = talk.post(gp, thread, "Escarre au talon.", attachment_ids=[file], mentions=others, urgent=True)
    direct = talk.thread(gp, "direct", professional_ids=[nurse.uid])
    talk.soon_told(nurse, "mentioned")
    files = f"{THREADS}/{thread}/attachments/{file}"
    soon(lambda: nurse.get(f"{files}/thumbnail").status == 200, "the thumbnail is made")
    return Known(thread, made["id"], file, direct)


def shown(talk: Talk, who: Person, known: Known) -> dict[str, bool]:
    """Each way to something of the conversation, and whether it shows something."""
    there = f"{THREADS}/{known.thread}"

    def opens(address: str) -> bool:
        answer = who.get(address)
        if answer.status != 200:
            assert (answer.status, answer.reason) in GONE, f"{address}: {answer} {answer.body}"
        return answer.status == 200

    def items(address: str, ours: Callable[[dict[str, Any]], bool], name: str = "items") -> bool:
        answer = who.get(address)
        if answer.status == 403:
            assert answer.reason == "ACCOUNT_SUSPENDED", f"{address}: {answer} {answer.body}"
            return False
        return any(ours(one) for one in done(answer)[name])

    found = who.post("/v1/messages/search", {"query": "escarre"})
    return {
        **{name: opens(address) for name, address in {
            "thread": there,
            "messages": f"{there}/messages",
            "message": f"{there}/messages/{known.message}",
            "file": f"{there}/attachments/{known.file}/content",
            "thumbnail": f"{there}/attachments/{known.file}/thumbnail",
            "news": talk.stage.path("/news"),
            "addressees": talk.stage.path("/addressees"),
        }.items()},
        "list": items(f"{THREADS}?limit=100", lambda one: one["id"] == known.thread),
        "counts": items("/v1/unread", lambda one: one["patient_id"] == talk.patient, "patients"),
        "mention": items("/v1/notifications?limit=100", lambda one: one["about_id"] == known.message),
        "events": who.get("/v1/events").status != 403 and known.thread in {one["thread_id"] for one in events(who)},
        "search": found.status == 200 and found.body["items"] != [],
    }  # fmt: skip


def shows_nothing(talk: Talk, who: Person, known: Known) -> None:
    """On each replica of the gateway."""
    for at in talk.stage.replicas(who):
        assert [way for way, found in shown(talk, at, known).items() if found] == []


def shows_all(talk: Talk, who: Person, known: Known, *without: str) -> None:
    """Without this that nothing is shown would prove nothing."""
    assert {way for way, found in shown(talk, who, known).items() if not found} <= {*without}


def quiet_about(talk: Talk, stream: Listener, since: float) -> list[Heard]:
    """What a stream said of the patient after that moment, but that what one may see has changed."""
    return [
        one
        for one in stream.heard
        if one.at > since and one.data["patient_id"] == talk.patient and one.kind != "standing_changed"
    ]


def test_who_comes_later_sees_what_is_written_from_then_on(talk: Talk, known: Known) -> None:
    physician, gp = talk.who("emergency-physician"), talk.who("gp")
    refused(physician.get(f"{THREADS}/{known.thread}/messages"), 404, "THREAD_UNKNOWN")
    talk.invited(physician)
    assert talk.texts(physician, known.thread) == []
    assert talk.found(physician, "escarre") == set()
    refused(physician.get(f"{THREADS}/{known.thread}/messages/{known.message}"), 404, "MESSAGE_UNKNOWN")
    file = f"{THREADS}/{known.thread}/attachments/{known.file}"
    refused(physician.get(f"{file}/content"), 404, "ATTACHMENT_UNKNOWN")
    assert talk.listed(physician)[known.thread]["unread"] == 0

    talk.post(gp, known.thread, "Bienvenue.")

    assert talk.texts(physician, known.thread) == ["Bienvenue."]
    assert talk.listed(physician)[known.thread]["unread"] == 1


def test_newcomers_see_what_was_before_when_the_patient_says_so(talk: Talk, known: Known) -> None:
    physician = talk.who("emergency-physician")
    refused(talk.settled(talk.who("gp"), newcomers_see_earlier=True), 403, "NOT_PERMITTED")
    done(talk.settled(talk.who("patient"), newcomers_see_earlier=True))

    assert talk.texts(physician, known.thread) == ["Escarre au talon.", "Bienvenue."]
    assert talk.found(physician, "escarre") == {known.message}

    done(talk.settled(talk.who("patient"), newcomers_see_earlier=False))
    assert talk.texts(physician, known.thread) == ["Bienvenue."]


def test_who_is_removed_is_told_nothing_more_and_open_streams_neither(talk: Talk, known: Known) -> None:
    gp, nurse, social = talk.who("gp"), talk.who("nurse"), talk.who("social-worker")
    shows_all(talk, nurse, known)
    streams = [talk.listener(nurse, replica) for replica in (0, 1)]
    with streams[0].running(), streams[1].running(), talk.listener(social).running() as other:
        before = talk.post(gp, known.thread, "Avant le retrait.")["id"]
        for stream in streams:
            stream.until(lambda: before in stream.messages(), 10, "the nurse is told")  # noqa: B023 -- used at once

        talk.removed(nurse)
        since = time.monotonic()
        shows_nothing(talk, nurse, known)
        after = talk.post(gp, known.thread, "Après le retrait.")["id"]
        other.until(lambda: after in other.messages(), 10, "who is in the circle is told")
        still = talk.post(gp, known.direct, "Toujours là ?")["id"]
        for stream in streams:
            stream.until(lambda: still in stream.messages(), 10, "what is about nobody is told")  # noqa: B023
            assert quiet_about(talk, stream, since + 1) == []
            assert after not in stream.messages()
            assert any(one.data["patient_id"] == talk.patient for one in stream.of("standing_changed"))


def test_who_comes_back_sees_neither_what_was_written_before_nor_what_was_meanwhile(talk: Talk, known: Known) -> None:
    nurse = talk.who("nurse")
    talk.invited(nurse)
    assert talk.texts(nurse, known.thread) == []
    talk.post(talk.who("gp"), known.thread, "De retour.")
    assert talk.texts(nurse, known.thread) == ["De retour."]
    assert known.message not in {one["message_id"] for one in events(nurse)}


def test_who_is_blocked_is_told_nothing_more(talk: Talk, known: Known) -> None:
    gp, social = talk.who("gp"), talk.who("social-worker")
    shows_all(talk, social, known)
    with talk.listener(social, 1).running() as stream, talk.listener(talk.who("nurse")).running() as other:
        done(talk.who("patient").post(talk.stage.path("/blocks"), {"professional_id": social.uid}), 201)
        since = time.monotonic()
        shows_nothing(talk, social, known)
        after = talk.post(gp, known.thread, "Après le blocage.")["id"]
        other.until(lambda: after in other.messages(), 10, "who is not blocked is told")
        direct = talk.thread(gp, "direct", professional_ids=[social.uid])
        still = talk.post(gp, direct, "Un mot.")["id"]
        stream.until(lambda: still in stream.messages(), 10, "what is about nobody is told")
        assert quiet_about(talk, stream, since + 1) == []
        assert after not in stream.messages()


def test_whose_account_is_suspended_is_told_nothing_more_and_their_stream_ends(talk: Talk, known: Known) -> None:
    gp, physician, admin = talk.who("gp"), talk.who("emergency-physician"), talk.who("admin")
    admin.log_in()
    with talk.listener(physician, 1).running() as stream, talk.listener(talk.who("nurse")).running() as other:
        done(admin.post(f"/v1/professionals/{physician.uid}/account/suspension", {"why": "Essai."}), 201)
        since = time.monotonic()
        stream.until(lambda: "ACCOUNT_SUSPENDED" in " ".join(stream.ends), 10, "the stream ends, and says why")
        shows_nothing(talk, physician, known)
        after = talk.post(gp, known.thread, "Après la suspension.")["id"]
        other.until(lambda: after in other.messages(), 10, "others are told")
        assert [one for one in stream.heard if one.at > since + 1] == []
        assert after not in stream.messages()


def test_once_the_consent_is_withdrawn_nobody_is_told_anything_but_the_patient(talk: Talk, known: Known) -> None:
    gp, nurse, patient = talk.who("gp"), talk.who("nurse"), talk.who("patient")
    shared = talk.thread(patient, "with_patient")
    done(talk.settled(gp, patient_may_write=True))
    with talk.listener(gp, 0).running() as mine, talk.listener(nurse, 1).running() as theirs:
        done(patient.post(talk.stage.path(f"/consents/{talk.stage.made['consent']}/withdrawal")))
        since = time.monotonic()
        for who in (gp, nurse):
            shows_nothing(talk, who, known)
        refused(gp.post(f"{THREADS}/{known.thread}/messages", {"text": "?"}), 403, "CONSENT_NOT_IN_FORCE")
        written = patient.post(f"{THREADS}/{shared}/messages", {"text": "Je reprends mon accord."})
        still = talk.post(gp, known.direct, "Le consentement est retiré.")["id"]
        for stream in (mine, theirs):
            stream.until(lambda: still in stream.messages(), 10, "what is about nobody is told")  # noqa: B023
            assert quiet_about(talk, stream, since + 1) == []
            assert written.status != 201 or written.body["id"] not in stream.messages()
        assert written.status in (201, 403), written.body
        assert talk.texts(patient, shared) == (["Je reprends mon accord."] if written.status == 201 else [])
    talk.stage.made["consent"] = give_consent(talk.stage, gp)
    assert "De retour." in talk.texts(nurse, known.thread)
