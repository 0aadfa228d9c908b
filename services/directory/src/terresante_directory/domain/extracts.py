"""What may be asked of the directory as it stands, page by page: which kind of things, which of them, what comes along.

Lists are empty, texts blank and bounds None where nothing is asked. See `extract_service.proto`.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from terresante_platform.refusals import Invalid

from terresante_directory.domain.facts import Told
from terresante_directory.domain.positions import Position

OLDEST_MONTHS = 1_800
"""150 years: the highest age of an offer without an upper limit."""
MOST_ALTERNATIVES = 16
FARTHEST_METRES = 200_000
UNSAID_METRES = 20_000


class ExtractInvalid(Invalid):
    reason = "EXTRACT_INVALID"


class Kind(StrEnum):
    """What pages are made of."""

    STRUCTURES = "structures"
    OFFERS = "offers"
    PROFESSIONALS = "professionals"
    PLACES = "places"


class Along(StrEnum):
    """What comes along with a page."""

    STRUCTURES = "structures"
    PARENTS = "parents"
    ANCESTORS = "ancestors"
    OFFERS = "offers"
    PLACES = "places"
    PROFESSIONALS = "professionals"


@dataclass(frozen=True, slots=True)
class Area:
    """Around a place, `metres` far."""

    middle: Position
    metres: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Which things: see the contract, field by field. Names are words as they are searched, communes folded."""

    ids: Collection[UUID] = ()
    finess: Collection[str] = ()
    siren: Collection[str] = ()
    siret: Collection[str] = ()
    rpps: Collection[str] = ()
    name: Collection[str] = ()
    territory_codes: Collection[str] = ()
    levels: Collection[str] = ()
    structure_ids: Collection[UUID] = ()
    professional_ids: Collection[UUID] = ()
    fields: Collection[str] = ()
    types: Collection[str] = ()
    activities: Collection[str] = ()
    care_modes: Collection[str] = ()
    intervention_communes: Collection[str] = ()
    commune_codes: Collection[str] = ()
    postal_code: str = ""
    commune: str = ""
    area: Area | None = None
    age_low_least: int | None = None
    age_low_most: int | None = None
    age_high_least: int | None = None
    age_high_most: int | None = None
    professions: Collection[str] = ()
    family_name: str = ""
    given_name: str = ""
    changed_from: datetime | None = None
    changed_before: datetime | None = None
    with_closed: bool = False
    only_closed: bool = False
    closing_kinds: Collection[str] = ()
    closed_from: datetime | None = None
    closed_before: datetime | None = None
    either: Collection["Filter"] = ()
    """At least one of these fits too, if there are any."""

    def every(self) -> tuple["Filter", ...]:
        """It and its alternatives."""
        return (self, *self.either)


@dataclass(frozen=True, slots=True)
class Dated:
    """When it was last said anew or came to hold; since when the directory knows it."""

    changed_at: datetime
    known_since: datetime


@dataclass(frozen=True, slots=True)
class Stated:
    """A structure or an offer as it stands. `parent`: what it is part of, or who provides it. `distance`: metres from
    the place asked about.
    """

    id: UUID
    told: Told
    version: int
    territory: str
    parent: UUID | None
    dated: Dated
    structure_name: str = ""
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A professional, without their places."""

    id: UUID
    rpps: str | None
    family_name: str
    given_name: str
    profession: str
    version: int
    dated: Dated


@dataclass(frozen=True, slots=True)
class Practice:
    """A place of practice, from `since` on and, if it has ended or will end, before `until`."""

    id: UUID
    professional: UUID
    structure: UUID
    role: str
    since: datetime
    until: datetime | None
    territory: str
    dated: Dated

    def is_active(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


COMMON = frozenset({"ids", "changed_from", "changed_before", "either"})
AROUND = frozenset({"name", "commune_codes", "postal_code", "commune", "area", "territory_codes", "structure_ids"})
CLOSING = frozenset({"with_closed", "only_closed"})
CLOSED = frozenset({"closing_kinds", "closed_from", "closed_before"})
FITTING = {
    Kind.STRUCTURES: COMMON | AROUND | CLOSING | CLOSED | {"finess", "siren", "siret", "levels"},
    Kind.OFFERS: COMMON
    | AROUND
    | CLOSING
    | CLOSED
    | {"fields", "types", "activities", "care_modes", "intervention_communes"}
    | {"age_low_least", "age_low_most", "age_high_least", "age_high_most"},
    Kind.PROFESSIONALS: COMMON | {"rpps", "name", "professions", "family_name", "given_name"},
    Kind.PLACES: COMMON | CLOSING | {"territory_codes", "structure_ids", "professional_ids"},
}
"""The fields of a filter that each kind has."""
COMING = {
    Kind.STRUCTURES: frozenset({Along.PARENTS, Along.ANCESTORS, Along.OFFERS, Along.PLACES, Along.PROFESSIONALS}),
    Kind.OFFERS: frozenset({Along.STRUCTURES, Along.PARENTS, Along.ANCESTORS, Along.PLACES, Along.PROFESSIONALS}),
    Kind.PROFESSIONALS: frozenset({Along.PLACES, Along.STRUCTURES, Along.PARENTS, Along.ANCESTORS}),
    Kind.PLACES: frozenset({Along.STRUCTURES, Along.PARENTS, Along.ANCESTORS, Along.PROFESSIONALS}),
}
"""What may come along with each kind."""


def must_fit(kind: Kind, asked: Filter, along: Collection[Along]) -> None:
    """Raises `ExtractInvalid` for a field that the kind does not have, or for what cannot come along with it."""
    unasked = Filter()
    every = [(each, one.name) for each in asked.every() for one in fields(each)]
    named = {name for each, name in every if getattr(each, name) != getattr(unasked, name)}
    asks_closed = any(getattr(asked, name) for name in CLOSED)
    if not named <= FITTING[kind] or not set(along) <= COMING[kind] or (asks_closed and not asked.only_closed):
        raise ExtractInvalid(
            "Cette extraction demande ce que ces éléments n’ont pas.", "Retirez les critères d’un autre type d’élément."
        )
