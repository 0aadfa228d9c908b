"""What is said, of whom, for when, and since when that is known: the directory's memory. See docs/decisions/0012.

A *fact* says one content of one subject for a span of time. It is never changed: an act that says otherwise ends it
(it is no longer what we know) and writes new facts, those parts of the old span included that the act leaves as they
were. So "as of day D, as known on day K" reads the facts that were known at K and hold at D, and undoing an act is
ending what it wrote and writing again what it ended.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from terresante_platform.refusals import Conflict

ActId = NewType("ActId", UUID)
Content = Mapping[str, object]
"""JSON values by field name; the shape for a kind of subject is its module's (`structures`, `offers`…)."""


class ActUndone(Conflict):
    reason = "ACT_UNDONE"


class ActBuiltUpon(Conflict):
    reason = "ACT_BUILT_UPON"


class SubjectKind(StrEnum):
    """What facts are about."""

    STRUCTURE = "structure"
    OFFER = "offer"
    PROFESSIONAL = "professional"
    PLACE = "place"
    COMMUNE = "commune"
    TERRITORY = "territory"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """`id`: a UUID as text; a COG code for a commune, a code for a territory."""

    kind: SubjectKind
    id: str


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` on, before `end`; None: since ever, for good."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)

    def before(self, moment: datetime | None) -> "Span | None":
        """The part that ends at `moment` at the latest; None if there is none."""
        if moment is None or (self.start is not None and moment <= self.start):
            return None
        return self if self.end is not None and self.end <= moment else Span(self.start, moment)

    def after(self, moment: datetime | None) -> "Span | None":
        """The part that starts at `moment` at the earliest; None if there is none."""
        if moment is None or (self.end is not None and self.end <= moment):
            return None
        return self if self.start is not None and moment <= self.start else Span(moment, self.end)

    def overlaps(self, other: "Span") -> bool:
        begins_in_time = self.start is None or other.end is None or self.start < other.end
        return begins_in_time and (other.start is None or self.end is None or other.start < self.end)


@dataclass(frozen=True, slots=True)
class Statement:
    """What an act says of a subject for a span. `content` None: that there is no such thing then."""

    subject: Subject
    span: Span
    content: Content | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One content for one span. `act` wrote it; `said_by`: whose words these are, earlier if only the span was cut."""

    id: UUID
    subject: Subject
    span: Span
    content: Content
    act: ActId
    said_by: ActId


@dataclass(frozen=True, slots=True)
class Moment:
    """Which day is asked about, and whose knowledge: what is known now (None), or what was at a moment."""

    at: datetime
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A fact that was read, and since when it is known."""

    fact: Fact
    known_from: datetime


@dataclass(frozen=True, slots=True)
class NewFact:
    """A fact to be written, in the name of the act at hand."""

    subject: Subject
    span: Span
    content: Content
    said_by: ActId


@dataclass(frozen=True, slots=True)
class Revision:
    """What an act does: ends these facts, writes those."""

    ended: tuple[Fact, ...]
    written: tuple[NewFact, ...]


def revised(known: Iterable[Fact], statements: Iterable[Statement], act: ActId) -> Revision:
    """The revision that makes the statements true and leaves all else as it was.

    `known`: the facts known now of every subject stated (others are ignored). Of statements about the same subject
    a later one overrides an earlier one where their spans overlap.
    """
    facts = list(known)
    standing: dict[Subject, list[_Piece]] = {}
    for fact in facts:
        piece = _Piece(fact.span, fact.content, fact.said_by, whole=fact)
        standing.setdefault(fact.subject, []).append(piece)
    for statement in statements:
        pieces = [part for piece in standing.get(statement.subject, []) for part in piece.without(statement.span)]
        if statement.content is not None:
            pieces.append(_Piece(statement.span, statement.content, act, whole=None))
        standing[statement.subject] = pieces
    left = [(subject, piece) for subject, pieces in standing.items() for piece in pieces]
    untouched = {piece.whole.id for _, piece in left if piece.whole}
    return Revision(
        ended=tuple(fact for fact in facts if fact.id not in untouched),
        written=tuple(NewFact(subject, one.span, one.content, one.said_by) for subject, one in left if not one.whole),
    )


def undone(written: Sequence[Fact], known: Iterable[Fact], ended: Sequence[Fact]) -> Revision:
    """The revision that undoes an act: `written` and `ended` by it; `known`: all that is known now of these subjects.

    What it wrote stands as long as the same words are known for the same span: a later act that took it up and was
    undone wrote it again. Raises `ActBuiltUpon` when something that the act wrote no longer stands, or when a later
    act says something of a span that would be said again.
    """
    facts = list(known)
    standing = {(fact.subject, fact.span, fact.said_by): fact for fact in facts}
    again = {(fact.subject, fact.span, fact.said_by): fact for fact in written}
    for identity, fact in again.items():
        if identity not in standing:
            raise built_upon(_taken_up_by(fact, facts))
    gone = {standing[identity].id for identity in again}
    left: dict[Subject, list[Fact]] = {}
    for fact in facts:
        if fact.id not in gone:
            left.setdefault(fact.subject, []).append(fact)
    for fact in ended:
        later = _taken_up_by(fact, left.get(fact.subject, ()))
        if later is not None:
            raise built_upon(later)
    return Revision(
        ended=tuple(standing[identity] for identity in again),
        written=tuple(NewFact(fact.subject, fact.span, fact.content, fact.said_by) for fact in ended),
    )


def built_upon(later: ActId | None = None) -> ActBuiltUpon:
    """`later`: the act that took up what is to be undone, where it is known which."""
    return ActBuiltUpon(
        "Une opération plus récente a repris ce que celle-ci avait changé.",
        "Annulez d’abord l’opération plus récente, ou corrigez la fiche directement.",
        **({"act_id": str(later)} if later else {}),
    )


def already_undone() -> ActUndone:
    return ActUndone("Cette opération a déjà été annulée.", "Pour la rétablir, annulez son annulation.")


def _taken_up_by(fact: Fact, others: Iterable[Fact]) -> ActId | None:
    """The act that says something of the same subject for part of the same span."""
    taking = (one for one in others if one.subject == fact.subject and one.span.overlaps(fact.span))
    return next((one.act for one in taking), None)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of what stands while a revision is worked out. `whole`: the fact that it still is, uncut."""

    span: Span
    content: Content
    said_by: ActId
    whole: Fact | None

    def without(self, span: Span) -> "list[_Piece]":
        """What remains when `span` is taken out: itself, one or two parts, or nothing."""
        if not self.span.overlaps(span):
            return [self]
        parts = (self.span.before(span.start), self.span.after(span.end))
        return [replace(self, span=part, whole=None) for part in parts if part is not None]
