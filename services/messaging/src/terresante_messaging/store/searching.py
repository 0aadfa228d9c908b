"""What a search looks through: messages of many threads, newest first, a stretch of time at a time."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.keys import key_of
from terresante_contents.sealing import MasterKeys, OwnerKey

from terresante_messaging.domain.threads import Thread

_STRETCH = text(
    """
    select m.* from unnest(:threads) as given(id)
    cross join lateral (
        select * from message m
        where m.thread_id = given.id and m.retention = any(:classes) and m.id >= :low and m.id < :high
            and m.deleted_at is null
    ) m
    order by m.id desc limit :most
    """
).bindparams(
    bindparam("threads", type_=ARRAY(Uuid)),
    bindparam("classes", type_=ARRAY(Text)),
    bindparam("low", type_=Uuid),
    bindparam("high", type_=Uuid),
    bindparam("most", type_=Integer),
)
_KEYS = text("select owner_id, master_key_id, sealed from owner_key where owner_id = any(:owners)").bindparams(
    bindparam("owners", type_=ARRAY(Uuid))
)


async def stretch(
    connection: AsyncConnection, threads: Collection[Thread], low: UUID, high: UUID, most: int
) -> list[Any]:
    """Rows of messages of these threads that were not taken back, with ids from `low` on and below `high`, newest
    first."""
    values = {
        "threads": [one.id for one in threads],
        "classes": sorted({one.retention for one in threads}),
        "low": low,
        "high": high,
        "most": most,
    }
    return list((await connection.execute(_STRETCH, values)).mappings())


async def keys(connection: AsyncConnection, masters: MasterKeys, owners: Collection[UUID]) -> dict[UUID, OwnerKey]:
    """The keys of these owners that have one."""
    found = await connection.execute(_KEYS, {"owners": list(owners)})
    return {row.owner_id: key_of(masters, row.owner_id, row.master_key_id, row.sealed) for row in found}
