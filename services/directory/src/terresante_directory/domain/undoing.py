"""What an undoing says again fits what was done since: nothing is part of itself, nothing is open in what closed."""

from collections.abc import Iterable, Sequence

from terresante_directory.domain.acts import EARLIEST
from terresante_directory.domain.facts import Fact, NewFact, SubjectKind, built_upon
from terresante_directory.domain.operations import tree
from terresante_directory.domain.operations.draft import Draft
from terresante_directory.domain.subjects import belonging


def must_still_fit(again: Sequence[NewFact], above: Iterable[Fact]) -> None:
    """`above`: all that is known, with what is said again, of the structures that it is of or under, up to the roots.

    Raises `ActBuiltUpon` where a later act closed what something would be in, or put what a structure would be part of
    under that structure.
    """
    facts = list(above)
    closed: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.content["closed"]:
            closed.setdefault(fact.subject.id, []).append(fact)
    for one in again:
        never_held = one.span.start is not None and one.span.start == one.span.end
        if one.content.get("closed") or never_held:
            continue
        for over in closed.get(belonging(one.subject, one.content).parent or "", ()):
            if over.span.overlaps(one.span):
                raise built_upon(over.act)
    draft = Draft(facts, EARLIEST)
    structures = {one.subject for one in again if one.subject.kind is SubjectKind.STRUCTURE}
    if any(tree.is_circular(draft, one) for one in structures):
        raise built_upon()
