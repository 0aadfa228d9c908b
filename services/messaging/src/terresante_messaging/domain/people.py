"""Who takes part: opaque ids, and from which realm. Words only: no I/O, no clock."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType
from uuid import UUID

PatientId = NewType("PatientId", UUID)
ThreadId = NewType("ThreadId", UUID)
MessageId = NewType("MessageId", UUID)
NotificationId = NewType("NotificationId", UUID)
ActorId = NewType("ActorId", UUID)
"""A professional, or a person of the patients' realm."""


class Realm(StrEnum):
    """Where somebody's id comes from: the realms are never mixed up."""

    PROFESSIONAL = "professional"
    PERSON = "person"
    SYSTEM = "system"
    """A portal."""


@dataclass(frozen=True, slots=True, order=True)
class Recipient:
    """Somebody who writes, reads or is told: a professional, or a person (the patient or a representative)."""

    realm: Realm
    id: UUID
