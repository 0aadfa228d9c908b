"""Small pictures of uploaded ones, made one after the other beside the calls, in a process apart."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from terresante_contents.sealing import MasterKeys, OwnerKey, SealBroken
from terresante_contents.store import Contents
from terresante_contents.thumbnails import NoThumbnail, Thumbnails, thumbnails
from terresante_platform import background
from terresante_platform.counted import Count
from terresante_platform.database import Database
from terresante_platform.measures import Gauge
from terresante_platform.refusals import Refusal
from terresante_platform.telemetry import log

from terresante_messaging.store import attachment_work as work
from terresante_messaging.store import log as told
from terresante_messaging.store import threads
from terresante_messaging.store.attachment_work import Waiting

EVERY_SECONDS = 1.0
AGAIN_SECONDS = 10.0
"""After the store or the database was away."""
WAITING = Gauge(
    "terresante.messaging.thumbnails.waiting", "{picture}", "Pictures that wait for their small one, at most 200"
)
COUNTS = (Count(WAITING, work.COUNT),)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Makes what waits."""

    database: Database
    contents: Contents
    masters: MasterKeys
    drawn: Thumbnails
    now: Callable[[], datetime]

    async def make_all(self) -> int:
        """One round over what waits now. Gives how many were settled: made, or known not to be makeable."""
        async with self.database.reading() as connection:
            waiting = await work.waiting(connection)
        return sum([await self.make(one) for one in waiting])

    async def make(self, one: Waiting) -> bool:
        """Settles one; False if another process is at it, or nobody waits for it any more."""
        async with self.database.reading() as connection, work.alone(connection, one.id) as mine:
            if not mine:
                return False
            kept = await threads.find(connection, self.masters, one.thread)
            if kept is None:  # past its time, and its files with it
                return False
            jpeg = await self._drawn(kept.key, one)
            async with self.database.transaction() as transaction:
                entry = await work.finish(transaction, kept.key, one.id, jpeg, self.now())
                if entry is not None and jpeg is not None:
                    await told.add(transaction, entry)
        return entry is not None

    async def _drawn(self, key: OwnerKey, one: Waiting) -> bytes | None:
        try:
            opened = key.opened_stream(one.id, self.contents.read(one.id))
            picture = b"".join([piece async for piece in opened])
            return await self.drawn.make(picture)
        except NoThumbnail:
            return None
        except (FileNotFoundError, SealBroken) as fault:
            log.error("a file is not what was kept", attachment=str(one.id), exc_info=fault)
            return None

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.make_all()
                pause = EVERY_SECONDS
            except (Refusal, SQLAlchemyError, OSError) as fault:
                log.warning("thumbnails put off", exc_info=fault)
                pause = AGAIN_SECONDS
            await asyncio.sleep(pause)


@asynccontextmanager
async def thumbnailing(
    database: Database, contents: Contents, masters: MasterKeys, now: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Makes them in the background until left."""
    async with thumbnails() as drawn, background.running(Drawing(database, contents, masters, drawn, now).run()):
        yield
