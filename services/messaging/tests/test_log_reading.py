"""Work on the log: each entry once in effect, in order, whoever else works on it and whatever fails."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_messaging.domain.log import Entry, EntryKind, NewEntry
from terresante_messaging.feed.reading import BEATEN_SECONDS, POLL_SECONDS, step, work
from terresante_messaging.feed.sequencing import Sequencer
from terresante_messaging.store import feed as store
from terresante_messaging.store import log
from terresante_platform.counted import Counting
from terresante_platform.database import Database

from .feed_world import MONDAY


class Worker:
    """Keeps in the database what it was handed, in the transaction it was given."""

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails
        self.asked: list[int] = []

    async def ask(self, entries: Sequence[Entry]) -> int:
        self.asked.append(len(entries))
        return len(entries)

    async def apply(self, transaction: AsyncConnection, entries: Sequence[Entry], answer: int) -> None:
        assert answer == len(entries)
        done = text("insert into inbox (event_id) values (:id)")
        await transaction.execute(done, [{"id": entry.id} for entry in entries])
        if self.fails:
            self.fails -= 1
            raise RuntimeError


async def written(database: Database, count: int) -> None:
    sequencer = Sequencer(database)
    for _ in range(count):
        async with database.transaction() as transaction:
            await log.add(transaction, NewEntry(EntryKind.THREAD_CHANGED, MONDAY, attachment=uuid4()))
        await sequencer.give()


async def done(database: Database) -> set[UUID]:
    async with database.reading() as connection:
        return set((await connection.execute(text("select event_id from inbox"))).scalars())


async def kept(database: Database) -> set[UUID]:
    async with database.reading() as connection:
        return {one.id for one in await store.after(connection, 0, 10_000)}


async def run(database: Database, worker: Worker, **more: Any) -> float:
    return await step(database, "worker", worker.apply, worker.ask, **more)


async def test_a_new_reader_begins_with_what_happens_from_now_on(database: Database) -> None:
    await written(database, 2)
    worker = Worker()
    assert await run(database, worker) == POLL_SECONDS
    await written(database, 1)
    await run(database, worker)

    assert worker.asked == [1]
    assert len(await done(database)) == 1


async def test_a_reader_of_the_oldest_is_handed_all_that_is_kept(database: Database) -> None:
    await written(database, 3)
    await run(database, Worker(), begin="oldest")

    assert await done(database) == await kept(database)


async def test_what_fails_leaves_nothing_and_is_handed_again(database: Database) -> None:
    await written(database, 3)
    working = asyncio.create_task(
        work(database, "worker", (worker := Worker(fails=2)).apply, worker.ask, begin="oldest")
    )
    async with asyncio.timeout(20):
        while await done(database) != await kept(database):
            await asyncio.sleep(0.02)
    working.cancel()

    assert worker.asked == [3, 3, 3]


async def test_of_two_at_once_one_does_it_and_the_other_leaves_it_to_it(database: Database) -> None:
    await written(database, 3)
    ready = asyncio.Barrier(2)

    class Slow(Worker):
        async def ask(self, entries: Sequence[Entry]) -> int:
            await ready.wait()
            return await super().ask(entries)

    rests = await asyncio.gather(*(run(database, Slow(), begin="oldest") for _ in range(2)))

    assert sorted(rests) == [POLL_SECONDS, BEATEN_SECONDS]
    assert await done(database) == await kept(database)


async def test_readers_of_different_names_do_not_know_of_each_other(database: Database) -> None:
    await written(database, 2)
    handed: list[tuple[str, int]] = []

    async def apply(_: AsyncConnection, entries: Sequence[Entry], answer: None, name: str) -> None:
        assert answer is None
        handed.append((name, len(entries)))

    for name in ("one", "two"):

        async def mine(transaction: AsyncConnection, entries: Sequence[Entry], answer: None, name: str = name) -> None:
            await apply(transaction, entries, answer, name)

        await step(database, name, mine, begin="oldest")

    assert handed == [("one", 2), ("two", 2)]


async def test_operators_see_how_far_each_reader_has_still_to_come(database: Database) -> None:
    worker, counting = Worker(), Counting(database, store.COUNTS)
    await run(database, worker)
    await written(database, 3)
    await counting.ask()
    assert counting.answer(store.LOG_BEHIND) == [(3.0, {"reader": "worker"})]

    await run(database, worker)
    await counting.ask()
    assert counting.answer(store.LOG_BEHIND) == [(0.0, {"reader": "worker"})]
