"""What a feeder reads of what became of its source identities."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from terresante.identity.v1 import linkage_service_pb2 as linkage_pb
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from . import fed
from .fed import CLINIC, HOSPITAL, register


async def test_a_feeder_reads_what_became_of_its_own_sources_from_the_first(linkage: Any, calling_as: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    calling_as("system", ours)
    registered = [await linkage.RegisterIdentity(register(HOSPITAL, str(number), **fed.PAUL)) for number in (1, 2, 3)]
    calling_as("system", theirs)
    await linkage.RegisterIdentity(register(CLINIC, "1"))
    calling_as("system", ours)
    first = await linkage.ListChanges(linkage_pb.ListChangesRequest(limit=2))
    second = await linkage.ListChanges(linkage_pb.ListChangesRequest(cursor=first.next_cursor))
    last = await linkage.ListChanges(linkage_pb.ListChangesRequest(cursor=second.next_cursor))

    changes = [*first.changes, *second.changes]
    assert [change.source_id for change in changes] == [one.source.source_id for one in registered]
    assert [change.kind for change in changes] == [
        linkage_pb.ACT_KIND_REGISTERED,
        linkage_pb.ACT_KIND_LINKED,
        linkage_pb.ACT_KIND_LINKED,
    ]
    assert {change.from_person_id for change in changes} == {""}
    assert (list(last.changes), last.next_cursor) == ([], second.next_cursor)


@pytest.mark.parametrize("cursor", ["x", "1", "1.x", "9" * 30 + ".x", f"1.{UUID(int=0)}\x00", "-1.2"])
async def test_what_is_no_cursor_is_refused(linkage: Any, feeder: UUID, cursor: str) -> None:
    with pytest.raises(Refusal) as refused:
        await linkage.ListChanges(linkage_pb.ListChangesRequest(cursor=cursor))
    assert refused.value.reason == "CURSOR_INVALID"
    with pytest.raises(Refusal) as refused:
        await linkage.ListChanges(linkage_pb.ListChangesRequest(limit=501))
    assert refused.value.reason == "LIMIT_INVALID"


async def test_a_change_that_is_not_committed_yet_is_never_skipped(
    linkage: Any, feeder: UUID, database: Database
) -> None:
    """Somebody holds an act back: the page waits for it rather than go past its place."""
    from terresante_identity.store import acts

    async with database.transaction() as transaction:
        await transaction.execute(text(acts.ADDING))
        listing = asyncio.create_task(linkage.ListChanges(linkage_pb.ListChangesRequest()))
        async with database.reading() as connection:
            waits = text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
            while (await connection.execute(waits)).scalar_one() == 0:
                await asyncio.sleep(0.01)
        assert not listing.done()
    assert list((await listing).changes) == []
