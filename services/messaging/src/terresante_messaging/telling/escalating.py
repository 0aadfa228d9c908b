"""Urgent messages that nobody reads go to the next in line, each step decided anew."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database, is_away
from terresante_platform.telemetry import log

from terresante_messaging.domain.lines import AUTHOR, Situation, State, Step, next_step
from terresante_messaging.domain.notifications import Happening, Kind
from terresante_messaging.domain.people import ActorId, Realm, Recipient
from terresante_messaging.domain.readers import Reader
from terresante_messaging.feed.readers import Readers
from terresante_messaging.store import absences, escalations
from terresante_messaging.store.escalations import Escalation, Facts
from terresante_messaging.telling.notifying import Telling, notify

EVERY_SECONDS = 5.0
AT_ONCE = 100
AGAIN = timedelta(minutes=1)
"""When a step that broke is due again."""


class Escalating:
    """Moves what is due."""

    def __init__(self, database: Database, readers: Readers, now: Callable[[], datetime]) -> None:
        self._database = database
        self._readers = readers
        self._now = now

    async def run(self) -> None:
        """For ever. What could not be decided is due again."""
        while True:
            try:
                moved = await self.round()
            except Exception as fault:  # what is due stays due
                log.warning("urgent messages wait", exc_info=fault)
                moved = 0
            if moved < AT_ONCE:
                await asyncio.sleep(EVERY_SECONDS)

    async def round(self) -> int:
        """Does the step of each one that is due; one that breaks holds up no other. Gives how many there were. Raises
        what says that the database is away: no step is at fault then, and none is put off."""
        now = self._now()
        async with self._database.reading() as connection:
            due = await escalations.due(connection, now, AT_ONCE)
        if not due:
            return 0
        readers = await self._readers.of_threads({one.stands.thread for one in due})
        for one in due:
            try:
                async with self._database.transaction() as transaction:
                    if await escalations.locked(transaction, one):
                        found = readers.get(one.stands.thread, [])
                        await self._move(transaction, one, found)
            except Exception as fault:  # whatever it is, what is due after it goes on
                if is_away(fault):
                    raise
                log.error("an urgent message's step broke", exc_info=fault)
                async with self._database.transaction() as transaction:
                    await escalations.postpone(transaction, one, now + AGAIN)
        return len(due)

    async def _move(self, transaction: AsyncConnection, one: Escalation, readers: Iterable[Reader]) -> None:
        """What the message is now is read last, after who may read it was asked: it may have been taken back since."""
        now = self._now()
        of = (await escalations.facts(transaction, [one.message])).get(one.message)
        if of is None or of.deleted:
            await escalations.end(transaction, one, State.TAKEN_BACK, now)
            return
        allowed = frozenset(reader.who for reader in readers if reader.may_read(of.stands.place, of.stands.sent_at))
        situation = await self._situation(transaction, of, allowed, now)
        if situation.was_read():
            await escalations.end(transaction, one, State.READ, now)
            return
        step = next_step(situation, one.step)
        if step.number < AUTHOR:
            await self._tell(transaction, one, step, now)
            await escalations.move(transaction, one, step.number, now)
            return
        if one.author in allowed:
            await self._tell(transaction, one, step, now)
        await escalations.end(transaction, one, State.EXHAUSTED, now)

    async def _situation(
        self, transaction: AsyncConnection, of: Facts, allowed: frozenset[Recipient], now: datetime
    ) -> Situation:
        professionals = [who.id for who in allowed if who.realm is Realm.PROFESSIONAL]
        away = await absences.away(transaction, professionals, now)
        on_call = await absences.on_call_now(transaction, professionals, now)
        return Situation(
            of.author,
            allowed,
            of.mentioned,
            await escalations.has_read(transaction, of.stands),
            await escalations.told(transaction, of.id),
            {id: one.delegate for id, one in away.items() if one.delegate},
            frozenset(one.professional for one in on_call),
        )

    async def _tell(self, transaction: AsyncConnection, one: Escalation, step: Step, now: datetime) -> None:
        actor = ActorId(one.author.id)
        happening = Happening(Kind.URGENT_UNREAD, one.patient, one.message, now, actor, message=one.stands)
        instead_of = {who: step.instead_of[who] for who in step.recipients if who in step.instead_of}
        telling = Telling(cause(one.message, step.number), happening, sorted(step.recipients), instead_of=instead_of)
        await notify(transaction, telling)


def cause(message: UUID, step: int) -> UUID:
    """By which the same step, done again, tells nobody twice."""
    return uuid5(message, f"urgent_unread.{step}")
