"""Who may read, asked of consent in our own name. What is asked while a call is under way goes with the next one; no
answer is kept beyond the question. No answer means no: what could not be asked is told to nobody, and asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from terresante_platform.database import Database
from terresante_platform.group import Group

from terresante_messaging.domain.log import Entry, NewEntry
from terresante_messaging.domain.people import NotificationId, PatientId, Realm, Recipient, ThreadId
from terresante_messaging.domain.readers import (
    Conversation,
    Reader,
    Standings,
    conversation_of,
    needs_right,
    readers_of,
)
from terresante_messaging.domain.threads import Thread
from terresante_messaging.store import feed, missed, notifications
from terresante_messaging.wire import decisions as wire

if TYPE_CHECKING:
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub

MOST_CONVERSATIONS = 100
MOST_PARTIES = 100
_AT_ONCE = 2_000
"""Conversations that one flush takes: 20 calls to consent at once."""


class Readers:
    """Asks who may read now. All refuse with CONSENT_UNAVAILABLE, DATABASE_UNAVAILABLE."""

    def __init__(self, database: Database, consent: DecisionServiceAsyncStub) -> None:
        self._database = database
        self._consent = consent
        self.asked: Group[Conversation, list[Reader]] = Group(self._ask, _AT_ONCE)

    async def of_patient(self, patient: PatientId) -> list[Reader]:
        """Who may read a patient's conversations; the patient and their representatives among them."""
        return await self.asked.keep(Conversation(patient=patient))

    async def of_threads(self, ids: Collection[ThreadId]) -> dict[ThreadId, list[Reader]]:
        """Who may read each thread. A thread that is gone has no readers, and is left out."""
        async with self._database.reading() as connection:
            found = await missed.threads(connection, ids)
        allowed = await self._allowed({conversation_of(thread) for thread in found.values()})
        return _read_by(found.values(), allowed)

    async def open_accounts(self, ids: Iterable[UUID]) -> frozenset[UUID]:
        """Those professionals and portals whose account is open."""
        wanted = sorted(set(ids))
        some = [tuple(wanted[begin : begin + MOST_PARTIES]) for begin in range(0, len(wanted), MOST_PARTIES)]
        answers = await self._allowed(Conversation(parties=parties) for parties in some)
        return frozenset(reader.who.id for readers in answers.values() for reader in readers)

    async def told(self, entries: Sequence[Entry]) -> list[frozenset[Recipient]]:
        """Who may be told of each entry now, in the order given."""
        known = await self._standings([entry.what for entry in entries])
        return [known.told(entry.what) for entry in entries]

    async def _standings(self, entries: Sequence[NewEntry]) -> Standings:
        async with self._database.reading() as connection:
            threads = await missed.threads(connection, {one.thread for one in entries if one.thread is not None})
            notified = {one.notification for one in entries if one.notification is not None}
            standing = await feed.of_standing(connection, notified)
            admitted = await notifications.admitted(connection, notified)
        patients = {one.patient for one in entries if one.patient is not None and _asks_patient(one, standing)}
        professionals = {
            one.recipient.id for one in entries if one.recipient and one.recipient.realm is Realm.PROFESSIONAL
        }
        conversations = {conversation_of(thread) for thread in threads.values()}
        conversations |= {Conversation(patient=patient) for patient in patients}
        allowed, accounts = await asyncio.gather(self._allowed(conversations), self.open_accounts(professionals))
        return Standings(
            threads=_read_by(threads.values(), allowed),
            patients={patient: allowed[Conversation(patient=patient)] for patient in patients},
            accounts=accounts,
            of_standing=standing,
            admitted=frozenset(admitted),
        )

    async def _allowed(self, conversations: Iterable[Conversation]) -> dict[Conversation, list[Reader]]:
        wanted = list(conversations)
        return dict(zip(wanted, await asyncio.gather(*map(self.asked.keep, wanted)), strict=True))

    async def _ask(self, conversations: Sequence[Conversation]) -> list[list[Reader]]:
        different = list(dict.fromkeys(conversations))
        some = [different[begin : begin + MOST_CONVERSATIONS] for begin in range(0, len(different), MOST_CONVERSATIONS)]
        answers = await asyncio.gather(*map(self._call, some))
        found = {
            asked: answer for asked, answer in zip(different, [one for many in answers for one in many], strict=True)
        }
        return [found[asked] for asked in conversations]

    async def _call(self, conversations: Sequence[Conversation]) -> list[list[Reader]]:
        reply = await self._consent.ListReaders(wire.readers_asked(conversations))
        if len(reply.conversations) != len(conversations):
            raise wire.ConsentSilent
        return [wire.readers(one) for one in reply.conversations]


def _asks_patient(one: NewEntry, standing: frozenset[NotificationId]) -> bool:
    if one.thread is not None:
        return False
    return one.recipient is None or needs_right(one, standing)


def _read_by(threads: Iterable[Thread], allowed: dict[Conversation, list[Reader]]) -> dict[ThreadId, list[Reader]]:
    return {thread.id: readers_of(thread, allowed[conversation_of(thread)]) for thread in threads}


@asynccontextmanager
async def asking(database: Database, consent: DecisionServiceAsyncStub) -> AsyncIterator[Readers]:
    """Asks until left."""
    readers = Readers(database, consent)
    async with readers.asked.running():
        yield readers
