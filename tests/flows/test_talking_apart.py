"""Beside the circle's thread: members who join one later, two colleagues, a team; and what is told of all that is written:
the news since a visit, and the patient's journal.
"""

import pytest
from terresante_dev.portal import Person
from terresante_dev.story.rights import journal
from terresante_dev.story.stage import done, refused, soon, version

from .conversing import THREADS, Talk

pytestmark = pytest.mark.timeout(300)


def test_who_is_added_to_a_side_thread_sees_what_is_written_from_then_on(talk: Talk, gp: Person, nurse: Person) -> None:
    social = talk.who("social-worker")
    side = talk.thread(gp, "side", title="Aides à domicile", professional_ids=[nurse.uid])
    talk.post(gp, side, "Avant.")
    read = gp.get(f"{THREADS}/{side}")
    done(gp.call("PATCH", f"{THREADS}/{side}", {"added_professional_ids": [social.uid]}, **version(read)))
    talk.post(nurse, side, "Après.")

    assert (talk.texts(social, side), talk.texts(nurse, side)) == (["Après."], ["Avant.", "Après."])

    read = gp.get(f"{THREADS}/{side}")
    done(gp.call("PATCH", f"{THREADS}/{side}", {"removed_professional_ids": [social.uid]}, **version(read)))
    refused(social.get(f"{THREADS}/{side}/messages"), 404, "THREAD_UNKNOWN")


def test_two_professionals_talk_without_a_patient(talk: Talk, gp: Person, nurse: Person) -> None:
    direct = talk.thread(gp, "direct", professional_ids=[nurse.uid])
    assert talk.thread(nurse, "direct", professional_ids=[gp.uid]) == direct
    talk.post(nurse, direct, "Disponible pour une réunion ?")

    assert talk.texts(gp, direct) == ["Disponible pour une réunion ?"]
    refused(talk.who("social-worker").get(f"{THREADS}/{direct}/messages"), 404, "THREAD_UNKNOWN")
    assert direct in talk.listed(gp, "&without_patient=true")


def test_a_team_talks_and_who_does_not_practise_there_knows_nothing_of_it(
    talk: Talk, gp: Person, nurse: Person
) -> None:
    colleague = talk.colleague("nurse2", "cabinet-infirmier")
    structure = talk.stage.made["structures"]["cabinet-infirmier"]
    team = talk.thread(nurse, "team", structure_id=structure)
    talk.post(nurse, team, "Planning de la semaine.")

    assert talk.thread(colleague, "team", structure_id=structure) == team
    assert talk.texts(colleague, team) == ["Planning de la semaine."]
    refused(gp.get(f"{THREADS}/{team}/messages"), 404, "THREAD_UNKNOWN")
    answer = gp.post(THREADS, {"kind": "team", "structure_id": structure})
    assert answer.status in (403, 404), answer.body


def test_the_news_say_in_one_short_list_what_was_added_since_the_last_visit(
    talk: Talk, gp: Person, nurse: Person, circle: str
) -> None:
    done(gp.post(talk.stage.path("/visits")), 201)
    assert done(gp.get(talk.stage.path("/news")))["items"] == []
    talk.post(nurse, circle, "Un.")
    talk.post(nurse, circle, "Deux.")
    done(nurse.post(talk.stage.path("/notes"), {"text": "Passage du matin."}), 201)

    def lines() -> dict[str, tuple[int, str]]:
        items = done(gp.get(talk.stage.path("/news")))["items"]
        return {one["kind"]: (one["count"], one["actor_id"]) for one in items}

    soon(lambda: lines() == {"message": (2, nurse.uid), "note": (1, nurse.uid)}, "the GP's news are these")
    assert len(done(gp.post(talk.stage.path("/visits")), 201)["items"]) == 2
    assert done(gp.get(talk.stage.path("/news")))["items"] == []


def test_each_reading_and_writing_is_in_the_patients_journal(talk: Talk, nurse: Person, circle: str) -> None:
    physician = talk.who("emergency-physician")
    before = journal(talk.stage)[0]["sequence"]
    talk.page(nurse, circle)
    talk.post(nurse, circle, "Trois.")
    answer = physician.post(f"{THREADS}/{circle}/messages", {"text": "Moi ?"})
    refused(answer, 404, "THREAD_UNKNOWN")

    lines = [one for one in reversed(journal(talk.stage)) if one["sequence"] > before]

    acts = [(one["who"]["id"], one["what"]["action"], one["outcome"]) for one in lines]
    assert [one for one in acts if one[0] == nurse.uid] == [
        (nurse.uid, "read_conversation", "allowed"),
        (nurse.uid, "write_conversation", "allowed"),
    ]
    assert (physician.uid, "write_conversation", "refused") in acts
    assert all(one["what"]["label"] for one in lines)
