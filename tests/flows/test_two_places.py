"""Who practises in two places is told of all that happens at either, whichever they chose or none; what they list, count,
find, read and write is of the place chosen (R-AUT5).

Each test goes on from where the one before left things; they are one telling. A nurse practises in a practice and at the
hospital. In one patient's circle is the practice, in another's the hospital, in a third's the nurse herself.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest
from terresante_dev import enrolment
from terresante_dev.portal import Person
from terresante_dev.story.stage import done, now, refused, soon, version

from tests.listening import Listener

from .conversing import THREADS, Talk, events

pytestmark = pytest.mark.timeout(300)
WORD = "escarre"
EVERYWHERE = {"named", "practice team", "hospital team", "direct"}
"""The threads that do not depend on the place: in person, about no patient."""
TRIED = "Essai."


@dataclass
class Twice:
    """The nurse, from each place and from none, and what there is to be known."""

    practice: Person
    hospital: Person
    nowhere: Person
    patients: Mapping[str, str]
    threads: Mapping[str, str]
    """By whose circle has which member, and by what is about no patient."""
    writers: Mapping[str, Person]
    cursors: list[str] = field(default_factory=list)
    """Where the streams of the three had come to."""

    @property
    def each(self) -> list[Person]:
        """The nurse, in the three ways."""
        return [self.practice, self.hospital, self.nowhere]

    def named(self, ids: set[str]) -> set[str]:
        """The names of threads."""
        return {name for name, thread in self.threads.items() if thread in ids}


def newcomer(talk: Talk, letter: str, **member: str) -> str:
    """One more patient of the GP's, who agrees and has that member besides."""
    gp = talk.who("gp")
    traits = enrolment.traits(talk.stage.patient)
    traits["birth_name"] += letter
    answer = gp.post("/v1/patients", {"traits": traits})
    if answer.reason == "IDENTITY_CANDIDATES":
        others = [one["person"]["id"] for one in answer.body["candidates"]]
        answer = gp.post("/v1/patients", {"traits": traits, "confirm_distinct_from": others})
    patient = str(done(answer, 201)["id"])
    given = {"form": "oral", "given_at": now(), "notice_version": "2026-01", "information_given": "Le partage."}
    done(gp.post(f"/v1/patients/{patient}/consents", given), 201)
    done(gp.post(f"/v1/patients/{patient}/circle/members", member), 201)
    return patient


@pytest.fixture(scope="module")
def twice(talk: Talk, gp: Person, nurse: Person) -> Twice:
    structures = talk.stage.made["structures"]
    practice, hospital = structures["cabinet-infirmier"], structures["hopital"]
    both = talk.colleague("nurse2", "cabinet-infirmier", "hopital")
    other = talk.colleague("nurse3", "hopital")
    places = {one["structure_id"]: one["id"] for one in done(both.get("/v1/me"))["professional"]["places"]}
    ways = [both.at(talk.stage.gateways[replica % len(talk.stage.gateways)]) for replica in (0, 1, 0)]
    ways[0].place, ways[1].place, ways[2].place = places[practice], places[hospital], ""
    done(gp.post(talk.stage.path("/circle/members"), {"structure_id": practice}), 201)
    patients = {
        "practice": talk.patient,
        "hospital": newcomer(talk, "B", structure_id=hospital),
        "named": newcomer(talk, "C", professional_id=both.uid),
    }
    threads = {name: talk.thread(gp, "circle", patient_id=patient) for name, patient in patients.items()} | {
        "practice team": talk.thread(nurse, "team", structure_id=practice),
        "hospital team": talk.thread(other, "team", structure_id=hospital),
        "direct": talk.thread(gp, "direct", professional_ids=[both.uid]),
    }
    writers = {**dict.fromkeys(threads, gp), "practice team": nurse, "hospital team": other}
    return Twice(ways[0], ways[1], ways[2], patients, threads, writers)


def posted(talk: Talk, twice: Twice, text: str) -> dict[str, str]:
    """Somebody writes in each thread; the ids of the messages, by thread."""
    return {name: talk.post(twice.writers[name], thread, text)["id"] for name, thread in twice.threads.items()}


@contextmanager
def listening(talk: Talk, twice: Twice, cursors: list[str]) -> Iterator[list[Listener]]:
    """The three streams, each on from its cursor."""
    with ExitStack() as stack:
        listeners = [
            talk.listener(who, at, last) for at, (who, last) in enumerate(zip(twice.each, cursors, strict=True))
        ]
        yield [stack.enter_context(one.running()) for one in listeners]


def heard(stream: Listener, ids: Mapping[str, str]) -> list[str]:
    """Which of these messages a stream told of, in its order."""
    return [one for one in stream.messages() if one in ids.values()]


def may_write(talk: Talk, who: Person, thread: str) -> bool:
    """Whether somebody can write there: the list, the thread and what a post is answered say the same."""
    listed = talk.listed(who).get(thread, {"writable": False})["writable"]
    shown = who.get(f"{THREADS}/{thread}")
    said = (listed, shown.status == 200 and shown.body["writable"])
    answer = who.post(f"{THREADS}/{thread}/messages", {"text": TRIED})
    assert answer.status in (201, 403, 404), f"{answer} {answer.body}"
    assert said == (answer.status == 201,) * 2, f"{answer} {answer.body}"
    return bool(answer.status == 201)


def test_open_streams_tell_of_all_whichever_place_was_chosen_or_none(talk: Talk, twice: Twice) -> None:
    with listening(talk, twice, [""] * 3) as streams:
        ids = posted(talk, twice, f"Une {WORD}.")
        for stream in streams:
            stream.until(lambda: len(heard(stream, ids)) == len(ids), 15, "all is told")  # noqa: B023 -- used at once
        assert [heard(stream, ids) for stream in streams] == [list(ids.values())] * 3
        twice.cursors[:] = [stream.last for stream in streams]


def test_what_was_missed_is_told_from_any_place_after_a_cursor_of_any(talk: Talk, twice: Twice) -> None:
    ids = posted(talk, twice, "Entre-temps.")
    swapped = [*twice.cursors[1:], twice.cursors[0]]
    with listening(talk, twice, swapped) as streams:
        for stream in streams:
            stream.until(lambda: len(heard(stream, ids)) == len(ids), 15, "what was missed is told")  # noqa: B023
        assert [heard(stream, ids) for stream in streams] == [list(ids.values())] * 3

    for who, cursor in zip(twice.each, swapped, strict=True):
        found = [one["message_id"] for one in events(who, cursor) if one["kind"] == "message_posted"]
        assert found == list(ids.values())


def test_the_list_the_counts_and_what_is_found_are_of_the_place_chosen(talk: Talk, twice: Twice) -> None:
    for who, name in ((twice.practice, "practice"), (twice.hospital, "hospital")):
        assert twice.named({*talk.listed(who)}) == EVERYWHERE | {name}
        counted = done(who.get("/v1/unread"))
        around = {twice.patients["named"], twice.patients[name]}
        assert {one["patient_id"]: one["unread"] for one in counted["patients"]} == dict.fromkeys(around, 2)
        assert counted["unread"] == 2 * len(EVERYWHERE | {name})
        items = done(who.post("/v1/messages/search", {"query": WORD}))["items"]
        assert twice.named({one["thread_id"] for one in items}) == EVERYWHERE | {name}


def test_who_chose_no_place_is_asked_to_choose_one(twice: Twice) -> None:
    there = f"{THREADS}/{twice.threads['named']}"
    for address in (THREADS, "/v1/unread", there, f"{there}/messages"):
        refused(twice.nowhere.get(address), 400, "PLACE_REQUIRED")
    refused(twice.nowhere.post("/v1/messages/search", {"query": WORD}), 400, "PLACE_REQUIRED")
    refused(twice.nowhere.post(f"{there}/messages", {"text": TRIED}), 400, "PLACE_REQUIRED")


def test_what_is_of_one_place_is_read_and_written_from_there_alone(talk: Talk, twice: Twice) -> None:
    for who, here, elsewhere in (
        (twice.practice, "practice", "hospital"),
        (twice.hospital, "hospital", "practice"),
    ):
        assert {name for name, thread in twice.threads.items() if may_write(talk, who, thread)} == EVERYWHERE | {here}
        assert talk.texts(who, twice.threads[here])[:2] == [f"Une {WORD}.", "Entre-temps."]
        refused(who.get(f"{THREADS}/{twice.threads[elsewhere]}/messages"), 404, "THREAD_UNKNOWN")


def test_whether_the_patient_may_write_is_said_as_the_circle_settles_it(talk: Talk, twice: Twice, gp: Person) -> None:
    patient, outside = talk.who("patient"), talk.who("emergency-physician")
    shared = talk.thread(patient, "with_patient")
    for allowed in (False, True, False):
        done(talk.settled(gp, patient_may_write=allowed))
        assert done(patient.post(THREADS, {"kind": "with_patient", "patient_id": talk.patient}))["writable"] is allowed
        assert may_write(talk, patient, shared) is allowed
        if not allowed:
            refused(patient.post(f"{THREADS}/{shared}/messages", {"text": TRIED}), 403, "WRITING_NOT_OPEN")
        assert not may_write(talk, patient, twice.threads["practice"])
        assert [may_write(talk, who, shared) for who in (twice.practice, twice.hospital, outside)] == [
            True,
            False,
            False,
        ]


def test_once_the_structure_is_removed_neither_place_is_told_and_the_other_structures_patient_still_is(
    talk: Talk, twice: Twice, gp: Person
) -> None:
    patient, ours = talk.who("patient"), twice.threads["practice"]
    members = done(patient.get(talk.stage.path("/circle")))["members"]
    structure = next(one["id"] for one in members if one["structure"] and one["until"] is None)
    with listening(talk, twice, [""] * 3) as streams:
        done(patient.call("DELETE", talk.stage.path(f"/circle/members/{structure}")))
        after = posted(talk, twice, "Après le retrait.")
        expected = [id for name, id in after.items() if name != "practice"]
        for stream in streams:
            stream.until(lambda: len(heard(stream, after)) >= len(expected), 15, "the rest is told")  # noqa: B023
        assert [heard(stream, after) for stream in streams] == [expected] * 3

    assert [may_write(talk, who, ours) for who in (twice.practice, twice.hospital, gp)] == [False, False, True]
    for who in twice.each:
        assert ours not in {one["thread_id"] for one in events(who)}
    assert twice.named({*talk.listed(twice.practice)}) == EVERYWHERE
    assert talk.patient not in str(done(twice.practice.get("/v1/unread")))


def test_who_is_invited_herself_after_that_reads_from_then_on_and_from_either_place(talk: Talk, twice: Twice) -> None:
    ours = twice.threads["practice"]
    talk.invited(twice.practice)
    with listening(talk, twice, [""] * 3) as streams:
        made = talk.post(talk.who("gp"), ours, "Bienvenue.")["id"]
        for stream in streams:
            stream.until(lambda: made in stream.messages(), 15, "it is told")  # noqa: B023 -- used at once
    for who in (twice.practice, twice.hospital):
        assert talk.texts(who, ours)[0] == "Bienvenue."
        assert may_write(talk, who, ours)


def test_who_leaves_by_herself_is_out_from_both_places(talk: Talk, twice: Twice, gp: Person) -> None:
    circle = f"/v1/patients/{twice.patients['named']}/circle"
    members = [one for one in done(gp.get(circle))["members"] if one["professional"]]
    mine = next(one["id"] for one in members if one["professional"]["id"] == twice.practice.uid)
    done(twice.hospital.call("DELETE", f"{circle}/members/{mine}"))

    thread = twice.threads["named"]
    assert not any(may_write(talk, who, thread) for who in (twice.practice, twice.hospital))
    assert all(thread not in {one["thread_id"] for one in events(who)} for who in twice.each)


def test_where_she_no_longer_practises_nothing_is_told_and_the_one_place_left_need_not_be_chosen(
    talk: Talk, twice: Twice, gp: Person
) -> None:
    admin = talk.who("admin")
    admin.log_in()
    address = f"/v1/professionals/{twice.hospital.uid}"
    done(admin.call("DELETE", f"{address}/places/{twice.hospital.place}", **version(admin.get(address))))
    soon(lambda: twice.hospital.get(THREADS).reason == "PLACE_UNKNOWN", "consent has heard of it")

    with listening(talk, twice, [""] * 3) as streams:
        after = posted(talk, twice, "Après son départ.")
        expected = [after[name] for name in ("practice", "practice team", "direct")]
        for stream in streams:
            stream.until(lambda: len(heard(stream, after)) >= len(expected), 15, "the rest is told")  # noqa: B023
        assert [heard(stream, after) for stream in streams] == [expected] * 3
    assert twice.named({*talk.listed(twice.nowhere)}) == {"practice", "practice team", "direct"}
    assert not may_write(talk, twice.nowhere, twice.threads["hospital"])
