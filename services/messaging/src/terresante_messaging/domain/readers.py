"""Who may be told of what, at the moment at which consent says who may read. Rules only: no I/O, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from terresante_platform.ids import moment_of

from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.people import NotificationId, PatientId, Realm, Recipient, ThreadId
from terresante_messaging.domain.threads import Thread, is_meant_for, window


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may read now, and from where on."""

    who: Recipient
    visible_from: datetime | None = None
    """What was sent before is not for them; None: everything is."""
    since_place: int = 0
    """Of a side thread: the last place before they were added."""

    def may_read(self, place: int | None, sent_at: datetime | None) -> bool:
        """Whether they may know of the message at that place, sent then; None and None: of the thread itself. Of a
        message whose moment is not known, only who may read from the beginning."""
        if place is None and sent_at is None:
            return True
        if place is not None and place <= self.since_place:
            return False
        return self.visible_from is None or (sent_at is not None and sent_at >= self.visible_from)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What consent is asked about: around a patient, of a structure's team, or between parties. One of the three."""

    patient: PatientId | None = None
    structure: UUID | None = None
    parties: tuple[UUID, ...] = ()


def conversation_of(thread: Thread) -> Conversation:
    """Whose readers to ask for, to know who reads a thread."""
    if thread.patient is not None:
        return Conversation(patient=thread.patient)
    if thread.structure is not None:
        return Conversation(structure=thread.structure)
    return Conversation(parties=thread.two or ())


def readers_of(thread: Thread, allowed: Iterable[Reader]) -> list[Reader]:
    """Who reads it, among those whom consent allows its conversation."""
    return [as_reader(thread, one.who, one.visible_from) for one in allowed if is_meant_for(thread, one.who)]


def as_reader(thread: Thread, who: Recipient, visible_from: datetime | None) -> Reader:
    """Somebody for whom it is meant, as its reader, given from when on consent lets them read."""
    seen = window(thread, who, visible_from)
    return Reader(who, seen.visible_from, seen.since_place)


@dataclass(frozen=True, slots=True)
class Standings:
    """What was found out about some entries, at one moment. Who does not stand here is told nothing."""

    threads: Mapping[ThreadId, Sequence[Reader]] = field(default_factory=dict)
    patients: Mapping[PatientId, Sequence[Reader]] = field(default_factory=dict)
    accounts: frozenset[UUID] = frozenset()
    """Professionals whose account is open."""
    of_standing: frozenset[NotificationId] = frozenset()
    """Notifications that tell of the recipient's own standing: it needs no right to be told of it."""
    admitted: frozenset[NotificationId] = frozenset()
    """Notifications of whose content the author still lets the recipient be told; those of no content among them."""

    def told(self, what: NewEntry) -> frozenset[Recipient]:
        """Who may be told of it now."""
        if what.recipient is not None:
            return frozenset({what.recipient}) if self._may_be_told(what, what.recipient) else frozenset()
        if what.thread is not None:
            return self._readers_of(what, what.thread)
        if what.patient is not None:
            return frozenset(reader.who for reader in self.patients.get(what.patient, ()))
        return frozenset()

    def _readers_of(self, what: NewEntry, thread: ThreadId) -> frozenset[Recipient]:
        sent = sent_at(what)
        return frozenset(one.who for one in self.threads.get(thread, ()) if one.may_read(what.place, sent))

    def _may_be_told(self, what: NewEntry, who: Recipient) -> bool:
        if who.realm is Realm.PROFESSIONAL and who.id not in self.accounts:
            return False
        if what.notification is not None and what.notification not in self.admitted:
            return False
        if what.thread is not None:
            return who in self._readers_of(what, what.thread)
        if not needs_right(what, self.of_standing):
            return True
        return what.patient is not None and any(one.who == who for one in self.patients.get(what.patient, ()))


def needs_right(what: NewEntry, of_standing: frozenset[NotificationId]) -> bool:
    """Whether its recipient must be somebody who may read about the patient now."""
    return what.notification is not None and what.notification not in of_standing


def sent_at(what: NewEntry) -> datetime | None:
    """When the message that it is about was sent; None if it is about none."""
    if what.kind is EntryKind.MESSAGE_POSTED:
        return what.at
    return None if what.message is None else moment_of(what.message)
