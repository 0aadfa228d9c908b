"""What the log says becomes what people are told: who was named, urgent messages that must be read, reasons for mail.

Entries come at least once, in order. Who may read is asked before the transaction, for all of them together; what
follows is kept with the place in the log.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database

from terresante_messaging.domain.hours import leaves_at
from terresante_messaging.domain.lines import Situation
from terresante_messaging.domain.log import Entry, EntryKind
from terresante_messaging.domain.mails import Line
from terresante_messaging.domain.notifications import URGENT, Happening, Kind
from terresante_messaging.domain.people import ActorId, MessageId, Realm, Recipient, ThreadId
from terresante_messaging.domain.preferences import Channel, Preferences, Topic, topic_of
from terresante_messaging.domain.readers import Reader
from terresante_messaging.feed.readers import Readers
from terresante_messaging.store import absences, addresses, escalations, mails, preferences
from terresante_messaging.store.absences import Away
from terresante_messaging.store.escalations import Escalation, Facts
from terresante_messaging.telling.notifying import Telling, notify

READER = "telling"
"""Its name in the log."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was asked about some entries."""

    messages: Mapping[MessageId, Facts] = field(default_factory=dict)
    readers: Mapping[ThreadId, Sequence[Reader]] = field(default_factory=dict)
    kinds: Mapping[UUID, Kind] = field(default_factory=dict)

    def may_read(self, of: Facts) -> frozenset[Recipient]:
        """Who may read that message, its author left out."""
        reached = self.readers.get(of.stands.thread, ())
        return frozenset(
            one.who for one in reached if one.who != of.author and one.may_read(of.stands.place, of.stands.sent_at)
        )


class Following:
    """Works through the log."""

    def __init__(self, database: Database, readers: Readers, urgent_minutes: int, now: Callable[[], datetime]) -> None:
        """`urgent_minutes`: the platform's, for who chose none."""
        self._database = database
        self._readers = readers
        self._urgent_minutes = urgent_minutes
        self._now = now

    async def ask(self, entries: Sequence[Entry]) -> Known:
        """What must be known before these are told. Refuses with CONSENT_UNAVAILABLE: they then come again."""
        posted = [one.what.message for one in entries if one.what.kind is EntryKind.MESSAGE_POSTED and one.what.message]
        notified = [one.what.notification for one in entries if one.what.notification]
        if not posted and not notified:
            return Known()
        async with self._database.reading() as connection:
            messages = await escalations.facts(connection, posted)
            kinds = await escalations.kinds(connection, notified)
        threads = {one.stands.thread for one in messages.values()}
        return Known(messages, await self._readers.of_threads(threads) if threads else {}, kinds)

    async def apply(self, transaction: AsyncConnection, entries: Sequence[Entry], known: Known) -> None:
        """Tells of each, once in effect."""
        for entry in entries:
            what = entry.what
            of = known.messages.get(what.message) if what.message else None
            kind = known.kinds.get(what.notification) if what.notification else None
            if what.kind is EntryKind.MESSAGE_POSTED and of is not None:
                await self._posted(transaction, entry, of, known)
            elif what.recipient is not None and kind is not None:
                await self._notified(transaction, entry, what.recipient, kind)

    async def _posted(self, transaction: AsyncConnection, entry: Entry, of: Facts, known: Known) -> None:
        readers = known.may_read(of)
        if of.deleted or not readers:
            return
        away = await absences.away(transaction, _professionals(readers), self._now())
        await self._mention(transaction, entry, of, readers, away)
        chosen = await preferences.find_many(transaction, readers)
        if of.urgent:
            await self._escalate(transaction, entry, of, readers, chosen)
        topic = Topic.URGENT_MESSAGE if of.urgent else Topic.MESSAGE
        reached = await addresses.reachable(transaction, readers)
        for who in sorted(reached):
            if chosen[who].wants(topic, Channel.EMAIL):
                due = _due(entry.what.at, topic, chosen[who], away.get(who.id))
                line = _line(entry, who, topic, due, of.urgent)
                await mails.add_line(transaction, line, self._now(), once=True)

    async def _mention(
        self,
        transaction: AsyncConnection,
        entry: Entry,
        of: Facts,
        readers: frozenset[Recipient],
        away: Mapping[UUID, Away],
    ) -> None:
        """Tells those who were named, and who stands in for those of them who are away, if they may read it."""
        named = of.mentioned & readers
        instead_of = {
            Recipient(Realm.PROFESSIONAL, away[one.id].delegate or one.id): one.id
            for one in sorted(named)
            if one.realm is Realm.PROFESSIONAL and one.id in away
        }
        recipients = sorted(named | (instead_of.keys() & readers))
        if recipients:
            stand_ins = {who: id for who, id in instead_of.items() if who not in named}
            happening = Happening(
                Kind.MENTIONED, entry.what.patient, of.id, entry.what.at, ActorId(of.author.id), message=of.stands
            )
            await notify(transaction, Telling(entry.id, happening, recipients, instead_of=stand_ins))

    async def _escalate(
        self,
        transaction: AsyncConnection,
        entry: Entry,
        of: Facts,
        readers: frozenset[Recipient],
        chosen: Mapping[Recipient, Preferences],
    ) -> None:
        audience = Situation(of.author, readers, of.mentioned).audience()
        minutes = min((chosen[one].urgent_minutes or self._urgent_minutes for one in audience), default=0)
        due = entry.what.at + timedelta(minutes=minutes)
        new = Escalation(of.id, entry.what.patient, of.stands, of.author, max(minutes, 1), 0, due)
        await escalations.begin(transaction, new)

    async def _notified(self, transaction: AsyncConnection, entry: Entry, who: Recipient, kind: Kind) -> None:
        """Mail about a notification. An urgent message that nobody reads comes by mail whatever was chosen."""
        if who not in await addresses.reachable(transaction, [who]):
            return
        chosen, topic = await preferences.find(transaction, who), topic_of(kind)
        if kind is not Kind.URGENT_UNREAD and not chosen.wants(topic, Channel.EMAIL):
            return
        away = await absences.away(transaction, _professionals([who]), self._now())
        line = _line(entry, who, topic, _due(entry.what.at, topic, chosen, away.get(who.id)), kind in URGENT)
        await mails.add_line(transaction, line, self._now(), once=kind is not Kind.URGENT_UNREAD)


def _professionals(people: Sequence[Recipient] | frozenset[Recipient]) -> list[UUID]:
    return [one.id for one in people if one.realm is Realm.PROFESSIONAL]


def _due(at: datetime, topic: Topic, chosen: Preferences, away: Away | None) -> datetime:
    """Mail to who is away and has somebody stand in waits until they are back."""
    return leaves_at(away.until if away and away.delegate else at, topic, chosen)


def _line(entry: Entry, who: Recipient, topic: Topic, due: datetime, urgent: bool) -> Line:
    what = entry.what
    return Line(
        entry.id,
        who,
        topic,
        due,
        urgent,
        what.patient,
        what.thread,
        what.message,
        what.place,
        what.at if what.kind is EntryKind.MESSAGE_POSTED else None,
        what.notification,
    )
