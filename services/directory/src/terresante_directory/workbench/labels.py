"""Acts in words: names for ids and codes, and a field as people call it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory.workbench import saying, words
from terresante_directory.workbench.visits import Workbench

MOST = 200
POINTING = frozenset({"part_of", "structure_id"})
PAGES = {"structure": "structures", "professional": "professionnels", "offer": "offres"}
TOLD_ALREADY = frozenset({"professional_id"})
"""Fields that the subject's own name tells."""


@dataclass(frozen=True, slots=True)
class Line:
    """A field before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Touch:
    """What an act did to one subject. `href`: its page, blank if it has none."""

    label: str
    href: str
    change: pb.ActChange
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """An act as a page shows it."""

    act: pb.Act
    starts: Any
    touches: list[Touch]
    undoable: bool


def ids_in(act: pb.Act) -> Iterator[str]:
    """Ids of structures that an act's fields point to."""
    for change in act.changes:
        for one in change.fields:
            if one.field in POINTING:
                yield from (text for text in (one.before, one.after) if text)


def told(act: pb.Act, names: Mapping[str, str], workbench: Workbench) -> Told:
    """`names`: of structures and territories by id and code."""
    touches = [
        Touch(
            label=change.label or change.subject.id,
            href=f"/{PAGES[change.subject.kind]}/{change.subject.id}" if change.subject.kind in PAGES else "",
            change=change,
            lines=[line(one, names, workbench) for one in change.fields if one.field not in TOLD_ALREADY],
        )
        for change in act.changes
    ]
    starts = getattr(act, "from") if act.HasField("from") else None
    return Told(act, starts, touches, undoable=not act.undone_by and act.kind != "taken_over")


def line(one: pb.FieldChange, names: Mapping[str, str], workbench: Workbench) -> Line:
    """A field with its values as people read them."""
    before, after = (saying.said(one.field, text, names, workbench) for text in (one.before, one.after))
    return Line(words.FIELDS.get(one.field, one.field), before, after)
