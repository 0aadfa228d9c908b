"""Operations after operations, some undone, against a plain model: a table of days."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from terresante_directory.domain.facts import ActId, SubjectKind
from terresante_directory.domain.operations.asked import (
    MergeStructures,
    MergeTerritories,
    MoveCommunes,
    MoveStructures,
    Operation,
)
from terresante_platform.refusals import Refusal

from .operations_world import NORD, OUEST, SUD, Corner, day

DAYS = range(10)
NAMES = ("entity", "other entity", "site", "other site", "third site", "pole", "unit", "desk")
LEVELS = ("legal_entity", "legal_entity", "site", "site", "site", "internal", "internal", "internal")
PARENTS = (None, None, 0, 1, None, 2, 5, 3)
LIVES_IN = ("94028", "95018", "", "94081", "94081", "", "", "")
TERRITORIES = (OUEST, SUD, NORD)
COVERED = {"94028": OUEST, "94081": OUEST, "95018": SUD}
ABOVE = {"legal_entity": (), "site": ("legal_entity",), "internal": ("site", "internal")}


@dataclass
class Cell:
    """A structure on a day."""

    parent: int | None
    territory: str
    closed: bool = False


Table = list[tuple[dict[int, Cell], dict[str, str]]]
"""By day: structures by number, and communes with the territory that covers them."""


def first_table() -> Table:
    territories = (OUEST, SUD, OUEST, SUD, OUEST, OUEST, NORD, SUD)
    cells = {number: Cell(PARENTS[number], territories[number]) for number in range(len(NAMES))}
    return [(deepcopy(cells), dict(COVERED)) for _ in DAYS]


def enrolled(corner: Corner) -> list[str]:
    ids: list[str] = []
    for number, cell in first_table()[0][0].items():
        above = "" if cell.parent is None else ids[cell.parent]
        said = {
            "part_of": above,
            "territory_code": cell.territory,
            "level": LEVELS[number],
            "commune_code": LIVES_IN[number],
        }
        ids.append(corner.structure(NAMES[number], None, **said))
    return ids


def told(corner: Corner, ids: list[str]) -> Table:
    table: Table = []
    for number in DAYS:
        said = [corner.said(id, day(number)) for id in ids]
        cells = {
            rank: Cell(ids.index(one["part_of"]) if one["part_of"] else None, one["territory_code"], one["closed"])
            for rank, one in enumerate(said)
        }
        communes = corner.of(SubjectKind.COMMUNE, day(number))
        table.append((cells, {code: str(one["territory_code"]) for code, one in communes.items()}))
    return table


def carried(cells: dict[int, Cell], went: list[tuple[int, str, str]]) -> None:
    """On one day: what had the territory of what went, and is under it, follows."""
    while went:
        above, before, after = went.pop()
        for number, cell in cells.items():
            if cell.parent == above and cell.territory == before != after:
                cell.territory = after
                went.append((number, before, after))


def run(table: Table, first: int, of: Callable[[Any], object]) -> range:
    """The days from `first` on as long as it is what it is on the first."""
    last = first
    while last < len(DAYS) and of(table[last]) == of(table[first]):
        last += 1
    return range(first, last)


def adopted(cells: dict[int, Cell], number: int, parent: int) -> str:
    cell = cells[number]
    inherits = cell.parent is not None and cells[cell.parent].territory == cell.territory
    return cells[parent].territory if LEVELS[number] == "internal" and inherits else cell.territory


def move_structures(table: Table, first: int, moved: list[int], parent: int | None, territory: str) -> None:
    before, went = deepcopy(table), {number: [] for number in DAYS}  # type: ignore[var-annotated]
    for one in moved:
        if parent is not None:
            for number in run(before, first, lambda today, one=one: today[0][one].parent):  # type: ignore[misc]
                cells = table[number][0]
                had, has = cells[one].territory, cells[one].territory if territory else adopted(cells, one, parent)
                cells[one].parent, cells[one].territory = parent, has
                went[number].append((one, had, has))
        if territory:
            for number in run(before, first, lambda today, one=one: today[0][one].territory):  # type: ignore[misc]
                cell = table[number][0][one]
                went[number].append((one, cell.territory, territory))
                cell.territory = territory
    for number in DAYS:
        carried(table[number][0], went[number])


def merge_structures(table: Table, first: int, absorbed: list[int], into: int) -> None:
    for cells, _ in table[first:]:
        went = []
        for number, cell in list(cells.items()):
            if cell.parent in absorbed:
                had, has = cell.territory, adopted(cells, number, into)
                went.append((number, had, has))
        for number, _, has in went:
            cells[number].parent, cells[number].territory = into, has
        carried(cells, went)
        for one in absorbed:
            cells[one].closed = True


def move_communes(table: Table, first: int, codes: list[str], territory: str) -> None:
    before = deepcopy(table)
    for code in codes:
        for number in run(before, first, lambda today, code=code: today[1].get(code)):  # type: ignore[misc]
            cells, communes = table[number]
            left = communes.get(code)
            communes[code] = territory
            roots = [n for n, cell in cells.items() if cell.parent is None and LIVES_IN[n] == code]
            went = [(n, str(left), territory) for n in roots if cells[n].territory == left]
            for n, _, _ in went:
                cells[n].territory = territory
            carried(cells, went)


def merge_territories(table: Table, first: int, ended: list[str], into: str) -> None:
    for cells, communes in table[first:]:
        for cell in cells.values():
            cell.territory = into if cell.territory in ended else cell.territory
        communes.update({code: into for code, one in communes.items() if one in ended})


NUMBERS = range(len(NAMES))
FITTING = [(one, above) for one in NUMBERS for above in NUMBERS if LEVELS[above] in ABOVE[LEVELS[one]]]
ALIKE = [(one, into) for one in NUMBERS for into in NUMBERS if one != into and LEVELS[one] == LEVELS[into]]
ANY = st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=2, unique=True)
TO = st.sampled_from(TERRITORIES)
ASKED = st.one_of(
    st.tuples(st.just("move"), st.sampled_from(FITTING), st.sampled_from(("", *TERRITORIES))).map(
        lambda asked: ("move", [asked[1][0]], asked[1][1], asked[2])
    ),
    st.tuples(st.just("move"), ANY, st.none(), TO),
    st.tuples(st.just("move"), ANY, st.sampled_from(NUMBERS), st.just("")),
    st.sampled_from(ALIKE).map(lambda pair: ("merge", [pair[0]], pair[1])),
    st.tuples(st.just("merge"), ANY, st.sampled_from(NUMBERS)),
    st.tuples(st.just("communes"), st.lists(st.sampled_from(sorted(COVERED)), min_size=1, max_size=2, unique=True), TO),
    st.tuples(st.just("territories"), st.just([OUEST]), st.sampled_from((SUD, NORD))),
)
UNDOING = st.tuples(st.just("undo"), st.integers(0, 5))


def operation(ids: list[str], asked: tuple[Any, ...]) -> tuple[Operation, Callable[[Table, int], None]]:
    """What is asked, and what that does to the plain model from a day on."""
    match asked:
        case "move", list() as moved, parent, str() as territory:
            under = "" if parent is None else ids[parent]
            real: Operation = MoveStructures(tuple(ids[one] for one in moved), under, territory)
            return real, lambda table, first: move_structures(table, first, moved, parent, territory)
        case "merge", list() as absorbed, int() as into:
            real = MergeStructures(tuple(ids[one] for one in absorbed), ids[into])
            return real, lambda table, first: merge_structures(table, first, absorbed, into)
        case "communes", list() as codes, str() as territory:
            real = MoveCommunes(tuple(codes), territory)
            return real, lambda table, first: move_communes(table, first, codes, territory)
        case _, ended, into:
            real = MergeTerritories(tuple(ended), into)
            return real, lambda table, first: merge_territories(table, first, ended, into)
    raise AssertionError(asked)


def must_be_sound(table: Table) -> None:
    """On no day is anything above itself, or under what is not above it in the hierarchy."""
    for cells, _ in table:
        for number, cell in cells.items():
            above, steps = cell.parent, 0
            assert above is None or LEVELS[above] in ABOVE[LEVELS[number]]
            while above is not None:
                above, steps = cells[above].parent, steps + 1
                assert steps <= len(NAMES)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.one_of(ASKED, UNDOING), st.integers(0, 8)), min_size=4, max_size=10))
def test_operations_do_day_by_day_what_a_plain_table_of_days_says_and_undoing_takes_just_that_back(
    life: list[tuple[tuple[Any, ...], int]],
):
    corner, table = Corner(), first_table()
    ids = enrolled(corner)
    acts: list[tuple[ActId, Table, Table]] = []
    for asked, first in life:
        known = list(corner.known)
        try:
            if asked[0] == "undo":
                if not acts:
                    continue
                act, was, became = acts[asked[1] % len(acts)]
                corner.undo(act)
                acts = [one for one in acts if one[0] != act]
                table = taken_back(table, was, became)
            else:
                real, plainly = operation(ids, asked)
                _, act = corner.perform(real, day(first))
                was = deepcopy(table)
                plainly(table, first)
                acts.append((act, was, deepcopy(table)))
        except Refusal:
            assert corner.known == known
        assert told(corner, ids) == table
        must_be_sound(table)


def taken_back(table: Table, was: Table, became: Table) -> Table:
    """The table, where each cell that an act changed is again what it was."""
    back = deepcopy(table)
    for number in DAYS:
        for rank, cell in was[number][0].items():
            if cell != became[number][0][rank]:
                back[number][0][rank] = deepcopy(cell)
        for code, covering in was[number][1].items():
            if covering != became[number][1][code]:
                back[number][1][code] = covering
    return back


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ASKED, st.integers(0, 8)), min_size=1, max_size=5))
def test_undoing_leaves_exactly_what_was_known_before_and_undoing_that_what_the_act_had_made(
    life: list[tuple[tuple[Any, ...], int]],
):
    corner = Corner()
    ids = enrolled(corner)
    corner.place(ids[2])
    for asked, first in life:
        before = corner.everything()
        try:
            _, act = corner.perform(operation(ids, asked)[0], day(first))
        except Refusal:
            continue
        made = corner.everything()
        undoing = corner.undo(act)
        assert corner.everything() == before
        corner.undo(undoing)
        assert corner.everything() == made


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ASKED, st.integers(0, 8)), min_size=2, max_size=6))
def test_undoing_one_after_the_other_the_newest_first_leaves_what_was_known_before_them_all(
    life: list[tuple[tuple[Any, ...], int]],
):
    corner = Corner()
    ids = enrolled(corner)
    before = corner.everything()
    acts: list[ActId] = []
    for asked, first in life:
        try:
            acts.append(corner.perform(operation(ids, asked)[0], day(first))[1])
        except Refusal:
            continue
    for act in reversed(acts):
        corner.undo(act)
    assert corner.everything() == before
