"""Mail: what makes one leave, what it may say, when it is tried again. Words and rules only: no I/O, no clock.

A mail tells that there is something, never what, of whom or by whom.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from terresante_messaging.domain.log import EntryKind, NewEntry
from terresante_messaging.domain.people import MessageId, NotificationId, PatientId, Recipient, ThreadId
from terresante_messaging.domain.preferences import Topic

GIVEN_UP_AFTER = timedelta(days=3)
"""As long as mail servers try (RFC 5321, 4.5.4.1: at least 4 to 5 days; a notice older than three says nothing new)."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
REST = timedelta(days=1)
"""Mail to an address that failed is tried once in that time."""


class MailKind(StrEnum):
    """What a mail is for."""

    NEWS = "NEWS"
    CODE = "CODE"


class MailState(StrEnum):
    """How far it is."""

    WAITING = "WAITING"
    SENT = "SENT"
    WITHHELD = "WITHHELD"
    """There was nothing left to tell when it was to leave."""
    REFUSED = "REFUSED"
    """The mail server will not take it for that address."""
    GIVEN_UP = "GIVEN_UP"


class LineState(StrEnum):
    """How far one reason for a mail is; once bound, it is as far as its mail."""

    WAITING = "WAITING"
    BOUND = "BOUND"
    WITHHELD = "WITHHELD"


@dataclass(frozen=True, slots=True)
class Line:
    """One reason for a mail to somebody: an entry of the log."""

    entry: UUID
    who: Recipient
    topic: Topic
    due: datetime
    urgent: bool = False
    patient: PatientId | None = None
    thread: ThreadId | None = None
    message: MessageId | None = None
    place: int | None = None
    message_at: datetime | None = None
    notification: NotificationId | None = None
    forced: bool = False
    """Also where the conversation has written already, and nobody has read it."""
    named_at: datetime | None = None
    """When a message came to name them: who read it before that has not read so."""

    def what(self) -> NewEntry:
        """The entry again, by which is decided whether they may still be told."""
        if self.notification is None:
            at = self.message_at or self.due
            return NewEntry(EntryKind.MESSAGE_POSTED, at, self.patient, self.thread, self.message, self.place)
        return NewEntry(
            EntryKind.NOTIFIED,
            self.due,
            self.patient,
            self.thread,
            self.message,
            self.place,
            recipient=self.who,
            notification=self.notification,
        )


@dataclass(frozen=True, slots=True)
class Gist:
    """All that a mail says: how many conversations have something new, how much else there is, whether it is urgent."""

    conversations: int
    others: int
    urgent: bool

    @classmethod
    def of(cls, lines: Iterable[Line]) -> "Gist":
        """Of these reasons. What tells twice of a conversation counts once."""
        kept = list(lines)
        threads = {line.thread for line in kept if line.thread is not None}
        return cls(
            len(threads), sum(line.thread is None for line in kept), any(line.urgent and line.thread for line in kept)
        )


def last_of_each(lines: Iterable[Line]) -> list[Line]:
    """Of the reasons that one conversation gives one person at one time, the last: it writes once until it is read."""
    kept: dict[object, Line] = {}
    for line in lines:
        apart = line.thread is None or line.forced
        kept[(line.entry, line.who) if apart else (line.thread, line.who, line.topic)] = line
    return list(kept.values())


def again_at(now: datetime, attempts: int) -> datetime:
    """When to try again after so many tries: twice as long each time, an hour at most."""
    doubled: int = 2 ** min(attempts - 1, 10)
    return now + min(LONGEST_WAIT, doubled * FIRST_WAIT)


def is_given_up(made_at: datetime, now: datetime) -> bool:
    """Whether it has been tried long enough."""
    return now - made_at >= GIVEN_UP_AFTER
