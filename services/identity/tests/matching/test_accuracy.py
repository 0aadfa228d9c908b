"""A small region, made anew: matching may not get worse. The figures that count are in docs/identity.md."""

from collections.abc import Iterable

import numpy as np
import pytest
from terresante_dev.region.registry import Registry as Region
from terresante_dev.region.sets import queries
from terresante_identity.matching.batch import Answers, answers, registry
from terresante_identity.matching.dedupe import doubles
from terresante_identity.matching.people import TRAITS, People, people_of_columns
from terresante_identity.matching.weights import shipped

from .someone import YEAR

PEOPLE, LOOKUPS, REGION_SEED, SET_SEED = 5_000, 2_500, 505, 55


class Measured:
    """Answers to look-ups, and what is true of each look-up: the registered row or -1, and the relation."""

    def __init__(self) -> None:
        region = Region(PEOPLE, REGION_SEED)
        registered = [row for number in range(len(region)) for row in region.chunk(number).rows()]
        asked = list(queries(region, LOOKUPS, SET_SEED))
        row_of = {row[0]: number for number, row in enumerate(registered)}
        self.registered = columns(row[1:6] for row in registered)
        self.truth = np.array([row_of[truth[1]] if truth[1] else -1 for _, truth in asked])
        self.twins = np.array([truth[2] == "twin" for _, truth in asked])
        weights = shipped()
        self.found: Answers = answers(
            registry(self.registered), columns(row[1:6] for row, _ in asked), weights, weights.policies["auto"]
        )
        self.right = self.truth[self.found.asked] == self.found.registered


def columns(rows: Iterable[tuple[str, ...]]) -> People:
    return people_of_columns(dict(zip(TRAITS, map(list, zip(*rows, strict=True)), strict=True)), YEAR)


@pytest.fixture(scope="module")
def measured() -> Measured:
    return Measured()


def test_the_person_is_among_the_first_five(measured: Measured) -> None:
    found = measured.found
    first = np.concatenate([[True], found.asked[1:] != found.asked[:-1]])
    rank = np.arange(len(first)) - np.flatnonzero(first)[np.cumsum(first) - 1]

    assert (measured.right & (rank < 5)).sum() / (measured.truth >= 0).sum() >= 0.993


def test_hardly_a_link_is_wrong_and_most_are_made(measured: Measured) -> None:
    linked = measured.found.decisions == 2

    assert measured.right[linked].mean() >= 0.996
    assert (linked & measured.right).sum() / (measured.truth >= 0).sum() >= 0.83


def test_absent_twins_are_not_linked(measured: Measured) -> None:
    linked = measured.found.decisions == 2

    assert measured.twins.sum() > 50
    assert measured.twins[measured.found.asked[linked]].sum() <= 5


def test_the_queue_is_short_and_the_person_is_in_it(measured: Measured) -> None:
    queued = np.unique(measured.found.asked[measured.found.decisions == 1])
    shown = np.unique(measured.found.asked[(measured.found.decisions == 1) & measured.right])

    assert len(queued) / LOOKUPS <= 0.12
    assert len(shown) / (measured.truth[queued] >= 0).sum() >= 0.95


def test_registered_people_who_are_different_are_not_taken_for_doubles(measured: Measured) -> None:
    weights = shipped()

    found = doubles(measured.registered, weights, weights.policies["auto"])

    assert (found.decisions == 2).sum() <= PEOPLE / 1000
