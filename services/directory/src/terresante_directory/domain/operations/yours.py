"""What an operation may touch: only what is there, open, and the administrator's (R-ROR4)."""

from collections.abc import Iterable

from terresante_directory.domain.facts import Content, Span, Subject, SubjectKind
from terresante_directory.domain.identifiers import TerritoryCode, unknown_structure
from terresante_directory.domain.operations.draft import Change, Draft, Piece
from terresante_directory.domain.operations.refusals import closed, unknown_territory
from terresante_directory.domain.operations.tree import structure
from terresante_directory.domain.territories import Administrator


def named_structure(draft: Draft, id: str, by: Administrator) -> Piece:
    """What is said, at the operation's start, of a structure that was named.

    Raises `StructureUnknown`, also for one of another's territory; `StructureClosed`.
    """
    here = draft.at_start(structure(id))
    if here is None or here.says("territory_code") not in by.territories:
        raise unknown_structure()
    if here.content.get("closed"):
        raise closed()
    return here


def must_stay_open(draft: Draft, id: str) -> None:
    """Raises `StructureClosed` if the structure is to close, or to be no more, after the operation's start."""
    one = structure(id)
    if not draft.covers(one, Span(draft.start)) or any(piece.content.get("closed") for piece in draft.pieces(one)):
        raise closed()


def territory(code: str) -> Subject:
    return Subject(SubjectKind.TERRITORY, code)


def named_territory(draft: Draft, code: str, by: Administrator) -> Piece:
    """What is said, at the operation's start, of a territory that was named.

    Raises `TerritoryUnknown`, also for one that is to end; `TerritoryNotYours`.
    """
    here = draft.at_start(territory(code))
    if here is None or not draft.covers(territory(code), Span(draft.start)):
        raise unknown_territory()
    by.must_administer(TerritoryCode(code))
    return here


def touched(draft: Draft, changes: Iterable[Change]) -> frozenset[TerritoryCode]:
    """The territories that the changes take from, give to or change something in.

    An offer or a place is in its structure's territory; what comes under another structure touches that one's too.
    """
    codes: set[str] = set()
    for change in changes:
        for said in (change.before, change.after):
            if said is not None:
                codes |= _territories_of(draft, change, said)
    return frozenset(map(TerritoryCode, codes - {""}))


def _territories_of(draft: Draft, change: Change, said: Content) -> set[str]:
    match change.subject.kind:
        case SubjectKind.OFFER | SubjectKind.PLACE:
            return _of_structure(draft, str(said["structure_id"]), change.span)
        case SubjectKind.TERRITORY:
            return {change.subject.id}
        case SubjectKind.STRUCTURE:
            above = str(said["part_of"] or "")
            comes = change.before is None or change.before["part_of"] != said["part_of"]
            return {str(said["territory_code"])} | (
                _of_structure(draft, above, change.span) if above and comes else set()
            )
        case _:
            return {str(said["territory_code"])}


def _of_structure(draft: Draft, id: str, span: Span) -> set[str]:
    one = structure(id)
    return {piece.says("territory_code") for piece in (*draft.as_known(one, span), *draft.pieces(one, span))}
