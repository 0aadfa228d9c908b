"""As time goes on, what was scheduled comes to hold: a round at start and each minute shows it, and tells of it.

One replica at a time does so. A round looks only at what begins or ends since the last one, and changes only what
does not show it yet; a crash between leaves it to the next.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_platform.telemetry import log

from terresante_directory import events
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.territories import Territory
from terresante_directory.store import taking_over, turned
from terresante_directory.store.locking import lock_subjects
from terresante_directory.store.present import project

ROUND_SECONDS = 60.0
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Given:
    """What data files say, to begin with. `covers`: by commune (COG); `centres`: latitude, longitude of communes."""

    territories: Sequence[Territory] = ()
    covers: Mapping[str, TerritoryCode] = field(default_factory=dict)
    centres: Mapping[str, tuple[float, float]] = field(default_factory=dict)


class Turning:
    """Turns the present tables over, and takes over what was there before. Several may run."""

    def __init__(self, database: Database, given: Given, now: Callable[[], datetime]) -> None:
        self._database = database
        self._given = given
        self._now = now
        self._files_taken_over = False

    async def take_over(self) -> int:
        """What data files say, once; then the rows of which no fact speaks yet, part by part. Gives how many rows."""
        if not self._files_taken_over:
            await self._take_over_files()
        done = 0
        while part := await self._take_over_part():
            done += part
        return done

    async def round(self) -> int:
        """Shows what has come to hold. Gives how many subjects it looked at."""
        async with self._database.transaction() as transaction:
            now = self._now()
            if not await turned.alone(transaction):
                return 0
            due = await turned.due(transaction, now)
            await lock_subjects(transaction, due)
            for first in range(0, len(due), MOST_AT_ONCE):
                part = due[first : first + MOST_AT_ONCE]
                touched = await project(transaction, part, now, turning=True)
                await events.touched(transaction, touched, now)
            await turned.keep(transaction, now)
        return len(due)

    async def run(self) -> None:
        """Rounds for ever, the first one now."""
        while True:
            try:
                taken = await self.take_over()
                if taken:
                    log.info("rows taken over as facts", count=taken)
                await self.round()
            except (SQLAlchemyError, OSError, TimeoutError, Refusal) as fault:
                log.warning("turning waits", exc_info=fault)
            await asyncio.sleep(ROUND_SECONDS)

    async def _take_over_files(self) -> None:
        async with self._database.transaction() as transaction:
            if await turned.alone(transaction):
                await taking_over.take_over_territories(transaction, self._given.territories, self._now())
                await taking_over.take_over_communes(transaction, self._given.covers, self._given.centres, self._now())
                self._files_taken_over = True

    async def _take_over_part(self) -> int:
        async with self._database.transaction() as transaction:
            return await taking_over.round(transaction, self._now())
