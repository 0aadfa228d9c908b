"""What is said for when, against a plain model: a table of one content a day, rewritten day by day."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terresante_directory.domain.facts import (
    ActBuiltUpon,
    ActId,
    Fact,
    Revision,
    Span,
    Statement,
    Subject,
    SubjectKind,
    revised,
    undone,
)

FIRST = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 12
SUBJECTS = [Subject(SubjectKind.STRUCTURE, "a"), Subject(SubjectKind.OFFER, "b")]
Said = dict[tuple[Subject, int], tuple[str, ActId]]


def day(number: int) -> datetime:
    return FIRST + timedelta(days=number)


def spans() -> st.SearchStrategy[Span]:
    """Spans of whole days, open at either side or both."""
    edges = st.one_of(st.none(), st.integers(0, DAYS - 1))
    pairs = st.tuples(edges, edges).filter(lambda pair: None in pair or pair[0] < pair[1])  # type: ignore[operator]
    return pairs.map(lambda pair: Span(*(None if edge is None else day(edge) for edge in pair)))


def statements() -> st.SearchStrategy[list[Statement]]:
    contents = st.one_of(st.none(), st.sampled_from("xyz").map(lambda name: {"name": name}))
    return st.lists(st.builds(Statement, st.sampled_from(SUBJECTS), spans(), contents), min_size=1, max_size=4)


def written(revision: Revision, act: ActId) -> list[Fact]:
    return [Fact(uuid4(), new.subject, new.span, new.content, act, new.said_by) for new in revision.written]


def after(known: Sequence[Fact], revision: Revision, act: ActId) -> list[Fact]:
    gone = {fact.id for fact in revision.ended}
    return [fact for fact in known if fact.id not in gone] + written(revision, act)


def said(known: Sequence[Fact]) -> Said:
    """One content a subject and day; two at once would be a fault."""
    told: Said = {}
    for fact in known:
        for number in range(DAYS):
            if fact.span.holds(day(number)):
                assert (fact.subject, number) not in told
                told[fact.subject, number] = (str(fact.content["name"]), fact.said_by)
    return told


def said_plainly(so_far: Said, new: Sequence[Statement], act: ActId) -> Said:
    told = dict(so_far)
    for statement in new:
        for number in filter(lambda number: statement.span.holds(day(number)), range(DAYS)):
            told.pop((statement.subject, number), None)
            if statement.content is not None:
                told[statement.subject, number] = (str(statement.content["name"]), act)
    return told


@settings(deadline=None)
@given(st.lists(statements(), max_size=6))
def test_what_is_said_is_what_a_table_of_days_says(acts: list[list[Statement]]):
    known: list[Fact] = []
    plainly: Said = {}
    for stated in acts:
        act = ActId(uuid4())
        known = after(known, revised(known, stated, act), act)
        plainly = said_plainly(plainly, stated, act)
        assert said(known) == plainly


@settings(deadline=None)
@given(st.lists(statements(), max_size=4), statements())
def test_undoing_restores_exactly_what_was_and_undoing_that_restores_the_act(
    acts: list[list[Statement]], last: list[Statement]
):
    known: list[Fact] = []
    for stated in acts:
        act = ActId(uuid4())
        known = after(known, revised(known, stated, act), act)
    before, act = said(known), ActId(uuid4())
    revision = revised(known, last, act)
    changed = after(known, revision, act)

    undoing = ActId(uuid4())
    own = [fact for fact in changed if fact.act == act]
    back = undone(own, changed, revision.ended)
    restored = after(changed, back, undoing)
    assert said(restored) == before

    again = undone([f for f in restored if f.act == undoing], restored, back.ended)
    assert said(after(restored, again, ActId(uuid4()))) == said(changed)


def test_an_act_is_not_undone_below_a_later_one():
    first, second = ActId(uuid4()), ActId(uuid4())
    known = after([], revised([], [Statement(SUBJECTS[0], Span(), {"name": "x"})], first), first)
    revision = revised(known, [Statement(SUBJECTS[0], Span(day(3)), {"name": "y"})], second)

    with pytest.raises(ActBuiltUpon) as refused:
        undone(known, after(known, revision, second), [])
    assert refused.value.details == {"act_id": str(second)}


def test_acts_are_undone_one_after_the_other_the_latest_first():
    first, second = ActId(uuid4()), ActId(uuid4())
    revision = revised([], [Statement(SUBJECTS[0], Span(), {"name": "x"})], first)
    once = after([], revision, first)
    taking_up = revised(once, [Statement(SUBJECTS[0], Span(day(3)), {"name": "y"})], second)
    twice = after(once, taking_up, second)

    undoing = ActId(uuid4())
    back = undone([fact for fact in twice if fact.act == second], twice, taking_up.ended)
    restored = after(twice, back, undoing)
    gone = undone(once, restored, [])

    assert after(restored, gone, ActId(uuid4())) == []


def test_what_was_said_anew_meanwhile_is_not_said_twice():
    first, second, third = (ActId(uuid4()) for _ in range(3))
    known = after([], revised([], [Statement(SUBJECTS[0], Span(), {"name": "x"})], first), first)
    ending = revised(known, [Statement(SUBJECTS[0], Span(day(3)), None)], second)
    ended = after(known, ending, second)
    anew = after(ended, revised(ended, [Statement(SUBJECTS[0], Span(day(5)), {"name": "y"})], third), third)

    with pytest.raises(ActBuiltUpon) as refused:
        undone([fact for fact in ended if fact.act == second], anew, ending.ended)
    assert refused.value.details == {"act_id": str(third)}


def test_what_an_act_leaves_alone_stays_the_same_fact():
    act = ActId(uuid4())
    kept = Fact(uuid4(), SUBJECTS[0], Span(None, day(5)), {"name": "x"}, act, act)
    revision = revised([kept], [Statement(SUBJECTS[0], Span(day(5)), {"name": "y"})], ActId(uuid4()))

    assert revision.ended == ()
    assert [new.span for new in revision.written] == [Span(day(5))]


def test_a_part_that_is_cut_off_keeps_whose_words_it_is():
    first, second = ActId(uuid4()), ActId(uuid4())
    fact = Fact(UUID(int=1), SUBJECTS[0], Span(), {"name": "x"}, first, first)
    revision = revised([fact], [Statement(SUBJECTS[0], Span(day(3), day(4)), None)], second)

    assert [(new.span, new.said_by) for new in revision.written] == [
        (Span(None, day(3)), first),
        (Span(day(4), None), first),
    ]
