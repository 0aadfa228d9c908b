"""Whom an event is told to, and whether they may still see it. Words and rules only: no I/O, no clock.

Two things narrow what a person sees of what they were told: the audience that the author set, and consent's
decision at
the moment of reading. Here is the first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from terresante_platform.refusals import Unknown

from terresante_messaging.domain.people import ActorId, NotificationId, PatientId, Realm, Recipient, ThreadId


class NotificationUnknown(Unknown):
    """No such notification among the caller's."""

    reason = "NOTIFICATION_UNKNOWN"

    def __init__(self) -> None:
        super().__init__(
            "Une de ces notifications n’existe pas, ou n’est pas la vôtre.",
            "Reprenez les identifiants dans la liste de vos notifications.",
        )


class Kind(StrEnum):
    """What is told. The names are those of the contract's `NotificationKind`."""

    MEMBER_INVITED = "MEMBER_INVITED"
    MEMBER_REMOVED = "MEMBER_REMOVED"
    DOCUMENT_PUBLISHED = "DOCUMENT_PUBLISHED"
    NOTE_WRITTEN = "NOTE_WRITTEN"
    OBSERVATION_RECORDED = "OBSERVATION_RECORDED"
    EMERGENCY_OPENED = "EMERGENCY_OPENED"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    CONSENT_RECORDED = "CONSENT_RECORDED"
    ACTIVATION_ISSUED = "ACTIVATION_ISSUED"
    RECORDS_JOINED = "RECORDS_JOINED"
    RECORDS_PARTED = "RECORDS_PARTED"
    PATIENT_ADMITTED = "PATIENT_ADMITTED"
    PATIENT_DISCHARGED = "PATIENT_DISCHARGED"
    THRESHOLD_CROSSED = "THRESHOLD_CROSSED"
    MENTIONED = "MENTIONED"
    URGENT_UNREAD = "URGENT_UNREAD"
    EMERGENCY_CLOSED = "EMERGENCY_CLOSED"


OF_CONTENT = frozenset(
    {
        Kind.DOCUMENT_PUBLISHED,
        Kind.NOTE_WRITTEN,
        Kind.OBSERVATION_RECORDED,
        Kind.PATIENT_ADMITTED,
        Kind.PATIENT_DISCHARGED,
        Kind.THRESHOLD_CROSSED,
    }
)
"""Kinds that tell of what a record holds: decided again at each reading. The others tell of the reader's own
standing, or of a message."""
OF_MESSAGE = frozenset({Kind.MENTIONED, Kind.URGENT_UNREAD})
"""Kinds that tell of a message: shown to whoever may read it at the moment of reading."""
URGENT = frozenset({Kind.URGENT_UNREAD, Kind.EMERGENCY_OPENED})
OF_ONE_MEMBER = frozenset({Kind.MEMBER_INVITED, Kind.MEMBER_REMOVED})
"""Kinds that concern one member and the patient, not the whole circle."""
OF_THE_PATIENT = frozenset({Kind.ACTIVATION_ISSUED})
"""Kinds that concern the patient's own account."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """Who has a standing towards a patient now, as consent says."""

    professionals: frozenset[UUID] = frozenset()
    representatives: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Happening:
    """What took place, by ids."""

    kind: Kind
    patient: PatientId | None
    """None: a message about no patient."""
    about: UUID
    """Document, note, observation, stay, member, emergency access, consent or message; of joined or parted records,
    the other patient."""
    at: datetime
    actor: ActorId | None = None
    """Whose act it is, if the event says so: they are not told of it."""
    member: UUID | None = None
    """The professional whom an invitation or removal is about; None for a structure."""
    message: "MessageAt | None" = None
    """Where the message stands that it is about."""


@dataclass(frozen=True, slots=True)
class MessageAt:
    """Where a message stands: who may read what came before or later is decided by it."""

    thread: ThreadId
    place: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom the author lets be told."""

    professionals: bool = False
    patient: bool = False
    representatives: bool = False

    def admits(self, recipient: Recipient, patient: PatientId | None) -> bool:
        """Whether that recipient may be told. A representative is told no more than the patient."""
        if recipient.realm is Realm.PROFESSIONAL:
            return self.professionals
        return self.patient and (recipient.id == patient or self.representatives)


EVERYBODY = Audience(True, True, True)


@dataclass(frozen=True, slots=True)
class Notification:
    """One line told to one recipient."""

    id: NotificationId
    kind: Kind
    patient: PatientId | None
    about: UUID
    actor: ActorId | None
    at: datetime
    read_at: datetime | None = None
    thread: ThreadId | None = None
    instead_of: UUID | None = None
    """In whose place the recipient is told."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What consent is asked about: news of one kind from one patient's record."""

    patient: PatientId
    kind: Kind


@dataclass(frozen=True, slots=True)
class Unseen:
    """What somebody may not be told of a thread: messages up to a place, or sent before a moment."""

    thread: ThreadId
    up_to: int
    before: datetime | None = None


EVERYTHING = 2**62
"""A place that no message reaches."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """What a reader may not be told now."""

    topics: tuple[Topic, ...] = ()
    unseen: tuple[Unseen, ...] = ()


def told(happening: Happening, concerned: Concerned) -> list[Recipient]:
    """Whom to tell: the patient and their representatives; the circle, or for an invitation or a removal the
    member
    alone; never who did it."""
    if happening.kind in OF_ONE_MEMBER | OF_THE_PATIENT:
        professionals: Iterable[UUID] = [happening.member] if happening.member else []
    else:
        professionals = concerned.professionals
    recipients = {Recipient(Realm.PROFESSIONAL, id) for id in professionals}
    persons = {happening.patient, *concerned.representatives} if happening.patient else concerned.representatives
    recipients |= {Recipient(Realm.PERSON, id) for id in persons}
    return sorted(recipient for recipient in recipients if recipient.id != happening.actor)
