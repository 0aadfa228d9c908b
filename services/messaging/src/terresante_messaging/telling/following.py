"""What the log says becomes what people are told: who was named, at first or by an edit, urgent messages that must be
read, reasons for mail, and that a reason is none any more when its message is taken back.

Entries come at least once, in order. Who may read is asked before the transaction, for all of them together; what
follows is kept with the place in the log.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database

from terresante_messaging.domain.hours import leaves_at
from terresante_messaging.domain.lines import Situation
from terresante_messaging.domain.log import Entry, EntryKind, NewEntry
from terresante_messaging.domain.mails import Line, last_of_each
from terresante_messaging.domain.notifications import URGENT, Happening, Kind
from terresante_messaging.domain.people import ActorId, MessageId, NotificationId, Realm, Recipient, ThreadId
from terresante_messaging.domain.preferences import Channel, Preferences, Topic, topic_of
from terresante_messaging.domain.readers import Reader
from terresante_messaging.feed.readers import Readers
from terresante_messaging.store import absences, addresses, escalations, mails, notifications, preferences, taken_back
from terresante_messaging.store.absences import Away
from terresante_messaging.store.escalations import Escalation, Facts, is_there
from terresante_messaging.telling.notifying import Telling, notify

READER = "telling"
"""Its name in the log."""
LOOKS_BACK, MOST_LEFT = timedelta(days=31), 100
"""In place of a message that was taken back mail tells of another one: of those since then, of so many."""


@dataclass(frozen=True, slots=True)
class _People:
    """What is known of those whom these entries may be told to."""

    chosen: Mapping[Recipient, Preferences] = field(default_factory=dict)
    reachable: frozenset[Recipient] = frozenset()
    """By mail."""
    away: Mapping[UUID, Away] = field(default_factory=dict)

    def due(self, who: Recipient, at: datetime, topic: Topic) -> datetime:
        """When mail about it leaves. To who is away and has somebody stand in it waits until they are back."""
        away = self.away.get(who.id)
        return leaves_at(away.until if away and away.delegate else at, topic, self.chosen[who])


@dataclass(frozen=True, slots=True)
class Known:
    """What was asked about some entries."""

    messages: Mapping[MessageId, Facts] = field(default_factory=dict)
    readers: Mapping[ThreadId, Sequence[Reader]] = field(default_factory=dict)
    kinds: Mapping[NotificationId, Kind] = field(default_factory=dict)
    people: _People = field(default_factory=_People)

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
        about: dict[MessageId, set[EntryKind]] = {}
        for one in entries:
            if one.what.message is not None:
                about.setdefault(one.what.message, set()).add(one.what.kind)
        notified = [one.what.notification for one in entries if one.what.notification]
        async with self._database.reading() as connection:
            messages = await escalations.facts(connection, about)
            kinds = await notifications.kinds(connection, notified)
            unsent = {
                of.id: await taken_back.unsent(connection, of.stands.thread, of.id)
                for of in messages.values()
                if of.deleted
            }
        told = [of for of in messages.values() if _needs_readers(of, about[of.id], unsent.get(of.id, ()))]
        threads = {of.stands.thread for of in told}
        known = Known(messages, await self._readers.of_threads(threads) if threads else {}, kinds)
        people = {one.what.recipient for one in entries if one.what.recipient}
        people = people.union(*(known.may_read(of) for of in told), *unsent.values())
        return replace(known, people=await self._people(people))

    async def _people(self, people: Collection[Recipient]) -> _People:
        professionals = [one.id for one in people if one.realm is Realm.PROFESSIONAL]
        async with self._database.reading() as connection:
            return _People(
                await preferences.find_many(connection, people),
                frozenset(await addresses.reachable(connection, people)),
                await absences.away(connection, professionals, self._now()),
            )

    async def apply(self, transaction: AsyncConnection, entries: Sequence[Entry], known: Known) -> None:
        """Tells of each, once in effect."""
        lines: list[Line] = []
        for entry in entries:
            what = entry.what
            of = known.messages.get(what.message) if what.message else None
            kind = known.kinds.get(what.notification) if what.notification else None
            if what.recipient is not None and kind is not None:
                if what.message is None or is_there(of):
                    lines += _of_notification(entry, what.recipient, kind, known.people)
            elif of is None:
                continue
            elif what.kind is EntryKind.MESSAGE_POSTED:
                lines += await self._posted(transaction, entry, of, known)
            elif what.kind is EntryKind.MESSAGE_EDITED and is_there(of):
                await self._mention(transaction, entry, of, known)
            elif what.kind is EntryKind.MESSAGE_DELETED:
                lines += await self._taken_back(transaction, entry, of, known)
        for line in last_of_each(lines):
            await mails.add_line(transaction, line, self._now())

    async def _posted(self, transaction: AsyncConnection, entry: Entry, of: Facts, known: Known) -> list[Line]:
        """Gives the reasons for mail."""
        if of.deleted:
            return []
        readers, people = known.may_read(of), known.people
        await self._mention(transaction, entry, of, known)
        if of.urgent:
            await self._escalate(transaction, entry, of, readers, people.chosen)
        topic = Topic.URGENT_MESSAGE if of.urgent else Topic.MESSAGE
        return [
            _line(entry, who, topic, people.due(who, entry.what.at, topic), of.urgent)
            for who in sorted(readers & people.reachable)
            if people.chosen[who].wants(topic, Channel.EMAIL)
        ]

    async def _mention(self, transaction: AsyncConnection, entry: Entry, of: Facts, known: Known) -> None:
        """Tells whom it names, and who stands in for those of them who are away, if they may read it. Who was told that
        it names them is not told again, and nobody twice in somebody's place."""
        readers = known.may_read(of)
        if not of.mentioned & readers:
            return
        told, instead = await notifications.named(transaction, of.id)
        named = _named(of.mentioned - told, readers, known.people.away)
        recipients = sorted(who for who, id in named.items() if id is None or who not in told | instead)
        if not recipients:
            return
        stand_ins = {who: id for who in recipients if (id := named[who]) is not None}
        happening = Happening(
            Kind.MENTIONED, entry.what.patient, of.id, entry.what.at, ActorId(of.author.id), message=of.stands
        )
        await notify(transaction, Telling(entry.id, happening, recipients, instead_of=stand_ins))

    async def _taken_back(self, transaction: AsyncConnection, entry: Entry, of: Facts, known: Known) -> list[Line]:
        """The message is no reason for mail any more. To whom no mail has left yet another one of the conversation is
        what they get mail about, if there is one that they have not read."""
        thread = of.stands.thread
        withheld = sorted(await taken_back.withhold_about(transaction, thread, of.id) & known.people.reachable)
        if not withheld:
            return []
        others = await escalations.standing(transaction, thread, of.stands.sent_at - LOOKS_BACK, MOST_LEFT)
        left = sorted(others, key=lambda one: (not one.urgent, one.stands.place))
        return [
            line
            for who in withheld
            for one in left
            if who in known.may_read(one)
            for line in _of_message(entry, who, one, known.people)
        ]

    async def _escalate(
        self,
        transaction: AsyncConnection,
        entry: Entry,
        of: Facts,
        readers: frozenset[Recipient],
        chosen: Mapping[Recipient, Preferences],
    ) -> None:
        audience = Situation(of.author, readers, of.mentioned).audience()
        own = (chosen[one].urgent_minutes or self._urgent_minutes for one in audience)
        minutes = min(own, default=self._urgent_minutes)
        due = entry.what.at + timedelta(minutes=minutes)
        new = Escalation(of.id, entry.what.patient, of.stands, of.author, minutes, 0, due)
        await escalations.begin(transaction, new)


def _named(
    mentioned: frozenset[Recipient], readers: frozenset[Recipient], away: Mapping[UUID, Away]
) -> dict[Recipient, UUID | None]:
    """Those of them who may read, and who stands in for those who are away, with in whose place."""
    named: dict[Recipient, UUID | None] = dict.fromkeys(mentioned & readers)
    for one in sorted(named):
        delegate = away[one.id].delegate if one.realm is Realm.PROFESSIONAL and one.id in away else None
        stand_in = Recipient(Realm.PROFESSIONAL, delegate) if delegate else one
        if stand_in in readers:
            named.setdefault(stand_in, one.id)
    return named


def _needs_readers(of: Facts, kinds: Collection[EntryKind], unsent: Collection[Recipient]) -> bool:
    if of.deleted:
        return bool(unsent)
    return EntryKind.MESSAGE_POSTED in kinds or (EntryKind.MESSAGE_EDITED in kinds and bool(of.mentioned))


def _of_message(entry: Entry, who: Recipient, of: Facts, people: _People) -> list[Line]:
    """The reason for mail that this message is to them now, in place of another one."""
    topic = Topic.URGENT_MESSAGE if of.urgent else Topic.MESSAGE
    if who in of.mentioned and not people.chosen[who].wants(topic, Channel.EMAIL):
        topic = Topic.MENTION
    if not people.chosen[who].wants(topic, Channel.EMAIL):
        return []
    stands = of.stands
    posted = NewEntry(EntryKind.MESSAGE_POSTED, stands.sent_at, entry.what.patient, stands.thread, of.id, stands.place)
    due = people.due(who, entry.what.at, topic)
    return [_line(Entry(entry.position, entry.id, posted), who, topic, due, of.urgent)]


def _of_notification(entry: Entry, who: Recipient, kind: Kind, people: _People) -> list[Line]:
    """The reason for mail about a notification, if it is one. An urgent message that nobody reads comes by mail
    whatever was chosen."""
    topic, forced = topic_of(kind), kind is Kind.URGENT_UNREAD
    if who not in people.reachable or not (forced or people.chosen[who].wants(topic, Channel.EMAIL)):
        return []
    line = _line(entry, who, topic, people.due(who, entry.what.at, topic), kind in URGENT, forced)
    return [replace(line, named_at=entry.what.at if kind is Kind.MENTIONED else None)]


def _line(entry: Entry, who: Recipient, topic: Topic, due: datetime, urgent: bool, forced: bool = False) -> Line:
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
        forced,
    )
