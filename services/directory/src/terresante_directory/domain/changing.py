"""Saying something else from a moment on, when something else again is already scheduled for later."""

from collections.abc import Sequence
from datetime import datetime

from terresante_platform.refusals import Conflict, Invalid

from terresante_directory.domain import words
from terresante_directory.domain.facts import Content, Fact, Span, Statement

MAX_CLOSING_KIND = 20


class NothingChanged(Conflict):
    reason = "NOTHING_CHANGED"


class ClosingKindInvalid(Invalid):
    reason = "CLOSING_KIND_INVALID"


def closing_kind(text: str) -> str:
    """A code of the value set, unknown ones too. Raises `ClosingKindInvalid` for what can be none."""
    code = words.tidy(text)
    if not 0 < len(code) <= MAX_CLOSING_KIND or not words.is_readable(code):
        raise ClosingKindInvalid("Une fermeture a un genre.", "Choisissez-en un de la liste.")
    return code


def nothing_changed() -> NothingChanged:
    return NothingChanged("La fiche dit déjà cela : rien n’a été modifié.")


def from_then_on(known: Sequence[Fact], start: datetime) -> list[Fact]:
    """What is said from a moment on, in the order of time, each for its span from that moment on."""
    cut = [(span, fact) for fact in known if (span := fact.span.after(start)) is not None]
    ordered = sorted(cut, key=lambda pair: pair[0].start or start)
    return [Fact(fact.id, fact.subject, span, fact.content, fact.act, fact.said_by) for span, fact in ordered]


def changed(known: Sequence[Fact], start: datetime, wanted: Content) -> list[Statement]:
    """The statements by which `wanted` is said from `start` on, instead of what is said then.

    What is scheduled for later stays: a field that a later fact says otherwise than the one that holds at `start`
    keeps what that later fact says; the others follow the change. Blank spans stay blank.
    """
    later = from_then_on(known, start)
    holding = later[0].content
    other = {name: value for name, value in wanted.items() if value != holding.get(name)}
    statements = []
    for fact in later:
        follows = {name: value for name, value in other.items() if fact.content.get(name) == holding.get(name)}
        if follows:
            statements.append(Statement(fact.subject, fact.span, {**fact.content, **follows}))
    return statements


def shut(known: Sequence[Fact], start: datetime, closing_kind: str) -> list[Statement]:
    """The statements by which a subject is closed from `start` on; what is closed already stays as it is."""
    return [
        Statement(fact.subject, fact.span, {**fact.content, "closed": True, "closing_kind": closing_kind})
        for fact in from_then_on(known, start)
        if not fact.content["closed"]
    ]


def ended(known: Sequence[Fact], start: datetime) -> list[Statement]:
    """The statements by which a place of practice ends then. One that had not begun ended as it began: it had been."""
    statements = []
    for fact in known:
        begun = fact.span.start
        if fact.span.after(start) is None:
            continue
        if begun is not None and begun >= start:
            statements.append(Statement(fact.subject, fact.span, None))
            statements.append(Statement(fact.subject, Span(begun, begun), fact.content))
        else:
            statements.append(Statement(fact.subject, Span(start), None))
    return statements
