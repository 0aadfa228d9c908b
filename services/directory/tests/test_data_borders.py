"""The command that makes outlines: borders that neighbours share, simplified once for both."""

import importlib.util
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

TOOLS = Path(__file__).resolve().parents[1] / "tools"
ENCLAVE = np.array([[0, 0, 0, 0], [0, 1, 0, 2], [0, 0, 0, 2]], dtype=np.int32)


@pytest.fixture(scope="module")
def borders() -> ModuleType:
    spec = importlib.util.spec_from_file_location("directory_tools_borders", TOOLS / "borders.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_border_is_found_once_with_what_is_on_both_sides(borders: ModuleType) -> None:
    found = borders.arcs(ENCLAVE)
    steps = [frozenset(step) for arc in found for step in pairwise(arc.corners)]

    assert len(set(steps)) == len(steps)
    assert {frozenset((arc.left, arc.right)) for arc in found} == {
        frozenset((0, 1)),
        frozenset((0, 2)),
        frozenset((0, borders.OUTSIDE)),
        frozenset((2, borders.OUTSIDE)),
    }


def test_outlines_have_the_area_of_their_cells_holes_taken_away(borders: ModuleType) -> None:
    rings = borders.rings(borders.arcs(ENCLAVE))

    assert {label: _areas(found) for label, found in rings.items()} == {0: [10, -1], 1: [1], 2: [2]}


def test_a_simpler_border_keeps_its_ends_and_never_collapses(borders: ModuleType) -> None:
    stairs = tuple((row // 2 + row % 2, row // 2) for row in range(20))
    simpler = borders.simpler(borders.Arc(stairs, 0, 1), 3.0)
    straight = borders.simpler(borders.Arc(((0, 0), (0, 1), (0, 2), (0, 3)), 0, 1), 3.0)

    assert (simpler.corners[0], simpler.corners[-1]) == (stairs[0], stairs[-1])
    assert len(simpler.corners) == len(straight.corners) == 3


def test_a_closed_border_keeps_an_area(borders: ModuleType) -> None:
    square = ((0, 0), (0, 1), (1, 1), (1, 0), (0, 0))

    assert len(borders.simpler(borders.Arc(square, 0, 1), 100.0).corners) >= 4


def test_what_is_cut_off_from_its_commune_goes_to_a_neighbour(borders: ModuleType) -> None:
    cut = np.array([[0, 0, 1, 0], [0, 0, 1, 1]], dtype=np.int32)

    assert borders.whole(cut).tolist() == [[0, 0, 1, 1], [0, 0, 1, 1]]


def _areas(rings: list[list[tuple[int, int]]]) -> list[float]:
    return [sum(b * c - a * d for (a, b), (c, d) in pairwise(ring)) / 2 for ring in rings]
