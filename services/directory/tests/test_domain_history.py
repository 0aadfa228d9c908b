"""What an act changed, told as before and after."""

from datetime import UTC, datetime
from uuid import uuid4

from terresante_directory.domain.facts import ActId, Content, Fact, Span, Subject, SubjectKind
from terresante_directory.domain.history import FieldChange, changes

SITE = Subject(SubjectKind.STRUCTURE, "a")
ACT = ActId(uuid4())
MARCH, APRIL, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5))


def fact(span: Span, **content: object) -> Fact:
    said: Content = {"name": "Port", "closed": False} | content
    return Fact(uuid4(), SITE, span, said, ACT, ACT)


def told(ended: list[Fact], written: list[Fact]) -> list[tuple[Span, tuple[FieldChange, ...]]]:
    return [(one.span, one.fields) for one in changes(SITE, ended, written)]


def test_what_stays_as_it_was_is_no_change():
    ended = [fact(Span(MARCH))]
    written = [fact(Span(MARCH, MAY)), fact(Span(MAY), name="Estuaire")]

    assert told(ended, written) == [(Span(MAY), (FieldChange("name", "Port", "Estuaire"),))]


def test_what_begins_is_told_whole_and_what_ends_too():
    begun = told([], [fact(Span(MARCH))])
    ended = told([fact(Span(MARCH))], [])

    assert begun == [(Span(MARCH), (FieldChange("name", "", "Port"), FieldChange("closed", "", "false")))]
    assert ended == [(Span(MARCH), (FieldChange("name", "Port", ""), FieldChange("closed", "false", "")))]


def test_the_same_change_of_two_spans_is_told_once():
    ended = [fact(Span(MARCH, APRIL)), fact(Span(APRIL))]
    written = [fact(Span(MARCH), closed=True)]

    assert told(ended, written) == [(Span(MARCH), (FieldChange("closed", "false", "true"),))]


def test_changes_that_differ_are_told_each_for_its_span():
    ended = [fact(Span(MARCH, APRIL)), fact(Span(APRIL), name="Autre")]
    written = [fact(Span(MARCH), name="Estuaire")]

    assert told(ended, written) == [
        (Span(MARCH, APRIL), (FieldChange("name", "Port", "Estuaire"),)),
        (Span(APRIL), (FieldChange("name", "Autre", "Estuaire"),)),
    ]


def test_a_change_bears_the_name_of_then():
    assert [one.label for one in changes(SITE, [fact(Span(MARCH))], [])] == ["Port"]
    assert [one.label for one in changes(SITE, [fact(Span(MARCH))], [fact(Span(MARCH), name="Estuaire")])] == [
        "Estuaire"
    ]
