"""What is said of the subjects of an operation from its moment on, while the operation is worked out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from terresante_directory.domain.facts import Content, Fact, Span, Statement, Subject, SubjectKind

BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Piece:
    """One content for one span. `changed`: by the operation."""

    span: Span
    content: Content
    changed: bool = False

    def says(self, field: str) -> str:
        """Its value as text, blank if not said."""
        return str(self.content.get(field) or "")


@dataclass(frozen=True, slots=True)
class Change:
    """What the operation makes of what was said for a span; None: nothing was, or is, said."""

    subject: Subject
    span: Span
    before: Content | None
    after: Content | None


class Draft:
    """The facts known now from `start` on, and what the operation makes of them. What holds before is out of reach.

    What never held (a place that ended as it began) is left as it is.
    """

    def __init__(self, known: Iterable[Fact], start: datetime) -> None:
        self.start = start
        self._as_known: dict[Subject, list[Piece]] = {}
        self._began: dict[Subject, datetime] = {}
        for fact in known:
            first = fact.span.start or BEFORE_ALL
            self._began[fact.subject] = min(first, self._began.get(fact.subject, first))
            span = fact.span.after(start)
            if span is not None and span.start != span.end:
                self._as_known.setdefault(fact.subject, []).append(Piece(span, fact.content))
        for pieces in self._as_known.values():
            pieces.sort(key=lambda piece: piece.span.start or start)
        self._pieces = {subject: list(pieces) for subject, pieces in self._as_known.items()}
        self._ended: list[tuple[Subject, Span]] = []

    def subjects(self, kind: SubjectKind) -> list[Subject]:
        return [subject for subject in self._pieces if subject.kind is kind]

    def pieces(self, subject: Subject, window: Span | None = None) -> list[Piece]:
        """What is said of it within the window, by time; cut where the window cuts it."""
        return _cut(self._pieces.get(subject, []), window)

    def as_known(self, subject: Subject, window: Span) -> list[Piece]:
        """The same before the operation."""
        return _cut(self._as_known.get(subject, []), window)

    def began(self, subject: Subject) -> datetime:
        """When something was first said of it; `BEFORE_ALL`: since ever."""
        return self._began.get(subject, self.start)

    def ever(self, subject: Subject) -> bool:
        """Whether anything is, was or is to be said of it."""
        return subject in self._began

    def gap(self, subject: Subject) -> Span:
        """From `start` to the first that is said of it."""
        first = next(iter(self._pieces.get(subject, [])), None)
        return Span(self.start, first.span.start if first is not None else None)

    def at_start(self, subject: Subject) -> Piece | None:
        first = next(iter(self._pieces.get(subject, [])), None)
        return first if first is not None and first.span.holds(self.start) else None

    def run(self, subject: Subject, field: str) -> Span:
        """From `start` on, as long as the field says what it says then. Raises LookupError if nothing is said.

        A change made from a moment on holds until the next one that is already scheduled for the same field.
        """
        first = self.at_start(subject)
        if first is None:
            raise LookupError("nothing is said of the subject then")
        end = first.span.end
        for piece in self._pieces[subject][1:]:
            if piece.span.start != end or piece.says(field) != first.says(field):
                break
            end = piece.span.end
        return Span(self.start, end)

    def covers(self, subject: Subject, window: Span) -> bool:
        """Whether something is said of it at every moment of the window."""
        reached = window.start
        for piece in self.pieces(subject, window):
            if piece.span.start != reached:
                return False
            reached = piece.span.end
            if reached is None:
                return True
        return reached == window.end and reached != window.start

    def rewrite(self, subject: Subject, window: Span, change: Callable[[Content], Content]) -> None:
        """Says otherwise within the window, piece by piece, so that all else that was said, or scheduled, stays."""
        rewritten: list[Piece] = []
        for piece in self._pieces.get(subject, []):
            inside = shared(piece.span, window)
            after = change(piece.content) if inside is not None else piece.content
            if inside is None or after == piece.content:
                rewritten.append(piece)
                continue
            rewritten.extend(Piece(span, piece.content, piece.changed) for span in _outside(piece.span, inside))
            rewritten.append(Piece(inside, after, changed=True))
        self._pieces[subject] = sorted(rewritten, key=lambda piece: piece.span.start or self.start)

    def begin(self, subject: Subject, span: Span, content: Content) -> None:
        """Says something where nothing is said yet."""
        pieces = [*self._pieces.get(subject, []), Piece(span, content, changed=True)]
        self._pieces[subject] = sorted(pieces, key=lambda piece: piece.span.start or self.start)

    def end(self, subject: Subject) -> None:
        """Says nothing more of it from `start` on."""
        self._ended.extend((subject, piece.span) for piece in self._as_known.get(subject, []))
        self._pieces.pop(subject, None)

    def statements(self) -> list[Statement]:
        """What the operation says, ends first."""
        ends = [Statement(subject, span, None) for subject, span in self._ended]
        return ends + [Statement(subject, piece.span, piece.content) for subject, piece in self._changed()]

    def changes(self) -> Iterator[Change]:
        """The same, beside what was said before."""
        for subject, span in self._ended:
            for before in self.as_known(subject, span):
                yield Change(subject, before.span, before.content, None)
        for subject, piece in self._changed():
            known = self.as_known(subject, piece.span)
            yield from (Change(subject, before.span, before.content, piece.content) for before in known)
            if not known:
                yield Change(subject, piece.span, None, piece.content)

    def _changed(self) -> Iterator[tuple[Subject, Piece]]:
        for subject, pieces in self._pieces.items():
            yield from ((subject, piece) for piece in pieces if piece.changed)


def shared(one: Span, other: Span) -> Span | None:
    """The part that both have; None if there is none."""
    if not one.overlaps(other):
        return None
    starts = [span.start for span in (one, other) if span.start is not None]
    ends = [span.end for span in (one, other) if span.end is not None]
    return Span(max(starts, default=None), min(ends, default=None))


def _cut(pieces: list[Piece], window: Span | None) -> list[Piece]:
    if window is None:
        return pieces
    cut = ((piece, shared(piece.span, window)) for piece in pieces)
    return [Piece(span, piece.content, piece.changed) for piece, span in cut if span is not None]


def _outside(span: Span, inside: Span) -> list[Span]:
    return [part for part in (span.before(inside.start), span.after(inside.end)) if part is not None]
