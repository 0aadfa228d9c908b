"""What a list and a thread say of the caller's own standing: whether they may write, and that a list is never short."""

from collections.abc import Awaitable
from typing import Any
from uuid import uuid4

import pytest
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.refusals import Refusal

from .conftest import As, People
from .conversing import CIRCLE, DIRECT, SIDE, TEAM, WITH_PATIENT, Talking
from .world import World


async def shown(talking: Talking, thread: pb.Thread) -> list[pb.Thread]:
    """That thread in each answer which shows it to who is calling."""
    listed = [*(await talking.threads()).threads, *(await talking.threads(patient_id=talking.patient)).threads]
    found = [one for one in listed if one.thread_id == thread.thread_id]
    assert len(found) == 2
    return [*found, (await talking.thread(thread)).thread]


async def refused_with(call: Awaitable[Any]) -> str:
    with pytest.raises(Refusal) as refused:
        await call
    assert refused.value.sentence
    assert refused.value.todo
    return refused.value.reason


@pytest.mark.parametrize("opened", [False, True])
async def test_the_patient_sees_whether_the_circle_lets_them_write(
    talking: Talking, being: As, world: World, opened: bool
) -> None:
    being("gp")
    thread = await talking.open(WITH_PATIENT)
    side = await talking.open(SIDE, with_patient=True)
    world.patient_writes = opened
    for who in ("patient", "parent"):
        being(who)
        for one in (thread, side):
            assert [(seen.readable, seen.writable) for seen in await shown(talking, one)] == [(True, opened)] * 3
        assert (await talking.open(WITH_PATIENT)).writable is opened
        if opened:
            await talking.post(thread)
        else:
            assert await refused_with(talking.post(thread)) == "WRITING_NOT_OPEN"
    being("nurse")
    assert [seen.writable for seen in await shown(talking, thread)] == [True] * 3


async def test_the_patient_who_opens_their_thread_sees_at_once_whether_they_may_write(
    talking: Talking, being: As, world: World
) -> None:
    world.patient_writes = False
    being("patient")

    reply = await talking.opened(WITH_PATIENT)

    assert (reply.opened, reply.thread.readable, reply.thread.writable) == (True, True, False)


async def test_of_a_thread_that_is_not_for_the_patient_they_see_no_place_to_write(talking: Talking, being: As) -> None:
    being("gp")
    circle = await talking.open(CIRCLE)
    being("patient")

    assert [(seen.readable, seen.writable) for seen in await shown(talking, circle)] == [(False, False)] * 3


async def test_about_no_patient_who_reads_writes(talking: Talking, being: As, world: World, people: People) -> None:
    ward = uuid4()
    world.teams[ward] = {people.gp}
    being("gp")
    team = await talking.open(TEAM, structure_id=str(ward))
    direct = await talking.open(DIRECT, professional_ids=[str(people.nurse)])

    assert team.writable
    assert direct.writable
    assert [seen.writable for seen in (await talking.threads()).threads] == [True, True]
    assert (await talking.thread(team)).thread.writable


async def test_who_leaves_a_side_thread_writes_there_no_more(talking: Talking, being: As, people: People) -> None:
    being("gp")
    side = await talking.open(SIDE, professional_ids=[str(people.nurse)])
    assert side.writable
    being("nurse")

    left = await talking.change(side, removed_professional_ids=[str(people.nurse)])

    assert not left.writable
    assert await refused_with(talking.post(side)) == "THREAD_UNKNOWN"


async def test_whether_one_may_write_is_told_without_another_line_in_the_journal(
    talking: Talking, being: As, world: World
) -> None:
    being("gp")
    thread = await talking.open(WITH_PATIENT)
    being("patient")
    before = len(world.questions)
    await talking.threads()
    await talking.threads(patient_id=talking.patient)
    assert len(world.questions) == before

    await talking.thread(thread)

    assert [one.action for one in world.questions[before:]] == [decisions_pb.ACTION_READ_CONVERSATION]


async def test_who_is_around_more_patients_than_a_list_holds_is_told_so_and_never_of_some(
    talking: Talking, being: As, world: World, people: People
) -> None:
    ward = uuid4()
    world.teams[ward] = {people.gp, people.nurse}
    being("gp")
    team = await talking.open(TEAM, structure_id=str(ward))
    circle = await talking.open(CIRCLE)
    await talking.post(circle)
    await talking.post(team)
    being("nurse")
    world.too_many = True

    for call in (talking.threads(), talking.unread(), talking.search("Bonjour")):
        assert await refused_with(call) == "PATIENTS_TOO_MANY"
    assert [one.unread for one in (await talking.threads(patient_id=talking.patient)).threads] == [1]
    assert len((await talking.search("Bonjour", patient_id=talking.patient)).messages) == 1
    assert [one.thread_id for one in (await talking.threads(without_patient=True)).threads] == [team.thread_id]
    assert await talking.mark(team, read=1) == 0
    assert (await talking.news()).lines


async def test_of_two_thousand_patients_each_is_counted_listed_and_found(
    talking: Talking, being: As, world: World, people: People
) -> None:
    world.circles |= {uuid4(): {people.gp, people.nurse} for _ in range(2_000)}
    first, *_, last = world.circles
    being("nurse")
    threads = [await talking.open(CIRCLE, patient_id=str(patient)) for patient in (first, last)]
    for thread in threads:
        await talking.post(thread, "Pansement refait")
    being("gp")

    assert (await talking.unread()).unread == 2
    assert {one.patient_id for one in (await talking.unread()).patients} == {str(first), str(last)}
    assert [one.thread_id for one in (await talking.threads()).threads] == [one.thread_id for one in threads[::-1]]
    assert [one.thread_id for one in (await talking.search("pansement")).messages] == [
        one.thread_id for one in threads[::-1]
    ]
