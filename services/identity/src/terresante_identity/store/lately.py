"""What was written lately, and what each transaction could see when it began to decide: who may have missed whom.

Locks (`persons.lock_names`) keep apart those who share a key. Two who would be found by a *variant* of one only, a year
beside or day and month inverted, share no lock: written at once, neither sees the other.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

SETTING = "terresante.seen"
BEGINNING = (
    f"set_config('{SETTING}', "
    f"coalesce(nullif(current_setting('{SETTING}', true), ''), pg_current_snapshot()::text), true)"
)
"""Remembers what the transaction sees by now, unless it did so before. To be evaluated before it looks anybody up."""
LOCK = text("select pg_try_advisory_xact_lock(hashtextextended('written_lately', 5))")
TURN = text("select place from written_lately where not compared order by place limit :most")
# A row that is not committed yet is compared in its own turn: the rows of a quarter of an hour are still there.
PAIRS = text("""
select distinct least(mine.source_id, other.source_id) as one, greatest(mine.source_id, other.source_id) as other
from written_lately mine
join written_lately other
    on other.written_by >= pg_snapshot_xmin(mine.seen) and other.written_by <> mine.written_by
    and other.source_id <> mine.source_id
where mine.place = any(:turn)
    and not pg_visible_in_snapshot(other.written_by, mine.seen)
    and not pg_visible_in_snapshot(mine.written_by, other.seen)
order by one, other
""")
DONE = text("update written_lately set compared = true where place = any(:turn)")
FORGET = text("delete from written_lately where compared and written_at < now() - interval '15 minutes'")
"""Longer than any transaction lasts: who began before a row was committed has ended."""


def noting(insert: str) -> str:
    """The statement, which writes a row with a `source_id`, with a note of it."""
    return (
        f"with kept as ({insert} returning source_id) insert into written_lately (source_id, seen) "  # noqa: S608
        f"select source_id, coalesce(nullif(current_setting('{SETTING}', true), '')::pg_snapshot, "
        "pg_current_snapshot()) from kept"
    )


async def mine_alone(transaction: AsyncConnection) -> bool:
    """Whether no other replica compares until this transaction ends."""
    return bool((await transaction.execute(LOCK)).scalar_one())


async def turn(transaction: AsyncConnection, most: int) -> list[int]:
    """The next rows that were not compared, oldest first."""
    return list((await transaction.execute(TURN, {"most": most})).scalars())


async def missed(transaction: AsyncConnection, turn: Sequence[int]) -> list[tuple[UUID, UUID]]:
    """Sources of that turn and those written at the same time: neither transaction saw the other's."""
    return [(row.one, row.other) for row in await transaction.execute(PAIRS, {"turn": list(turn)})]


async def compared(transaction: AsyncConnection, turn: Sequence[int]) -> None:
    """They were; what is too old to meet anybody is forgotten."""
    await transaction.execute(DONE, {"turn": list(turn)})
    await transaction.execute(FORGET)
