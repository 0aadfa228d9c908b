"""Two who arrive at the same moment and share no lock miss each other; they are compared afterwards."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.consent.v1.decision_service_pb2_grpc import (
    DecisionServiceStub,
    add_DecisionServiceServicer_to_server,
)
from terresante.identity.v1.linkage_service_pb2_grpc import (
    LinkageServiceStub,
    add_LinkageServiceServicer_to_server,
)
from terresante_identity.domain.births import Gazetteer
from terresante_identity.domain.evidence import Asked, Candidates
from terresante_identity.matcher import Matcher
from terresante_identity.meanwhile import compare, comparing
from terresante_identity.rpc.access import Access
from terresante_identity.rpc.desk import Desk
from terresante_identity.rpc.linkage import LinkageService
from terresante_identity.settings import Settings
from terresante_platform.database import Database

from .fed import CLINIC, CREATED, HOSPITAL, IN_DOUBT, register
from .willing_consent import WillingConsent

LIKE_HER: dict[str, Any] = {
    "first_names": "Anne Louise",
    "birth_date": "1951-12-05",
    "birth_postal_code": "75012",
    "birth_code": "75112",
}
"""Louise with her first names the other way round, day and month inverted, and where her mother lived: no key of hers
is equal.
"""
WAITING = text("select count(*) from review where state = 'WAITING'")
NOTES = text("select count(*) filter (where compared), count(*) filter (where not compared) from written_lately")
AGED = text("update written_lately set written_at = written_at - interval '16 minutes'")


class Slow(Matcher):
    """Whoever has these first names is kept waiting between the look and what follows from it."""

    held = ""
    looked: asyncio.Event
    go_on: asyncio.Event

    async def candidates(
        self, connection: AsyncConnection, asked: Sequence[Asked], policy: str = "auto"
    ) -> list[Candidates]:
        found = await super().candidates(connection, asked, policy)
        if asked[0].first_names == self.held:
            self.looked.set()
            await self.go_on.wait()
        return found


@pytest_asyncio.fixture
async def matcher(database: Database, clock: Any) -> Slow:
    return await Slow.loaded(database, clock)


@pytest_asyncio.fixture
async def feeding(
    database: Database,
    consent: WillingConsent,
    settings: Settings,
    places: Gazetteer,
    clock: Any,
    matcher: Slow,
    serve: Any,
    dial: Any,
    calling_as: Callable[..., Any],
) -> LinkageServiceStub:
    at = await serve("consent", partial(add_DecisionServiceServicer_to_server, consent))
    access = Access(DecisionServiceStub(await dial(at, "consent", as_="identity")))
    desk = Desk(database, access, matcher, places, settings, clock)
    address = await serve("identity", partial(add_LinkageServiceServicer_to_server, LinkageService(desk)))
    calling_as("system", uuid4())
    return LinkageServiceStub(await dial(address, "identity"))


@pytest.fixture
def counted(database: Database) -> Callable[..., Any]:
    async def rows(wanted: Any) -> tuple[int, ...]:
        async with database.reading() as connection:
            return tuple((await connection.execute(wanted)).one())

    return rows


async def missing_each_other(feeding: Any, matcher: Slow, **changes: Any) -> list[int]:
    """Louise is looked for; meanwhile whoever has these changes arrives and is committed; then she is. Outcomes."""
    matcher.held, matcher.looked, matcher.go_on = "LOUISE ANNE", asyncio.Event(), asyncio.Event()
    async with asyncio.timeout(20):
        louise = asyncio.create_task(feeding.RegisterIdentity(register(HOSPITAL, "1"), seconds=20.0))
        await matcher.looked.wait()
        other = await feeding.RegisterIdentity(register(CLINIC, "1", **changes))
        matcher.go_on.set()
        return [(await louise).outcome, other.outcome]


async def test_one_after_the_other_the_second_waits_for_a_human(feeding: Any) -> None:
    first = await feeding.RegisterIdentity(register(HOSPITAL, "1"))
    second = await feeding.RegisterIdentity(register(CLINIC, "1", **LIKE_HER))

    assert [first.outcome, second.outcome] == [CREATED, IN_DOUBT]


async def test_two_who_missed_each_other_are_put_before_a_human_once_both_are_there(
    feeding: Any, matcher: Slow, database: Database, clock: Any, counted: Any, published: Any
) -> None:
    outcomes = await missing_each_other(feeding, matcher, **LIKE_HER)
    before = await counted(WAITING)

    assert await compare(database, matcher, clock()) == 2
    assert outcomes == [CREATED, CREATED]
    assert (before, await counted(WAITING)) == ((0,), (1,))
    assert (await published())[-1] == "identity.v1.review_opened"


async def test_what_was_compared_is_not_compared_again_and_makes_no_second_pair(
    feeding: Any, matcher: Slow, database: Database, clock: Any, counted: Any
) -> None:
    await missing_each_other(feeding, matcher, **LIKE_HER)
    await compare(database, matcher, clock())

    assert await compare(database, matcher, clock()) == 0
    async with database.transaction() as transaction:  # as if the round had died before its end
        await transaction.execute(text("update written_lately set compared = false"))
    assert await compare(database, matcher, clock()) == 2
    assert await counted(WAITING) == (1,)


async def test_one_who_was_compared_before_the_other_was_committed_meets_them_in_the_others_turn(
    feeding: Any, matcher: Slow, database: Database, clock: Any, counted: Any
) -> None:
    await missing_each_other(feeding, matcher, **LIKE_HER)
    async with database.transaction() as transaction:
        await transaction.execute(
            text("update written_lately set compared = true where place = (select min(place) from written_lately)")
        )

    assert await compare(database, matcher, clock()) == 1
    assert await counted(WAITING) == (1,)


async def test_who_could_see_the_other_is_not_compared_twice(
    feeding: Any, matcher: Slow, database: Database, clock: Any, counted: Any
) -> None:
    await feeding.RegisterIdentity(register(HOSPITAL, "1"))
    await feeding.RegisterIdentity(register(CLINIC, "1", **LIKE_HER))
    async with database.transaction() as transaction:
        await transaction.execute(text("delete from review"))

    assert await compare(database, matcher, clock()) == 2
    assert await counted(WAITING) == (0,)


async def test_two_unlike_at_once_open_nothing(
    feeding: Any, matcher: Slow, database: Database, clock: Any, counted: Any
) -> None:
    unlike = {"birth_name": "Quélennec", "first_names": "Paul", "birth_date": "1938-11-02"}
    await missing_each_other(feeding, matcher, **unlike)

    assert await compare(database, matcher, clock()) == 2
    assert await counted(WAITING) == (0,)


async def test_notes_are_forgotten_after_a_quarter_of_an_hour_and_never_before_they_were_compared(
    feeding: Any, matcher: Slow, database: Database, clock: Any, counted: Any
) -> None:
    await missing_each_other(feeding, matcher, **LIKE_HER)
    async with database.transaction() as transaction:
        await transaction.execute(AGED)
    waiting = await counted(NOTES)
    await compare(database, matcher, clock())

    assert waiting == (0, 2)
    assert await counted(WAITING) == (1,)
    assert await counted(NOTES) == (0, 0)


async def test_only_one_replica_compares_at_a_time(feeding: Any, matcher: Slow, database: Database, clock: Any) -> None:
    await feeding.RegisterIdentity(register(HOSPITAL, "1"))
    async with database.transaction() as transaction:
        await transaction.execute(
            text("select pg_advisory_xact_lock(hashtextextended('written_lately', 5))"),
        )
        assert await compare(database, matcher, clock()) == 0
    assert await compare(database, matcher, clock()) == 1


async def test_it_is_done_in_the_background(
    feeding: Any, matcher: Slow, database: Database, clock: Any, counted: Any
) -> None:
    await missing_each_other(feeding, matcher, **LIKE_HER)

    async with comparing(database, matcher, clock), asyncio.timeout(20):
        while await counted(WAITING) != (1,):
            await asyncio.sleep(0.01)
