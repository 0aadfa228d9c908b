"""The sets: shares as the table says, truth that is true, nothing that depends on the run."""

from __future__ import annotations

from collections import Counter

import pytest
from terresante_dev.region import sets
from terresante_dev.region.making.spelling import registered
from terresante_dev.region.registry import CHUNK, Registry

COUNT = 4_000
Queries = list[tuple[sets.Row, sets.Row]]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry(CHUNK, 9)


@pytest.fixture(scope="module")
def people(registry: Registry) -> dict[str, sets.Row]:
    return {row[0]: row for row in registry.chunk(0).rows()}


@pytest.fixture(scope="module")
def asked(registry: Registry) -> Queries:
    return list(sets.queries(registry, COUNT, 4))


def test_the_same_seeds_give_the_same_look_ups_and_others_give_others(registry: Registry, asked: Queries) -> None:
    assert list(sets.queries(registry, COUNT, 4)) == asked
    assert list(sets.queries(registry, COUNT, 5)) != asked


def test_look_ups_are_60_damaged_15_clean_25_absent_in_a_hundred(asked: Queries) -> None:
    present = [truth for _, truth in asked if truth[1]]
    absent = [truth for _, truth in asked if not truth[1]]
    assert len(absent) == COUNT * 0.25
    assert sum(not truth[5] for truth in present) == pytest.approx(COUNT * 0.15, abs=COUNT * 0.001)
    assert {len(truth[5].split()) for truth in present} == {0, 1, 2, 3}
    assert sum(bool(truth[2]) for truth in absent) == round(COUNT * 0.25 * 2 / 3)
    assert 0.17 < sum(truth[2] == "twin" for truth in absent) / (len(absent) * 2 / 3) < 0.29


def test_a_clean_look_up_says_what_the_register_says(asked: Queries, people: dict[str, sets.Row]) -> None:
    for query, truth in asked:
        if truth[1] and not truth[5]:
            _, name, given, date, sex, place = people[truth[1]]
            letters = registered(query[1]).replace("-", "").replace("'", "").replace(" ", "")
            assert letters == name.replace("-", "").replace("'", "").replace(" ", "")
            first = "".join(one for one in registered(query[2]) if one.isalpha())
            assert "".join(one for one in given if one.isalpha()).startswith(first)
            assert (query[3], query[4], query[5]) == (date, sex, place)


def test_absent_twins_share_name_and_date_with_the_one_registered_but_are_somebody_else(
    asked: Queries, people: dict[str, sets.Row]
) -> None:
    twins = [(query, truth) for query, truth in asked if truth[2] == "twin" and not truth[5]]
    assert len(twins) > 50
    for query, truth in twins:
        _, _, given, date, _, _ = people[truth[3]]
        assert query[3] == date
        assert registered(query[2]).split(" ")[0] != given.split(" ")[0]


def test_nobody_absent_has_the_name_first_name_date_and_sex_of_a_registered_person(
    asked: Queries, people: dict[str, sets.Row]
) -> None:
    known = {(row[1], row[2].split(" ")[0], row[3], row[4]) for row in people.values()}
    for query, truth in asked:
        if not truth[1] and not truth[5]:
            assert (registered(query[1]), registered(query[2]).split(" ")[0], query[3], query[4]) not in known


def test_pairs_come_in_the_number_asked_and_most_others_are_hard(registry: Registry) -> None:
    pairs = list(sets.pairs(registry, COUNT, 4))
    assert len(pairs) == COUNT
    assert Counter(pair[1] for pair in pairs) == {"1": COUNT * 0.4, "0": COUNT * 0.6}
    kinds = Counter(pair[2] for pair in pairs)
    assert kinds["random"] < 0.06 * COUNT and {"twin", "homonym", "siblings", "same_date", "same_name"} <= kinds.keys()
    for pair in pairs:
        if pair[2] == "same_name":
            assert pair[4].split(" ")[0]
            assert len(pair) == 13


def test_a_delivery_holds_everybody_and_some_twice(registry: Registry, people: dict[str, sets.Row]) -> None:
    small = Registry(2_000, registry.seed)
    sent = list(sets.delivery(small, 4))
    again = Counter(truth[1] for _, truth in sent)
    assert len(again) == 2_000 and again.keys() < people.keys()
    assert 0.08 < sum(count > 1 for count in again.values()) / 2_000 < 0.16
    assert max(again.values()) == 3
    assert len({record[0] for record, _ in sent}) == len(sent)


def test_a_registry_too_small_for_its_look_ups_is_refused() -> None:
    with pytest.raises(ValueError, match="more look-ups"):
        list(sets.queries(Registry(100, 1), 1_000, 1))
