"""What every use case of conversations works with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from terresante_contents.sealing import MasterKeys
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.ids import parsed

from terresante_messaging.domain.people import ThreadId
from terresante_messaging.domain.searching import Bounds
from terresante_messaging.rpc.deciding import Deciding
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


def own_place() -> UUID | None:
    """The place of practice chosen for the call. Refuses with ID_INVALID what is no id."""
    place = calls.current().place
    return parsed(place, "place") if place else None
