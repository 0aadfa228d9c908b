"""That somebody was named in a message shows while they may read it: decided when they read, whatever the thread."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceStub
from terresante.messaging.v1.messaging_service_pb2_grpc import (
    MessagingServiceStub,
    add_MessagingServiceServicer_to_server,
)
from terresante_messaging.feed import reading as log_reading
from terresante_messaging.feed.readers import asking
from terresante_messaging.rpc.desk import Desk
from terresante_messaging.rpc.notifications import MessagingService
from terresante_messaging.store import feed
from terresante_messaging.telling.following import READER, Following
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.refusals import Unavailable

from .conftest import As, Clock, People, Reading
from .conversing import CIRCLE, DIRECT, SIDE, TEAM, Talking, professional
from .world import World

MENTIONED = ["MENTIONED"]


@pytest_asyncio.fixture
async def told(database: Database, consent: Any, clock: Clock) -> AsyncIterator[Any]:
    """`await told()`: all that the log holds is told."""
    async with asking(database, DecisionServiceStub(consent)) as readers:
        following = Following(database, readers, 15, clock)

        async def follow() -> None:
            mine = calls.current()
            calls.enter(calls.Call())
            for _ in range(3):
                async with database.transaction() as transaction:
                    await feed.give_positions(transaction)
                await log_reading.step(database, READER, following.apply, following.ask, begin="oldest")
            calls.enter(mine)

        yield follow


@pytest_asyncio.fixture
async def notified(database: Database, consent: Any, desk: Desk, serve: Any, dial: Any) -> Reading:
    stub = DecisionServiceStub(consent)
    service = MessagingService(database, stub, desk.now, smallest_count=5)
    address = await serve("messaging", partial(add_MessagingServiceServicer_to_server, service))
    return Reading(MessagingServiceStub(await dial(address, "messaging")))


async def named(talking: Talking, people: People, kind: Any, **more: Any) -> Any:
    """The GP names the nurse."""
    thread = await talking.open(kind, **more)
    return thread, await talking.post(thread, mentions=[professional(people.nurse)])


async def test_who_was_named_sees_where_and_by_whom(
    talking: Talking, notified: Reading, told: Any, being: As, people: People, world: World
) -> None:
    being("gp")
    thread, message = await named(talking, people, CIRCLE)
    await told()

    being("nurse")
    (shown,) = (await notified.page()).notifications
    assert (shown.patient_id, shown.thread_id) == (str(world.patient), thread.thread_id)
    assert (shown.about_id, shown.actor_id) == (message.message_id, str(people.gp))
    assert await notified.mark(shown.notification_id) == 0
    being("gp")
    assert await notified.kinds() == []


@pytest.mark.parametrize("how", ["blocked", "removed", "withdrawn", "suspended"])
async def test_who_may_no_more_read_the_thread_sees_neither_line_nor_count(
    talking: Talking, notified: Reading, told: Any, being: As, people: People, world: World, how: str
) -> None:
    being("gp")
    await named(talking, people, CIRCLE)
    await told()
    being("nurse")
    assert await notified.kinds() == MENTIONED

    if how == "removed":
        world.circle.remove(people.nurse)
    elif how == "withdrawn":
        world.consent_in_force = False
    else:
        getattr(world, how).add(people.nurse)

    assert await notified.kinds() == []


async def test_what_was_written_before_one_may_see_is_not_told_any_more(
    talking: Talking, notified: Reading, told: Any, being: As, people: People, world: World, clock: Clock
) -> None:
    being("gp")
    thread, _ = await named(talking, people, CIRCLE)
    since = clock.forward(seconds=5)
    await talking.post(thread, mentions=[professional(people.nurse)])
    await told()
    being("nurse")
    assert await notified.kinds() == MENTIONED * 2

    world.visible_from[world.patient, people.nurse] = since

    assert await notified.kinds() == MENTIONED


async def test_who_left_a_side_thread_is_told_of_it_no_more(
    talking: Talking, notified: Reading, told: Any, being: As, people: People
) -> None:
    being("gp")
    thread, _ = await named(talking, people, SIDE, professional_ids=[str(people.nurse)])
    await told()
    being("nurse")
    assert await notified.kinds() == MENTIONED

    being("gp")
    await talking.change(thread, removed_professional_ids=[str(people.nurse)])

    being("nurse")
    assert await notified.kinds() == []


async def test_between_professionals_it_shows_without_a_patient(
    talking: Talking, notified: Reading, told: Any, being: As, people: People, world: World
) -> None:
    being("gp")
    await named(talking, people, DIRECT, professional_ids=[str(people.nurse)])
    await told()

    being("nurse")
    (shown,) = (await notified.page()).notifications
    assert shown.patient_id == ""
    world.suspended.add(people.nurse)
    assert await notified.kinds() == []


async def test_of_a_teams_thread_it_shows_to_who_practises_there(
    talking: Talking, notified: Reading, told: Any, being: As, people: People, world: World
) -> None:
    world.teams[world.patient] = {people.gp, people.nurse}
    being("gp")
    await named(talking, people, TEAM, structure_id=str(world.patient))
    await told()
    being("nurse")
    assert await notified.kinds() == MENTIONED

    world.teams[world.patient] = {people.gp}

    assert await notified.kinds() == []


async def test_no_answer_shows_nothing(
    talking: Talking, notified: Reading, told: Any, being: As, people: People, world: World
) -> None:
    being("gp")
    await named(talking, people, CIRCLE)
    await told()
    being("nurse")
    world.silent = True

    with pytest.raises(Unavailable) as refused:
        await notified.page()
    assert refused.value.reason == "CONSENT_UNAVAILABLE"
