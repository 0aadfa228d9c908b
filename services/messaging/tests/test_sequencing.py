"""One order for everybody: who follows positions misses nothing and sees nothing twice, whatever commits when."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from terresante_messaging.domain.log import Entry, EntryKind, NewEntry, Waiting, in_order
from terresante_messaging.domain.people import Recipient, ThreadId
from terresante_messaging.feed.sequencing import HINT, Sequencer, sequencing
from terresante_messaging.feed.tailing import Tail
from terresante_messaging.store import feed as store
from terresante_messaging.store import log
from terresante_platform import background
from terresante_platform import database as database_module
from terresante_platform.bus import Bus
from terresante_platform.counted import Counting
from terresante_platform.database import Database

from .feed_world import MONDAY


async def noted(database: Database, **what: object) -> None:
    async with database.transaction() as transaction:
        await log.add(transaction, NewEntry(EntryKind.THREAD_CHANGED, MONDAY, **what))  # type: ignore[arg-type]


async def positions(database: Database) -> list[int]:
    async with database.reading() as connection:
        return [one.position for one in await store.after(connection, 0, 100_000)]


class Follower:
    """Reads positions as a tail does, and keeps what it saw."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.seen: list[UUID] = []
        self._position = 0

    async def read(self) -> None:
        async with self._database.reading() as connection:
            found = await store.after(connection, self._position, 50)
        for one in found:
            assert one.position == self._position + 1
            self._position = one.position
            self.seen.append(one.id)

    async def run(self) -> None:
        while True:
            await self.read()
            await asyncio.sleep(0)


async def write(database: Database, seed: int, count: int, kept: list[UUID]) -> None:
    """Transactions of a random length, some of which are rolled back."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    for _ in range(count):
        with suppress(RuntimeError):
            async with database.transaction() as transaction:
                mark = uuid4()
                await log.add(transaction, NewEntry(EntryKind.THREAD_CHANGED, MONDAY, attachment=mark))
                await transaction.execute(text("select pg_sleep(:s)"), {"s": chance.random() * 0.02})
                if chance.random() < 0.2:
                    raise RuntimeError
            kept.append(mark)


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """Another process's pool."""
    async with database_module.connected(database_url, pool=8) as connected:
        yield connected


async def test_whoever_follows_positions_sees_each_entry_once_while_transactions_of_any_length_commit(
    database: Database, other: Database
) -> None:
    kept: list[UUID] = []
    follower = Follower(other)
    async with sequencing(database, None), sequencing(other, None):
        following = asyncio.create_task(follower.run())
        await asyncio.gather(*(write(each, seed, 20, kept) for seed in range(6) for each in (database, other)))
        async with asyncio.timeout(20):
            while len(follower.seen) < len(kept):
                await asyncio.sleep(0.02)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    async with database.reading() as connection:
        entries = await store.after(connection, 0, 100_000)
    assert len(kept) > 100
    assert [one.position for one in entries] == list(range(1, len(kept) + 1))
    assert {one.what.attachment for one in entries} == set(kept)
    assert follower.seen == [one.id for one in entries]


async def test_a_long_transaction_elsewhere_holds_nobody_up_and_its_entry_comes_after_what_was_seen(
    database: Database, other: Database
) -> None:
    sequencer = Sequencer(database)
    async with other.transaction() as transaction:
        late = uuid4()
        await log.add(transaction, NewEntry(EntryKind.THREAD_CHANGED, MONDAY, attachment=late))
        await noted(database)

        assert await sequencer.give() == 1
        assert await positions(database) == [1]
    assert await sequencer.give() == 1

    async with database.reading() as connection:
        assert [one.what.attachment for one in await store.after(connection, 1)] == [late]


async def test_a_sequencer_that_is_killed_in_the_midst_gives_no_position_and_the_next_one_gives_them_all(
    database: Database, other: Database
) -> None:
    for _ in range(3):
        await noted(database)
    with suppress(Exception):
        async with other.transaction() as transaction:
            await store.give_positions(transaction)
            killed = (await transaction.execute(text("select pg_backend_pid()"))).scalar_one()
            async with database.reading() as connection:
                await connection.execute(text("select pg_terminate_backend(:pid)"), {"pid": killed})
            await transaction.execute(text("select 1"))

    assert await positions(database) == []
    assert await Sequencer(database).give() == 3
    assert await positions(database) == [1, 2, 3]


async def test_two_sequencers_at_once_give_each_position_once(database: Database, other: Database) -> None:
    for _ in range(20):
        await noted(database)
    given = await asyncio.gather(*(Sequencer(each).give() for each in (database, other) * 3))

    assert sum(given) == 20
    assert await positions(database) == list(range(1, 21))


async def test_what_another_process_left_without_a_position_is_found_by_polling(
    database: Database, other: Database
) -> None:
    await noted(other)
    async with sequencing(database, None), asyncio.timeout(10):
        while await positions(database) != [1]:
            await asyncio.sleep(0.02)


async def test_what_is_committed_shortly_after_a_round_waits_for_the_next_one(database: Database) -> None:
    pace, clock, rounds = 2.0, asyncio.get_running_loop().time, list[float]()
    sequencer = Sequencer(database, pace=pace)
    sequencer.after_giving.append(lambda: rounds.append(clock()))
    began = clock()
    async with background.running(sequencer.run()), asyncio.timeout(20):
        for _ in range(30):
            await noted(database)
        while len(await positions(database)) < 30:
            await asyncio.sleep(0.01)

    assert len(rounds) <= (rounds[-1] - began) / pace + 2
    assert await positions(database) == list(range(1, 31))


class Open:
    """Somebody's open stream, and consent that lets them hear of nothing."""

    def __init__(self) -> None:
        self.people, self.portals, self.position, self.placed = [uuid4()], (), 0, asyncio.Event()
        self.placed.set()

    async def told(self, entries: Sequence[Entry]) -> list[frozenset[Recipient]]:
        return [frozenset() for _ in entries]

    def give(self, entries: Sequence[Entry], *_: object) -> None:
        self.position = entries[-1].position


class Woken(Tail):
    """Counts how often it was woken."""

    times = 0

    def wake(self) -> None:
        self.times += 1


async def test_a_hint_of_what_was_read_here_wakes_nobody_and_one_that_says_nothing_does(database: Database) -> None:
    for _ in range(3):
        await noted(database)
    await Sequencer(database).give()
    standing: Any = Open()
    tail = Woken(database, standing, standing)
    await tail.read()
    assert standing.position == 3

    for last, times in ((b"2", 0), (b"3", 0), (b"4", 1), (b"", 2), (b"forged", 3)):
        tail.heard(HINT, last)
        assert tail.times == times


async def test_positions_are_counted_on_when_the_sequencers_row_is_lost(database: Database) -> None:
    sequencer = Sequencer(database)
    await noted(database)
    await sequencer.give()
    async with database.transaction() as transaction:
        await transaction.execute(text("delete from log_reader"))
    await noted(database)
    await sequencer.give()

    assert await positions(database) == [1, 2]


async def test_others_are_told_by_a_hint_which_the_stream_does_not_keep(database: Database, bus: Bus) -> None:
    heard = asyncio.Event()
    await bus.hear([HINT], lambda _, __: heard.set())
    await bus.client.flush()
    async with sequencing(database, bus):
        await noted(database)
        await asyncio.wait_for(heard.wait(), 10)

    assert (await bus.state()).last_sequence == 0


async def test_messages_of_a_thread_are_in_the_order_of_their_places_though_a_batch_cuts_a_late_clock_off(
    database: Database,
) -> None:
    thread = ThreadId(uuid4())
    async with database.transaction() as transaction:
        for place in (2, 1):
            at = datetime.now(UTC)
            await log.add(transaction, NewEntry(EntryKind.MESSAGE_POSTED, at, thread=thread, place=place))

    async with database.transaction() as transaction:
        assert list(await store.give_positions(transaction, most=1)) == [1, 2]
    async with database.reading() as connection:
        assert [one.what.place for one in await store.after(connection, 0)] == [1, 2]


async def test_how_much_waits_and_since_when_is_told(database: Database) -> None:
    await noted(database)
    counted = Counting(database, store.COUNTS)
    await counted.ask()
    assert counted.answer(store.LOG_WAITING) == [(1.0, {})]
    assert counted.answer(store.LOG_AGE)[0][0] > 0

    await Sequencer(database).give()
    await counted.ask()
    assert [counted.answer(gauge) for gauge in (store.LOG_WAITING, store.LOG_AGE)] == [[(0.0, {})], [(0.0, {})]]


@given(st.lists(st.tuples(st.sampled_from([None, 1, 2]), st.sampled_from([None, "post"])), max_size=30), st.randoms())
def test_posts_of_a_thread_come_by_place_and_everything_else_stays_where_it_was(
    drawn: list[tuple[int | None, str | None]], chance: random.Random
) -> None:
    threads = {1: ThreadId(uuid4()), 2: ThreadId(uuid4())}
    places = {number: list(range(1, len(drawn) + 1)) for number in threads}
    for some in places.values():
        chance.shuffle(some)
    waiting = [
        Waiting(uuid4(), threads[thread] if thread else None, places[thread].pop() if thread and post else None)
        for thread, post in drawn
    ]
    known = {one.id: one for one in waiting}

    ordered = [known[id] for id in in_order(waiting)]

    assert sorted(known) == sorted(one.id for one in ordered)
    for before, after in zip(waiting, ordered, strict=True):
        assert before.thread == after.thread
        assert before == after or (before.posted_at and after.posted_at)
    for thread in threads.values():
        posted = [one.posted_at for one in ordered if one.thread == thread and one.posted_at]
        assert posted == sorted(posted)
