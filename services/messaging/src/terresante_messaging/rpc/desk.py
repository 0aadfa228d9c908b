"""What every use case of conversations works with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.sealing import MasterKeys
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.ids import parsed

from terresante_messaging.domain.people import ThreadId
from terresante_messaging.domain.searching import Bounds
from terresante_messaging.domain.threads import ThreadUnknown, is_meant_for
from terresante_messaging.rpc.deciding import Deciding, caller
from terresante_messaging.store import threads
from terresante_messaging.store.threads import Kept

READERS = ("professional", "patient")


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts, made once at start."""

    database: Database
    deciding: Deciding
    masters: MasterKeys
    now: Callable[[], datetime]
    bounds: Bounds = field(default_factory=Bounds)
    """Of a search."""

    async def thread(self, id: ThreadId) -> Kept:
        """The thread of that id with its key; what the caller may do there is decided next. Refuses with
        THREAD_UNKNOWN."""
        async with self.database.reading() as connection:
            kept = await threads.find(connection, self.masters, id)
        if kept is None:
            raise await self.deciding.unknown()
        return kept


async def require_still_named(transaction: AsyncConnection, thread: ThreadId) -> None:
    """The thread may have been changed since it was decided about: whoever was taken out of it writes nothing more, and
    nobody is taken out before the transaction ends. Refuses with THREAD_UNKNOWN."""
    if not is_meant_for(await threads.hold(transaction, thread), caller()):
        raise ThreadUnknown


def own_place() -> UUID | None:
    """The place of practice chosen for the call. Refuses with ID_INVALID what is no id."""
    place = calls.current().place
    return parsed(place, "place") if place else None
