"""Saying something else from a moment on, closing and ending, when something else is already scheduled for later."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from terresante_directory.domain.acts import FARTHEST, MomentInvalid, WhyInvalid, moment, why
from terresante_directory.domain.changing import ClosingKindInvalid, changed, closing_kind, ended, shut
from terresante_directory.domain.facts import ActId, Content, Fact, Span, Statement, Subject, SubjectKind
from terresante_directory.domain.hierarchy import StructureLevelInvalid, StructureParentInvalid, must_bear, must_fit
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.structures import StructureClosed

SITE = Subject(SubjectKind.STRUCTURE, "a")
MARCH, APRIL, MAY, JUNE = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5, 6))


def fact(span: Span, **content: object) -> Fact:
    said: Content = {"name": "Port", "commune": "Créteil", "closed": False, "closing_kind": ""} | content
    return Fact(uuid4(), SITE, span, said, ActId(uuid4()), ActId(uuid4()))


def told(statements: list[Statement], *names: str) -> list[tuple[Span, tuple[object, ...]]]:
    return [(one.span, tuple((one.content or {})[name] for name in names)) for one in statements]


def test_a_change_holds_from_its_moment_on():
    known = [fact(Span(MARCH))]

    assert told(changed(known, APRIL, {**known[0].content, "name": "Estuaire"}), "name") == [
        (Span(APRIL), ("Estuaire",))
    ]


def test_a_change_follows_into_what_is_scheduled_where_that_says_the_same():
    known = [fact(Span(MARCH, MAY)), fact(Span(MAY), name="Estuaire")]

    statements = changed(known, APRIL, {**known[0].content, "commune": "Vitry"})

    assert told(statements, "name", "commune") == [
        (Span(APRIL, MAY), ("Port", "Vitry")),
        (Span(MAY), ("Estuaire", "Vitry")),
    ]


def test_a_field_that_is_scheduled_otherwise_stays_as_scheduled():
    known = [fact(Span(MARCH, MAY)), fact(Span(MAY), name="Estuaire")]

    statements = changed(known, APRIL, {**known[0].content, "name": "Rade"})

    assert told(statements, "name") == [(Span(APRIL, MAY), ("Rade",))]


def test_a_scheduled_closing_survives_a_change():
    known = [fact(Span(MARCH, MAY)), fact(Span(MAY), closed=True, closing_kind="DEF")]

    statements = changed(known, APRIL, {**known[0].content, "name": "Rade"})

    assert told(statements, "name", "closed") == [(Span(APRIL, MAY), ("Rade", False)), (Span(MAY), ("Rade", True))]


def test_saying_the_same_changes_nothing():
    known = [fact(Span(MARCH))]

    assert changed(known, APRIL, known[0].content) == []


def test_closing_keeps_what_is_scheduled_and_what_is_closed_already():
    known = [
        fact(Span(MARCH, MAY)),
        fact(Span(MAY, JUNE), name="Rade"),
        fact(Span(JUNE), closed=True, closing_kind="PRO"),
    ]

    assert told(shut(known, APRIL, "DEF"), "name", "closing_kind") == [
        (Span(APRIL, MAY), ("Port", "DEF")),
        (Span(MAY, JUNE), ("Rade", "DEF")),
    ]


def test_a_place_that_had_not_begun_ended_as_it_began():
    begun, to_come = fact(Span(MARCH)), fact(Span(MAY))

    assert [(one.span, one.content is None) for one in ended([begun], APRIL)] == [(Span(APRIL), True)]
    assert [(one.span, one.content is None) for one in ended([to_come], APRIL)] == [
        (Span(MAY), True),
        (Span(MAY, MAY), False),
    ]
    assert ended([fact(Span(MARCH, APRIL))], APRIL) == []


def test_the_kind_of_a_closing_is_said_and_unknown_codes_are_kept():
    assert closing_kind(" XYZ ") == "XYZ"
    for text in ("", "x" * 21, "a\u202e"):
        with pytest.raises(ClosingKindInvalid):
            closing_kind(text)


def test_a_moment_is_between_1900_and_ten_years_ahead():
    assert moment(None, MAY) == MAY
    assert moment(MAY + FARTHEST, MAY) == MAY + FARTHEST
    for wrong in (datetime(1899, 12, 31, tzinfo=UTC), MAY + FARTHEST * 2):
        with pytest.raises(MomentInvalid):
            moment(wrong, MAY)


def test_a_reason_has_up_to_500_readable_characters():
    assert why("  Fusion \n des  deux ") == "Fusion des deux"
    for text in ("x" * 501, "a\u202eb"):
        with pytest.raises(WhyInvalid):
            why(text)


def said(level: str, part_of: str = "", closed: bool = False) -> StructureContent:
    return StructureContent("Port", level, "other", "94-ouest", part_of=part_of, closed=closed)


@pytest.mark.parametrize(
    ("level", "above", "fits"),
    [
        ("legal_entity", None, True),
        ("site", None, True),
        ("internal", None, False),
        ("site", "legal_entity", True),
        ("internal", "site", True),
        ("internal", "internal", True),
        ("legal_entity", "legal_entity", False),
        ("legal_entity", "site", False),
        ("site", "site", False),
        ("site", "internal", False),
        ("internal", "legal_entity", False),
    ],
)
def test_what_may_be_part_of_what(level: str, above: str | None, fits: bool):
    child, parents = said(level, "x" if above else ""), [said(above)] if above else []
    if fits:
        must_fit(child, parents)
        if above:
            must_bear(parents[0], [child])
        return
    with pytest.raises(StructureParentInvalid):
        must_fit(child, parents)
    if above:
        with pytest.raises(StructureLevelInvalid):
            must_bear(parents[0], [child])


def test_nothing_becomes_part_of_what_is_closed_or_will_be():
    with pytest.raises(StructureClosed):
        must_fit(said("internal", "x"), [said("site"), said("site", closed=True)])
