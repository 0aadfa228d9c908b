"""What every entry of a record has, be it document, note or observation: ids, author, visibility, a moment.

What a list has fifty of is a NamedTuple: it is made in less than half the time of a frozen dataclass (measured).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, NewType
from uuid import UUID

from terresante_platform.refusals import Invalid, Stale

PatientId = NewType("PatientId", UUID)
PersonId = NewType("PersonId", UUID)
"""Whoever acts: a professional, or the patient or a representative."""
PlaceId = NewType("PlaceId", UUID)
StructureId = NewType("StructureId", UUID)
DecisionId = NewType("DecisionId", str)
"""A decision of consent, as the journal names it."""

CLOCKS_DIFFER = timedelta(minutes=5)
EARLIEST = datetime(1880, 1, 1, tzinfo=UTC)


class VersionStale(Stale):
    """Someone changed it since the caller read it."""

    reason = "VERSION_STALE"

    def __init__(self) -> None:
        super().__init__(
            "Cet élément a été modifié depuis que vous l’avez lu.",
            "Relisez-le, puis refaites votre modification sur sa version actuelle.",
        )


class MomentInvalid(Invalid):
    """A date that no act of care can have."""

    reason = "DATE_INVALID"


class Visibility(NamedTuple):
    """From whom an entry is hidden. Nobody, by default (R-DMP7)."""

    hidden_from_professionals: bool = False
    """MASQUE_PS: professionals other than the author."""
    hidden_from_patient: bool = False
    """INVISIBLE_PATIENT: for a time, until it has been told in person."""
    hidden_from_representatives: bool = False
    """INVISIBLE_REPRESENTANTS_LEGAUX."""

    def shows_to(self, reader: "Reader", patient: PatientId) -> bool:
        """Whether it hides nothing from that reader. A representative sees no more than the patient does."""
        if reader.professional:
            return not self.hidden_from_professionals
        return not self.hidden_from_patient and (reader.id == patient or not self.hidden_from_representatives)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: a professional, or else somebody of the patients' realm."""

    id: PersonId
    professional: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a record a list may show to one reader, as consent decided. What they wrote themselves is in it."""

    categories: tuple[str, ...] = ()
    all_categories: bool = False
    own_only: bool = False
    sees_hidden_from_professionals: bool = False
    sees_hidden_from_patient: bool = False
    sees_hidden_from_representatives: bool = False


class Authorship(NamedTuple):
    """Who brought an entry into the record, from where, and when it came in."""

    author: PersonId
    place: PlaceId | None
    """Place of practice chosen for the call; None for who named none."""
    at: datetime


def require_past(moment: datetime, now: datetime) -> datetime:
    """`moment`, if an act could have taken place then. Refuses with DATE_INVALID what is ahead of us or
    before 1880."""
    if moment > now + CLOCKS_DIFFER:
        raise MomentInvalid("Cette date est dans le futur.", "Donnez la date à laquelle l’acte a eu lieu.")
    if moment < EARLIEST:
        raise MomentInvalid("Cette date est trop ancienne.", "Donnez la date à laquelle l’acte a eu lieu.")
    return moment
