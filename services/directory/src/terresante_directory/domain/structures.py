"""What a structure is: a practice, a hospital service, a nursing home… in one territory."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from terresante_platform.refusals import Conflict, Invalid

from terresante_directory.domain import words
from terresante_directory.domain.identifiers import (
    Doubt,
    StructureId,
    TerritoryCode,
    finess,
    finess_doubts,
    siret,
)
from terresante_directory.domain.territories import Administrator, Territory, known_territory

POSTAL_CODE = re.compile(r"[0-9]{5}")
MAX_NAME = 200
MAX_COMMUNE = 100


class StructureNameInvalid(Invalid):
    reason = "STRUCTURE_NAME_INVALID"


class StructureKindUnknown(Invalid):
    reason = "STRUCTURE_KIND_UNKNOWN"


class StructureAddressInvalid(Invalid):
    reason = "STRUCTURE_ADDRESS_INVALID"


class StructureAlready(Conflict):
    reason = "STRUCTURE_ALREADY"


class StructureClosed(Conflict):
    reason = "STRUCTURE_CLOSED"


class StructureKind(StrEnum):
    """What sort of structure."""

    CABINET = "cabinet"
    HOSPITAL_SERVICE = "hospital_service"
    NURSING_HOME = "nursing_home"
    SOCIAL_SERVICE = "social_service"
    PHARMACY = "pharmacy"
    LABORATORY = "laboratory"
    COORDINATION = "coordination"
    OTHER = "other"


class StructureLevel(StrEnum):
    """Where in the hierarchy of domain §3.1: entité juridique, entité géographique, organisation interne."""

    LEGAL_ENTITY = "legal_entity"
    SITE = "site"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Structure:
    """A place of work. `finess`: 9 characters; `siret`: 14 digits; None when it has none.

    `closed`: kept and readable, nothing is added to it any more.
    """

    id: StructureId
    name: str
    kind: StructureKind
    finess: str | None
    siret: str | None
    territory: TerritoryCode
    part_of: StructureId | None
    postal_code: str
    commune: str
    version: int = 1
    level: StructureLevel = StructureLevel.SITE
    closed: bool = False

    def must_be_open(self) -> None:
        """Raises `StructureClosed`."""
        if self.closed:
            raise closed_structure()

    def doubts(self) -> tuple[Doubt, ...]:
        """What looks wrong in its numbers and does not stop anything."""
        return finess_doubts(self.finess) if self.finess else ()


def register_structure(
    id: StructureId,
    *,
    name: str,
    kind: str,
    finess_number: str,
    siret_number: str,
    territory: str,
    part_of: Structure | None,
    postal_code: str,
    commune: str,
    by: Administrator,
    territories: Mapping[TerritoryCode, Territory],
) -> Structure:
    """A new structure from what was typed; blank numbers and address mean none.

    Its territory, and that of the structure it is part of, must be the administrator's (R-ROR4). Its level follows
    from what it is part of: `RorService` lets one say it.
    """
    code = known_territory(territory, territories)
    by.must_administer(code)
    if part_of is not None:
        by.must_administer(part_of.territory)
        part_of.must_be_open()
    return Structure(
        id=id,
        name=structure_name(name),
        kind=structure_kind(kind),
        finess=finess(finess_number) if finess_number else None,
        siret=siret(siret_number) if siret_number else None,
        territory=code,
        part_of=part_of.id if part_of else None,
        postal_code=postal_code_of(postal_code),
        commune=commune_name(commune),
        level=_level_under(part_of),
    )


def already_registered() -> StructureAlready:
    """The refusal for a FINESS, or a SIRET without FINESS, that another structure has."""
    return StructureAlready(
        "Une structure porte déjà ce numéro FINESS ou SIRET.", "Recherchez-la au lieu de la créer de nouveau."
    )


def closed_structure() -> StructureClosed:
    return StructureClosed("Cette structure est fermée : sa fiche ne change plus.", "Annulez d’abord sa fermeture.")


def _level_under(part_of: Structure | None) -> StructureLevel:
    if part_of is None or part_of.level is StructureLevel.LEGAL_ENTITY:
        return StructureLevel.SITE
    return StructureLevel.INTERNAL


def structure_name(text: str) -> str:
    """As kept. Raises `StructureNameInvalid`."""
    name = words.tidy(text)
    if not words.search_words(name) or len(name) > MAX_NAME or not words.is_readable(text):
        raise StructureNameInvalid(
            "Le nom d’une structure a de 1 à 200 caractères lisibles.",
            "Donnez le nom sous lequel elle est connue.",
        )
    return name


def structure_kind(text: str) -> StructureKind:
    """Raises `StructureKindUnknown`."""
    try:
        return StructureKind(text)
    except ValueError:
        raise StructureKindUnknown("Ce genre de structure n’existe pas.", "Choisissez-en un de la liste.") from None


def postal_code_of(text: str) -> str:
    """Blank or 5 digits. Raises `StructureAddressInvalid`."""
    if text and POSTAL_CODE.fullmatch(text) is None:
        raise StructureAddressInvalid("Un code postal a 5 chiffres.", "Corrigez-le ou laissez-le vide.")
    return text


def commune_name(text: str) -> str:
    """As kept, may be blank. Raises `StructureAddressInvalid`."""
    commune = words.tidy(text)
    if len(commune) > MAX_COMMUNE or not words.is_readable(text):
        raise StructureAddressInvalid(
            "Une commune s’écrit en 100 caractères lisibles au plus.", "Corrigez-la ou laissez-la vide."
        )
    return commune
