"""How far each has received and read: marks, receipts, counts of what is unread."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from .conftest import As, Clock, People
from .conversing import CIRCLE, SIDE, WITH_PATIENT, Talking, person, professional
from .world import World


def read(message: Any) -> list[tuple[str, bool, bool]]:
    return [
        (one.party.professional_id or one.party.person_id, one.HasField("received_at"), one.HasField("read_at"))
        for one in message.receipts
    ]


async def test_an_author_sees_who_received_and_who_read(
    talking: Talking, being: As, people: People, world: World
) -> None:
    being("gp")
    thread = await talking.open(WITH_PATIENT)
    first, second = await talking.post(thread, "Un"), await talking.post(thread, "Deux")
    being("nurse")
    assert await talking.mark(thread, received=2, read=1) == 1
    being("patient")
    await talking.mark(thread, read=2)
    being("gp")

    nurse, patient = str(people.nurse), str(world.patient)
    assert sorted(read(await talking.get(first))) == sorted([(nurse, True, True), (patient, True, True)])
    assert sorted(read(await talking.get(second))) == sorted([(nurse, True, False), (patient, True, True)])
    marks = {one.party.professional_id or one.party.person_id: one for one in (await talking.thread(thread)).marks}
    assert (marks[nurse].received_up_to, marks[nurse].read_up_to) == (2, 1)
    assert marks[patient].party == person(world.patient)


async def test_marks_are_shown_of_those_who_read_the_thread_now(
    talking: Talking, being: As, people: People, world: World
) -> None:
    being("gp")
    thread = await talking.open(WITH_PATIENT)
    await talking.post(thread)
    for who in ("nurse", "patient"):
        being(who)
        await talking.mark(thread, read=1)
    shown = [professional(people.gp), professional(people.nurse), person(world.patient)]
    assert sorted(map(str, shown)) == sorted(str(one.party) for one in (await talking.thread(thread)).marks)
    world.blocked.add(people.nurse)
    shown.remove(professional(people.nurse))
    assert sorted(map(str, shown)) == sorted(str(one.party) for one in (await talking.thread(thread)).marks)


async def test_the_patient_sees_who_read_theirs(talking: Talking, being: As, people: People) -> None:
    being("patient")
    thread = await talking.open(WITH_PATIENT)
    posted = await talking.post(thread, "Bonjour docteur")
    being("gp")
    await talking.mark(thread, read=1)
    being("patient")
    (receipt,) = (await talking.get(posted)).receipts
    assert receipt.party == professional(people.gp)


async def test_marks_only_go_forward_and_the_first_moment_stays(
    talking: Talking, being: As, clock: Clock, database: Database
) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    for _ in range(3):
        posted = await talking.post(thread)
    being("nurse")
    await talking.mark(thread, read=3)
    (first,) = (await talking.get(posted)).receipts
    clock.forward(hours=1)
    assert await talking.mark(thread, read=1, received=2) == 0
    assert await talking.mark(thread) == 0

    assert list((await talking.get(posted)).receipts) == [first]
    async with database.reading() as connection:
        marked = await connection.execute(text("select place from log_entry where kind = 'THREAD_MARKED'"))
        assert [row.place for row in marked] == [3], "what moves nothing is told to nobody"


async def test_a_mark_is_told_with_the_message_that_it_reaches_so_that_who_sees_a_part_is_told_too(
    talking: Talking, being: As, database: Database
) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    first, second = await talking.post(thread, "Un"), await talking.post(thread, "Deux")
    being("nurse")
    await talking.mark(thread, received=1)
    await talking.mark(thread, received=2, read=2)

    async with database.reading() as connection:
        marked = await connection.execute(
            text("select place, message_id from log_entry where kind = 'THREAD_MARKED' order by id")
        )
        told = [(row.place, str(row.message_id)) for row in marked]
    assert told == [(1, first.message_id), (2, second.message_id)]


@pytest.mark.parametrize("wish", [{"read": 2}, {"received": 2}, {"read": -1}, {"received": -1}, {"read": 2**62}])
async def test_a_place_that_is_not_there_is_refused(talking: Talking, being: As, wish: dict[str, int]) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    await talking.post(thread)
    being("nurse")
    with pytest.raises(Refusal) as refused:
        await talking.mark(thread, **wish)
    assert refused.value.reason == "PLACE_INVALID"


async def test_whoever_may_not_read_marks_nothing(talking: Talking, being: As) -> None:
    being("gp")
    thread, side = await talking.open(CIRCLE), await talking.open(SIDE)
    for who, what in (
        ("stranger", thread),
        ("nurse", side),
        ("patient", thread),
        ("gp", pb.Thread(thread_id=str(uuid4()))),
    ):
        being(who)
        with pytest.raises(Refusal) as refused:
            await talking.mark(what, read=0)
        assert refused.value.reason == "THREAD_UNKNOWN"


async def test_ones_own_messages_count_as_read_and_others_before_them_do_not(talking: Talking, being: As) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    await talking.post(thread, "1")
    assert (await talking.unread()).unread == 0
    being("nurse")
    await talking.post(thread, "2")
    assert (await talking.unread()).unread == 1, "what she wrote does not say that she read what came before"
    being("gp")
    await talking.post(thread, "3")
    assert (await talking.unread()).unread == 1
    await talking.mark(thread, read=3)
    await talking.post(thread, "4")
    (line,) = (await talking.threads()).threads
    assert (line.unread, line.read_up_to) == (0, 4)


async def test_counts_are_right_after_edits_deletions_urgency_and_leaving(
    talking: Talking, being: As, world: World, people: People
) -> None:
    being("gp")
    circle, side = await talking.open(CIRCLE), await talking.open(SIDE, professional_ids=[str(people.nurse)])
    calm = await talking.post(circle, "Calme")
    gone = await talking.post(circle, "Urgent", urgent=True)
    await talking.post(side, "À part", urgent=True)
    being("nurse")
    found = await talking.unread()
    assert (found.unread, found.unread_urgent) == (3, 2)
    (one,) = found.patients
    assert (one.patient_id, one.unread, one.unread_urgent) == (str(world.patient), 3, 2)
    await talking.mark(circle, read=1)
    being("gp")
    await talking.edit(calm, "Toujours calme")
    await talking.delete(gone)
    being("nurse")
    found = await talking.unread()
    assert (found.unread, found.unread_urgent) == (1, 1)
    assert [line.thread_id for line in (await talking.threads(unread_only=True)).threads] == [side.thread_id]
    world.circle.remove(people.nurse)
    assert (await talking.unread()) == pb.CountUnreadResponse()


async def test_no_receipt_comes_from_who_was_let_in_later(talking: Talking, being: As, people: People) -> None:
    being("gp")
    side = await talking.open(SIDE, professional_ids=[str(people.nurse)])
    old = await talking.post(side, "Avant")
    being("nurse")
    await talking.mark(side, read=1)
    left = await talking.change(side, removed_professional_ids=[str(people.nurse)])
    being("gp")
    between = await talking.post(side, "Entre")
    await talking.change(left, version=left.version + 1, added_professional_ids=[str(people.nurse)])
    new = await talking.post(side, "Après")
    being("nurse")
    await talking.mark(side, read=3)
    being("gp")

    nurse = str(people.nurse)
    assert read(await talking.get(old)) == [(nurse, True, True)]
    assert read(await talking.get(between)) == []
    assert read(await talking.get(new)) == [(nurse, True, True)]


async def test_a_thread_without_messages_is_listed_without_any(talking: Talking, being: As) -> None:
    being("gp")
    await talking.open(CIRCLE)
    (line,) = (await talking.threads()).threads
    assert (line.last_place, line.unread, line.HasField("last_at")) == (0, 0, False)
