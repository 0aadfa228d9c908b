"""What an act changed, told as before and after."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from terresante_platform.refusals import Invalid

from terresante_directory.domain.facts import Content, Fact, Span, Subject
from terresante_directory.domain.subjects import label

MOST_CHANGES = 20
CONTACTS = "telecoms"


class SubjectInvalid(Invalid):
    reason = "SUBJECT_INVALID"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value as text before and after; blank: not said."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What an act did to one subject for a span. `label`: its name then."""

    subject: Subject
    span: Span
    label: str
    fields: tuple[FieldChange, ...]

    def without_contacts(self) -> "Change":
        """As shown to whom part of the act is another territory's: contacts have levels of their own (R-ROR1)."""
        return replace(self, fields=tuple(one for one in self.fields if one.field != CONTACTS))


def subject_invalid() -> SubjectInvalid:
    return SubjectInvalid("Cet élément n’existe pas.", "Donnez son genre et son identifiant.")


def changes(subject: Subject, ended: Sequence[Fact], written: Sequence[Fact]) -> list[Change]:
    """What an act that ended and wrote these facts of a subject changed, span by span, in the order of time."""
    edges = _edges((*ended, *written))
    found: list[Change] = []
    for start, end in pairwise(edges):
        span = Span(start, end)
        before, after = _said(ended, span), _said(written, span)
        fields = _differences(before, after)
        if not fields:
            continue
        name = label(subject, after or before or {})
        if found and found[-1].fields == fields and found[-1].span.end == start and found[-1].label == name:
            span = Span(found.pop().span.start, end)
        found.append(Change(subject, span, name, fields))
    return found


def as_text(value: object) -> str:
    """A value of a content as people compare it: texts as they are, lists and objects as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _edges(facts: Iterable[Fact]) -> list[datetime | None]:
    """All starts and ends in order, since ever first and for good last."""
    told = {edge for fact in facts for edge in (fact.span.start, fact.span.end) if edge is not None}
    return [None, *sorted(told), None]


def _said(facts: Sequence[Fact], span: Span) -> Content | None:
    return next((fact.content for fact in facts if fact.span.overlaps(span)), None)


def _differences(before: Content | None, after: Content | None) -> tuple[FieldChange, ...]:
    old, new = before or {}, after or {}
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    pairs = ((name, as_text(old.get(name)), as_text(new.get(name))) for name in names)
    return tuple(FieldChange(name, was, will) for name, was, will in pairs if was != will)
