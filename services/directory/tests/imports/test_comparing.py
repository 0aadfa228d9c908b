"""Three ways: what the source says, what stands here, what both last agreed on."""

from hypothesis import given
from hypothesis import strategies as st
from terresante_directory.domain.imports.comparing import Settled, compared, differing
from terresante_directory.domain.imports.taking import circling
from terresante_directory.domain.imports.views import same

VALUES = st.sampled_from(["a", "b", "c"])
AGREED = st.one_of(st.none(), VALUES)


@given(VALUES, VALUES, AGREED)
def test_a_field_is_proposed_taken_or_left_as_a_plain_model_says(now: str, here: str, agreed: str | None) -> None:
    found = compared({"activity": now}, {"activity": here}, {"activity": agreed} if agreed else {}, {})

    if now == here:
        wanted = (False, False)
    elif agreed is None:
        wanted = (True, False)
    elif agreed == now:
        wanted = (False, False)
    else:
        wanted = (True, agreed != here)
    assert (bool(found.fields), found.conflict) == wanted
    assert ("activity" in found.agreed) is (now == here)


def test_what_was_settled_stays_so_until_either_side_says_something_else() -> None:
    kept = {"phone": Settled("0199000001", "0199000002")}
    assert not compared({"phone": "0199000001"}, {"phone": "0199000002"}, {}, kept).fields
    assert compared({"phone": "0199000003"}, {"phone": "0199000002"}, {}, kept).fields
    assert compared({"phone": "0199000001"}, {"phone": "0199000004"}, {}, kept).fields


def test_a_source_that_is_silent_takes_nothing_away() -> None:
    assert differing({}, {"phone": "0199000001"}) == []


def test_accents_and_capitals_are_no_difference_in_names_but_are_in_codes() -> None:
    assert same("name", "CENTRE DE SANTE DU CANAL", "Centre de santé du Canal")
    assert not same("activity", "a", "A")
    assert same("phone", "+33 1 99 00 00 01", "0199000001")


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
def test_circles_are_found_as_by_walking_up(part_of: dict[str, str], moved: set[str]) -> None:
    moves = {id: part_of[id] for id in moved if id in part_of}
    rest = {id: parent for id, parent in part_of.items() if id not in moves}

    def walks_forever(id: str) -> bool:
        above, steps = part_of.get(id, ""), 0
        while above and steps < 10:
            above, steps = part_of.get(above, ""), steps + 1
        return steps == 10

    assert circling(moves, rest) == {id for id in moves if walks_forever(id)}
