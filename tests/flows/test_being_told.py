"""People are told in time, in the way they chose, and nobody else is: by real logins, real mail, through the gateway.

Each test goes on from where the one before left things; they are one telling.
"""

import re
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from terresante_dev.portal import Person
from terresante_dev.story.stage import done, now, refused, soon, version

from tests.listening import Listener
from tests.outside import Postbox, text_of

from .conversing import THREADS, Made, Talk, events, preferred

pytestmark = pytest.mark.timeout(300)
WORD = "FUITECANARI"
ESCALATION = 90.0
"""Seconds within which an urgent message that nobody reads has gone to the next: one minute is set for these tests."""


def said(one: Made) -> Made:
    """What an event says but for its cursor, which is sealed anew each time."""
    return {name: value for name, value in one.items() if name != "cursor"}


def test_a_stream_that_is_cut_goes_on_where_it_was(talk: Talk, gp: Person, nurse: Person, circle: str) -> None:
    with talk.listener(nurse, 1).running() as stream:
        posted = []
        for number in range(20):
            posted.append(talk.post(gp, circle, f"Message {number}.")["id"])
            if number % 6 == 3:
                stream.until(lambda: posted[-1] in stream.messages(), 20, "the message is told")
                stream.cut()
        stream.until(lambda: posted[-1] in stream.messages(), 20, "the last message is told")

        assert stream.messages() == posted
        assert stream.opened >= 4


def test_who_was_away_is_told_all_that_was_missed_once(talk: Talk, gp: Person, nurse: Person, circle: str) -> None:
    with talk.listener(nurse).running() as stream:
        first = talk.post(gp, circle, "Avant la coupure.")["id"]
        stream.until(lambda: first in stream.messages(), 10, "the first message is told")
        last = stream.last
    missed = [talk.post(gp, circle, f"Pendant la coupure {number}.")["id"] for number in range(12)]
    with talk.listener(nurse, 1, last).running() as stream:
        live = talk.post(gp, circle, "Après la coupure.")["id"]
        stream.until(lambda: live in stream.messages(), 10, "the last message is told")

        assert stream.messages() == [*missed, live]


def test_the_feed_read_from_the_beginning_says_what_the_stream_said(
    talk: Talk, gp: Person, nurse: Person, circle: str
) -> None:
    with talk.listener(nurse).running() as stream:
        began = stream.last
        made = talk.post(gp, circle, "À lire.", urgent=True)
        address = f"{THREADS}/{circle}/messages/{made['id']}"
        done(gp.call("PUT", address, {"text": "À relire."}, **version(gp.get(address))))
        talk.marked(nurse, circle, made["place"])
        done(gp.call("DELETE", address, **version(gp.get(address))))
        side = talk.thread(gp, "side", title="Suite", professional_ids=[nurse.uid])
        last = talk.post(gp, side, "Ici.")["id"]
        stream.until(lambda: last in stream.messages(), 10, "all is told")
        heard = [said(one.data) for one in stream.heard]

    assert [said(one) for one in events(nurse, began)][: len(heard)] == heard
    everything = [said(one) for one in events(nurse, limit=50)]
    assert everything == [said(one) for one in events(nurse.at(talk.stage.gateways[1]), limit=3)]
    assert [one for one in everything if one in heard] == heard
    assert {"message_edited", "message_deleted", "thread_marked", "thread_opened"} <= {one["kind"] for one in heard}


def test_all_are_told_when_the_patient_comes_into_hospital_and_leaves_it(talk: Talk, gp: Person, nurse: Person) -> None:
    physician = talk.who("emergency-physician")
    physician.log_in()
    reason = {"reason": "Chute à domicile, traitement en cours inconnu."}
    done(physician.post(talk.stage.path("/emergency-accesses"), reason), 201)
    admission = {"kind": "emergency", "unit": f"Urgences {WORD}", "since": now()}
    with talk.listener(nurse).running() as stream:
        admitted = physician.post(talk.stage.path("/stays"), admission)
        stay = done(admitted, 201)["id"]
        left = talk.stage.path(f"/stays/{stay}/discharge")
        for who in (gp, nurse, talk.who("patient")):
            assert talk.soon_told(who, "patient_admitted")["about_id"] == stay
        stream.until(lambda: stream.of("notified"), 10, "the nurse's stream tells of it")
        done(physician.call("POST", left, {"until": now()}, **version(admitted)))
        for who in (gp, nurse, talk.who("patient")):
            assert talk.soon_told(who, "patient_discharged")["about_id"] == stay
        assert WORD not in str([one.data for one in stream.heard])
    kinds = {one["kind"] for one in done(gp.get(talk.stage.path("/news")))["items"]}
    assert {"admission", "discharge", "emergency"} <= kinds


def test_all_are_told_of_a_measure_beyond_its_threshold(talk: Talk, gp: Person, nurse: Person) -> None:
    limits = {"code": "8480-6", "unit": "mm[Hg]", "low": 90, "high": 160}
    done(gp.post(talk.stage.path("/thresholds"), limits), 201)

    def measured(value: str) -> str:
        pressure = {"code_system": "http://loinc.org", "code": "8480-6", "label": "Pression artérielle systolique"}
        quantity = {"value": value, "unit": "mm[Hg]"}
        answer = nurse.post(talk.stage.path("/observations"), {**pressure, "quantity": quantity, "observed_at": now()})
        return str(done(answer, 201)["id"])

    measured("120")
    high = measured("182")
    assert talk.soon_told(gp, "threshold_crossed")["about_id"] == high
    assert len(talk.told(gp, "threshold_crossed")) == 1


@pytest.fixture(scope="module")
def address(talk: Talk) -> str:
    return f"infirmier.{talk.stage.seed}@exemple.example"


def secret_words(talk: Talk) -> list[str]:
    """What no mail may say: names, ids, what was written."""
    people = [talk.stage.professional(key) for key in ("gp", "nurse")]
    names = [name for one in people for name in (one.family_name, one.given_name)]
    ids = [talk.patient, *(talk.who(key).uid for key in ("gp", "nurse", "patient"))]
    return [talk.stage.patient.birth_name, talk.stage.patient.first_name, *names, *ids, WORD]


def test_mail_goes_to_an_address_once_its_owner_gave_the_code_back(
    talk: Talk, nurse: Person, postbox: Postbox, address: str
) -> None:
    for wrong in ("personne", "a@b@exemple.example", "a b@exemple.example", "a@exemple.example\r\nBcc: x@y.example"):
        answer = nurse.call("PUT", "/v1/me/email", {"email": wrong})
        assert (answer.status, answer.reason in ("EMAIL_INVALID", "FIELDS_INVALID")) == (400, True), (
            f"{wrong}: {answer}"
        )
    done(nurse.call("PUT", "/v1/me/email", {"email": address}))
    mail = postbox.until(address, lambda found: len(found) == 1, 30)[0]
    digits = re.findall(r"confirmation : (\d{8})", text_of(mail))
    refused(nurse.post("/v1/me/email/confirm", {"code": "00000000"}), 400, "CODE_INVALID")

    told = done(nurse.post("/v1/me/email/confirm", {"code": digits[0]}))

    assert told["email_confirmed"]
    assert address not in str(told)
    preferred(nurse, "email", quiet_from=0, quiet_until=0)


def test_a_mail_says_that_there_is_something_and_nothing_of_it(
    talk: Talk, gp: Person, postbox: Postbox, address: str, circle: str
) -> None:
    talk.post(gp, circle, f"Résultat {WORD} à lire.")

    mail = postbox.until(address, lambda found: len(found) == 2, 30)[1]

    text = text_of(mail)
    assert mail["Subject"] == "Vous avez un nouveau message"
    assert "https://portail.terr-esante.example/" in text
    assert [word for word in secret_words(talk) if word.lower() in text.lower()] == []


def test_mail_that_waits_while_the_server_is_down_tells_only_of_what_one_may_still_read(
    talk: Talk, gp: Person, nurse: Person, postbox: Postbox, address: str, circle: str
) -> None:
    direct = talk.thread(gp, "direct", professional_ids=[nurse.uid])
    postbox.down()
    try:
        for number in range(3):
            talk.post(gp, circle, f"Pour plus tard {number}.")
        talk.removed(nurse)
        talk.post(gp, direct, "Appelez-moi.")
    finally:
        postbox.up()
    try:
        mails = postbox.until(address, lambda found: sum(map(told_of, found[2:])) >= 2, 60)[2:]
        assert sum(map(told_of, mails)) == 2, "her removal and the direct message"
        assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    finally:
        talk.invited(nurse)


def told_of(mail: EmailMessage) -> int:
    """Of how many things a mail tells."""
    many = re.search(r"\d+", mail["Subject"])
    return int(many[0]) if many else 1


def test_a_delegate_is_told_in_the_place_of_who_is_away(talk: Talk, gp: Person, nurse: Person, circle: str) -> None:
    social = talk.who("social-worker")
    soon_away, back = datetime.now(UTC), datetime.now(UTC) + timedelta(days=3)
    away = {"since": soon_away.isoformat(), "until": back.isoformat(), "delegate_id": social.uid}
    refused(nurse.post("/v1/me/absences", {**away, "until": soon_away.isoformat()}), 400, "PERIOD_INVALID")
    refused(nurse.post("/v1/me/absences", {**away, "delegate_id": nurse.uid}), 400, "DELEGATE_INVALID")
    absence = done(nurse.post("/v1/me/absences", away), 201)
    refused(nurse.post("/v1/me/absences", away), 409, "ABSENCE_ALREADY")

    made = talk.post(gp, circle, "Qui passe ?", mentions=[{"kind": "professional", "id": nurse.uid}])

    told = talk.soon_told(social, "mentioned")
    assert (told["about_id"], told["instead_of_id"], told["thread_id"]) == (made["id"], nurse.uid, circle)
    ways = done(gp.get(talk.stage.path("/addressees?names=true")))["items"]
    ours = next(one for one in ways if one["professional"] and one["professional"]["id"] == nurse.uid)
    assert (ours["away"], ours["delegate"]["id"]) == (True, social.uid)
    done(nurse.post(f"/v1/me/absences/{absence['id']}/end"))


def test_a_team_says_who_is_on_call(talk: Talk, gp: Person, nurse: Person) -> None:
    structure = talk.stage.made["structures"]["cabinet-infirmier"]
    address = f"/v1/structures/{structure}/on-call"
    since, until = datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC) + timedelta(hours=12)
    period = {"since": since.isoformat(), "until": until.isoformat()}
    refused(gp.post(address, {"professional_id": gp.uid, **period}), 403, "NOT_IN_TEAM")
    refused(nurse.post(address, {"professional_id": gp.uid, **period}), 403, "NOT_IN_TEAM")

    made = done(nurse.post(address, {"professional_id": nurse.uid, **period}), 201)

    query = f"?since={since:%Y-%m-%dT%H:%M:%SZ}&until={until:%Y-%m-%dT%H:%M:%SZ}"
    assert [one["id"] for one in done(nurse.get(address + query))["items"]] == [made["id"]]
    ways = done(gp.get(talk.stage.path("/addressees")))["items"]
    assert "on_call" in {way["kind"] for one in ways for way in one["ways"]}
    done(nurse.call("DELETE", f"{address}/{made['id']}"), 204)


def test_an_urgent_message_that_nobody_reads_goes_to_the_next_in_line(
    talk: Talk, gp: Person, nurse: Person, circle: str
) -> None:
    social = talk.who("social-worker")
    mention = [{"kind": "professional", "id": nurse.uid}]
    read = talk.post(gp, circle, "Vu ?", urgent=True, mentions=mention)
    talk.marked(nurse, circle, read["place"])
    unread = talk.post(gp, circle, "Plaie infectée, qui peut passer ?", urgent=True, mentions=mention)
    with talk.listener(social).running() as stream:
        began = time.monotonic()
        told = talk.soon_told(social, "urgent_unread", ESCALATION)

        assert (told["about_id"], told["thread_id"]) == (unread["id"], circle)
        print(f"the next in line was told after {time.monotonic() - began:.0f} s")
        soon(lambda: _urgent(stream), "the stream tells of it as urgent")
    assert {one["about_id"] for one in talk.told(social, "urgent_unread")} == {unread["id"]}


def _urgent(stream: Listener) -> bool:
    return any(one.data["urgent"] for one in stream.of("notified"))
