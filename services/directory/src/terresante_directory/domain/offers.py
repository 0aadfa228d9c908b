"""What a structure offers (offre opérationnelle, HealthcareService), as kept in facts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, NewType, cast
from uuid import UUID

from terresante_platform.refusals import Conflict, Unknown

from terresante_directory.domain import words
from terresante_directory.domain.facts import Content
from terresante_directory.domain.positions import Position
from terresante_directory.domain.telecoms import Telecom

OfferId = NewType("OfferId", UUID)


class OfferUnknown(Unknown):
    reason = "OFFER_UNKNOWN"


class OfferClosed(Conflict):
    reason = "OFFER_CLOSED"


@dataclass(frozen=True, slots=True)
class Opening:
    """When it is open. `days`: 1 Monday to 7 Sunday, 8 public holidays. Times HH:MM, both blank all day."""

    days: tuple[int, ...]
    opens: str = ""
    closes: str = ""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many places or beds of a kind. `available`: free now, None if not known."""

    kind: str
    total: int
    available: int | None = None


@dataclass(frozen=True, slots=True)
class OfferContent:
    """As `OfferContent` of the contract. Ages in months, both included.

    `confirmed_at`: ISO, when somebody last changed it or said that it is still true; not part of what is said.
    """

    structure_id: str
    name: str
    field: str = ""
    type: str = ""
    activity: str = ""
    care_modes: tuple[str, ...] = ()
    age_from_months: int | None = None
    age_to_months: int | None = None
    opening: tuple[Opening, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    telecoms: tuple[Telecom, ...] = ()
    sensitive: bool = False
    intervention_communes: tuple[str, ...] = ()
    description: str = ""
    position: Position | None = None
    closed: bool = False
    closing_kind: str = ""
    confirmed_at: str = ""

    @classmethod
    def of(cls, content: Content) -> "OfferContent":
        """From a fact."""
        fields = cast("Mapping[str, Any]", content)
        typed = {
            "care_modes": tuple(fields["care_modes"]),
            "opening": tuple(Opening(**{**each, "days": tuple(each["days"])}) for each in fields["opening"]),
            "capacities": tuple(Capacity(**each) for each in fields["capacities"]),
            "telecoms": tuple(Telecom(**each) for each in fields["telecoms"]),
            "intervention_communes": tuple(fields["intervention_communes"]),
            "position": Position(**fields["position"]) if fields["position"] else None,
        }
        return cls(**{**fields, **typed})

    def content(self) -> Content:
        """For a fact: lists where JSON has no tuples, so that it compares with what is read."""
        lists = {
            "care_modes": list(self.care_modes),
            "opening": [{**asdict(each), "days": list(each.days)} for each in self.opening],
            "capacities": [asdict(each) for each in self.capacities],
            "telecoms": [asdict(each) for each in self.telecoms],
            "intervention_communes": list(self.intervention_communes),
        }
        return {**asdict(self), **lists}

    def shut(self, closing_kind: str, at: datetime) -> "OfferContent":
        """The same, closed."""
        return replace(self, closed=True, closing_kind=closing_kind, confirmed_at=at.isoformat())

    def says_as(self, other: "OfferContent") -> bool:
        """Whether both say the same, whenever that was confirmed."""
        return replace(self, confirmed_at="") == replace(other, confirmed_at="")

    def search_column(self) -> str:
        return words.search_column(self.name)


@dataclass(frozen=True, slots=True)
class OfferFilters:
    """What a search asks for; blank, empty or None means any. `within_metres` counts with `near` only."""

    words: Sequence[str]
    territory: str
    structure: UUID | None
    activities: Sequence[str]
    types: Sequence[str]
    age_months: int | None
    near: Position | None
    within_metres: int
    commune: str
    with_closed: bool
    with_sensitive: bool


def unknown_offer() -> OfferUnknown:
    return OfferUnknown("Cette offre n’existe pas.", "Cherchez-la dans l’arbre des structures.")


def closed_offer() -> OfferClosed:
    return OfferClosed("Cette offre est fermée : sa fiche ne change plus.", "Annulez d’abord sa fermeture.")
