"""Outbox, relay and consumer on real PostgreSQL and NATS: what is promised about events."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.consent.v1 import consent_events_pb2 as pb
from terresante_platform import consumer, outbox
from terresante_platform.bus import STREAM, Bus
from terresante_platform.consumer import Arrived, Consumer, Reaction
from terresante_platform.database import Database
from terresante_platform.refusals import Unavailable

from .announcing import SUBJECT, announce


class Effects:
    """A reaction that writes down what it was given; fails as often as told."""

    def __init__(self, failures: int = 0, fault: Exception | None = None) -> None:
        self.applied: list[tuple[UUID, str]] = []
        self.failures = failures
        self.fault = fault or LookupError("not yet")

    async def apply(self, transaction: AsyncConnection, event_id: UUID, event: pb.ConsentWithdrawn, _: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise self.fault
        self.applied.append((event_id, event.patient_id))

    def reaction(self) -> Reaction:
        return Reaction(SUBJECT, pb.ConsentWithdrawn, self.apply)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_an_event_exists_exactly_if_its_change_does(database: Database, published: Any) -> None:
    await announce(database)
    with pytest.raises(LookupError):
        async with database.transaction() as transaction:
            await outbox.add(transaction, SUBJECT, pb.ConsentWithdrawn())
            raise LookupError

    assert await published() == ["consent.v1.consent_withdrawn"]


async def test_what_one_pull_brings_is_applied_in_one_transaction(database: Database, bus: Bus) -> None:
    transactions = set()

    async def apply(transaction: AsyncConnection, _: UUID, __: pb.ConsentWithdrawn, ___: Any) -> None:
        transactions.add((await transaction.execute(text("select pg_current_xact_id()::text"))).scalar_one())

    reacting = Consumer("sample_service", database, bus, [Reaction(SUBJECT, pb.ConsentWithdrawn, apply)])
    payload = pb.ConsentWithdrawn(patient_id="p").SerializeToString()

    assert await reacting.react([Arrived(uuid4(), SUBJECT, payload) for _ in range(5)]) == 5
    assert len(transactions) == 1


async def test_one_event_that_fails_holds_none_back_that_came_with_it(database: Database, bus: Bus) -> None:
    applied = []

    async def apply(_: AsyncConnection, __: UUID, event: pb.ConsentWithdrawn, ___: Any) -> None:
        if event.patient_id == "bad":
            raise LookupError
        applied.append(event.patient_id)

    deliveries = [Delivery(1), Delivery(1), Delivery(1)]
    deliveries[1].data = pb.ConsentWithdrawn(patient_id="bad").SerializeToString()
    reacting = Consumer("sample_service", database, bus, [Reaction(SUBJECT, pb.ConsentWithdrawn, apply)])
    await reacting.receive(deliveries)  # type: ignore[arg-type]
    async with database.reading() as connection:
        kept = (await connection.execute(select(consumer.inbox.c.event_id))).scalars().all()

    assert [delivery.said for delivery in deliveries] == [["done"], ["again"], ["done"]]
    assert {str(id) for id in kept} == {deliveries[n].headers["Nats-Msg-Id"] for n in (0, 2)}


async def test_the_same_event_twice_has_one_effect(database: Database, bus: Bus) -> None:
    effects = Effects()
    reacting = Consumer("sample_service", database, bus, [effects.reaction()])
    event = uuid4()
    payload = pb.ConsentWithdrawn(patient_id="p").SerializeToString()

    first = await reacting.react([Arrived(event, SUBJECT, payload)])
    second = await reacting.react([Arrived(event, SUBJECT, payload)])

    assert (first, second, len(effects.applied)) == (1, 0, 1)


async def test_nobody_is_asked_again_for_an_event_that_was_applied(database: Database, bus: Bus) -> None:
    effects, asked = Effects(), []

    async def ask(event: pb.ConsentWithdrawn) -> None:
        asked.append(event.patient_id)

    reaction = Reaction(SUBJECT, pb.ConsentWithdrawn, effects.apply, ask)
    reacting = Consumer("sample_service", database, bus, [reaction])
    event, payload = uuid4(), pb.ConsentWithdrawn(patient_id="p").SerializeToString()

    await reacting.react([Arrived(event, SUBJECT, payload)])
    await reacting.react([Arrived(event, SUBJECT, payload)])

    assert (asked, len(effects.applied)) == (["p"], 1)


async def test_an_event_travels_from_the_change_to_its_effect(database: Database, bus: Bus) -> None:
    effects = Effects()
    async with (
        outbox.relaying(database, bus),
        consumer.consuming("sample_service", database, bus, [effects.reaction()]),
    ):
        await announce(database, "someone")
        await until(lambda: len(effects.applied) == 1)

    assert effects.applied[0][1] == "someone"


async def test_a_reaction_that_fails_is_tried_again_until_it_works(database: Database, bus: Bus) -> None:
    effects = Effects(failures=2)
    async with (
        outbox.relaying(database, bus),
        consumer.consuming("sample_service", database, bus, [effects.reaction()]),
    ):
        await announce(database)
        await until(lambda: len(effects.applied) == 1)

    assert effects.failures == 0


class Delivery:
    """A message as the bus would deliver it for the nth time; notes what is said of it."""

    def __init__(self, times: int) -> None:
        self.subject = SUBJECT
        self.data = pb.ConsentWithdrawn(patient_id="p").SerializeToString()
        self.headers = {"Nats-Msg-Id": str(uuid4())}
        self.metadata = SimpleNamespace(num_delivered=times)
        self.said: list[str] = []

    async def ack(self) -> None:
        self.said.append("done")

    async def nak(self, delay: float) -> None:
        self.said.append("again" if delay <= 60 else "too late")

    async def term(self) -> None:
        self.said.append("parked")


@pytest.mark.parametrize(
    ("fault", "times", "said"),
    [
        (LookupError(), 7, "again"),
        (LookupError(), 8, "parked"),
        (Unavailable("Absent."), 8, "again"),
        (Unavailable("Absent."), 5_000, "again"),
        (ConnectionRefusedError(), 5_000, "again"),
    ],
)
async def test_what_keeps_failing_is_parked_but_never_because_a_neighbour_is_away(
    database: Database, bus: Bus, fault: Exception, times: int, said: str
) -> None:
    delivery = Delivery(times)

    await Consumer("sample_service", database, bus, [Effects(1, fault).reaction()]).receive([delivery])  # type: ignore[list-item]

    assert delivery.said == [said]


async def test_messages_without_an_id_are_parked_each_in_a_row_of_its_own(database: Database, bus: Bus) -> None:
    deliveries = [Delivery(1), Delivery(1)]
    for delivery in deliveries:
        delivery.headers = {}
    await Consumer("sample_service", database, bus, [Effects().reaction()]).receive(deliveries)  # type: ignore[arg-type]

    assert [delivery.said for delivery in deliveries] == [["parked"], ["parked"]]
    async with database.reading() as connection:
        parked = (await connection.execute(select(consumer.dead_letter.c.payload))).scalars().all()
    assert parked == [delivery.data for delivery in deliveries]


async def test_an_event_that_can_never_be_read_is_parked_and_stops_nothing(database: Database, bus: Bus) -> None:
    effects = Effects()
    await bus.stream.publish(SUBJECT, b"\xff\xff\xff", headers={"Nats-Msg-Id": str(uuid4())})
    async with (
        outbox.relaying(database, bus),
        consumer.consuming("sample_service", database, bus, [effects.reaction()]),
    ):
        await announce(database)
        await until(lambda: len(effects.applied) == 1)

    async with database.reading() as connection:
        parked = (await connection.execute(select(consumer.dead_letter.c.fault))).scalars().all()
    assert parked == ["google.protobuf.message.DecodeError"]


async def test_relay_and_consumer_outlive_a_killed_and_wiped_server(
    database: Database, bus: Bus, nats_server: Any
) -> None:
    effects = Effects()
    config = (await bus.stream.stream_info(STREAM)).config
    durable = (await bus.stream.consumer_info(STREAM, "sample_service")).config
    async with (
        outbox.relaying(database, bus),
        consumer.consuming("sample_service", database, bus, [effects.reaction()]),
    ):
        await announce(database, "before")
        await until(lambda: len(effects.applied) == 1)
        await asyncio.to_thread(nats_server.kill)
        await announce(database, "while down")
        nats_server.wipe()
        await asyncio.to_thread(nats_server.start)
        await until(lambda: bool(bus.client.is_connected))
        await bus.stream.add_stream(config)
        await bus.stream.add_consumer(STREAM, durable)
        await until(lambda: len(effects.applied) == 2)

    assert [patient for _, patient in effects.applied] == ["before", "while down"]
