"""Emergency access: a record opened without membership, for a stated reason and a limited time (R-DMP9)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict, Invalid, Unknown

from terresante_consent.domain.vocabulary import PersonId, PlaceId, ProfessionalId

EmergencyId = NewType("EmergencyId", UUID)

SHORTEST_REASON = 10
LONGEST_REASON = 1000


class ReasonMissing(Invalid):
    """No reason, or one too short to be a reason."""

    reason = "EMERGENCY_REASON_MISSING"


class AlreadyOpen(Conflict):
    """The caller has one open on this record."""

    reason = "EMERGENCY_ALREADY_OPEN"


class UnknownEmergency(Unknown):
    """No such emergency access of this patient, or it has ended."""

    reason = "EMERGENCY_UNKNOWN"


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """One opening of a record by one professional."""

    id: EmergencyId
    patient: PersonId
    professional: ProfessionalId
    place: PlaceId
    reason: str
    opened_at: datetime
    ends_at: datetime
    closed_at: datetime | None = None

    def open(self, at: datetime) -> bool:
        """Whether it opens the record at that moment. It ends by itself."""
        return self.opened_at <= at < self.ends_at and self.closed_at is None


def checked_reason(text: str) -> str:
    """The reason as it is kept: 10 to 1000 characters that say something."""
    reason = " ".join(text.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise ReasonMissing(
            "Le motif de l'accès en urgence manque, ou sa longueur ne convient pas.",
            f"Décrivez l'urgence en {SHORTEST_REASON} à {LONGEST_REASON} caractères ; le patient le lira.",
        )
    return reason


def ending(opened_at: datetime, hours: float) -> datetime:
    """When an access opened at that moment ends by itself."""
    return opened_at + timedelta(hours=hours)


def close(access: EmergencyAccess, at: datetime) -> EmergencyAccess:
    """Ends it before its time."""
    if not access.open(at):
        raise UnknownEmergency("Cet accès en urgence est déjà terminé.", "Rien à faire.")
    return replace(access, closed_at=at)
