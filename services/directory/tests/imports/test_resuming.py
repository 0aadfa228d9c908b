"""A reader or an applier that dies leaves an import that another one takes up, once its lease has run out."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import text
from terresante.directory.v1 import import_service_pb2 as pb
from terresante_directory import reference
from terresante_directory.domain.imports.states import Import
from terresante_directory.imports.importing import Importing
from terresante_directory.imports.reading import GivenUp, Reading
from terresante_directory.store import imports
from terresante_platform.database import Database

from .handing_over import HandingOver, structure, structures

MANY = structures(*(structure(f"S{number}") for number in range(6_000)))

WRITING = """select count(*) from pg_locks where relation = 'fact'::regclass and mode = 'RowExclusiveLock'
    and database = (select oid from pg_database where datname = current_database())"""


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.01)


async def count(database: Database, statement: str) -> int:
    async with database.reading() as connection:
        return int(await connection.scalar(text(statement)) or 0)


async def taken(database: Database, now: datetime) -> Import | None:
    async with database.transaction() as transaction:
        return await imports.take(transaction, now)


async def killed(importing: Importing, when: Callable[[], Awaitable[bool]]) -> None:
    """Works until that, then is gone without a word."""
    working = asyncio.create_task(importing.round())
    await until(when)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_a_file_whose_reader_died_is_read_from_the_start_by_another_and_once(
    files: HandingOver, database: Database, clock: Any
) -> None:
    id = await files.upload(MANY)

    async def begun() -> bool:
        return await count(database, "select count(*) from import_said") > 0

    await killed(files.importing, begun)
    assert (await files.told(id)).state == pb.IMPORT_STATE_READING
    another = Importing(database, reference.territories(), clock.now)
    assert await another.round() == 0

    files.tree.later(minutes=10)
    assert await another.round() == 1
    assert await files.counts(id) == {"new": 6_000}
    assert await count(database, "select count(*) from import_said") == 0
    assert await count(database, "select count(*) from import_piece") == 0


async def test_a_reader_that_slept_past_its_lease_leaves_the_file_to_the_one_that_took_it(
    files: HandingOver, database: Database, clock: Any
) -> None:
    id = await files.upload(structures(structure("A"), structure("B")))
    reading = Reading(database, reference.territories(), clock.now)
    asleep = await taken(database, clock.now())
    assert await taken(database, clock.now()) is None
    files.tree.later(minutes=10)
    awake = await taken(database, clock.now())
    assert asleep
    assert awake

    with pytest.raises(GivenUp):
        await reading.read(asleep)
    assert (await files.told(id)).state == pb.IMPORT_STATE_READING
    assert await count(database, "select count(*) from import_piece") == 1

    await reading.read(awake)
    assert await files.counts(id) == {"new": 2}


async def test_an_import_whose_applier_died_is_applied_once_by_another(
    files: HandingOver, database: Database, clock: Any
) -> None:
    id = await files.read(structures(*(structure(f"S{number}") for number in range(1_000))))
    await files.choose(id, outcome=pb.LINE_OUTCOME_NEW)
    assert (await files.apply(id)).state == pb.IMPORT_STATE_APPLYING
    assert await count(database, "select count(*) from structure") == 0

    async def writing() -> bool:
        return await count(database, WRITING) > 0

    await killed(files.importing, writing)
    assert await count(database, "select count(*) from structure") in (0, 1_000)
    files.tree.later(minutes=10)
    await Importing(database, reference.territories(), clock.now).round()
    assert (await files.told(id)).state == pb.IMPORT_STATE_APPLIED
    assert await count(database, "select count(*) from structure") == 1_000
    assert await count(database, "select count(*) from act where kind = 'imported'") == 1


async def test_an_import_that_is_discarded_while_it_is_read_stays_discarded(
    files: HandingOver, database: Database
) -> None:
    id = await files.upload(MANY)
    working = asyncio.create_task(files.importing.round())

    async def begun() -> bool:
        return await count(database, "select count(*) from import_said") > 0

    await until(begun)
    await files.stub.DiscardImport(pb.DiscardImportRequest(import_id=id))
    await working
    assert (await files.told(id)).state == pb.IMPORT_STATE_DISCARDED
    assert await files.lines(id) == []


async def test_an_import_that_ends_its_process_again_and_again_is_given_up(
    files: HandingOver, database: Database
) -> None:
    id = await files.upload(structures(structure("A")))
    async with database.transaction() as transaction:
        await transaction.execute(text("update import set attempts = 5"))
    await files.importing.round()
    told = await files.told(id)
    assert told.state == pb.IMPORT_STATE_FAILED
    assert told.failure


async def end_readers(most: int) -> int:
    """Kills the processes that read a file, as the kernel does when memory is short, until so many were. For ever if
    they do not come."""
    ended = set[int]()
    while len(ended) < most:
        for process in psutil.Process().children():
            with suppress(psutil.NoSuchProcess):
                if "terresante_directory.imports.parsing" in process.cmdline() and process.pid not in ended:
                    process.kill()
                    ended.add(process.pid)
        await asyncio.sleep(0.001)
    return len(ended)


async def test_a_file_whose_reading_process_was_killed_is_read_again_at_once(files: HandingOver) -> None:
    id = await files.upload(structures(structure("A"), structure("B")))
    working = asyncio.create_task(files.importing.round())
    async with asyncio.timeout(60):
        assert await end_readers(1) == 1
        assert await working == 2
    assert (await files.told(id)).state == pb.IMPORT_STATE_READY
    assert await files.counts(id) == {"new": 2}


async def test_a_file_whose_reading_process_is_killed_each_time_is_given_up(files: HandingOver) -> None:
    id = await files.upload(structures(structure("A")))
    killing = asyncio.create_task(end_readers(1_000))
    async with asyncio.timeout(60):
        await files.importing.round()
    killing.cancel()
    told = await files.told(id)
    assert told.state == pb.IMPORT_STATE_FAILED
    assert "plusieurs essais" in told.failure


async def test_pieces_of_an_upload_that_never_ended_are_forgotten_a_day_later(
    files: HandingOver, database: Database
) -> None:
    async with database.transaction() as transaction:
        await transaction.execute(
            text("insert into import_piece values (gen_random_uuid(), 0, 'x', :at)"), {"at": files.tree.clock.at}
        )
    await files.importing.round()
    assert await count(database, "select count(*) from import_piece") == 1
    files.tree.later(days=2)
    await files.importing.round()
    assert await count(database, "select count(*) from import_piece") == 0
