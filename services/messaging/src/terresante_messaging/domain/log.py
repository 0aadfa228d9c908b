"""The log: everything that somebody may be told of, in one order. Words only: no I/O, no clock."""

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
