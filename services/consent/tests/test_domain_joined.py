"""Two patients who are one person: whose consent and whose blocks count, rule by rule."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terresante_consent.domain.joined import (
    Merger,
    PatientMerged,
    blocks,
    check_survivor,
    consent_stands,
    decided,
    groups,
    lapsed,
    survivor,
    taken_back,
)

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
A, B, C, D = (UUID(int=number) for number in range(1, 5))


def merged(absorbed: UUID, surviving: UUID, decided_for: UUID | None = None) -> Merger:
    at = AT if decided_for else None
    return Merger(uuid4(), absorbed, surviving, AT, decided_at=at, decided_for=decided_for)


def stands(mergers: list[Merger], in_force: dict[UUID, bool]) -> set[UUID]:
    """Whose records may be shared."""
    return {id for id, joined in groups(mergers).items() if consent_stands(joined, in_force)}


@pytest.mark.parametrize(
    ("in_force", "expected"),
    [
        ({A: True, B: True}, {A, B}),
        ({A: True, B: False}, set()),
        ({A: False, B: True}, set()),
        ({A: True}, {A}),
        ({B: True}, {B}),
        ({A: False}, set()),
        ({}, set()),
    ],
)
def test_until_somebody_decides_the_stricter_of_two_stands_for_either(
    in_force: dict[UUID, bool], expected: set[UUID]
) -> None:
    assert stands([merged(A, B)], in_force) == expected


@pytest.mark.parametrize(
    ("in_force", "expected"),
    [({B: True}, {A, B}), ({A: False, B: True}, {A, B}), ({A: True, B: False}, set()), ({A: True}, set())],
)
def test_once_decided_the_survivors_consent_counts_for_all(in_force: dict[UUID, bool], expected: set[UUID]) -> None:
    assert stands([merged(A, B, B)], in_force) == expected


def test_who_is_named_by_no_merge_is_in_no_group_and_groups_do_not_mix() -> None:
    found = groups([merged(A, B), merged(C, D)])

    assert {id: one.everyone for id, one in found.items()} == {A: (A, B), B: (A, B), C: (C, D), D: (C, D)}
    assert groups([]) == {}


def test_a_block_under_any_id_of_the_group_counts_and_none_of_another_group() -> None:
    joined = groups([merged(A, B), merged(B, C)])[A]

    assert blocks(joined, {A}) and blocks(joined, {B}) and blocks(joined, {C, D})
    assert not blocks(joined, {D}) and not blocks(joined, set())


def test_a_later_merge_asks_for_a_decision_of_its_own() -> None:
    chain = [merged(A, B, B), merged(B, C)]

    assert stands(chain, {A: False, B: True}) == {A, B}
    assert stands(chain, {A: False, B: True, C: True}) == {A, B, C}
    assert stands(chain, {A: False, B: True, C: False}) == set()
    (settled,) = decided(chain, C, AT)
    assert settled.absorbed == B
    assert stands([chain[0], settled], {A: False, B: False, C: True}) == {A, B, C}


def test_a_decision_for_who_survives_settles_all_below_and_nothing_elsewhere() -> None:
    open_chain = [merged(A, B), merged(B, C), merged(D, C, C)]

    assert {one.absorbed for one in decided(open_chain, C, AT)} == {A, B}
    assert decided(open_chain, A, AT) == []
    assert all((one.decided_for, one.decided_at) == (C, AT) for one in decided(open_chain, C, AT))


def test_a_decision_ends_with_the_merge_that_it_was_made_in_and_does_not_come_back() -> None:
    first, second = merged(A, B, C), merged(B, C, C)
    assert stands([first, second], {C: True}) == {A, B, C}

    assert stands([first], {B: True, A: False}) == set()
    (forgotten,) = lapsed([first])
    assert forgotten == replace(first, decided_at=None, decided_for=None)
    assert lapsed([first, second]) == lapsed([merged(A, B, B)]) == []


def test_a_withdrawal_under_an_absorbed_id_takes_back_what_was_decided_for_it_alone() -> None:
    settled = [merged(A, B, C), merged(B, C, C)]

    assert taken_back(settled, A) == [replace(settled[0], decided_at=None, decided_for=None)]
    assert taken_back(settled, C) == []
    assert taken_back([merged(A, B)], A) == []
    assert stands([*taken_back(settled, A), settled[1]], {A: False, C: True}) == set()


def test_consents_are_recorded_for_the_survivor_of_the_whole_chain_only() -> None:
    chain = [merged(A, B), merged(B, C)]

    for id in (A, B):
        with pytest.raises(PatientMerged) as refusal:
            check_survivor(chain, id)
        assert refusal.value.details == {"patient": str(C)}
    check_survivor(chain, C)
    check_survivor(chain, D)
    check_survivor([], A)


def test_events_that_crossed_decide_nothing_and_never_go_round_for_ever() -> None:
    two_over = [merged(A, B, B), merged(A, C)]
    circle = [merged(A, B, B), merged(B, A, A)]

    assert stands(two_over, {A: True, B: True, C: False}) == set()
    assert stands(two_over, {A: False, B: True, C: True}) == set()
    assert survivor(circle, A) == B
    assert stands(circle, {A: False, B: True}) <= {A, B}


ids = st.sampled_from([A, B, C, D])
rows = st.lists(st.tuples(ids, ids, st.none() | ids).filter(lambda one: one[0] != one[1]), max_size=4)


@settings(max_examples=500, deadline=None)
@given(rows, st.dictionaries(ids, st.booleans()), st.lists(ids))
def test_a_merge_by_itself_never_opens_a_record_nor_lifts_a_block(
    made: list[tuple[UUID, UUID, UUID | None]], in_force: dict[UUID, bool], blocking: list[UUID]
) -> None:
    """Whoever reads after it read before it: only a decision opens what was closed."""
    for id, joined in groups([merged(one, other) for one, other, _ in made]).items():
        assert not consent_stands(joined, in_force) or in_force.get(id, False)
        assert blocks(joined, blocking) or id not in blocking


@settings(max_examples=500, deadline=None)
@given(rows, st.dictionaries(ids, st.booleans()))
def test_after_a_decision_a_record_is_shared_only_under_a_consent_of_the_same_person_that_is_in_force(
    made: list[tuple[UUID, UUID, UUID | None]], in_force: dict[UUID, bool]
) -> None:
    for id, joined in groups([merged(*one) for one in made]).items():
        assert {id, joined.decisive, *joined.others} <= set(joined.everyone)
        assert joined.decisive not in joined.others
        if consent_stands(joined, in_force):
            assert in_force[joined.decisive]
            assert not any(in_force.get(other) is False for other in joined.others)
