"""What the tree of structures and offers shows."""

from dataclasses import dataclass

from terresante_directory.domain import words
from terresante_directory.domain.facts import SubjectKind


@dataclass(frozen=True, slots=True)
class Counts:
    """What is directly under a structure: open structures and offers, and professionals who practise in it."""

    structures: int = 0
    offers: int = 0
    professionals: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A structure or an offer in the tree. `level`: blank for an offer. `children`: open ones directly under it."""

    kind: str
    id: str
    name: str
    level: str
    closed: bool
    commune: str
    children: int = 0

    @property
    def place(self) -> tuple[bool, str, str]:
        """Its place among its siblings: structures first, then by name."""
        return self.kind == SubjectKind.OFFER.value, words.search_column(self.name), self.id
