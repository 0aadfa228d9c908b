"""A gap in the journal's newest batches is told while the service runs; whole ones are told as none."""

import pytest
from sqlalchemy import text
from terresante_consent.journal.watching import COUNTS, MISSING
from terresante_platform.counted import Counting
from terresante_platform.database import Database

from .house import House, lived

BATCH = "(select number from journal_batch order by number offset 1 limit 1)"
ENTRY = "(select entry_id from journal_entry order by batch desc limit 1)"


async def missing(database: Database) -> float:
    """What the gauge would tell now."""
    asking = Counting(database, COUNTS)
    await asking.ask()
    ((value, about),) = asking.answer(MISSING)
    assert about == {}
    return value


async def test_a_journal_without_an_entry_has_no_gap(database: Database) -> None:
    assert await missing(database) == 0


async def test_a_journal_as_it_was_written_has_no_gap(house: House, database: Database) -> None:
    await lived(house)
    assert await missing(database) == 0


@pytest.mark.parametrize(
    "deed",
    [
        "delete from journal_entry where entry_id = {entry}",
        "delete from journal_batch where number = {batch}",
        "insert into journal_entry select gen_random_uuid(), batch, 1000, null, null, actor_id, leaf"
        " from journal_entry where entry_id = {entry}",
        "insert into journal_entry select gen_random_uuid(), 9999, 0, null, null, actor_id, leaf"
        " from journal_entry where entry_id = {entry}",
    ],
    ids=["an entry gone", "a batch gone", "an entry too many", "an entry of no batch"],
)
async def test_what_is_not_whole_is_told(house: House, database: Database, deed: str) -> None:
    await lived(house)
    async with database.transaction() as transaction:
        done = await transaction.execute(text(deed.format(entry=ENTRY, batch=BATCH)))
        assert done.rowcount == 1
    assert await missing(database) >= 1


async def test_a_batch_gone_with_its_entries_is_told(house: House, database: Database) -> None:
    await lived(house)
    async with database.transaction() as transaction:
        gone = (await transaction.execute(text("select " + BATCH))).scalar_one()
        await transaction.execute(text("delete from journal_entry where batch = :gone"), {"gone": gone})
        await transaction.execute(text("delete from journal_batch where number = :gone"), {"gone": gone})
    assert await missing(database) == 1
