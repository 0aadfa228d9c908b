"""Structures in their tree while an operation is worked out: what may be under what, and what follows what.

A structure's territory follows down the tree as long as it is the same: what is under a structure that changes
territory, and had the same one, gets the new one; what says another territory keeps it, and so does all under it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from terresante_directory.domain.facts import Span, Subject, SubjectKind
from terresante_directory.domain.hierarchy import UNDER, parent_invalid
from terresante_directory.domain.operations.draft import Draft
from terresante_directory.domain.operations.refusals import circular, closed
from terresante_directory.domain.structures import StructureLevel

INTERNAL = StructureLevel.INTERNAL.value


@dataclass(frozen=True, slots=True)
class Moved:
    """A structure that goes from one territory to another for a span."""

    structure: Subject
    span: Span
    before: str
    after: str


def structure(id: str) -> Subject:
    return Subject(SubjectKind.STRUCTURE, id)


def attach(draft: Draft, child: Subject, span: Span, parent: Subject) -> None:
    """The child is part of `parent` for the span. Raises `StructureParentInvalid`, `StructureClosed`."""
    must_fit(draft, child, span, parent)
    draft.rewrite(child, span, lambda content: {**content, "part_of": parent.id})


def take_in(draft: Draft, child: Subject, span: Span, parent: Subject) -> list[Moved]:
    """As `attach`; an internal organisation that had its parent's territory takes the new parent's."""
    moved: list[Moved] = []
    for common in _with_its_parents_territory(draft, child, span):
        for above in draft.pieces(parent, common):
            moved += to_territory(draft, child, above.span, above.says("territory_code"))
    attach(draft, child, span, parent)
    return moved


def to_territory(draft: Draft, one: Subject, span: Span, code: str) -> list[Moved]:
    """The structure is in the territory for the span."""
    moved = [
        Moved(one, piece.span, piece.says("territory_code"), code)
        for piece in draft.pieces(one, span)
        if piece.says("territory_code") != code
    ]
    draft.rewrite(one, span, lambda content: {**content, "territory_code": code})
    return moved


def carry_down(draft: Draft, moved: Iterable[Moved]) -> None:
    """What is under the structures that moved follows them: see the module."""
    under = children(draft)
    waiting = list(moved)
    while waiting:
        above = waiting.pop()
        for child in under.get(above.structure.id, ()):
            for piece in draft.pieces(child, above.span):
                if piece.says("part_of") == above.structure.id and piece.says("territory_code") == above.before:
                    waiting.extend(to_territory(draft, child, piece.span, above.after))


def children(draft: Draft) -> dict[str, list[Subject]]:
    """By the id of a structure, those that are directly part of it at some moment."""
    under: dict[str, list[Subject]] = {}
    for one in draft.subjects(SubjectKind.STRUCTURE):
        for parent in {piece.says("part_of") for piece in draft.pieces(one)} - {""}:
            under.setdefault(parent, []).append(one)
    return under


def must_fit(draft: Draft, child: Subject, span: Span, parent: Subject) -> None:
    """Raises `StructureParentInvalid` unless the parent is there all the while and of a level above the child's.

    Raises `StructureClosed` where the parent is closed and the child is not.
    """
    if not draft.covers(parent, span):
        raise parent_invalid()
    for piece in draft.pieces(child, span):
        for above in draft.pieces(parent, piece.span):
            if above.says("level") not in UNDER.get(piece.says("level"), ()):
                raise parent_invalid()
            if above.content.get("closed") and not piece.content.get("closed"):
                raise closed()


def must_not_be_circular(draft: Draft, child: Subject) -> None:
    """Raises `StructureParentInvalid` if the structure is above itself at any moment."""
    if is_circular(draft, child):
        raise circular()


def is_circular(draft: Draft, child: Subject) -> bool:
    """Whether the structure is above itself at any moment."""
    waiting = [(child, piece.span) for piece in draft.pieces(child)]
    seen = set(waiting)
    while waiting:
        one, span = waiting.pop()
        for piece in draft.pieces(one, span):
            above = structure(piece.says("part_of"))
            if above == child:
                return True
            step = (above, piece.span)
            if above.id and step not in seen:
                seen.add(step)
                waiting.append(step)
    return False


def is_under_one_of(draft: Draft, one: Subject, others: Iterable[Subject]) -> bool:
    """Whether any of the others is above it at the draft's start."""
    wanted, seen = set(others), {one}
    here = draft.at_start(one)
    while here is not None and here.says("part_of"):
        above = structure(here.says("part_of"))
        if above in wanted:
            return True
        if above in seen:
            return False
        seen.add(above)
        here = draft.at_start(above)
    return False


def _with_its_parents_territory(draft: Draft, one: Subject, span: Span) -> list[Span]:
    """When, within the span, an internal organisation has the territory of what it is part of."""
    return [
        above.span
        for piece in draft.pieces(one, span)
        for above in draft.pieces(structure(piece.says("part_of")), piece.span)
        if piece.says("level") == INTERNAL and piece.says("territory_code") == above.says("territory_code")
    ]
