"""Structures are moved, merged and split, with what is under them and who practises there."""

from collections.abc import Callable, Iterable
from uuid import UUID

from terresante_directory.domain.facts import Content, Span, Subject, SubjectKind
from terresante_directory.domain.hierarchy import parent_invalid
from terresante_directory.domain.operations import tree
from terresante_directory.domain.operations.asked import MergeStructures, MoveStructures, SplitStructure
from terresante_directory.domain.operations.draft import Draft
from terresante_directory.domain.operations.places import begin_anew
from terresante_directory.domain.operations.refusals import (
    not_of_it,
    not_one_level,
    one_under_another,
)
from terresante_directory.domain.operations.yours import must_stay_open, named_structure, named_territory
from terresante_directory.domain.territories import Administrator

FOR_GOOD = "DEF"
"""How a structure that became another closes: « Définitive » of TRE_R286 (data/value_sets.json)."""


def move(draft: Draft, asked: MoveStructures, by: Administrator) -> None:
    """They go under another structure, to another territory, or both; each until what is already scheduled for it.

    All that is under them stays under them; territories follow as `tree` says. An internal organisation that had its
    parent's territory takes the new parent's, unless a territory is asked. Raises `StructureUnknown`,
    `StructureClosed`, `StructureParentInvalid`, `TerritoryUnknown`, `TerritoryNotYours`, `OperationInvalid`.
    """
    roots = [tree.structure(id) for id in asked.structures]
    for root in roots:
        named_structure(draft, root.id, by)
    if asked.territory:
        named_territory(draft, asked.territory, by)
    moved: list[tree.Moved] = []
    if asked.part_of:
        named_structure(draft, asked.part_of, by)
        if any(tree.is_under_one_of(draft, root, roots) for root in roots):
            raise one_under_another()
        for root in roots:
            span, parent = draft.run(root, "part_of"), tree.structure(asked.part_of)
            if asked.territory:
                tree.attach(draft, root, span, parent)
            else:
                moved += tree.take_in(draft, root, span, parent)
    if asked.territory:
        for root in roots:
            moved += tree.to_territory(draft, root, draft.run(root, "territory_code"), asked.territory)
    for root in roots:
        tree.must_not_be_circular(draft, root)
    tree.carry_down(draft, moved)


def merge(draft: Draft, asked: MergeStructures, by: Administrator, new_id: Callable[[], UUID]) -> None:
    """They close for good; what is or will be under them, their offers and places of practice go to `into`.

    All are of one level. Who may open records does not widen: a circle that names a closed structure still names
    that one, where nobody practises any more; it does not become open to the staff of `into`. Who came along practises
    in `into` from then on, as anybody who is engaged there. Feeders and mandates of officers stay with the closed one.

    Raises `StructureUnknown`, `StructureClosed`, `StructureParentInvalid`, `OperationInvalid`.
    """
    into = tree.structure(asked.into)
    absorbed = [tree.structure(id) for id in asked.structures]
    levels = {named_structure(draft, one.id, by).says("level") for one in (into, *absorbed)}
    if len(levels) > 1:
        raise not_one_level()
    must_stay_open(draft, into.id)
    under = tree.children(draft)
    moved: list[tree.Moved] = []
    for one in absorbed:
        for child in under.get(one.id, ()):
            for piece in [piece for piece in draft.pieces(child) if piece.says("part_of") == one.id]:
                moved += tree.take_in(draft, child, piece.span, into)
    for child in {child for one in absorbed for child in under.get(one.id, ())}:
        tree.must_not_be_circular(draft, child)
    tree.carry_down(draft, moved)
    ids = set(asked.structures)
    _give_offers(draft, _of(draft, SubjectKind.OFFER, ids), ids, into.id)
    begin_anew(draft, _of(draft, SubjectKind.PLACE, ids), into.id, new_id)
    for one in absorbed:
        draft.rewrite(one, Span(draft.start), _closed)


def split(draft: Draft, asked: SplitStructure, by: Administrator, new_id: Callable[[], UUID]) -> str:
    """A structure of its own begins, with these direct structures, offers and places of practice; gives its id.

    Each goes until what is already scheduled for it. Raises `StructureUnknown`, `StructureClosed`,
    `StructureParentInvalid`, `TerritoryUnknown`, `TerritoryNotYours`, `OperationInvalid` if something is not the
    structure's own when the operation starts.
    """
    named_structure(draft, asked.structure, by)
    new = _begun(draft, asked.content, by, tree.structure(str(new_id())))
    moved: list[tree.Moved] = []
    for child in _own(draft, asked.structures, SubjectKind.STRUCTURE, "part_of", asked.structure):
        moved += tree.take_in(draft, child, draft.run(child, "part_of"), new)
        tree.must_not_be_circular(draft, child)
    tree.carry_down(draft, moved)
    for offer in _own(draft, asked.offers, SubjectKind.OFFER, "structure_id", asked.structure):
        draft.rewrite(offer, draft.run(offer, "structure_id"), lambda content: {**content, "structure_id": new.id})
    begin_anew(draft, _own(draft, asked.places, SubjectKind.PLACE, "structure_id", asked.structure), new.id, new_id)
    return new.id


def _begun(draft: Draft, content: Content, by: Administrator, new: Subject) -> Subject:
    """The new structure; an internal organisation is in its parent's territory unless another one is said."""
    above = tree.structure(str(content["part_of"]))
    code, is_internal = str(content["territory_code"]), content["level"] == tree.INTERNAL
    parent = named_structure(draft, above.id, by) if above.id else None
    if parent is None and is_internal:
        raise parent_invalid()
    if code or parent is None or not is_internal:
        named_territory(draft, code, by)
    else:
        code = parent.says("territory_code")
    draft.begin(new, Span(draft.start), {**content, "territory_code": code})
    if above.id:
        tree.must_fit(draft, new, Span(draft.start), above)
    return new


def _of(draft: Draft, kind: SubjectKind, structures: set[str]) -> list[Subject]:
    """The offers or places that are these structures' at some moment."""
    return [
        one
        for one in draft.subjects(kind)
        if any(piece.says("structure_id") in structures for piece in draft.pieces(one))
    ]


def _give_offers(draft: Draft, offers: Iterable[Subject], of: set[str], into: str) -> None:
    def given(content: Content) -> Content:
        return {**content, "structure_id": into} if content["structure_id"] in of else content

    for offer in offers:
        draft.rewrite(offer, Span(draft.start), given)


def _closed(content: Content) -> Content:
    return content if content["closed"] else {**content, "closed": True, "closing_kind": FOR_GOOD}


def _own(draft: Draft, ids: Iterable[str], kind: SubjectKind, field: str, owner: str) -> list[Subject]:
    """These subjects, all of them the owner's at the start. Raises `OperationInvalid`."""
    subjects = [Subject(kind, id) for id in ids]
    for subject in subjects:
        here = draft.at_start(subject)
        if here is None or here.says(field) != owner:
            raise not_of_it()
    return subjects
