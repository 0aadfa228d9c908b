"""Who cannot reach a score is not compared to the end; whoever can, always is."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from terresante_identity.matching import lookup
from terresante_identity.matching.frequencies import frequencies
from terresante_identity.matching.lookup import Lookup, Model
from terresante_identity.matching.people import RawTraits, people
from terresante_identity.matching.scoring import LEAST
from terresante_identity.matching.single import someone
from terresante_identity.matching.weights import GRAIN, shipped

from .someone import MARIE, YEAR
from .test_one_by_one import PERSONS, Compared, both, region

__all__ = ["both", "region"]


def model_of(registered: list[RawTraits]) -> Model:
    return Model(shipped(), frequencies(people(registered, YEAR)), YEAR)


def agrees(model: Model, asked: RawTraits, registered: RawTraits) -> None:
    """With thresholds just below, at and just above what the pair scores, and the one that look-ups use."""
    whole = Lookup(model, someone(asked, YEAR)).pair(registered)
    for least in (LEAST, whole.score - GRAIN, whole.score, whole.score + GRAIN):
        found = Lookup(model, someone(asked, YEAR)).pair_of_at_least(least, registered)
        assert found == (whole if whole.score >= least else None)


def test_nobody_who_reaches_it_is_left_out(both: Compared, region: tuple[list[RawTraits], list[RawTraits]]) -> None:
    asked, registered = region
    model = model_of(registered)
    for (one, other), pair in list(zip(both.places, both.alone, strict=True))[::3]:
        agrees(model, asked[one], registered[other])
        assert both.lookups[one].pair_of_at_least(pair.score, registered[other]) == pair


KNOWN = frequencies(people([MARIE, RawTraits("MARTIN", "PAUL", "1950-01-02", "M", "75056")], YEAR))
MODELS = [Model(shipped(), replace(KNOWN, people=people), YEAR) for people in (2_000, 12_000_000)]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PERSONS, PERSONS, st.integers(0, 3), st.sampled_from(MODELS))
def test_whatever_people_are_called_nobody_is_left_out(
    asked: RawTraits, other: RawTraits, turns: int, model: Model
) -> None:
    pairs = enumerate(zip(_texts(asked), _texts(other), strict=True))
    alike = RawTraits(*[theirs if number % 4 == turns else mine for number, (mine, theirs) in pairs])

    agrees(model, asked, other)
    agrees(model, asked, alike)


def _texts(of: RawTraits) -> tuple[str, ...]:
    return of.birth_name, of.first_names, of.birth_date, of.sex, of.birth_place


@pytest.mark.parametrize(
    "registered",
    [
        RawTraits("LEFEBVRE", "MARIEANNE", "1980-04-12", "F", "75113"),
        RawTraits("MARIE ANNE", "LEFEBVRE", "1980-04-12", "F", "75113"),
        RawTraits("LEFEBVRE", "MARIE-ANNE", "1980-04-12", "F", "75113"),
        RawTraits("LEFEBVRE", "", "1980-04-12", "F", "75113"),
        RawTraits("DUPONT", "MARIE", "1980-04-12", "F", "75113"),
    ],
)
def test_first_names_that_are_written_otherwise_are_compared(registered: RawTraits) -> None:
    agrees(model_of([MARIE, registered]), MARIE, registered)


def test_most_of_those_who_share_little_are_not_compared_to_the_end(
    region: tuple[list[RawTraits], list[RawTraits]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, registered = region
    model, compared = model_of(registered), []
    levels = lookup.pair_levels.first_name_levels
    monkeypatch.setattr(lookup.pair_levels, "first_name_levels", lambda *pair: compared.append(1) or levels(*pair))
    chance = np.random.default_rng(3)
    for one in asked[:50]:
        looking = Lookup(model, someone(one, YEAR))
        for other in chance.integers(0, len(registered), 40).tolist():
            looking.pair_of_at_least(LEAST, registered[other])

    assert len(compared) < 50 * 40 / 4


def test_a_model_that_another_replaces_is_gone_at_once() -> None:
    model = model_of([MARIE])
    asked = Lookup(model, someone(MARIE, YEAR))
    asked.reasons(asked.pair(RawTraits("LEFEBVRE", "MARIE", "1980-04-21", "F", "75056")))
    left = weakref.ref(model)
    gc.collect()
    gc.disable()
    try:
        del model, asked
        assert left() is None
    finally:
        gc.enable()
