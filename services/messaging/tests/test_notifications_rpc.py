"""Each person's notifications through the running service, decided at the moment of reading."""

from typing import Any
from uuid import uuid4

import pytest
from terresante.consent.v1 import consent_events_pb2 as consent_pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.messaging.v1 import messaging_service_pb2 as pb
from terresante.messaging.v1.messaging_service_pb2_grpc import MessagingServiceServicer
from terresante.records.v1 import records_events_pb2 as records_pb
from terresante_platform.refusals import Denied, Invalid, Refusal, Unauthenticated, Unavailable, Unknown

from .conftest import EVERYBODY, MONDAY, As, Coming, People, Reading, stamp
from .world import World

DOCUMENT, NOTE = decisions_pb.RESOURCE_KIND_DOCUMENT, decisions_pb.RESOURCE_KIND_NOTE


async def test_a_publication_is_told_to_circle_patient_and_representatives_but_not_to_its_author(
    reading: Reading, coming: Coming, being: As, people: People, world: World
) -> None:
    document = await coming.document(author=people.gp)

    being("nurse")
    (told,) = (await reading.page()).notifications
    assert told == pb.Notification(
        notification_id=told.notification_id,
        kind=pb.NOTIFICATION_KIND_DOCUMENT_PUBLISHED,
        patient_id=str(world.patient),
        about_id=document,
        actor_id=str(people.gp),
        at=stamp(MONDAY),
    )
    for who, kinds in (
        ("patient", ["DOCUMENT_PUBLISHED"]),
        ("parent", ["DOCUMENT_PUBLISHED"]),
        ("gp", []),
        ("stranger", []),
    ):
        being(who)
        assert await reading.kinds() == kinds


async def test_consent_is_asked_once_about_each_patient_and_kind_of_content_in_the_readers_name(
    reading: Reading, coming: Coming, being: As, people: People, world: World
) -> None:
    for _ in range(3):
        await coming.document(author=people.gp)
    await coming.note(author=people.gp)
    await coming.emergency(people.doctor)
    being("nurse")

    assert len(await reading.kinds()) == 5

    (topics,) = world.asked
    assert sorted(one.resource_kind for one in topics) == [DOCUMENT, NOTE]
    assert world.callers[0].caller is not None and world.callers[0].caller.id == people.nurse


async def test_who_may_no_more_be_told_sees_neither_the_line_nor_a_count(
    reading: Reading, coming: Coming, being: As, people: People, world: World
) -> None:
    await coming.document(author=people.gp)
    await coming.note(author=people.gp)
    await coming.emergency(people.doctor)
    being("nurse")
    assert await reading.kinds() == ["EMERGENCY_OPENED", "NOTE_WRITTEN", "DOCUMENT_PUBLISHED"]

    world.refused = {(world.patient, DOCUMENT)}
    assert await reading.kinds() == ["EMERGENCY_OPENED", "NOTE_WRITTEN"]
    world.refused |= {(world.patient, NOTE)}
    assert await reading.kinds() == ["EMERGENCY_OPENED"]


async def test_news_of_ones_own_standing_needs_no_decision(
    reading: Reading, coming: Coming, being: As, people: People, world: World
) -> None:
    await coming.emergency(people.doctor)
    world.silent = True
    being("patient")

    assert await reading.kinds() == ["EMERGENCY_OPENED"]
    assert world.asked == []


async def test_no_answer_shows_nothing_and_marks_nothing(
    reading: Reading, coming: Coming, being: As, people: People, world: World
) -> None:
    await coming.document(author=people.gp)
    being("nurse")
    (told,) = (await reading.page()).notifications
    world.silent = True

    for attempt in (reading.page, lambda: reading.mark(told.notification_id)):
        with pytest.raises(Unavailable) as refused:
            await attempt()
        assert refused.value.reason == "CONSENT_UNAVAILABLE"
    world.silent = False
    assert (await reading.page()).unread == 1


async def test_what_is_hidden_from_the_patient_is_not_told_to_them_until_it_is_shown(
    reading: Reading, coming: Coming, being: As, people: People, published: Any
) -> None:
    hidden = records_pb.Audience(professionals=True, representatives=True)
    document = await coming.document(people.gp, hidden)

    for who, kinds in (("patient", []), ("parent", []), ("nurse", ["DOCUMENT_PUBLISHED"])):
        being(who)
        assert await reading.kinds() == kinds
    assert len(await published()) == 1

    await coming.changed(document, EVERYBODY, version=2)
    for who in ("patient", "parent", "nurse"):
        being(who)
        assert await reading.kinds() == ["DOCUMENT_PUBLISHED"]
    assert len(await published()) == 2


async def test_a_deleted_or_hidden_document_is_no_longer_told_of(
    reading: Reading, coming: Coming, being: As, people: People
) -> None:
    document = await coming.document(people.gp)
    await coming.changed(document, records_pb.Audience(patient=True), version=2)
    for who, kinds in (("patient", ["DOCUMENT_PUBLISHED"]), ("parent", []), ("nurse", [])):
        being(who)
        assert await reading.kinds() == kinds
    await coming.changed(document, records_pb.Audience(), version=3)
    being("patient")
    assert await reading.kinds() == []


async def test_a_change_that_overtakes_the_publication_is_not_undone_by_it(
    reading: Reading, coming: Coming, being: As, people: People
) -> None:
    id = str(uuid4())
    await coming.changed(id, records_pb.Audience(professionals=True), version=2)
    await coming.document(people.gp, EVERYBODY, document_id=id)

    being("patient")
    assert await reading.kinds() == []
    being("nurse")
    assert await reading.kinds() == ["DOCUMENT_PUBLISHED"]


async def test_pages_follow_one_another_full_even_when_consent_refuses_some(
    reading: Reading, coming: Coming, being: As, people: People, world: World
) -> None:
    for _ in range(5):
        await coming.emergency(people.doctor)
        await coming.document(people.gp)
        await coming.note(people.gp)
    being("nurse")
    first = (await reading.page(limit=100)).notifications
    await reading.mark(*(each.notification_id for each in first))
    world.refused = {(world.patient, DOCUMENT)}

    seen, cursor, pages = [], "", 0
    while pages == 0 or cursor:
        page = await reading.page(limit=4, cursor=cursor)
        seen += list(page.notifications)
        cursor, pages = page.next_cursor, pages + 1

    assert [len(seen), pages] == [10, 3]
    assert len({each.notification_id for each in seen}) == 10
    assert {each.kind for each in seen} == {
        pb.NOTIFICATION_KIND_EMERGENCY_OPENED,
        pb.NOTIFICATION_KIND_NOTE_WRITTEN,
    }


async def test_marking_read_is_counted_once_and_leaves_others_lists_alone(
    reading: Reading, coming: Coming, being: As, people: People
) -> None:
    await coming.document(people.gp)
    await coming.emergency(people.doctor)
    being("nurse")
    one, other = (each.notification_id for each in (await reading.page()).notifications)

    assert await reading.mark(one) == 1
    assert await reading.mark(one) == 1
    assert await reading.kinds(unread_only=True) == ["DOCUMENT_PUBLISHED"]
    assert await reading.mark(one, other) == 0
    assert len((await reading.page()).notifications) == 2
    assert (await reading.page(unread_only=True)).notifications == []
    being("patient")
    assert (await reading.page()).unread == 2
    with pytest.raises(Unknown) as refused:
        await reading.mark(one)
    assert refused.value.reason == "NOTIFICATION_UNKNOWN"


async def test_many_patients_are_asked_about_in_several_calls(
    reading: Reading, coming: Coming, being: As, people: People, world: World
) -> None:
    for number in range(201):
        invited = consent_pb.MemberInvited(
            patient_id=str(uuid4()), member_id=str(uuid4()), professional_id=str(people.nurse), at=stamp()
        )
        if number < 2:
            await coming.event("consent.v1.member_invited", invited)
        world.patient = uuid4()
        await coming.document(people.gp)
    being("nurse")

    page = await reading.page(limit=1)

    assert sorted(len(questions) for questions in world.asked) == [1, 200]
    assert page.unread == 203


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"cursor": "zz"}, "CURSOR_INVALID"),
        ({"limit": 101}, "LIMIT_INVALID"),
        ({"limit": -1}, "LIMIT_INVALID"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(
    reading: Reading, being: As, request_: dict[str, Any], reason: str
) -> None:
    being("nurse")
    with pytest.raises(Invalid) as refused:
        await reading.page(**request_)
    assert refused.value.reason == reason


async def test_ids_that_are_none_or_too_many_are_refused(reading: Reading, being: As) -> None:
    being("nurse")
    for ids, reason in ((["x"], "ID_INVALID"), ([str(uuid4()) for _ in range(101)], "TOO_MANY_IDS")):
        with pytest.raises(Invalid) as refused:
            await reading.mark(*ids)
        assert refused.value.reason == reason
    assert await reading.mark() == 0


@pytest.mark.parametrize("rpc", ["ListNotifications", "MarkRead"])
async def test_nobody_gets_in_without_a_strong_login_of_the_right_kind(
    messaging: Any, calling_as: Any, rpc: str
) -> None:
    request = getattr(pb, f"{rpc}Request")()
    outcomes: list[tuple[Any, type[Refusal]]] = [
        (lambda: calling_as(None), Unauthenticated),
        (lambda: calling_as("professional", uuid4(), acr=1), Unauthenticated),
        (lambda: calling_as("administrator", uuid4()), Denied),
    ]
    for become, kind in outcomes:
        become()
        with pytest.raises(kind):
            await getattr(messaging, rpc)(request)


def test_every_rpc_is_tried_here() -> None:
    tried = {"ListNotifications", "MarkRead"}
    assert {name for name in vars(MessagingServiceServicer) if name[0].isupper()} == tried | {"CountMessages"}, (
        "that one is tried in test_counting"
    )
