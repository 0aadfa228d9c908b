"""Territories, and the administrators who may act in them: nobody touches another's territory (R-ROR4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from terresante_platform.refusals import Denied, Invalid

from terresante_directory.domain import words
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode


class TerritoryNotYours(Denied):
    reason = "TERRITORY_NOT_YOURS"


class TerritoryUnknown(Invalid):
    reason = "TERRITORY_UNKNOWN"


class AdministratorUnknown(Denied):
    reason = "ADMINISTRATOR_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Territory:
    """A coordination territory. `started`: open, else announced. `communes`: COG, empty if unknown."""

    code: TerritoryCode
    name: str
    department: str
    started: bool
    communes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Administrator:
    """A person who enrols structures and professionals in some territories, and in no other."""

    id: AdministratorId
    given_name: str
    family_name: str
    territories: frozenset[TerritoryCode]

    def __repr__(self) -> str:
        return f"Administrator({self.id})"

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    def must_administer(self, code: TerritoryCode) -> None:
        """Raises `TerritoryNotYours` unless the territory is theirs."""
        if code not in self.territories:
            raise not_yours()

    def must_administer_all(self, codes: Iterable[TerritoryCode]) -> None:
        """Raises `TerritoryNotYours` unless every one is theirs."""
        for code in codes:
            self.must_administer(code)


def appoint(
    id: AdministratorId, name: str, codes: Iterable[str], territories: Mapping[TerritoryCode, Territory]
) -> Administrator:
    """A new administrator of existing territories. `name`: given name, a space, family name.

    Raises `ProfessionalNameInvalid`, `TerritoryUnknown`.
    """
    given_name, _, family_name = words.tidy(name).partition(" ")
    known = frozenset(known_territory(code, territories) for code in codes)
    return Administrator(id, words.person_name(given_name), words.person_name(family_name), known)


def not_yours() -> TerritoryNotYours:
    return TerritoryNotYours(
        "Ce territoire n’est pas le vôtre : rien n’y a été changé.",
        "Adressez-vous à un administrateur de ce territoire.",
    )


def unknown_administrator() -> AdministratorUnknown:
    return AdministratorUnknown(
        "Ce compte d’administrateur n’est rattaché à aucun territoire.", "Adressez-vous à l’exploitant."
    )


def known_territory(code: str, territories: Mapping[TerritoryCode, Territory]) -> TerritoryCode:
    """The code of an existing territory. Raises `TerritoryUnknown`."""
    known = TerritoryCode(code)
    if known not in territories:
        raise unknown_territory()
    return known


def unknown_territory() -> TerritoryUnknown:
    return TerritoryUnknown("Ce territoire n’existe pas.", "Choisissez un territoire de la liste.")
