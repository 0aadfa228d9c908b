"""Search: beginnings of words without case or accents, newest first, within what may be read now, a bounded look a
call."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante.messaging.v1.conversation_service_pb2_grpc import (
    ConversationServiceStub,
    add_ConversationServiceServicer_to_server,
)
from terresante_messaging.domain.searching import Bounds, folded, matches, words
from terresante_messaging.rpc.conversations import ConversationService
from terresante_messaging.rpc.desk import Desk
from terresante_platform.refusals import Refusal

from .conftest import As, Clock, People
from .conversing import CIRCLE, DIRECT, SIDE, WITH_PATIENT, Talking
from .world import World


@pytest.mark.parametrize(
    ("said", "query", "found"),
    [
        ("Œdème des CHEVILLES", "oedeme chev", True),
        ("œdème", "ŒD", True),
        ("oedeme", "œdème", True),
        ("L'œil gauche", "oeil", True),
        ("Straße", "strasse", True),
        ("38,5 °C ce matin", "38", True),
        ("e\u0301te\u0301", "été", True),
        ("pansement", "ansement", False),
        ("pansement fait", "pansement hier", False),
        ("ﬁèvre", "fievre", True),
    ],
)
def test_words_are_found_by_their_beginnings_whatever_case_and_accents(said: str, query: str, found: bool) -> None:
    assert matches(said, None, words(query)) is found


def test_what_is_folded_is_plain() -> None:
    assert folded("  L’Œuf, à 38,5 ! ") == " l oeuf a 38 5"


@pytest.mark.parametrize("query", ["", "a", " ", "!!", "a !", "x" * 101])
async def test_what_is_nothing_to_look_for(talking: Talking, being: As, query: str) -> None:
    being("gp")
    with pytest.raises(Refusal) as refused:
        await talking.search(query)
    assert refused.value.reason == "SEARCH_INVALID"


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"limit": 51}, "LIMIT_INVALID"),
        ({"cursor": "x"}, "CURSOR_INVALID"),
        ({"thread_id": "x"}, "ID_INVALID"),
        ({"thread_id": str(uuid4())}, "THREAD_UNKNOWN"),
        ({"patient_id": str(uuid4())}, "NOT_IN_CIRCLE"),
    ],
)
async def test_where_nobody_looks(talking: Talking, being: As, wish: dict[str, Any], reason: str) -> None:
    being("gp")
    with pytest.raises(Refusal) as refused:
        await talking.search("pansement", **wish)
    assert refused.value.reason == reason


async def everywhere(talking: Talking, query: str, **more: Any) -> list[str]:
    """All pages, after checking that each says how far it came."""
    found: list[str] = []
    cursor, looked = "", None
    while True:
        page = await talking.search(query, cursor=cursor, **more)
        assert looked is None or page.looked_back_to.ToDatetime() <= looked
        looked = page.looked_back_to.ToDatetime()
        assert all(one.sent_at.ToDatetime() >= looked.replace(microsecond=0) for one in page.messages)
        found += [one.text for one in page.messages]
        cursor = page.next_cursor
        if not cursor:
            return found


async def test_what_is_found_is_what_may_be_read_now(
    talking: Talking, being: As, world: World, people: People, clock: Clock
) -> None:
    being("gp")
    circle, side = await talking.open(CIRCLE), await talking.open(SIDE)
    await talking.post(circle, "Pansement 1")
    world.visible_from[world.patient, people.nurse] = clock.forward(minutes=1)
    await talking.post(circle, "Pansement 2")
    await talking.post(side, "Pansement à part")
    gone = await talking.post(circle, "Pansement repris")
    await talking.delete(gone)
    direct = await talking.open(DIRECT, professional_ids=[str(people.nurse)])
    await talking.post(direct, "pansements", item=pb.Item(task=pb.Task(what="Commander du TULLE")))
    assert await everywhere(talking, "pansement") == [
        "pansements", "Pansement à part", "Pansement 2", "Pansement 1",
    ]  # fmt: skip
    assert await everywhere(talking, "pansement", limit=1) == await everywhere(talking, "pansement")
    assert await everywhere(talking, "pansement", thread_id=side.thread_id) == ["Pansement à part"]
    assert await everywhere(talking, "tulle") == ["pansements"]
    being("nurse")
    assert await everywhere(talking, "pansement") == ["pansements", "Pansement 2"]
    assert await everywhere(talking, "pansement", patient_id=str(world.patient)) == ["Pansement 2"]
    world.circle.remove(people.nurse)
    assert await everywhere(talking, "pansement") == ["pansements"]
    being("patient")
    assert await everywhere(talking, "pansement") == []


async def test_an_edited_message_is_found_by_its_present_text(talking: Talking, being: As) -> None:
    being("patient")
    thread = await talking.open(WITH_PATIENT)
    posted = await talking.post(thread, "Doliprane")
    await talking.edit(posted, "Paracétamol")
    assert await everywhere(talking, "paracetamol") == ["Paracétamol"]
    assert await everywhere(talking, "doliprane") == []


async def test_months_are_looked_through_back_to_the_beginning(talking: Talking, being: As, clock: Clock) -> None:
    clock.at = clock.at.replace(month=9, day=3)
    being("gp")
    circle = await talking.open(CIRCLE)
    for n in range(5):
        await talking.post(circle, f"Tension {n}")
        clock.forward(days=17)
    assert await everywhere(talking, "tension") == [f"Tension {n}" for n in (4, 3, 2, 1, 0)]
    assert await everywhere(talking, "tension", limit=2) == [f"Tension {n}" for n in (4, 3, 2, 1, 0)]
    assert await everywhere(talking, "rien") == []


async def test_each_patient_looked_through_is_asked_about_once(
    talking: Talking, being: As, world: World, people: People
) -> None:
    being("gp")
    for _ in range(3):
        patient = uuid4()
        world.circles[patient] = {people.gp}
        await talking.post(await talking.open(CIRCLE, patient_id=str(patient)), "Glycémie")
        await talking.post(await talking.open(SIDE, patient_id=str(patient)), "Glycémie")
    silent = uuid4()
    world.circles[silent] = {people.gp}
    await talking.open(CIRCLE, patient_id=str(silent))
    before = len(world.questions)
    assert len(await everywhere(talking, "glycemie")) == 6
    assert len(world.questions) - before == 3, "one line in the journal of each whose messages were opened"


async def test_a_call_looks_at_a_bounded_number_and_says_how_far_it_came(
    desk: Desk, clock: Clock, world: World, being: As, serve: Any, dial: Any
) -> None:
    service = ConversationService(replace(desk, bounds=Bounds(most=6, at_once=3)))
    address = await serve("messaging", partial(add_ConversationServiceServicer_to_server, service))
    talking = Talking(ConversationServiceStub(await dial(address, "messaging")), str(world.patient), clock)
    being("gp")
    circle = await talking.open(CIRCLE)
    posted = [await talking.post(circle, f"Mot {n}") for n in range(20)]
    first = await talking.search("mot 0")
    assert list(first.messages) == []
    assert first.next_cursor
    assert abs(first.looked_back_to.ToDatetime() - posted[14].sent_at.ToDatetime()).total_seconds() < 0.01
    assert await everywhere(talking, "mot 0") == ["Mot 0"]
