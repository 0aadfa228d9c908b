"""Borders that neighbours share: from a grid of labels to arcs, simplified once, and to rings made of them."""

import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]
Corner = tuple[int, int]
OUTSIDE = -1


@dataclass(frozen=True, slots=True)
class Arc:
    """A border between two labels, from node to node (or a closed one): corners as (row, column)."""

    corners: tuple[Corner, ...]
    left: int
    right: int

    def reverse(self) -> "Arc":
        return Arc(self.corners[::-1], self.right, self.left)


def whole(labels: Labels) -> Labels:
    """Each label in one piece: smaller pieces go to a neighbour, until none is left."""
    while True:
        pieces = _pieces(labels)
        largest: dict[int, int] = {}
        for label, cells in pieces:
            largest[label] = max(largest.get(label, 0), len(cells))
        stray = [cells for label, cells in pieces if label != OUTSIDE and len(cells) < largest[label]]
        if not stray:
            return labels
        labels = labels.copy()
        for cells in stray:
            around = [labels[near] for cell in cells for near in _beside(cell, labels.shape) if near not in cells]
            values, counts = np.unique(around, return_counts=True)
            for cell in cells:
                labels[cell] = values[counts.argmax()]


def _pieces(labels: Labels) -> list[tuple[int, set[Corner]]]:
    seen = np.zeros(labels.shape, dtype=bool)
    found = []
    for start in np.ndindex(labels.shape):
        if seen[start]:
            continue
        label, cells, waiting = int(labels[start]), {start}, [start]
        seen[start] = True
        while waiting:
            for near in _beside(waiting.pop(), labels.shape):
                if not seen[near] and labels[near] == label:
                    seen[near] = True
                    cells.add(near)
                    waiting.append(near)
        found.append((label, cells))
    return found


def _beside(cell: Corner, shape: tuple[int, ...]) -> Iterator[Corner]:
    row, column = cell
    if row:
        yield row - 1, column
    if row + 1 < shape[0]:
        yield row + 1, column
    if column:
        yield row, column - 1
    if column + 1 < shape[1]:
        yield row, column + 1


def arcs(labels: Labels) -> list[Arc]:
    """Every border once. Rows go north: corner (r, c) is the south-west corner of cell (r, c)."""
    grid = np.pad(labels, 1, constant_values=OUTSIDE)
    roads: dict[Corner, set[Corner]] = defaultdict(set)
    for row, column in np.argwhere(grid[1:, :] != grid[:-1, :]).tolist():
        _join(roads, (row, column - 1), (row, column))
    for row, column in np.argwhere(grid[:, 1:] != grid[:, :-1]).tolist():
        _join(roads, (row - 1, column), (row, column))
    nodes = {corner for corner, ends in roads.items() if len(ends) != 2}
    found = [_walked(grid, roads, start, nodes) for start in sorted(nodes) for _ in range(len(roads[start]))]
    for start in list(roads):
        if roads[start]:
            found.append(_walked(grid, roads, start, {start}))
    return found


def _join(roads: dict[Corner, set[Corner]], one: Corner, other: Corner) -> None:
    roads[one].add(other)
    roads[other].add(one)


def _walked(grid: Labels, roads: dict[Corner, set[Corner]], start: Corner, ends: set[Corner]) -> Arc:
    path = [start]
    while len(path) == 1 or path[-1] not in ends:
        there = min(roads[path[-1]])
        roads[path[-1]].discard(there)
        roads[there].discard(path[-1])
        path.append(there)
    left, right = _sides(grid, path[0], path[1])
    return Arc(tuple(path), left, right)


def _sides(grid: Labels, one: Corner, other: Corner) -> tuple[int, int]:
    """Labels to the left and the right of a step between corners; `grid` has one row and column more on each side."""
    row, column = min(one, other)
    if one[0] == other[0]:
        north, south = int(grid[row + 1, column + 1]), int(grid[row, column + 1])
        return (north, south) if other[1] > one[1] else (south, north)
    west, east = int(grid[row + 1, column]), int(grid[row + 1, column + 1])
    return (west, east) if other[0] > one[0] else (east, west)


def simpler(arc: Arc, smallest: float) -> Arc:
    """Without the corners whose triangle with their neighbours is smaller than `smallest` cells (Visvalingam-Whyatt).

    Ends stay, and one corner between them at least (two of a closed arc), so that no outline collapses.
    """
    corners = list(arc.corners)
    fewest = 4 if corners[0] == corners[-1] else 3
    before, after = list(range(-1, len(corners) - 1)), list(range(1, len(corners) + 1))
    kept = [True] * len(corners)
    heap = [(_triangle(corners, at - 1, at, at + 1), at) for at in range(1, len(corners) - 1)]
    areas = dict((at, area) for area, at in heap)
    heapq.heapify(heap)
    count = len(corners)
    while heap and count > fewest:
        area, at = heapq.heappop(heap)
        if not kept[at] or area != areas[at]:
            continue
        if area >= smallest:
            break
        kept[at], count = False, count - 1
        after[before[at]], before[after[at]] = after[at], before[at]
        for near in (before[at], after[at]):
            if 0 < near < len(corners) - 1:
                areas[near] = max(area, _triangle(corners, before[near], near, after[near]))
                heapq.heappush(heap, (areas[near], near))
    return Arc(tuple(corner for corner, stays in zip(corners, kept, strict=True) if stays), arc.left, arc.right)


def _triangle(corners: list[Corner], one: int, two: int, three: int) -> float:
    (a, b), (c, d), (e, f) = corners[one], corners[two], corners[three]
    return abs((c - a) * (f - b) - (e - a) * (d - b)) / 2


def rings(borders: list[Arc]) -> dict[int, list[list[Corner]]]:
    """Label -> its rings, closed, the outer one first (counterclockwise), then holes (clockwise)."""
    starting: dict[int, dict[Corner, list[Arc]]] = defaultdict(lambda: defaultdict(list))
    for border in borders:
        for arc in (border, border.reverse()):
            if arc.left != OUTSIDE:
                starting[arc.left][arc.corners[0]].append(arc)
    return {label: sorted(_chained(from_), key=_area, reverse=True) for label, from_ in starting.items()}


def _chained(from_: dict[Corner, list[Arc]]) -> Iterator[list[Corner]]:
    for start, leaving in from_.items():
        while leaving:
            ring = list(leaving.pop().corners)
            while ring[-1] != start:
                ring += from_[ring[-1]].pop().corners[1:]
            yield ring


def _area(ring: list[Corner]) -> float:
    """In cells, positive when counterclockwise."""
    return sum(b * c - a * d for (a, b), (c, d) in pairwise(ring)) / 2
