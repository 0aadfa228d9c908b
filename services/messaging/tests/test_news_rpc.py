"""What is new around a patient since the last visit."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante.records.v1 import records_events_pb2 as records_pb
from terresante_messaging.domain.news import Line, NewsKind, grouped
from terresante_platform.refusals import Refusal

from .conftest import MONDAY, As, Clock, Coming, People, stamp
from .conversing import CIRCLE, SIDE, Talking
from .world import World


def told(reply: pb.GetNewsResponse) -> list[tuple[str, int]]:
    return [(pb.NewsKind.Name(line.kind).removeprefix("NEWS_KIND_"), line.count) for line in reply.lines]


def test_things_of_a_kind_by_one_hand_on_one_day_in_paris_are_one_line() -> None:
    hand, evening = uuid4(), datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    ids = [uuid4() for _ in range(4)]
    things = [
        Line(NewsKind.NOTE, hand, ids[0], evening),
        Line(NewsKind.NOTE, hand, ids[1], evening + timedelta(minutes=10)),
        Line(NewsKind.NOTE, hand, ids[2], evening + timedelta(hours=1)),
        Line(NewsKind.NOTE, uuid4(), ids[3], evening),
    ]
    lines = grouped(things)
    assert [(line.about, line.count) for line in lines if line.actor == hand] == [(ids[2], 1), (ids[1], 2)]
    assert len(lines) == 3


@pytest.fixture
def real(clock: Clock) -> Clock:
    """Notifications are told by when they were made, which is now."""
    clock.at = datetime.now(UTC)
    return clock


async def test_what_was_added_since_the_last_visit(
    talking: Talking, being: As, coming: Coming, people: People, real: Clock
) -> None:
    being("gp")
    await talking.news(visit=True)
    circle = await talking.open(CIRCLE)
    document = await coming.document(people.gp)
    await coming.note(people.gp)
    first = await talking.post(circle, "Un")
    second = await talking.post(circle, "Deux", urgent=True)
    being("nurse")
    news = await talking.news()

    assert sorted(told(news)) == [("DOCUMENT", 1), ("MESSAGE", 2), ("NOTE", 1)]
    messages = next(line for line in news.lines if line.kind == pb.NEWS_KIND_MESSAGE)
    assert (messages.about_id, messages.thread_id, messages.urgent) == (second.message_id, circle.thread_id, True)
    assert document in {line.about_id for line in news.lines}
    assert told(await talking.news(visit=True)) == told(news), "looking is a visit only if it says so"
    real.at = datetime.now(UTC) + timedelta(minutes=1)
    await talking.news(visit=True)
    assert told(await talking.news()) == []
    being("gp")
    assert told(await talking.news()) == [], "what one did oneself is no news"
    assert first.place == 1


async def test_nothing_is_told_that_may_not_be_read_now(
    talking: Talking, being: As, coming: Coming, people: People, world: World, real: Clock
) -> None:
    being("gp")
    side = await talking.open(SIDE)
    await talking.post(side, "À part")
    await coming.document(people.gp, audience=records_pb.Audience(patient=True))
    await coming.note(people.gp)
    being("nurse")
    assert told(await talking.news()) == [("NOTE", 1)]
    world.refused.add((world.patient, decisions_pb.RESOURCE_KIND_NOTE))
    assert told(await talking.news()) == []
    world.circle.remove(people.nurse)
    for kind in (decisions_pb.RESOURCE_KIND_DOCUMENT, decisions_pb.RESOURCE_KIND_OBSERVATION):
        world.refused.add((world.patient, kind))
    with pytest.raises(Refusal) as refused:
        await talking.news()
    assert refused.value.reason == "NOT_IN_CIRCLE"


@pytest.mark.parametrize(
    "since",
    [stamp(MONDAY - timedelta(days=91)), stamp(MONDAY + timedelta(hours=1)), Timestamp(seconds=10**14)],
    ids=["old", "future", "no date"],
)
async def test_news_go_back_ninety_days(talking: Talking, being: As, since: Any) -> None:
    being("gp")
    with pytest.raises(Refusal) as refused:
        await talking.news(since=since)
    assert refused.value.reason == "PERIOD_INVALID"


async def test_news_of_an_id_that_is_none(talking: Talking, being: As) -> None:
    being("gp")
    with pytest.raises(Refusal) as refused:
        await talking.news(patient_id="x")
    assert refused.value.reason == "ID_INVALID"
