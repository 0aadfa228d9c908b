"""What a thread is, and who it is for. Words and rules only: no I/O, no clock.

Whether somebody may read a patient's conversations at all is consent's to decide. Here is what the thread adds: for
whom it was opened, and from which place on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from terresante_platform.refusals import Unknown

from terresante_messaging.domain.people import PatientId, Realm, Recipient, ThreadId


class ThreadKind(StrEnum):
    """What a thread is for. The names are those of the contract."""

    CIRCLE = "CIRCLE"
    WITH_PATIENT = "WITH_PATIENT"
    SIDE = "SIDE"
    DIRECT = "DIRECT"
    TEAM = "TEAM"


AROUND_PATIENT = frozenset({ThreadKind.CIRCLE, ThreadKind.WITH_PATIENT, ThreadKind.SIDE})
RETENTION: Mapping[ThreadKind, str] = MappingProxyType(
    {
        ThreadKind.CIRCLE: "patient",
        ThreadKind.WITH_PATIENT: "patient",
        ThreadKind.SIDE: "patient",
        ThreadKind.DIRECT: "direct",
        ThreadKind.TEAM: "team",
    }
)
"""How long what is written is kept, by the classes of `data/retention.json`."""


class ThreadUnknown(Unknown):
    """No such thread, or none that this caller may know of."""

    reason = "THREAD_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            "Ce fil de messages n’existe pas, ou vous n’y avez pas accès.",
            "Vérifiez l’identifiant, ou reprenez-le dans la liste de vos fils.",
        )


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is named in a side thread now."""

    professional: UUID
    since_place: int
    """The last place before they were added: they see what comes after."""
    since: datetime


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread, with who is named in it now."""

    id: ThreadId
    kind: ThreadKind
    patient: PatientId | None
    structure: UUID | None
    two: tuple[UUID, UUID] | None
    """The two of a direct thread, the lesser id first."""
    opened_by: Recipient
    opened_at: datetime
    last_at: datetime
    """When its newest message was written; when it was opened, as long as there is none."""
    with_patient: bool = False
    hidden_from_patient: bool = False
    hidden_from_representatives: bool = False
    title: str = ""
    version: int = 1
    last_place: int = 0
    members: tuple[Member, ...] = ()

    @property
    def owner(self) -> UUID:
        """With whose key its contents are sealed: the patient's, or its own."""
        return self.patient or self.id

    @property
    def retention(self) -> str:
        """See `RETENTION`."""
        return RETENTION[self.kind]

    def member(self, professional: UUID) -> Member | None:
        """How that professional is named in it."""
        return next((one for one in self.members if one.professional == professional), None)


@dataclass(frozen=True, slots=True)
class Hiding:
    """From whom of the patient's people the thread is hidden, seen from one caller."""

    from_professionals: bool
    from_patient: bool
    from_representatives: bool

    def hides_from(self, who: Recipient, patient: PatientId | None) -> bool:
        """Whether it hides the thread from the one it was made for. Representatives see no more than the patient."""
        if who.realm is Realm.PROFESSIONAL:
            return self.from_professionals
        return self.from_patient or (who.id != patient and self.from_representatives)


@dataclass(frozen=True, slots=True)
class Window:
    """What of a thread somebody may read: all that is written from a moment and after a place on."""

    visible_from: datetime | None = None
    since_place: int = 0
    may_write: bool = False
    """They may write there too; told of what was decided for the caller, else False."""

    def shows(self, place: int, sent_at: datetime) -> bool:
        """Whether the message of that place is within."""
        return place > self.since_place and (self.visible_from is None or sent_at >= self.visible_from)


def hiding(thread: Thread, who: Recipient) -> Hiding:
    """What consent must know of a thread around a patient before it decides about `who`."""
    side = thread.kind is ThreadKind.SIDE
    named = not side or who.realm is not Realm.PROFESSIONAL or thread.member(who.id) is not None
    for_patient = thread.kind is ThreadKind.WITH_PATIENT or (side and thread.with_patient)
    return Hiding(not named, not for_patient, not for_patient or thread.hidden_from_representatives)


def is_meant_for(thread: Thread, who: Recipient) -> bool:
    """Whether the thread was opened for `who`, if consent lets them read around that patient (or practise there)."""
    if thread.kind is ThreadKind.DIRECT:
        return who.realm is Realm.PROFESSIONAL and thread.two is not None and who.id in thread.two
    if thread.kind is ThreadKind.TEAM:
        return who.realm is Realm.PROFESSIONAL
    return not hiding(thread, who).hides_from(who, thread.patient)


def shows_that_it_is_there(thread: Thread, who: Recipient) -> bool:
    """Whether the patient, or who represents them, sees that a thread exists which they may not read."""
    if who.realm is not Realm.PERSON or thread.kind not in AROUND_PATIENT or thread.hidden_from_patient:
        return False
    return who.id == thread.patient or not thread.hidden_from_representatives


def window(thread: Thread, who: Recipient, visible_from: datetime | None) -> Window:
    """What `who` may read of it, given from which moment on consent lets them. A return to a side thread is a new
    beginning; the patient and representatives see it from the beginning."""
    member = thread.member(who.id) if who.realm is Realm.PROFESSIONAL else None
    return Window(visible_from, member.since_place if member and thread.kind is ThreadKind.SIDE else 0)
