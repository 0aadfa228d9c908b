"""What consent knows of professionals and feeders: a dated copy of what the directory owns (docs/decisions/0003)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from terresante_platform.refusals import Invalid, Unavailable

from terresante_consent.domain.vocabulary import PlaceId, ProfessionalId, StructureId


class PlaceRequired(Invalid):
    """The caller practises in several places and did not say from which one (R-AUT5)."""

    reason = "PLACE_REQUIRED"


class PlaceUnknown(Invalid):
    """Not a place where the caller practises now."""

    reason = "PLACE_UNKNOWN"


class DirectoryUnavailable(Unavailable):
    """What the professional is cannot be asked, so nothing is decided."""

    reason = "DIRECTORY_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody practises, and in which structure."""

    id: PlaceId
    structure: StructureId
    until: datetime | None = None
    territory: str = ""
    """Code of the structure's territory."""

    def active(self, at: datetime) -> bool:
        """Whether they practise there at that moment."""
        return self.until is None or at < self.until


@dataclass(frozen=True, slots=True)
class Mandate:
    """Where a professional is identity officer: territories by code, structures by id; at least one of either."""

    territories: tuple[str, ...] = ()
    structures: tuple[StructureId, ...] = ()

    def covers(self, structures: Collection[UUID], territories: Collection[str]) -> bool:
        """Whether an identity that comes from these structures and territories is in it: one in common is enough."""
        return not (set(self.structures).isdisjoint(structures) and set(self.territories).isdisjoint(territories))


@dataclass(frozen=True, slots=True)
class Feeder:
    """A system that feeds identities for a structure: what the directory said, and when."""

    id: UUID
    structure: StructureId
    territory: str
    issuers: tuple[str, ...]
    """OIDs of the numbers it gives."""
    policy: str
    """How far what it feeds is linked without a human: strict, suggest or auto. Identity applies it."""
    account_open: bool
    version: int
    checked_at: datetime

    def fresh(self, at: datetime, max_age: timedelta) -> bool:
        """Whether the copy is young enough to decide on."""
        return at - self.checked_at <= max_age


@dataclass(frozen=True, slots=True)
class Professional:
    """What the directory said, and when."""

    id: ProfessionalId
    profession: str
    health_professional: bool
    account_open: bool
    """Known and not suspended."""
    places: tuple[Place, ...]
    version: int
    checked_at: datetime
    mandate: Mandate | None = None
    """None: no identity officer."""

    def fresh(self, at: datetime, max_age: timedelta) -> bool:
        """Whether the copy is young enough to decide on."""
        return at - self.checked_at <= max_age


def chosen_place(professional: Professional, chosen: PlaceId | None, at: datetime) -> Place | None:
    """The place the request is made from: the one chosen, or the only one. None: practises nowhere."""
    places = [place for place in professional.places if place.active(at)]
    if chosen is not None:
        for place in places:
            if place.id == chosen:
                return place
        raise PlaceUnknown(
            "Le lieu d'exercice choisi n'est pas l'un de vos lieux actuels.", "Choisissez l'un de vos lieux d'exercice."
        )
    if len(places) > 1:
        raise PlaceRequired(
            "Vous exercez dans plusieurs lieux : il faut dire depuis lequel vous agissez.",
            "Choisissez l'un de vos lieux d'exercice (en-tête Terresante-Place).",
        )
    return places[0] if places else None


def some_place(professional: Professional, at: datetime) -> Place | None:
    """For what is the same from each of them: the first place where they practise. None: they practise nowhere."""
    return next((place for place in professional.places if place.active(at)), None)
