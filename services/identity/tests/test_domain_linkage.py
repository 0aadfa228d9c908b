"""What may be undone, and what stands in the way: the rules, one by one (in any order: test_linkage_machine)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
from terresante_identity.domain.identity import PersonId
from terresante_identity.domain.linkage import (
    ActId,
    ActKind,
    LinkageAct,
    Move,
    Turn,
    merge,
    replayed,
    split,
    turned,
    undo,
)
from terresante_identity.domain.sources import SourceId
from terresante_platform.refusals import Refusal

P, Q, R, OWN = (PersonId(UUID(int=number)) for number in (1, 2, 3, 4))
S, T, U = (SourceId(UUID(int=number)) for number in (11, 12, 13))


def act(number: int, kind: ActKind, *moves: Move, undoes: int | None = None) -> LinkageAct:
    back = ActId(UUID(int=undoes)) if undoes else None
    return LinkageAct(ActId(UUID(int=number)), kind, datetime(2026, 11, 30, tzinfo=UTC), UUID(int=9), moves, back)


def refused(undone: LinkageAct, since: Sequence[LinkageAct], emptied_by: dict[PersonId, ActId] | None = None) -> str:
    with pytest.raises(Refusal) as refusal:
        undo(undone, since, emptied_by or {}, OWN)
    return f"{refusal.value.reason} {refusal.value.details.get('acts', '')}".strip()


MERGED = act(100, ActKind.MERGED, Move(S, P, Q), Move(T, P, Q))


def test_undoing_a_merge_puts_every_source_back() -> None:
    assert set(undo(MERGED, [], {P: MERGED.id}, OWN)) == {Move(S, Q, P), Move(T, Q, P)}


def test_a_source_that_was_new_becomes_a_person_of_its_own() -> None:
    arrived = act(100, ActKind.LINKED, Move(S, None, P))

    assert undo(arrived, [], {}, OWN) == (Move(S, P, OWN),)


def test_the_arrival_of_a_person_is_not_undone() -> None:
    assert refused(act(100, ActKind.REGISTERED, Move(S, None, P)), []) == "ACT_NOT_UNDOABLE"


def test_a_later_act_on_one_of_the_sources_must_be_undone_first_and_then_no_longer_stands_in_the_way() -> None:
    moved = act(101, ActKind.LINKED, Move(S, Q, R))
    back = act(102, ActKind.UNDONE, Move(S, R, Q), undoes=101)
    again = act(103, ActKind.UNDONE, Move(S, Q, R), undoes=102)

    assert refused(MERGED, [moved], {P: MERGED.id}) == f"ACT_OVERTAKEN {moved.id}"
    assert undo(MERGED, [moved, back], {P: MERGED.id}, OWN)
    assert refused(MERGED, [moved, back, again], {P: MERGED.id}) == f"ACT_OVERTAKEN {again.id}"


def test_an_act_is_undone_once_then_it_is_its_undoing_that_is_undone() -> None:
    undone = act(101, ActKind.UNDONE, Move(S, Q, P), Move(T, Q, P), undoes=100)
    again = act(102, ActKind.UNDONE, Move(S, P, Q), Move(T, P, Q), undoes=101)

    assert refused(MERGED, [undone]) == f"ACT_OVERTAKEN {undone.id}"
    assert set(undo(undone, [], {}, OWN)) == {Move(S, P, Q), Move(T, P, Q)}
    assert refused(MERGED, [undone, again]) == f"ACT_OVERTAKEN {again.id}"


def test_an_earlier_act_undone_meanwhile_stands_in_the_way_until_it_is_done_again() -> None:
    came = act(99, ActKind.LINKED, Move(S, R, P))
    moved = act(100, ActKind.LINKED, Move(S, P, Q))
    back = act(101, ActKind.UNDONE, Move(S, Q, P), undoes=100)
    gone = act(102, ActKind.UNDONE, Move(S, P, R), undoes=99)
    here = act(103, ActKind.UNDONE, Move(S, R, P), undoes=102)

    assert undo(came, [moved, back], {}, OWN) == (Move(S, P, R),)
    assert refused(back, [gone]) == f"ACT_OVERTAKEN {gone.id}"
    assert undo(back, [gone, here], {}, OWN) == (Move(S, P, Q),)


def test_nothing_goes_back_to_a_person_who_became_another_by_another_act() -> None:
    moved = act(100, ActKind.LINKED, Move(S, P, Q))
    merged = ActId(UUID(int=101))

    assert refused(moved, [], {P: merged}) == f"ACT_OVERTAKEN {merged}"


def test_who_has_no_source_left_became_whoever_took_the_last_and_who_gets_one_again_is_apart() -> None:
    assert turned(MERGED.moves, {P: {S, T}, Q: {U}}) == Turn(absorbed=(P, Q))
    assert turned(MERGED.moves, {P: {S, T, U}, Q: set()}) == Turn(separated=(Q, P))
    assert turned(MERGED.moves, {P: {S, T, U}, Q: {U}}) == Turn()


def test_acts_that_do_not_follow_each_other_are_a_fault() -> None:
    with pytest.raises(LookupError):
        replayed([act(1, ActKind.REGISTERED, Move(S, None, P)), act(2, ActKind.LINKED, Move(S, Q, R))])


@pytest.mark.parametrize(
    ("chosen", "reason"), [(set(), "SPLIT_TAKES_NONE"), ({S, T}, "SPLIT_TAKES_ALL"), ({S, U}, "SOURCE_UNKNOWN")]
)
def test_a_split_takes_some_sources_of_the_person_and_leaves_some(chosen: set[SourceId], reason: str) -> None:
    with pytest.raises(Refusal) as refusal:
        split(P, {S, T}, chosen, OWN)
    assert refusal.value.reason == reason
    assert split(P, {S, T}, {S}, OWN) == (Move(S, P, OWN),)


def test_nobody_is_merged_with_themselves() -> None:
    with pytest.raises(Refusal) as refusal:
        merge(P, P, {S})
    assert refusal.value.reason == "PERSONS_SAME"
