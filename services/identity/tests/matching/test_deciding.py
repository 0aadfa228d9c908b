"""What is linked, what a human sees, and what may never be linked without one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from terresante_identity.matching.batch import answers, registry
from terresante_identity.matching.deciding import Decision, Veto, decided, decided_of_one, vetoes
from terresante_identity.matching.index import OneLook, SortedIndex
from terresante_identity.matching.keys import ALL_KEYS, cap, keys
from terresante_identity.matching.people import RawTraits
from terresante_identity.matching.probes import probes
from terresante_identity.matching.scoring import LEAST, against_rivals, contributions, explained, scores
from terresante_identity.matching.weights import WeightsUnreadable, parsed_weights, shipped, written

from .someone import MARIE, one, pair, rows

OTHERS = [
    RawTraits(name, first, f"19{year}-0{month}-1{day}", sex, place)
    for name, sex, place in (("MARTIN", "M", "75056"), ("NGUYEN", "F", "99243"), ("DA SILVA", "M", "93066"))
    for first, year, month, day in (("PAUL", 40, 3, 1), ("LEA", 95, 7, 5), ("ALIX", 62, 1, 9), ("OMAR", 71, 9, 2))
]


def decision(asked: RawTraits, *registered: RawTraits) -> str:
    """Of the best answer."""
    weights = shipped()
    found = answers(registry(one(*registered, *OTHERS)), one(asked), weights, weights.policies["auto"])
    return Decision(int(found.decisions[0])).name if len(found.decisions) else "NOBODY"


def test_the_same_traits_are_linked_and_a_stranger_is_not() -> None:
    assert decision(MARIE, MARIE) == "AUTO"
    assert decision(
        replace(MARIE, birth_name="ZOLA", first_names="EMILE", birth_date="1902-09-29", sex="M"), MARIE
    ) in {
        "NONE",
        "NOBODY",
    }


def test_twins_are_never_linked_whatever_else_is_equal() -> None:
    twin = replace(MARIE, first_names="SOPHIE")

    assert bool(vetoes(pair(twin, MARIE))[Veto.TWINS][0])
    assert decision(twin, MARIE) != "AUTO"


def test_two_women_of_other_birth_names_are_never_linked_though_one_may_have_married() -> None:
    other = replace(MARIE, birth_name="ZOLA")

    assert bool(vetoes(pair(other, MARIE))[Veto.OTHER_NAME][0])
    assert decision(other, MARIE) == "REVIEW"


def test_names_typed_the_wrong_way_round_are_no_other_names() -> None:
    swapped = replace(MARIE, birth_name=MARIE.first_names, first_names=MARIE.birth_name)

    assert not vetoes(pair(swapped, MARIE))[Veto.OTHER_NAME][0]


def test_a_parent_of_the_same_name_is_never_linked() -> None:
    parent = replace(MARIE, birth_date="1953-11-28")

    assert bool(vetoes(pair(parent, MARIE))[Veto.OTHER_DATE][0])
    assert decision(parent, MARIE) != "AUTO"


def test_two_who_may_both_be_meant_go_to_a_human() -> None:
    assert decision(replace(MARIE, birth_date="1980-04-00"), MARIE, replace(MARIE, birth_date="1980-04-19")) == "REVIEW"


def test_a_look_up_without_its_date_is_not_linked() -> None:
    assert decision(replace(MARIE, birth_date=""), MARIE) != "AUTO"


def test_the_reasons_sum_to_the_score_exactly() -> None:
    weights = shipped()
    for asked in (
        MARIE,
        replace(MARIE, first_names="ANNE", birth_place="75013"),
        RawTraits("LEFEVRE", "MARI", "1980-12-04"),
    ):
        found = pair(asked, MARIE)
        alone = scores(found, weights)
        rivals = against_rivals(rows(0, 0), np.array([alone[0], alone[0] - 1]))[0]

        reasons = explained(found, 0, weights, float(rivals))

        assert sum(reason.weight for reason in reasons) == alone[0] + rivals
        assert {reason.of for reason in reasons} <= {"registry", "rivals", *contributions(found, weights)}


def test_what_rivals_take_is_what_probability_says() -> None:
    alone = np.array([2.0, 1.0, 5.0])

    taken = against_rivals(rows(0, 0, 1), alone)

    assert np.allclose(taken, [-np.log1p(np.e), -np.log1p(np.e**2), 0.0], atol=0.001)


def test_a_trait_that_is_missing_on_either_side_adds_nothing() -> None:
    found = pair(replace(MARIE, sex="", birth_place=""), MARIE)

    added = contributions(found, shipped())

    assert added["sex"][0] == 0
    assert added["birth_place"][0] == 0


SCORES = st.one_of(st.integers(-60, 60).map(lambda quarters: quarters / 4), st.floats(-40, 40))
CANDIDATES = st.lists(st.tuples(SCORES, st.booleans(), st.booleans()), min_size=1, max_size=8)


@given(CANDIDATES, st.sampled_from(["strict", "suggest", "auto"]))
def test_the_candidates_of_one_look_up_are_decided_upon_as_those_of_many(
    some: list[tuple[float, bool, bool]], named: str
) -> None:
    alone, barred, twins = map(list, zip(*some, strict=True))
    policy = shipped().policies[named]

    each = decided_of_one(alone, barred, twins, policy)

    together = decided(rows(*[0] * len(some)), np.array(alone), np.array(barred), np.array(twins), policy)
    assert [decision for decision, _ in each] == together.decisions.tolist()
    assert np.allclose([rivals for _, rivals in each], together.rivals, atol=0.001)


def test_who_is_as_good_as_nobody_is_nobodys_rival() -> None:
    crowd = np.array([-8.0, *[LEAST - 0.01] * 400])

    assert against_rivals(rows(*[0] * 401), crowd)[0] == 0
    assert against_rivals(rows(*[0] * 401), crowd + 0.02)[0] < 0


def test_both_indexes_find_the_same_candidates() -> None:
    registered, asked = one(MARIE, *OTHERS), one(*OTHERS, replace(MARIE, birth_name="LEFEVRE"))
    values, wanted = keys(registered), probes(asked)

    sorted_ones, at_once = (index(values).candidates(wanted) for index in (SortedIndex, OneLook))

    assert sorted_ones.asked.tolist() == at_once.asked.tolist()
    assert sorted_ones.registered.tolist() == at_once.registered.tolist()
    assert (len(OTHERS), 0) in zip(sorted_ones.asked.tolist(), sorted_ones.registered.tolist(), strict=True)


def test_a_value_shared_by_too_many_gives_nobody_and_says_so() -> None:
    crowd = [
        replace(MARIE, birth_name=f"LEFEBVRE{'ABCDEFGHIJ'[n % 10]}", first_names="ZOE") for n in range(cap("date") + 1)
    ]

    found = SortedIndex({"date": keys(one(*crowd))["date"]}).candidates(probes(one(MARIE)))

    assert found.capped["date"].tolist() == [0]
    assert not len(found.asked)


def test_a_missing_trait_has_no_key() -> None:
    values = keys(one(RawTraits("LEFEBVRE", "MARIE")))

    assert {name for name in ALL_KEYS if values[name][0]} == {"names", "name", "prefix", "prefixes"}


def test_weights_that_are_no_model_are_refused_by_the_part() -> None:
    text = written(shipped())

    assert parsed_weights(text).levels["birth_date"].tolist() == shipped().levels["birth_date"].tolist()
    with pytest.raises(WeightsUnreadable, match="levels"):
        parsed_weights(text.replace('"levels"', '"level"'))
    with pytest.raises(WeightsUnreadable, match="INVERTED_TWICE"):
        parsed_weights(text.replace('"INVERTED"', '"INVERTED_TWICE"'))
    with pytest.raises(WeightsUnreadable, match="not JSON"):
        parsed_weights("weights")
