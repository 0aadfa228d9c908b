"""Closing a structure: all that is under it closes with it, and nobody practises there any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from terresante_directory.domain.changing import ended, from_then_on, shut
from terresante_directory.domain.facts import Fact, Statement, Subject
from terresante_directory.domain.structures import closed_structure


@dataclass(frozen=True, slots=True)
class Under:
    """All that is known from the moment on: of the structure, of those under it, of the offers and places of all."""

    itself: Sequence[Fact]
    structures: Sequence[Fact]
    offers: Sequence[Fact]
    places: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Closing:
    """What is to be said, and how many structures, offers and places it ends beside the structure itself."""

    statements: Sequence[Statement]
    structures: int
    offers: int
    places: int


def close_structure(under: Under, start: datetime, closing_kind: str) -> Closing:
    """From `start` on. What is under it only later, or until later, closes for that time. Raises `StructureClosed`."""
    if from_then_on(under.itself, start)[0].content["closed"]:
        raise closed_structure()
    itself = shut(under.itself, start, closing_kind)
    structures = shut(under.structures, start, closing_kind)
    offers = [
        Statement(one.subject, one.span, {**(one.content or {}), "confirmed_at": start.isoformat()})
        for one in shut(under.offers, start, closing_kind)
    ]
    places = ended(under.places, start)
    return Closing(
        [*itself, *structures, *offers, *places], _subjects(structures), _subjects(offers), _subjects(places)
    )


def _subjects(statements: Sequence[Statement]) -> int:
    said: set[Subject] = {one.subject for one in statements}
    return len(said)
