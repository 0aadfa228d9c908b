"""Communes go from one territory to another; territories are split and merged."""

from collections.abc import Collection, Sequence

from terresante_directory.domain import words
from terresante_directory.domain.facts import Span, Subject, SubjectKind
from terresante_directory.domain.operations import tree
from terresante_directory.domain.operations.asked import MergeTerritories, MoveCommunes, SplitTerritory
from terresante_directory.domain.operations.draft import Draft, shared
from terresante_directory.domain.operations.refusals import (
    communes_not_of_it,
    nothing_left,
    territory_already,
    unknown_commune,
)
from terresante_directory.domain.operations.yours import named_territory, territory
from terresante_directory.domain.territories import Administrator


def move_communes(draft: Draft, asked: MoveCommunes, by: Administrator, gazetteer: Collection[str]) -> None:
    """The communes are covered by the territory, each until what is already scheduled for it.

    Structures that are part of nothing, are there (`commune_code`) and have the territory that covered the commune
    follow, with all that is under them, closed ones too; one that says another territory keeps it. A commune that
    nobody covered takes no structure along. Raises `TerritoryUnknown`, `TerritoryNotYours`, `CommuneUnknown`.
    """
    named_territory(draft, asked.territory, by)
    _cover(draft, asked.communes, asked.territory, gazetteer)


def split(draft: Draft, asked: SplitTerritory, by: Administrator, gazetteer: Collection[str]) -> None:
    """A new territory begins, in the same department, with these communes of the one that is split.

    What is there follows as in `move_communes`. It is given to exactly those who administer the territory that is
    split: they lose nothing, and nobody gains anything. Raises `TerritoryUnknown`, `TerritoryNotYours`,
    `TerritoryAlready`, `CommuneUnknown`, `OperationInvalid`.
    """
    old = named_territory(draft, asked.territory, by)
    new = territory(asked.new_code)
    if draft.ever(new):
        raise territory_already()
    covered = {one.id for one in draft.subjects(SubjectKind.COMMUNE) if _covers(draft, one) == asked.territory}
    if not covered.issuperset(set(asked.communes) & set(gazetteer)):
        raise communes_not_of_it()
    if covered == set(asked.communes):
        raise nothing_left()
    draft.begin(new, Span(draft.start), {**old.content, "name": words.tidy(asked.name)})
    _cover(draft, asked.communes, asked.new_code, gazetteer)


def merge(draft: Draft, asked: MergeTerritories, by: Administrator) -> None:
    """The territories end. Whatever is or will be theirs, communes and structures, is `into`'s.

    Nobody's rights change: who administered a territory that ended keeps it, in its past, and gets no right in `into`;
    mandates of identity officers in it are not carried over. Raises `TerritoryUnknown`, `TerritoryNotYours`.
    """
    for code in (*asked.territories, asked.into):
        named_territory(draft, code, by)
    ended = set(asked.territories)
    for kind in (SubjectKind.STRUCTURE, SubjectKind.COMMUNE):
        for one in draft.subjects(kind):
            for piece in draft.pieces(one):
                if piece.says("territory_code") in ended:
                    draft.rewrite(one, piece.span, lambda content: {**content, "territory_code": asked.into})
    for code in asked.territories:
        draft.end(territory(code))


def _cover(draft: Draft, codes: Sequence[str], territory: str, gazetteer: Collection[str]) -> None:
    if any(code not in gazetteer for code in codes):
        raise unknown_commune()
    left: dict[str, tuple[Span, str]] = {}
    for code in codes:
        commune = Subject(SubjectKind.COMMUNE, code)
        before = _covers(draft, commune)
        if not before:
            draft.begin(commune, draft.gap(commune), {"territory_code": territory})
        elif before != territory:
            span = draft.run(commune, "territory_code")
            left[code] = (span, before)
            draft.rewrite(commune, span, lambda content: {**content, "territory_code": territory})
    moved: list[tree.Moved] = []
    for one in draft.subjects(SubjectKind.STRUCTURE):
        for piece in draft.pieces(one):
            if piece.says("part_of") or piece.says("commune_code") not in left:
                continue
            span, before = left[piece.says("commune_code")]
            there = shared(piece.span, span)
            if there is not None and piece.says("territory_code") == before:
                moved += tree.to_territory(draft, one, there, territory)
    tree.carry_down(draft, moved)


def _covers(draft: Draft, commune: Subject) -> str:
    here = draft.at_start(commune)
    return here.says("territory_code") if here is not None else ""
