"""Messages counted for the territories' indicators: whose, in which week, once each, and how much of it is told."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceStub
from terresante.messaging.v1 import messaging_service_pb2 as pb
from terresante.messaging.v1.messaging_service_pb2_grpc import (
    MessagingServiceStub,
    add_MessagingServiceServicer_to_server,
)
from terresante_messaging import counting
from terresante_messaging.counting import counting_messages
from terresante_messaging.domain.counting import (
    KEPT,
    MOST_WEEKS,
    MOST_WRITERS,
    Asked,
    CountInvalid,
    Span,
    Written,
    as_told,
    must_be_countable,
    once_each,
    week_of,
)
from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.people import MessageId
from terresante_messaging.feed.reading import step
from terresante_messaging.feed.sequencing import Sequencer
from terresante_messaging.rpc.notifications import MessagingService
from terresante_messaging.store import counting as store
from terresante_messaging.store import log
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_platform.small_counts import Told

from .conftest import MONDAY, As, Clock, People
from .conversing import CIRCLE, DIRECT, WITH_PATIENT, Talking
from .world import World

WEEK = date(2026, 11, 23)
DAYS = (WEEK - date(1970, 1, 1)).days
Row = tuple[date, UUID, int]


@pytest_asyncio.fixture
async def counts(database: Database, consent: Any, serve: Any, dial: Any) -> Any:
    """The service as it is called by a name: `await counts("directory")`."""
    service = MessagingService(database, DecisionServiceStub(consent), lambda: MONDAY, smallest_count=3)
    address = await serve("messaging", partial(add_MessagingServiceServicer_to_server, service))

    async def stub(name: str = "directory") -> Any:
        return MessagingServiceStub(await dial(address, "messaging", as_=name))

    return stub


async def happened(database: Database) -> None:
    """Gives positions, and lets the counting come to the end of the log."""
    await Sequencer(database).give()
    await step(database, counting.READER, counting.apply, begin="oldest")


async def kept(database: Database) -> dict[tuple[date, UUID], int]:
    async with database.reading() as connection:
        rows = await connection.execute(text("select week, professional_id, messages from written"))
        return {(week, id): messages for week, id, messages in rows}


async def keep(database: Database, rows: Sequence[Row]) -> None:
    row = text("insert into written (week, professional_id, messages) values (:week, :id, :messages)")
    async with database.transaction() as transaction:
        await transaction.execute(row, [{"week": week, "id": id, "messages": number} for week, id, number in rows])


def asking(weeks: int, *writers: tuple[UUID, int, int], monday: int = DAYS) -> pb.CountMessagesRequest:
    return pb.CountMessagesRequest(
        writers=[pb.Writer(professional_id=str(id), first=first, past=past) for id, first, past in writers],
        first_monday=monday,
        weeks=weeks,
    )


async def told(counts: Any, asked: pb.CountMessagesRequest) -> list[int | None]:
    """None where it is masked."""
    reply = await (await counts()).CountMessages(asked)
    assert (reply.smallest, reply.rounded_to) == (3, 3)
    return [None if one.masked else one.messages for one in reply.counts]


async def test_what_professionals_write_is_counted_in_its_week_whatever_becomes_of_it(
    talking: Talking, being: As, people: People, database: Database, clock: Clock
) -> None:
    being("gp")
    circle = await talking.open(CIRCLE)
    message = await talking.post(circle, "Un")
    await talking.edit(message, "Deux")
    await talking.delete(await talking.post(circle, "Trois"))
    await talking.post(await talking.open(DIRECT, professional_ids=[str(people.nurse)]))
    shared = await talking.open(WITH_PATIENT)
    being("nurse")
    await talking.mark(circle, read=2)
    await talking.post(shared)
    being("patient")
    await talking.post(shared)
    await happened(database)
    clock.forward(weeks=1)
    being("nurse")
    await talking.post(shared)
    await happened(database)

    later = WEEK + timedelta(weeks=1)
    assert await kept(database) == {(WEEK, people.gp): 3, (WEEK, people.nurse): 1, (later, people.nurse): 1}


async def test_an_entry_that_is_handed_out_twice_is_counted_once(
    talking: Talking, being: As, people: People, database: Database
) -> None:
    being("gp")
    circle = await talking.open(CIRCLE)
    for _ in range(3):
        await talking.post(circle)
    await Sequencer(database).give()

    class Cut(Exception):
        """The process ends here."""

    async def dies(*of: Any) -> None:
        await counting.apply(*of)
        raise Cut

    with pytest.raises(Cut):
        await step(database, counting.READER, dies, begin="oldest")
    assert await kept(database) == {}
    steps = (step(database, counting.READER, counting.apply, begin="oldest") for _ in range(4))
    await asyncio.gather(*steps)

    assert await kept(database) == {(WEEK, people.gp): 3}


async def test_it_counts_beside_the_calls_and_from_the_oldest_entry_on(
    talking: Talking, being: As, people: People, database: Database
) -> None:
    being("gp")
    await talking.post(await talking.open(CIRCLE))
    await Sequencer(database).give()
    async with counting_messages(database), asyncio.timeout(20):
        while not await kept(database):
            await asyncio.sleep(0.02)
    assert await kept(database) == {(WEEK, people.gp): 1}


async def test_weeks_that_nobody_can_ask_for_any_more_are_let_go_of(
    talking: Talking, being: As, people: People, database: Database
) -> None:
    oldest = WEEK - KEPT
    await keep(database, [(oldest, people.gp, 7), (oldest - timedelta(weeks=1), people.gp, 7)])
    being("gp")
    await talking.post(await talking.open(CIRCLE))
    await happened(database)
    assert await kept(database) == {(oldest, people.gp): 7, (WEEK, people.gp): 1}


async def test_a_message_that_is_gone_before_it_is_counted_is_passed_over(database: Database) -> None:
    async with database.transaction() as transaction:
        gone = NewEntry(EntryKind.MESSAGE_POSTED, MONDAY, message=MessageId(uuid4()), place=1)
        await log.add(transaction, gone)
    await happened(database)
    assert await kept(database) == {}


def test_a_week_begins_on_monday_in_paris_also_when_the_clocks_change() -> None:
    assert week_of(datetime(2026, 3, 29, 21, 59, tzinfo=UTC)) == date(2026, 3, 23)
    assert week_of(datetime(2026, 3, 29, 22, 0, tzinfo=UTC)) == date(2026, 3, 30)
    assert week_of(datetime(2026, 10, 25, 22, 59, tzinfo=UTC)) == date(2026, 10, 19)
    assert week_of(datetime(2026, 10, 25, 23, 0, tzinfo=UTC)) == date(2026, 10, 26)


async def test_counts_are_told_by_week_rounded_down_and_masked_where_few_wrote(counts: Any, database: Database) -> None:
    some = [uuid4() for _ in range(4)]
    weeks = [WEEK + timedelta(weeks=number) for number in range(4)]
    await keep(database, [(weeks[0], id, 25) for id in some[:2]])
    await keep(database, [(weeks[1], id, number) for id, number in zip(some, (1, 1, 1, 2), strict=True)])
    await keep(database, [(weeks[2], id, 100) for id in some])
    await keep(database, [(WEEK - timedelta(weeks=1), id, 100) for id in some])

    everybody = [(id, 0, 4) for id in some]
    assert await told(counts, asking(4, *everybody)) == [None, 3, 399, None]
    assert await told(counts, asking(4, *everybody[1:], (some[0], 2, 3))) == [None, 3, 399, None]
    assert await told(counts, asking(4, *everybody[:3], (some[3], 0, 2))) == [None, 3, 300, None]
    assert await told(counts, asking(4, (uuid4(), 0, 4))) == [None] * 4
    assert await told(counts, asking(2)) == [None, None]
    assert await told(counts, asking(1, *[(id, 0, 1) for id in some], monday=DAYS + 14)) == [399]


async def test_whoever_is_asked_about_many_times_over_counts_once(counts: Any, database: Database) -> None:
    alone, some = uuid4(), [uuid4() for _ in range(3)]
    await keep(database, [(WEEK, alone, 2), *[(WEEK, id, 1) for id in some]])
    assert await told(counts, asking(1, *[(alone, 0, 1)] * 9)) == [None]
    assert await told(counts, asking(1, *[(id, 0, 1) for id in some * 3])) == [3]


@pytest.mark.parametrize("seed", range(3))
async def test_the_statement_counts_what_a_plain_count_does(database: Database, seed: int) -> None:
    chance = Random(seed)  # noqa: S311
    people, number = [uuid4() for _ in range(8)], 5
    weeks = [WEEK + timedelta(weeks=week) for week in range(-1, number + 1)]
    rows = [(week, id, chance.randrange(1, 9)) for week in weeks for id in people if chance.random() < 0.7]
    asked = [Span(chance.choice(people), *sorted(chance.choices(range(number + 1), k=2))) for _ in range(9)]
    await keep(database, rows)

    async with database.transaction() as transaction:
        found = await store.by_week(transaction, Asked(asked, WEEK, number))

    for week, one in enumerate(found):
        there = {span.professional for span in asked if span.first <= week < span.past}
        plain = [messages for monday, id, messages in rows if monday == weeks[week + 1] and id in there]
        assert one == Written(sum(plain), len(plain))
    assert any(one.writers > 1 for one in found), "the arrangement has something to count"


@given(st.lists(st.integers(1, 50), max_size=12), st.integers(1, 6))
def test_what_fewer_professionals_than_the_smallest_count_wrote_is_never_told(each: list[int], smallest: int) -> None:
    count = as_told(Written(sum(each), len(each)), smallest)
    assert count.masked == (len(each) < smallest)
    assert count == Told(0, masked=True) or 0 <= sum(each) - count.value < smallest


async def test_only_the_directory_counts_with_or_without_a_person_behind(
    counts: Any, calling_as: Any, world: World
) -> None:
    asked = asking(1, (uuid4(), 0, 1))
    for who in (None, "professional", "patient", "administrator"):
        calling_as(who, *([uuid4()] if who else []))
        for name in ("gateway", "consent", "records", "identity"):
            with pytest.raises(Refusal) as refused:
                await (await counts(name)).CountMessages(asked)
            assert refused.value.reason == "SERVICE_NOT_ALLOWED"
        assert len((await (await counts()).CountMessages(asked)).counts) == 1
    assert not world.asked and not world.questions, "no decision, no line in a journal"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (asking(0), "COUNT_INVALID"),
        (asking(-1), "COUNT_INVALID"),
        (asking(MOST_WEEKS + 1), "COUNT_INVALID"),
        (asking(1, monday=DAYS + 1), "COUNT_INVALID"),
        (asking(1, monday=-3), "COUNT_INVALID"),
        (asking(1, monday=2**31 - 1), "COUNT_INVALID"),
        (asking(2, (uuid4(), 0, 3)), "COUNT_INVALID"),
        (asking(2, (uuid4(), -1, 1)), "COUNT_INVALID"),
        (asking(2, (uuid4(), 2, 1)), "COUNT_INVALID"),
        (pb.CountMessagesRequest(writers=[pb.Writer(professional_id="x")], weeks=1), "ID_INVALID"),
    ],
)
async def test_what_cannot_be_counted_is_refused(counts: Any, asked: pb.CountMessagesRequest, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        await (await counts()).CountMessages(asked)
    assert refused.value.reason == reason


def test_weeks_that_touch_overlap_or_come_twice_are_asked_for_once() -> None:
    anne, paul = uuid4(), uuid4()
    asked = [Span(anne, 4, 6), Span(paul, 1, 2), Span(anne, 0, 2), Span(anne, 1, 3), Span(anne, 1, 2), Span(anne, 6, 7)]
    assert once_each(asked) == [Span(anne, 0, 3), Span(anne, 4, 7), Span(paul, 1, 2)]


def test_more_professionals_than_a_region_has_are_refused() -> None:
    must_be_countable(Asked([Span(uuid4(), 0, 1)] * MOST_WRITERS, WEEK, MOST_WEEKS))
    with pytest.raises(CountInvalid):
        must_be_countable(Asked([Span(uuid4(), 0, 1)] * (MOST_WRITERS + 1), WEEK, 1))
