"""The log: everything that somebody may be told of, in one order. Words only: no I/O, no clock."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from terresante_messaging.domain.people import ActorId, MessageId, NotificationId, PatientId, Recipient, ThreadId


class EntryKind(StrEnum):
    """What happened. The names are those of the contract's `EventKind`."""

    THREAD_OPENED = "THREAD_OPENED"
    THREAD_CHANGED = "THREAD_CHANGED"
    MESSAGE_POSTED = "MESSAGE_POSTED"
    MESSAGE_EDITED = "MESSAGE_EDITED"
    MESSAGE_DELETED = "MESSAGE_DELETED"
    ITEM_ANSWERED = "ITEM_ANSWERED"
    THREAD_MARKED = "THREAD_MARKED"
    THUMBNAIL_MADE = "THUMBNAIL_MADE"
    NOTIFIED = "NOTIFIED"
    STANDING_CHANGED = "STANDING_CHANGED"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What happened, by ids: nothing of what was written.

    Told to `recipient` alone if there is one; else, with a thread, to whoever may read it when it is told; with a
    patient and no thread, to whoever may read that patient's conversations then.
    """

    kind: EntryKind
    at: datetime
    patient: PatientId | None = None
    thread: ThreadId | None = None
    message: MessageId | None = None
    place: int | None = None
    """Of the message in its thread, or up to which it was marked."""
    actor: ActorId | None = None
    recipient: Recipient | None = None
    notification: NotificationId | None = None
    attachment: UUID | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that has its position: 1, 2, 3… in the order in which entries became visible."""

    position: int
    id: UUID
    what: NewEntry


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry that has no position yet: its id, its thread, and the place of the message if one was posted."""

    id: UUID
    thread: ThreadId | None = None
    posted_at: int | None = None


def in_order(waiting: Sequence[Waiting]) -> list[UUID]:
    """In which order entries that became visible together get their positions: as they were made, and messages of one
    thread by their places, whichever replica's clock went ahead."""
    order = list(waiting)
    slots: defaultdict[ThreadId, list[int]] = defaultdict(list)
    places: dict[UUID, int] = {}
    for slot, one in enumerate(order):
        if one.thread is not None and one.posted_at is not None:
            slots[one.thread].append(slot)
            places[one.id] = one.posted_at
    for taken in slots.values():
        by_place = sorted((order[slot] for slot in taken), key=lambda one: places[one.id])
        for slot, one in zip(taken, by_place, strict=True):
            order[slot] = one
    return [one.id for one in order]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far somebody has come: all entries up to a position; of the last one, for a portal that was cut in the midst
    of it, those recipients that come up to one."""

    position: int
    up_to: Recipient | None = None

    def covers(self, position: int, recipient: Recipient | None = None) -> bool:
        """Whether the entry of that position was told already: as far as it concerns `recipient`, for a portal."""
        if position != self.position:
            return position < self.position
        return self.up_to is None or (recipient is not None and recipient <= self.up_to)


@dataclass(frozen=True, slots=True)
class Told:
    """An entry that somebody is told of. `recipient`: for a portal, whom it concerns."""

    entry: Entry
    cursor: Cursor
    """To go on from here."""
    recipient: Recipient | None = None


def told_to_portal(entry: Entry, recipients: Collection[Recipient]) -> list[Told]:
    """One a recipient, in an order that does not change; the last one ends the entry."""
    some = sorted(recipients)
    made = [Told(entry, Cursor(entry.position, recipient), recipient) for recipient in some[:-1]]
    return [*made, *(Told(entry, Cursor(entry.position), recipient) for recipient in some[-1:])]
