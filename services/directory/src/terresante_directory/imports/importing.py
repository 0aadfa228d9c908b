"""Reads and applies imports in the background: a round whenever one comes, and every few seconds."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_platform.telemetry import log

from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.imports.states import Import, ImportId, State
from terresante_directory.domain.territories import Territory
from terresante_directory.imports.applying import Applying
from terresante_directory.imports.child import ReaderDied
from terresante_directory.imports.reading import GivenUp, Reading
from terresante_directory.store import imports

ROUND_SECONDS = 5.0
MOST_ATTEMPTS = 5
GIVEN_UP = "Cet import n’a pas abouti malgré plusieurs essais. Prévenez l’exploitant, ou découpez le fichier."


class Importing:
    """What is to be done, done. Several may run: an import is leased to one at a time."""

    def __init__(
        self, database: Database, given: Mapping[TerritoryCode, Territory], now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._now = now
        self._reading = Reading(database, given, now)
        self._applying = Applying(database, now)
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There is something to do."""
        self._woken.set()

    async def apply(self, id: ImportId) -> None:
        """At once, what the caller has leased."""
        await self._applying.apply(id)

    async def round(self) -> int:
        """Does what nobody else is doing. Gives how many imports."""
        done = 0
        while (of := await self._taken()) is not None:
            await self._do(of)
            done += 1
        return done

    async def run(self) -> None:
        """Rounds for ever, the first one now."""
        while True:
            self._woken.clear()
            try:
                await self.round()
            except (SQLAlchemyError, asyncpg.PostgresError, OSError, TimeoutError, Refusal) as fault:
                log.warning("importing waits", exc_info=fault)
            with suppress(TimeoutError):
                async with asyncio.timeout(ROUND_SECONDS):
                    await self._woken.wait()

    async def _do(self, of: Import) -> None:
        if of.attempts > MOST_ATTEMPTS:
            log.error("import given up", import_id=str(of.id), state=of.state.value)
            await self._give_up(of)
            return
        if of.state is State.APPLYING:
            await self._applying.apply(of.id)
            return
        with suppress(GivenUp, ReaderDied):  # left to another replica or to the next try: `attempts` counts them
            await self._reading.read(of)

    async def _give_up(self, of: Import) -> None:
        """What ended its process again and again would end the next one."""
        state = State.READY if of.state is State.APPLYING else State.FAILED
        async with self._database.transaction() as transaction:
            await imports.save(transaction, of.id, state=state, failure=GIVEN_UP, leased_until=None)

    async def _taken(self) -> Import | None:
        async with self._database.transaction() as transaction:
            await imports.forget_orphans(transaction, self._now())
            return await imports.take(transaction, self._now())
