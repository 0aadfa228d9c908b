"""Side threads: what the patient knows of them, who is named in them, and who changes that."""

from typing import Any
from uuid import uuid4

import pytest
from terresante_platform.refusals import Refusal

from .conftest import As, People
from .conversing import CIRCLE, SIDE, Talking


async def test_the_patient_sees_that_a_side_thread_is_there_and_nothing_of_it(
    talking: Talking, being: As, people: People
) -> None:
    being("gp")
    side = await talking.open(SIDE, professional_ids=[str(people.nurse)])
    await talking.post(side, "Entre nous")
    being("patient")
    (line,) = (await talking.threads()).threads
    shown = (await talking.thread(side)).thread

    for seen in (line, shown):
        assert (seen.readable, seen.writable, seen.title, seen.last_place, seen.unread) == (False, False, "", 0, 0)
        assert {one.professional_id for one in seen.members} == {str(people.gp), str(people.nurse)}
    with pytest.raises(Refusal) as refused:
        await talking.page(side)
    assert refused.value.reason == "THREAD_UNKNOWN"


async def test_a_side_thread_hidden_from_the_patient_is_not_there_for_them(talking: Talking, being: As) -> None:
    being("gp")
    side = await talking.open(SIDE, hidden_from_patient=True)
    being("patient")

    assert (await talking.threads()).threads == []
    with pytest.raises(Refusal) as refused:
        await talking.thread(side)
    assert refused.value.reason == "THREAD_UNKNOWN"


async def test_a_thread_hidden_from_representatives_is_the_patients_alone(talking: Talking, being: As) -> None:
    being("gp")
    side = await talking.open(SIDE, with_patient=True, hidden_from_representatives=True)
    await talking.post(side, "Pour vous seule")
    being("patient")
    assert await talking.texts(side) == ["Pour vous seule"]
    assert [one.readable for one in (await talking.threads()).threads] == [True]
    being("parent")
    assert (await talking.threads()).threads == []
    with pytest.raises(Refusal) as refused:
        await talking.page(side)
    assert refused.value.reason == "THREAD_UNKNOWN"


async def test_only_members_who_may_read_are_named(talking: Talking, being: As, people: People) -> None:
    being("gp")
    with pytest.raises(Refusal) as refused:
        await talking.open(SIDE, professional_ids=[str(people.nurse), str(people.stranger)])

    assert refused.value.reason == "MEMBERS_INVALID"
    assert refused.value.details["members"] == str(people.stranger)


async def test_who_is_added_sees_what_is_written_from_then_on(talking: Talking, being: As, people: People) -> None:
    being("gp")
    side = await talking.open(SIDE)
    await talking.post(side, "Avant")
    await talking.change(side, added_professional_ids=[str(people.nurse)])
    await talking.post(side, "Après")
    being("nurse")

    assert await talking.texts(side) == ["Après"]
    assert (await talking.thread(side)).thread.visible_from == 2
    assert (await talking.unread()).unread == 1


async def test_who_leaves_reads_no_more_and_returns_to_what_comes_after(
    talking: Talking, being: As, people: People
) -> None:
    being("gp")
    side = await talking.open(SIDE, professional_ids=[str(people.nurse)])
    await talking.post(side, "1")
    being("nurse")
    assert await talking.texts(side) == ["1"]
    left = await talking.change(side, removed_professional_ids=[str(people.nurse)])
    with pytest.raises(Refusal):
        await talking.page(side)
    assert (await talking.threads()).threads == []
    being("gp")
    await talking.post(side, "2")
    await talking.change(left, version=left.version + 1, added_professional_ids=[str(people.nurse)])
    await talking.post(side, "3")
    being("nurse")

    assert await talking.texts(side) == ["3"]


async def test_only_who_opened_it_takes_others_out(talking: Talking, being: As, people: People) -> None:
    being("gp")
    side = await talking.open(SIDE, professional_ids=[str(people.nurse)])
    being("nurse")
    for wish in ({"removed_professional_ids": [str(people.gp)]}, {"hidden_from_patient": True}):
        with pytest.raises(Refusal) as refused:
            await talking.change(side, **wish)
        assert refused.value.reason == "THREAD_NOT_YOURS"
    being("gp")
    changed = await talking.change(side, removed_professional_ids=[str(people.nurse)], hidden_from_patient=True)

    assert [one.professional_id for one in changed.members] == [str(people.gp)]
    assert (changed.hidden_from_patient, changed.version) == (True, 2)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"version": 7}, "VERSION_STALE"),
        ({"removed_professional_ids": [str(uuid4())]}, "MEMBER_UNKNOWN"),
        ({"added_professional_ids": [str(uuid4())]}, "MEMBERS_INVALID"),
        ({"added_professional_ids": [str(uuid4()) for _ in range(51)]}, "MEMBERS_INVALID"),
        ({"added_professional_ids": ["x"]}, "ID_INVALID"),
    ],
)
async def test_a_change_that_is_refused_changes_nothing(
    talking: Talking, being: As, wish: dict[str, Any], reason: str
) -> None:
    being("gp")
    side = await talking.open(SIDE)
    with pytest.raises(Refusal) as refused:
        await talking.change(side, **wish)

    assert refused.value.reason == reason
    assert (await talking.thread(side)).thread.version == 1


async def test_the_circles_thread_has_no_members_to_change(talking: Talking, being: As, people: People) -> None:
    being("gp")
    circle = await talking.open(CIRCLE)
    with pytest.raises(Refusal) as refused:
        await talking.change(circle, added_professional_ids=[str(people.nurse)])
    assert refused.value.reason == "THREAD_NOT_CHANGEABLE"
