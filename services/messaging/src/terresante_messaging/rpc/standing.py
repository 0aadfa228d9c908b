"""What the caller may read at this moment, by their own standing: for lists of ids, dates and counts, which open
nothing and are in no journal (docs/decisions/0007)."""

from collections.abc import Collection
from dataclasses import dataclass

from terresante_platform.database import Database

from terresante_messaging.domain.people import ThreadId
from terresante_messaging.domain.threads import Thread, ThreadKind, Window, is_meant_for, window
from terresante_messaging.rpc.deciding import Deciding, Mine, caller
from terresante_messaging.store import threads as store


@dataclass(frozen=True, slots=True)
class Readable:
    """A thread that the caller may read now, and what of it."""

    thread: Thread
    window: Window


async def readable_threads(
    database: Database, deciding: Deciding, ids: Collection[ThreadId]
) -> dict[ThreadId, Readable]:
    """Those of these threads that the caller may read now, without titles. Refuses with CONSENT_UNAVAILABLE."""
    me = caller()
    async with database.reading() as connection:
        found = await store.find_many(connection, ids)
    meant = [thread for thread in found if is_meant_for(thread, me)]
    around = await deciding.tellable({thread.patient for thread in meant if thread.patient is not None})
    apart = any(thread.patient is None for thread in meant)
    mine = await deciding.mine(without_patients=True) if apart else Mine()
    return {
        thread.id: Readable(thread, window(thread, me, around.get(thread.patient) if thread.patient else None))
        for thread in meant
        if (thread.patient in around if thread.patient else _is_mine(thread, mine))
    }


async def readable(database: Database, deciding: Deciding, ids: Collection[ThreadId]) -> dict[ThreadId, Window]:
    """What of each of these threads the caller may read now; those they may not read are absent."""
    return {id: one.window for id, one in (await readable_threads(database, deciding, ids)).items()}


def _is_mine(thread: Thread, mine: Mine) -> bool:
    return mine.direct if thread.kind is ThreadKind.DIRECT else thread.structure in mine.structures
