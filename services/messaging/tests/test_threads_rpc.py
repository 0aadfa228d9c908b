"""Threads: who opens, sees and changes them, by the rules of the issue on side threads and hiding."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.refusals import Refusal

from .conftest import As, People
from .conversing import CIRCLE, DIRECT, SIDE, TEAM, WITH_PATIENT, Talking
from .world import World


async def test_the_circle_has_one_thread_whoever_opens_it(talking: Talking, being: As, published: Any) -> None:
    being("gp")
    first = await talking.opened(CIRCLE)
    being("nurse")
    second = await talking.opened(CIRCLE)

    assert (first.opened, second.opened) == (True, False)
    assert first.thread.thread_id == second.thread.thread_id
    assert await published() == ["messaging.v1.thread_opened"]


async def test_who_may_not_read_around_the_patient_opens_nothing(talking: Talking, being: As, published: Any) -> None:
    being("stranger")
    with pytest.raises(Refusal) as refused:
        await talking.open(CIRCLE)

    assert refused.value.reason == "NOT_IN_CIRCLE"
    assert refused.value.details["entry_id"]
    assert await published() == []


async def test_a_thread_that_is_not_there_is_refused_as_one_that_is_not_for_the_caller(
    talking: Talking, being: As
) -> None:
    being("gp")
    side = await talking.open(SIDE)
    said = []
    for who, thread in (("nurse", side), ("stranger", side), ("nurse", pb.Thread(thread_id=str(uuid4())))):
        being(who)
        with pytest.raises(Refusal) as refused:
            await talking.page(thread)
        said.append((refused.value.reason, refused.value.sentence, refused.value.details))

    assert said[0] == said[1] == said[2]
    assert said[0][0] == "THREAD_UNKNOWN"


async def test_a_suspended_account_is_told_so_for_what_is_there_and_for_what_is_not(
    talking: Talking, being: As, world: World, people: People
) -> None:
    being("gp")
    circle = await talking.open(CIRCLE)
    world.suspended.add(people.nurse)
    being("nurse")
    for thread in (circle, pb.Thread(thread_id=str(uuid4()))):
        with pytest.raises(Refusal) as refused:
            await talking.page(thread)
        assert refused.value.reason == "ACCOUNT_SUSPENDED"


async def test_after_a_withdrawal_not_even_what_one_wrote_is_read(talking: Talking, being: As, world: World) -> None:
    being("gp")
    circle = await talking.open(CIRCLE)
    await talking.post(circle)
    world.consent_in_force = False

    with pytest.raises(Refusal) as refused:
        await talking.page(circle)
    assert refused.value.reason == "CONSENT_NOT_IN_FORCE"
    assert (await talking.threads()).threads == []
    assert (await talking.unread()).unread == 0


async def test_no_answer_of_consent_shows_nothing(talking: Talking, being: As, world: World) -> None:
    being("gp")
    circle = await talking.open(CIRCLE)
    world.silent = True
    calls = (
        lambda: talking.page(circle),
        lambda: talking.thread(circle),
        lambda: talking.post(circle),
        lambda: talking.mark(circle, 0),
        talking.threads,
        talking.unread,
        lambda: talking.open(CIRCLE),
    )
    for call in calls:
        with pytest.raises(Refusal) as refused:
            await call()
        assert refused.value.reason == "CONSENT_UNAVAILABLE"


async def test_an_answer_that_is_not_one_shows_nothing(talking: Talking, being: As, world: World) -> None:
    being("gp")
    circle = await talking.open(CIRCLE)
    world.wrong = True
    with pytest.raises(Refusal) as refused:
        await talking.page(circle)
    assert refused.value.reason == "CONSENT_UNAVAILABLE"


async def test_two_professionals_have_one_direct_thread(
    talking: Talking, being: As, people: People, world: World
) -> None:
    being("gp")
    first = await talking.open(DIRECT, professional_ids=[str(people.stranger)])
    await talking.post(first, "Bonjour")
    being("stranger")
    second = await talking.opened(DIRECT, professional_ids=[str(people.gp)])

    assert second.opened is False
    assert second.thread.thread_id == first.thread_id
    assert await talking.texts(first) == ["Bonjour"]
    being("nurse")
    with pytest.raises(Refusal) as refused:
        await talking.page(first)
    assert refused.value.reason == "THREAD_UNKNOWN"
    world.suspended.add(people.stranger)
    being("stranger")
    with pytest.raises(Refusal) as refused:
        await talking.page(first)
    assert refused.value.reason == "ACCOUNT_SUSPENDED"
    assert (await talking.threads()).threads == []


async def test_a_teams_thread_is_for_who_practises_there_now(
    talking: Talking, being: As, people: People, world: World
) -> None:
    structure = uuid4()
    world.teams[structure] = {people.gp, people.nurse}
    being("gp")
    team = await talking.open(TEAM, structure_id=str(structure))
    await talking.post(team, "Réunion lundi")
    being("nurse")
    assert [one.unread for one in (await talking.threads(without_patient=True)).threads] == [1]
    world.teams[structure].discard(people.nurse)
    assert (await talking.threads()).threads == []
    with pytest.raises(Refusal) as refused:
        await talking.page(team)
    assert refused.value.reason == "THREAD_UNKNOWN"
    with pytest.raises(Refusal) as refused:
        await talking.open(TEAM, structure_id=str(structure))
    assert refused.value.reason == "NOT_IN_TEAM"


PATIENT = str(uuid4())


@pytest.mark.parametrize(
    ("who", "wish", "reason"),
    [
        ("gp", {"kind": 0}, "THREAD_INVALID"),
        ("gp", {"kind": CIRCLE}, "THREAD_INVALID"),
        ("gp", {"kind": CIRCLE, "patient_id": "x"}, "ID_INVALID"),
        ("gp", {"kind": CIRCLE, "patient_id": PATIENT, "title": "Non"}, "THREAD_INVALID"),
        ("gp", {"kind": TEAM, "patient_id": PATIENT, "structure_id": PATIENT}, "THREAD_INVALID"),
        ("gp", {"kind": DIRECT}, "MEMBERS_INVALID"),
        ("gp", {"kind": DIRECT, "professional_ids": [PATIENT, str(uuid4())]}, "MEMBERS_INVALID"),
        ("gp", {"kind": SIDE, "patient_id": PATIENT, "title": ""}, "TITLE_INVALID"),
        ("gp", {"kind": SIDE, "patient_id": PATIENT, "title": "a\u202eb"}, "TITLE_INVALID"),
        ("gp", {"kind": SIDE, "patient_id": PATIENT, "title": "x" * 101}, "TITLE_INVALID"),
        (
            "gp",
            {"kind": SIDE, "patient_id": PATIENT, "title": "a", "with_patient": True, "hidden_from_patient": True},
            "THREAD_INVALID",
        ),
        ("gp", {"kind": SIDE, "patient_id": PATIENT, "professional_ids": [PATIENT] * 10_000}, "MEMBERS_INVALID"),
        ("patient", {"kind": CIRCLE, "patient_id": PATIENT}, "THREAD_INVALID"),
        ("patient", {"kind": SIDE, "patient_id": PATIENT, "title": "a"}, "THREAD_INVALID"),
        ("patient", {"kind": DIRECT, "professional_ids": [PATIENT]}, "THREAD_INVALID"),
    ],
)
async def test_what_no_thread_is_opened_with(
    talking: Talking, being: As, published: Any, who: str, wish: dict[str, Any], reason: str
) -> None:
    being(who)
    with pytest.raises(Refusal) as refused:
        await talking.stub.OpenThread(pb.OpenThreadRequest(**wish))

    assert refused.value.reason == reason
    assert await published() == []


async def test_a_side_thread_asked_twice_under_one_key_is_opened_once(talking: Talking, being: As) -> None:
    being("gp", key="k-1")
    first = await talking.opened(SIDE)
    again = await talking.opened(SIDE)
    assert again == first
    with pytest.raises(Refusal) as refused:
        await talking.opened(SIDE, title="Autre")
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_pages_of_threads_hold_each_once_the_latest_message_first(
    talking: Talking, being: As, world: World, people: People
) -> None:
    being("gp")
    opened = []
    for _ in range(5):
        patient = uuid4()
        world.circles[patient] = {people.gp}
        thread = await talking.open(CIRCLE, patient_id=str(patient))
        await talking.post(thread)
        opened.append(thread.thread_id)
    await talking.post(pb.Thread(thread_id=opened[1]))
    found: list[str] = []
    cursor = ""
    while True:
        page = await talking.threads(limit=2, cursor=cursor)
        found += [one.thread_id for one in page.threads]
        cursor = page.next_cursor
        if not cursor:
            break

    assert found == [opened[1], opened[4], opened[3], opened[2], opened[0]]
    (one,) = (await talking.threads(patient_id=str(next(iter(world.circles))))).threads
    assert (one.thread_id, one.title) == (opened[0], "")


@pytest.mark.parametrize(
    ("wish", "reason"),
    [({"limit": 101}, "LIMIT_INVALID"), ({"limit": -1}, "LIMIT_INVALID"), ({"cursor": "x"}, "CURSOR_INVALID"),
     ({"cursor": "f" * 40 + "." + "0" * 32}, "CURSOR_INVALID"), ({"patient_id": "x"}, "ID_INVALID")],
)  # fmt: skip
async def test_pages_that_are_not_ones(talking: Talking, being: As, wish: dict[str, Any], reason: str) -> None:
    being("gp")
    with pytest.raises(Refusal) as refused:
        await talking.threads(**wish)
    assert refused.value.reason == reason


async def test_lists_and_counts_are_in_no_journal_and_reading_is(talking: Talking, being: As, world: World) -> None:
    being("gp")
    circle = await talking.open(CIRCLE)
    await talking.post(circle)
    before = len(world.questions)
    await talking.threads()
    await talking.unread()
    await talking.mark(circle, 1)
    assert len(world.questions) == before
    await talking.page(circle)

    (asked,) = world.questions[before:]
    assert (asked.resource_id, UUID(asked.patient_id)) == (circle.thread_id, world.patient)


async def test_the_patients_own_thread_is_opened_by_either(talking: Talking, being: As, world: World) -> None:
    being("patient")
    thread = await talking.open(WITH_PATIENT)
    await talking.post(thread, "J'ai mal")
    being("nurse")
    assert await talking.texts(thread) == ["J'ai mal"]
    world.patient_writes = False
    being("parent")
    assert await talking.texts(thread) == ["J'ai mal"]
    with pytest.raises(Refusal) as refused:
        await talking.post(thread, "Moi aussi")
    assert refused.value.reason == "WRITING_NOT_OPEN"
