"""Look-ups one by one say exactly what arrays of pairs say: levels, scores, vetoes, keys, probes."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from terresante_dev.region.registry import Registry as Region
from terresante_dev.region.sets import queries
from terresante_identity.matching.arrays import Ints
from terresante_identity.matching.compare import Comparison, compared
from terresante_identity.matching.deciding import unlike, vetoes
from terresante_identity.matching.frequencies import Frequencies, filled_up, frequencies
from terresante_identity.matching.index import OneLook
from terresante_identity.matching.keys import ALL_KEYS, KEYS, keys
from terresante_identity.matching.levels import ALL, TRAITS
from terresante_identity.matching.lookup import Lookup, Model, Pair
from terresante_identity.matching.people import People, RawTraits, people
from terresante_identity.matching.probes import probes
from terresante_identity.matching.scoring import explained, scores
from terresante_identity.matching.single import keys_of, probes_of, signed, someone
from terresante_identity.matching.weights import shipped

from .someone import YEAR

PEOPLE, LOOKUPS, PAIRS = 4_000, 400, 2_000


class Compared:
    """The same pairs, compared both ways."""

    def __init__(self, asked: list[RawTraits], registered: list[RawTraits], mine: Ints, yours: Ints) -> None:
        ours, theirs = people(asked, YEAR), people(registered, YEAR)
        known = frequencies(theirs)
        self.weights = shipped()
        self.together: Comparison = compared(ours, mine, theirs, yours, known)
        model = Model(self.weights, known, YEAR)
        lookups = [Lookup(model, someone(raw, YEAR)) for raw in asked]
        self.places = list(zip(mine.tolist(), yours.tolist(), strict=True))
        self.alone: list[Pair] = [lookups[one].pair(registered[other]) for one, other in self.places]
        self.lookups = lookups


@pytest.fixture(scope="module")
def region() -> tuple[list[RawTraits], list[RawTraits]]:
    made = Region(PEOPLE, 606)
    registered = [RawTraits(*row[1:6]) for number in range(len(made)) for row in made.chunk(number).rows()]
    return [RawTraits(*row[1:6]) for row, _ in queries(made, LOOKUPS, 66)], registered


@pytest.fixture(scope="module")
def both(region: tuple[list[RawTraits], list[RawTraits]]) -> Compared:
    """Candidates, and as many pairs that nothing brings together."""
    asked, registered = region
    found = OneLook(keys(people(registered, YEAR))).candidates(probes(people(asked, YEAR)))
    chance = np.random.default_rng(1)
    mine = np.concatenate([found.asked, chance.integers(0, len(asked), PAIRS)])
    yours = np.concatenate([found.registered, chance.integers(0, len(registered), PAIRS)])
    order = np.lexsort((yours, mine))
    assert len(found.asked) > PAIRS
    return Compared(asked, registered, mine[order], yours[order])


def test_each_trait_has_the_same_level(both: Compared) -> None:
    for place, trait in enumerate(TRAITS):
        levels = np.array([pair.traits[place].level for pair in both.alone])

        assert len(np.unique(levels)) > 1
        assert levels.tolist() == both.together.levels[trait].tolist(), trait


def test_each_pair_has_the_same_score_and_the_same_reasons_for_it(both: Compared) -> None:
    score = scores(both.together, both.weights)

    assert [pair.score for pair in both.alone] == score.tolist()
    for place in range(0, len(score), 7):
        asked, _ = both.places[place]
        told = both.lookups[asked].reasons(both.alone[place], -0.25)
        assert sorted(told, key=str) == sorted(explained(both.together, place, both.weights, -0.25), key=str)
        assert sum(reason.weight for reason in told) == score[place] - 0.25


def test_each_pair_has_the_same_vetoes(both: Compared) -> None:
    raised = vetoes(both.together)

    for veto, pairs in raised.items():
        assert pairs.any(), veto
        assert [veto.value in pair.vetoes for pair in both.alone] == pairs.tolist()
    assert [pair.unlike for pair in both.alone] == unlike(both.together).tolist()


def test_names_the_wrong_way_round_are_seen_both_ways(both: Compared) -> None:
    swapped = both.together.levels["swapped"] == 1

    assert swapped.any()
    assert [pair.swapped for pair in both.alone] == swapped.tolist()


def test_keys_and_probes_are_the_same(region: tuple[list[RawTraits], list[RawTraits]]) -> None:
    agree_on_keys([*region[0], *region[1][:LOOKUPS]])


def agree_on_keys(some: list[RawTraits]) -> None:
    together: People = people(some, YEAR)
    values, wanted = keys(together), probes(together)
    for row, raw in enumerate(some):
        who = someone(raw, YEAR)
        assert keys_of(who) == {name: int(values[name][row]) for name in ALL_KEYS}
        asked = {name: set(wanted[name].values[wanted[name].rows == row].tolist()) for name in KEYS}
        assert probes_of(who, KEYS) == asked


TEXTS = st.text(alphabet="ABCDEHILMNORSTXÉŒéç -'1", max_size=14)
DATES = st.one_of(
    st.builds("{:04}-{:02}-{:02}".format, st.integers(1870, 2030), st.integers(0, 13), st.integers(0, 32)),
    st.builds("{1:02}/{2:02}/{0:04}".format, st.integers(1950, 1953), st.integers(1, 3), st.integers(1, 3)),
    st.sampled_from(["", "1950", "1950-02", "1951-12-31", "1951-01-01", "0000-02-03", "x"]),
)
PLACES = st.sampled_from(["", "75056", "75113", "FR:75013", "13", "DZ", "99352", "DZ:16000", "97411", "31555", "2A004"])
PERSONS = st.builds(RawTraits, TEXTS, TEXTS, DATES, st.sampled_from(["M", "F", "", "2"]), PLACES)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PERSONS, min_size=2, max_size=6))
def test_whatever_people_are_called_both_ways_agree(some: list[RawTraits]) -> None:
    agree_on_keys(some)
    pairs = [(one, other) for one in range(len(some)) for other in range(len(some))]
    mine, yours = np.array(pairs, dtype=np.int64).T
    both = Compared(some, some, mine, yours)

    for place, trait in enumerate(TRAITS):
        assert [pair.traits[place].level for pair in both.alone] == both.together.levels[trait].tolist(), trait
    assert [pair.score for pair in both.alone] == scores(both.together, both.weights).tolist()
    raised = vetoes(both.together)
    for place, pair in enumerate(both.alone):
        assert set(pair.vetoes) == {veto.value for veto, pairs in raised.items() if pairs[place]}


def test_a_signed_value_is_the_same_bits() -> None:
    some = [0, 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]

    assert [signed(value) for value in some] == np.array(some, dtype=np.uint64).view(np.int64).tolist()


def test_in_an_empty_region_the_names_of_france_say_how_rare_a_name_is() -> None:
    known = filled_up(frequencies(people([], YEAR)))
    frequent, rare = people([RawTraits("MARTIN"), RawTraits("QUELENNEC")], YEAR).birth_names.whole[:2].tolist()

    assert rarity(known, frequent) < rarity(known, rare) - 1
    assert rarity(known, rare) > 8


def test_a_region_of_many_is_taken_as_it_is() -> None:
    many = frequencies(people([RawTraits("MARTIN", "PAUL", f"{1900 + n % 99}-01-02") for n in range(20_000)], YEAR))

    assert filled_up(many) is many


def rarity(known: Frequencies, name: int) -> float:
    return float(known.birth_names.rarity(np.array([name], dtype=np.uint64))[0])


def test_every_joint_level_of_the_tables_is_told() -> None:
    model = Model(shipped(), frequencies(people([], YEAR)), YEAR)

    assert set(model.tables.levels) | {*TRAITS, "swapped"} == set(ALL)
    total = np.sum([model.tables.added[trait][levels] for trait, levels in model.tables.levels.items()], axis=0)
    assert total[::997].tolist() == model.tables.weight[::997].tolist()
