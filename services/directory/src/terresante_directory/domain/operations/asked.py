"""What an administrator may ask to be done to many subjects at once, from a moment on, as one act."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from terresante_directory.domain import words
from terresante_directory.domain.facts import Content
from terresante_directory.domain.operations.refusals import OperationInvalid

NEW_CODE = re.compile(r"[a-z0-9-]{2,30}")
MOST_SUBJECTS = 2_000
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class MoveStructures:
    """Under the structure `part_of`, to the territory, or both; blank: stays. Ids are UUIDs as text, here and below."""

    structures: tuple[str, ...]
    part_of: str
    territory: str


@dataclass(frozen=True, slots=True)
class MergeStructures:
    """All that is of these becomes `into`'s, and they close."""

    structures: tuple[str, ...]
    into: str


@dataclass(frozen=True, slots=True)
class SplitStructure:
    """A new structure with this content, and with these structures, offers and places of the one that is split."""

    structure: str
    content: Content
    structures: tuple[str, ...]
    offers: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MoveCommunes:
    """Communes (COG codes) to another territory."""

    communes: tuple[str, ...]
    territory: str


@dataclass(frozen=True, slots=True)
class SplitTerritory:
    """A new territory, with these communes of the one that is split."""

    territory: str
    new_code: str
    name: str
    communes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MergeTerritories:
    """All that is of these becomes `into`'s, and they end."""

    territories: tuple[str, ...]
    into: str


Operation = MoveStructures | MergeStructures | SplitStructure | MoveCommunes | SplitTerritory | MergeTerritories


def must_be_well_formed(operation: Operation) -> None:
    """Raises `OperationInvalid` for what no state of the directory could make possible."""
    match operation:
        case MoveStructures():
            _must_name("structures", operation.structures)
            if not (operation.part_of or operation.territory):
                raise OperationInvalid(
                    "Un déplacement a une destination.", "Choisissez une structure, un territoire, ou les deux."
                )
            _must_not_contain(operation.structures, operation.part_of)
        case MergeStructures():
            _must_name("structures", operation.structures)
            _must_not_contain(operation.structures, operation.into)
        case SplitStructure():
            parts = (*operation.structures, *operation.offers, *operation.places)
            _must_name("structures, offres ou lieux d’exercice", parts)
            _must_not_contain(operation.structures, operation.structure)
        case MoveCommunes():
            _must_name("communes", operation.communes)
        case SplitTerritory():
            _must_name("communes", operation.communes)
            _must_be_a_new_territory(operation.new_code, operation.name)
        case MergeTerritories():
            _must_name("territoires", operation.territories)
            _must_not_contain(operation.territories, operation.into)


def _must_name(what: str, named: Sequence[str]) -> None:
    if not named or len(named) > MOST_SUBJECTS or len(set(named)) < len(named):
        raise OperationInvalid(
            f"L’opération porte sur 1 à {MOST_SUBJECTS} {what}, chacun nommé une fois.", "Revoyez la sélection."
        )


def _must_not_contain(named: Sequence[str], target: str) -> None:
    if target in named:
        raise OperationInvalid("La destination fait partie de ce qui est à déplacer.", "Retirez-la de la sélection.")


def _must_be_a_new_territory(code: str, name: str) -> None:
    if NEW_CODE.fullmatch(code) is None:
        raise OperationInvalid(
            "Le code d’un territoire a de 2 à 30 lettres minuscules sans accent, chiffres et traits d’union.",
            "Corrigez le code, par exemple 94-est.",
        )
    if not words.search_words(name) or len(words.tidy(name)) > MAX_NAME or not words.is_readable(name):
        raise OperationInvalid(
            "Le nom d’un territoire a de 1 à 200 caractères lisibles.", "Donnez le nom sous lequel il est connu."
        )
