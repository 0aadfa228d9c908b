"""What somebody missed: the log after their cursor, as far as they may be told of it now."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from terresante_platform.database import Database

from terresante_messaging.domain.log import Cursor, Entry, Told, told_to_portal
from terresante_messaging.domain.people import PatientId, Recipient
from terresante_messaging.domain.readers import Reader, Standings, as_reader
from terresante_messaging.domain.threads import Thread, ThreadKind, is_meant_for
from terresante_messaging.feed.readers import Readers
from terresante_messaging.store import feed, missed, notifications
from terresante_messaging.wire import decisions as wire

if TYPE_CHECKING:
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub

MOST_BATCHES = 20
"""Of the log that one page for a portal reads: a page may be empty, and there be more."""
FRESH_SECONDS = 0.25
"""What took longer to read is decided again, entry by entry, as what happens live is."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A page, oldest first."""

    told: Sequence[Told]
    come_to: Cursor
    """How far it goes."""
    more: bool
    decided: float
    """When it was decided that the reader may be told (`time.monotonic()`)."""


class Log(Protocol):
    """The log as one reader sees it."""

    async def missed(self, cursor: Cursor, up_to: int, most: int) -> Missed:
        """What comes after the cursor, up to a position. Refuses with CONSENT_UNAVAILABLE and as the decision does."""
        ...


@dataclass(frozen=True, slots=True)
class OwnLog:
    """The log as a person sees it: consent says around whom they may read from any of their places, and of which teams
    they are. It is what an open stream tells them as it happens (`Readers`)."""

    database: Database
    consent: DecisionServiceAsyncStub
    readers: Readers
    me: Recipient
    fresh: float = FRESH_SECONDS

    async def missed(self, cursor: Cursor, up_to: int, most: int) -> Missed:
        """See `Log`."""
        if cursor.position >= up_to:
            return Missed((), cursor, False, time.monotonic())
        own = await self.consent.ListMyConversations(wire.own_request(any_place=True))
        decided, patients = time.monotonic(), wire.own_patients(own)
        async with self.database.reading() as connection:
            around = await missed.threads_around(connection, self.me, patients, wire.own_structures(own))
            found = await missed.page(connection, self.me, (around, patients), (cursor.position, up_to), most)
            told_of = {one.what.thread for one in found if one.what.thread is not None}
            threads = await missed.threads(connection, told_of.intersection(around))
            notified = {one.what.notification for one in found if one.what.notification is not None}
            standing = await feed.of_standing(connection, notified)
            admitted = await notifications.admitted(connection, notified)
        about = {one.what.patient for one in found if one.what.patient in patients}
        known = Standings(
            threads={id: [self._reader(one, patients)] for id, one in threads.items() if self._reads(one, own.direct)},
            patients={patient: [Reader(self.me, patients[patient])] for patient in about},
            accounts=frozenset({self.me.id}) if own.direct else frozenset(),
            of_standing=standing,
            admitted=frozenset(admitted),
        )
        mine = [one for one in found if self.me in known.told(one.what)]
        if mine and time.monotonic() - decided > self.fresh:
            recipients, decided = await self.readers.told(mine), time.monotonic()
            mine = [one for one, some in zip(mine, recipients, strict=True) if self.me in some]
        told, full = [Told(one, Cursor(one.position)) for one in mine], len(found) == most
        return Missed(told, Cursor(found[-1].position if full else up_to), full, decided)

    def _reads(self, thread: Thread, direct: bool) -> bool:
        return is_meant_for(thread, self.me) and (direct or thread.kind is not ThreadKind.DIRECT)

    def _reader(self, thread: Thread, patients: Mapping[PatientId, datetime | None]) -> Reader:
        return as_reader(thread, self.me, patients[thread.patient] if thread.patient is not None else None)


@dataclass(frozen=True, slots=True)
class PortalLog:
    """The log as a portal sees it: what those who chose it may be told of, once for each of them."""

    database: Database
    readers: Readers
    portal: UUID

    async def missed(self, cursor: Cursor, up_to: int, most: int) -> Missed:
        """See `Log`."""
        at, told, decided = cursor, list[Told](), time.monotonic()
        for _ in range(MOST_BATCHES):
            entries = await self._after(at, up_to)
            if not entries:
                return Missed(told, Cursor(up_to) if at.position < up_to else at, False, decided)
            recipients = await self.readers.told(entries)
            decided = time.monotonic()
            async with self.database.reading() as connection:
                chosen = await feed.choices(connection, [self.portal], frozenset().union(*recipients))
            for entry, some in zip(entries, recipients, strict=True):
                for one in told_to_portal(entry, chosen[self.portal].intersection(some)):
                    if not cursor.covers(entry.position, one.recipient):
                        told.append(one)
                        if len(told) == most:
                            return Missed(told, one.cursor, True, decided)
            at = Cursor(entries[-1].position)
            if told:
                break
        return Missed(told, at, at.position < up_to, decided)

    async def _after(self, at: Cursor, up_to: int) -> list[Entry]:
        before = at.position if at.up_to is None else at.position - 1
        async with self.database.reading() as connection:
            return [one for one in await feed.after(connection, before) if one.position <= up_to]
