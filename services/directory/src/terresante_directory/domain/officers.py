"""Identity officers: professionals whom administrators trust with the identities of territories and structures.

A mandate is never changed nor removed: it ends, and another one may follow it, so that it can always be told who was
in charge of what, when, and named by whom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Invalid, Unknown

from terresante_directory.domain.identifiers import AdministratorId, ProfessionalId, StructureId, TerritoryCode
from terresante_directory.domain.structures import Structure
from terresante_directory.domain.territories import Administrator, Territory, known_territory

MandateId = NewType("MandateId", UUID)


class MandateEmpty(Invalid):
    reason = "MANDATE_EMPTY"


class MandateUnknown(Unknown):
    reason = "MANDATE_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Mandate:
    """Where somebody is an identity officer, from `since` on and, if it has ended, before `until`.

    `territories`, `structures`: sorted, at least one of both. `touches`: all territories concerned, those of the
    structures too: only who administers every one of them gives, replaces or ends it. `ended_by`: nobody when it ended
    because the officer left the platform.
    """

    id: MandateId
    professional: ProfessionalId
    territories: tuple[TerritoryCode, ...]
    structures: tuple[StructureId, ...]
    touches: frozenset[TerritoryCode]
    since: datetime
    named_by: AdministratorId
    until: datetime | None = None
    ended_by: AdministratorId | None = None

    def covers_the_same_as(self, other: "Mandate") -> bool:
        return (self.territories, self.structures) == (other.territories, other.structures)


def name_officer(
    id: MandateId,
    professional: ProfessionalId,
    present: Mandate | None,
    *,
    territory_codes: Sequence[str],
    structures: Sequence[Structure],
    by: Administrator,
    territories: Mapping[TerritoryCode, Territory],
    at: datetime,
) -> Mandate:
    """The mandate from now on, in place of the `present` one, which is given back if it covers just the same.

    Raises `TerritoryUnknown`, `TerritoryNotYours`, `MandateEmpty`.
    """
    codes = {known_territory(code, territories) for code in territory_codes}
    if not codes and not structures:
        raise MandateEmpty(
            "Un mandat porte sur au moins un territoire ou une structure.",
            "Indiquez les territoires ou les structures dont cette personne suivra les identités.",
        )
    touches = frozenset(codes | {structure.territory for structure in structures})
    by.must_administer_all(touches)
    if present is not None:
        by.must_administer_all(present.touches)
    named = Mandate(
        id=id,
        professional=professional,
        territories=tuple(sorted(codes)),
        structures=tuple(sorted({structure.id for structure in structures})),
        touches=touches,
        since=at,
        named_by=by.id,
    )
    return present if present is not None and present.covers_the_same_as(named) else named


def end_mandate(present: Mandate | None, by: Administrator, at: datetime) -> Mandate:
    """The mandate, over from now on. Raises `MandateUnknown` if there is none, `TerritoryNotYours`."""
    if present is None:
        raise unknown_mandate()
    by.must_administer_all(present.touches)
    return ended(present, by, at)


def ended(mandate: Mandate, by: Administrator | None, at: datetime) -> Mandate:
    """Over from now on; never before it began, should clocks differ. `by`: None when the officer leaves."""
    return replace(mandate, until=max(at, mandate.since), ended_by=by.id if by else None)


def unknown_mandate() -> MandateUnknown:
    return MandateUnknown("Ce professionnel n’est pas référent d’identitovigilance.", "Relisez la liste des référents.")
