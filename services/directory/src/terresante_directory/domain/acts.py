"""Acts: who did what to the directory, from when on, and why. What they do to facts is in `facts`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from terresante_platform.refusals import Invalid, Unknown

from terresante_directory.domain import words
from terresante_directory.domain.facts import ActId
from terresante_directory.domain.identifiers import AdministratorId, ProfessionalId, StructureId, TerritoryCode
from terresante_directory.domain.territories import Administrator

MAX_WHY = 500
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
FARTHEST = timedelta(days=3653)
"""Ten years ahead: further on, a date is a typing mistake."""


class WhyInvalid(Invalid):
    reason = "WHY_INVALID"


class MomentInvalid(Invalid):
    reason = "MOMENT_INVALID"


class ActUnknown(Unknown):
    reason = "ACT_UNKNOWN"


class ActKind(StrEnum):
    """What sort of act."""

    ENROLLED = "enrolled"
    CHANGED = "changed"
    CLOSED = "closed"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    PLACED = "placed"
    PLACE_ENDED = "place_ended"
    MOVED = "moved"
    SPLIT = "split"
    MERGED = "merged"
    IMPORTED = "imported"
    TAKEN_OVER = "taken_over"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class ActOf:
    """An act to be done. `by` None: the operator. `starts`: from when it holds; None: since ever.

    `territories`: those it concerns beside the ones that its subjects say themselves (a professional's home).
    """

    kind: ActKind
    by: AdministratorId | None
    why: str = ""
    starts: datetime | None = None
    territories: frozenset[TerritoryCode] = frozenset()


@dataclass(frozen=True, slots=True)
class Act:
    """An act as it was done. `at`: when it became known. `subjects`: how many it touched. `undoes`: what it undid."""

    id: ActId
    kind: ActKind
    at: datetime
    starts: datetime | None
    by: AdministratorId | None
    why: str
    territories: frozenset[TerritoryCode]
    subjects: int
    undoes: ActId | None = None
    undone_by: ActId | None = None

    def must_be_undoable_by(self, administrator: Administrator) -> None:
        """Raises `ActUnknown` if nothing of it is theirs, `TerritoryNotYours` if not all is (R-ROR4)."""
        if not self.territories & administrator.territories:
            raise unknown_act()
        administrator.must_administer_all(self.territories)


@dataclass(frozen=True, slots=True)
class Touched:
    """What is another version now, by id: to be announced."""

    structures: Mapping[StructureId, int] = field(default_factory=dict)
    offers: Mapping[UUID, int] = field(default_factory=dict)
    professionals: Mapping[ProfessionalId, int] = field(default_factory=dict)
    territories: frozenset[TerritoryCode] = frozenset()
    """Those that began, ended, were renamed, or to or from which communes went."""


def unknown_act() -> ActUnknown:
    return ActUnknown("Cette opération n’existe pas.", "Cherchez-la dans l’historique de votre territoire.")


def why(text: str) -> str:
    """The reason given for an act, as kept; may be blank. Raises `WhyInvalid` over 500 characters or unreadable."""
    kept = words.tidy(text)
    if len(kept) > MAX_WHY or not words.is_readable(kept):
        raise WhyInvalid("Un motif s’écrit en 500 caractères lisibles au plus.", "Raccourcissez-le ou retapez-le.")
    return kept


def moment(asked: datetime | None, now: datetime) -> datetime:
    """From when an act holds, or the moment read: `now` if none was asked.

    Raises `MomentInvalid` before 1900 or more than ten years ahead.
    """
    if asked is None:
        return now
    if not EARLIEST <= asked <= now + FARTHEST:
        raise moment_invalid()
    return asked


def moment_invalid() -> MomentInvalid:
    return MomentInvalid("Cette date n’est pas plausible.", "Donnez une date entre 1900 et dans dix ans.")
