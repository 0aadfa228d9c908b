"""Places of practice that an operation moves to another structure: one ends, another begins (decision 0012)."""

from collections.abc import Callable, Iterable
from datetime import UTC
from uuid import UUID

from terresante_directory.domain.facts import Span, Subject, SubjectKind
from terresante_directory.domain.operations.draft import Draft


def begin_anew(draft: Draft, places: Iterable[Subject], into: str, new_id: Callable[[], UUID]) -> None:
    """The places end at the operation's start and begin anew in the structure `into`, with the same role.

    Whoever already practises there at some time gets no second place for that time; of two places that become one,
    the older gives the role. A place that was to begin later is taken back, and begins later in `into`.

    The place in `into` says since when it counts (`continues_since`), so that the territory that answers for an account
    (that of the oldest lasting place) stays the same where the structures' territory does: merging structures gives
    nobody power over an account.
    """
    present = _by_person(draft, into)
    for since, place in sorted((_since(draft, one), one) for one in places):
        last = draft.pieces(place)[-1]
        theirs = present.setdefault(last.says("professional_id"), [])
        said = {**last.content, "structure_id": into, "continues_since": since}
        for whole in _spans(draft, place):
            _count_from(draft, {one for one, span in theirs if span.overlaps(whole)}, since)
            for span in _free(whole, [span for _, span in theirs]):
                new = Subject(SubjectKind.PLACE, str(new_id()))
                draft.begin(new, span, said)
                theirs.append((new, span))
        draft.end(place)


def _by_person(draft: Draft, structure: str) -> dict[str, list[tuple[Subject, Span]]]:
    """By professional, the places in a structure from the draft's start on."""
    places: dict[str, list[tuple[Subject, Span]]] = {}
    for place in draft.subjects(SubjectKind.PLACE):
        last = draft.pieces(place)[-1]
        if last.says("structure_id") == structure:
            spans = ((place, span) for span in _spans(draft, place))
            places.setdefault(last.says("professional_id"), []).extend(spans)
    return places


def _spans(draft: Draft, place: Subject) -> list[Span]:
    """When somebody practises there: spans that follow each other are one, whatever else is said in them."""
    spans: list[Span] = []
    for piece in draft.pieces(place):
        if spans and spans[-1].end == piece.span.start:
            spans[-1] = Span(spans[-1].start, piece.span.end)
        else:
            spans.append(piece.span)
    return spans


def _count_from(draft: Draft, places: Iterable[Subject], since: str) -> None:
    """The places count since then, if that is earlier than they did."""
    for place in places:
        if since < _since(draft, place):
            draft.rewrite(place, Span(draft.start), lambda content: {**content, "continues_since": since})


def _free(span: Span, taken: Iterable[Span]) -> list[Span]:
    """What is left of the span outside of those taken."""
    left = [span]
    for other in taken:
        left = [
            part
            for one in left
            for part in ((one.before(other.start), one.after(other.end)) if one.overlaps(other) else (one,))
            if part is not None
        ]
    return left


def _since(draft: Draft, place: Subject) -> str:
    """ISO, UTC: when the person began there, or in what it was merged from."""
    continues = {piece.says("continues_since") for piece in draft.pieces(place)} - {""}
    return min(continues, default="") or draft.began(place).astimezone(UTC).isoformat()
