"""Messages written in a territory, asked of messaging and shown by week where it answers."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante.messaging.v1 import messaging_service_pb2 as messaging_pb
from terresante.messaging.v1.messaging_service_pb2_grpc import (
    MessagingServiceServicer,
    MessagingServiceStub,
    add_MessagingServiceServicer_to_server,
)
from terresante_directory import towards
from terresante_directory.domain.care import CountMessages, Standing
from terresante_directory.domain.weeks import PARIS
from terresante_directory.messages import Messages, counting
from terresante_platform.ids import new_id
from terresante_platform.refusals import Unavailable
from terresante_platform.rpc import client
from terresante_platform.rpc.allow import allow
from terresante_platform.testing.certificates import Authority

from .counter import Counter, stamp
from .desk import Clock, Desk
from .tree import Tree

BEFORE = datetime(2026, 3, 22, 23, tzinfo=UTC)
"""A Monday in Paris, in the week in which the clocks change."""


class SmallMessaging(MessagingServiceServicer):
    """A messaging service that counts as a test says, behind the real contract.

    `counts`: of each week, the last one for all that follow; None is masked. `away`: it does not answer.
    """

    def __init__(self) -> None:
        self.counts: Sequence[int | None] = [840]
        self.away = False
        self.asked = messaging_pb.CountMessagesRequest()
        self.told: set[str] = set()

    @allow(services=("directory",))
    async def CountMessages(
        self, request: messaging_pb.CountMessagesRequest, context: Any
    ) -> messaging_pb.CountMessagesResponse:
        """As the test says."""
        self.told |= {name for name, _ in context.invocation_metadata()}
        if self.away:
            raise Unavailable("Messaging est arrêté.", "Attendez.")
        self.asked = request
        told = [self.counts[min(number, len(self.counts) - 1)] for number in range(request.weeks)]
        counts = [messaging_pb.MessageCount(messages=one or 0, masked=one is None) for one in told]
        return messaging_pb.CountMessagesResponse(counts=counts, smallest=5, rounded_to=5)


@pytest.fixture
def messaging() -> SmallMessaging:
    return SmallMessaging()  # type: ignore[abstract]  # what the directory never asks is left unanswered


@pytest_asyncio.fixture
async def messages(messaging: SmallMessaging, serve: Any, dial: Any) -> CountMessages:
    address = await serve("messaging", partial(add_MessagingServiceServicer_to_server, messaging))
    return Messages(MessagingServiceStub(await dial(address, "messaging", as_="directory"))).counted


async def series(counter: Counter, since: datetime) -> dict[str, pb.IndicatorSeries]:
    request = pb.GetIndicatorsRequest(territory_code="94-ouest", **{"from": stamp(since)})
    return {one.kind: one for one in (await counter.stub.GetIndicators(request)).series if not one.label}


async def test_messages_are_counted_of_who_practised_there_in_each_week(
    desk: Desk, counter: Counter, tree: Tree, clock: Clock, messaging: SmallMessaging
) -> None:
    me = await desk.administrator("94-ouest")
    anne = await desk.professional((await tree.enrol()).structure_id)
    began = clock.at
    clock.at += timedelta(weeks=3)
    desk.sit(me)
    messaging.counts = [None, None, 840]

    told = (await series(counter, began - timedelta(weeks=1)))["messages"]

    assert [(one.value, one.masked) for one in told.points] == [(0, True), (0, True), *[(840, False)] * 3]
    assert (told.unknown, told.smallest, told.rounded_to) == (False, 5, 5)
    (writer,) = messaging.asked.writers
    assert (writer.professional_id, writer.first, writer.past) == (anne.professional_id, 1, 5)
    monday = date(1970, 1, 1) + timedelta(days=messaging.asked.first_monday)
    assert monday == told.points[0].week.ToDatetime(UTC).astimezone(PARIS).date()
    assert (monday.weekday(), messaging.asked.weeks) == (0, len(told.points))
    assert messaging.told
    assert not messaging.told & {"authorization", "place", "idempotency-key"}, "the administrator's token stays here"


async def test_without_messaging_they_are_not_known_and_the_rest_is_told(
    desk: Desk, counter: Counter, clock: Clock, messaging: SmallMessaging
) -> None:
    await desk.administrator("94-ouest")
    messaging.away = True
    told = await series(counter, clock.at - timedelta(weeks=3))
    assert (told["messages"].unknown, len(told["messages"].points)) == (True, 0)
    assert (told["structures"].unknown, len(told["structures"].points)) == (False, 4)


async def test_the_first_week_is_named_by_its_monday_in_paris(
    messages: CountMessages, messaging: SmallMessaging
) -> None:
    weeks = [BEFORE, BEFORE + timedelta(days=7, hours=-1)]
    assert await messages([Standing(new_id(), "", 0, 2)], weeks) is not None
    asked = messaging.asked
    assert (asked.first_monday, asked.weeks) == ((date(2026, 3, 23) - date(1970, 1, 1)).days, 2)


async def test_a_directory_that_stands_alone_and_one_whose_messaging_is_not_there_know_none(
    certificates: Authority,
) -> None:
    who = certificates.identity("directory")
    async with towards.messaging("", who) as alone:
        assert await counting(alone)([], [BEFORE]) is None
    async with towards.messaging("ipv4:127.0.0.1:1", who) as away:
        assert await counting(away)([], [BEFORE]) is None


async def test_a_messaging_of_the_version_before_counts_nothing_and_breaks_nothing(
    serve: Any, certificates: Authority
) -> None:
    address = await serve("messaging")
    async with client.connected(address, "messaging", certificates.identity("directory")) as channel:
        assert await Messages(MessagingServiceStub(channel)).counted([], [BEFORE]) is None
