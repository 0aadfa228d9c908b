"""What moving structures does, for which days, and what it and merging refuse."""

import pytest
from terresante_directory.domain.hierarchy import StructureParentInvalid
from terresante_directory.domain.identifiers import StructureUnknown
from terresante_directory.domain.operations.asked import MergeStructures, MoveStructures
from terresante_directory.domain.operations.refusals import OperationInvalid
from terresante_directory.domain.structures import StructureClosed
from terresante_directory.domain.territories import TerritoryNotYours, TerritoryUnknown

from .operations_world import NORD, OUEST, SUD, Corner, administrator, day, hospital, merging, moving


@pytest.fixture
def corner() -> Corner:
    return Corner()


def test_a_structure_moves_with_all_that_is_under_it_from_the_day_said(corner: Corner):
    _, site, pole, unit = hospital(corner)
    other = corner.structure("Autre site")

    corner.perform(moving(pole, under=other), day(10))

    assert corner.said(pole, day(9))["part_of"] == site
    assert corner.said(pole, day(10))["part_of"] == other
    assert corner.said(unit, day(10))["part_of"] == pole


def test_territory_follows_down_the_tree_and_what_says_another_one_keeps_it_with_all_under_it(corner: Corner):
    entity, site, pole, unit = hospital(corner)
    corner.change(pole, day(1), territory_code=NORD)
    annexe = corner.structure("Annexe", part_of=entity)

    plan, _ = corner.perform(moving(entity, to=SUD), day(10))

    told = {one: corner.said(one, day(10))["territory_code"] for one in (entity, site, annexe, pole, unit)}
    assert told == {entity: SUD, site: SUD, annexe: SUD, pole: NORD, unit: OUEST}
    assert plan.structures == {entity, site, annexe}
    assert plan.territories == {OUEST, SUD}


def test_an_internal_organisation_takes_its_new_parents_territory_and_a_site_keeps_its_own(corner: Corner):
    _, _, pole, unit = hospital(corner)
    far, far_site, _, _ = hospital(corner, "Lointain", SUD)
    alone = corner.structure("Site seul")

    corner.perform(moving(pole, under=far_site), day(5))
    corner.perform(moving(alone, under=far), day(5))

    assert [corner.said(one, day(5))["territory_code"] for one in (pole, unit, alone)] == [SUD, SUD, OUEST]


def test_a_move_to_a_parent_and_a_territory_at_once_takes_the_territory_that_is_said(corner: Corner):
    _, _, pole, unit = hospital(corner)
    _, far_site, _, _ = hospital(corner, "Lointain", SUD)

    corner.perform(moving(pole, under=far_site, to=NORD), day(5))

    assert corner.said(pole, day(5)) | {"part_of": far_site, "territory_code": NORD} == corner.said(pole, day(5))
    assert corner.said(unit, day(5))["territory_code"] == NORD


def test_a_name_that_is_to_change_next_month_still_does_after_a_move_today(corner: Corner):
    site = corner.structure("Ancien nom")
    corner.change(site, day(30), name="Nouveau nom")

    corner.perform(moving(site, to=SUD), day(3))

    assert [(corner.said(site, day(n))["name"], corner.said(site, day(n))["territory_code"]) for n in (2, 3, 30)] == [
        ("Ancien nom", OUEST),
        ("Ancien nom", SUD),
        ("Nouveau nom", SUD),
    ]


def test_a_move_holds_until_the_next_one_that_is_already_scheduled(corner: Corner):
    site = corner.structure("Site")
    corner.perform(moving(site, to=NORD), day(30))

    corner.perform(moving(site, to=SUD), day(3))

    assert [corner.said(site, day(n))["territory_code"] for n in (2, 3, 29, 30)] == [OUEST, SUD, SUD, NORD]


def test_a_backdated_move_takes_along_what_came_under_it_since(corner: Corner):
    entity = corner.structure("Entité", level="legal_entity")
    late = corner.structure("Site ouvert depuis", since=day(20), part_of=entity)

    corner.perform(moving(entity, to=SUD), day(10))

    assert corner.said(late, day(20))["territory_code"] == SUD
    assert corner.said(late, day(19)) == {}


def test_what_left_the_tree_later_follows_for_the_days_it_was_in_it(corner: Corner):
    _, _, pole, unit = hospital(corner)
    other = corner.structure("Autre site")
    corner.change(unit, day(20), part_of=other)

    corner.perform(moving(pole, to=SUD), day(10))

    assert [corner.said(unit, day(n))["territory_code"] for n in (9, 10, 19, 20)] == [OUEST, SUD, SUD, OUEST]


@pytest.mark.parametrize(("child", "under"), [(0, 1), (1, 1), (1, 2), (2, 0), (0, 0)])
def test_only_what_is_above_in_the_hierarchy_can_be_a_parent(corner: Corner, child: int, under: int):
    one, other = hospital(corner), hospital(corner, "Autre")

    with pytest.raises(StructureParentInvalid):
        corner.plan(moving(one[child], under=other[under]), day(5))


def test_a_structure_never_comes_under_itself_not_even_later(corner: Corner):
    _, site, pole, unit = hospital(corner)
    with pytest.raises(StructureParentInvalid):
        corner.plan(moving(pole, under=unit), day(5))

    other = corner.structure("Autre pôle", level="internal", part_of=site)
    corner.change(other, day(30), part_of=unit)
    with pytest.raises(StructureParentInvalid):
        corner.plan(moving(pole, under=other), day(5))


def test_a_closed_structure_is_neither_moved_nor_moved_to_and_one_that_will_close_takes_nothing_in(corner: Corner):
    site, shut, closing = (corner.structure(name) for name in ("Ouvert", "Fermé", "Bientôt fermé"))
    unit = corner.structure("Unité", level="internal", part_of=site)
    corner.change(shut, day(2), closed=True)
    corner.change(closing, day(30), closed=True)

    for asked in (moving(shut, to=SUD), moving(unit, under=shut), moving(unit, under=closing)):
        with pytest.raises(StructureClosed):
            corner.plan(asked, day(5))
    for asked in (merging(shut, into=site), merging(site, into=shut), merging(site, into=closing)):
        with pytest.raises(StructureClosed):
            corner.plan(asked, day(5))


def test_a_parent_that_is_not_there_yet_is_refused(corner: Corner):
    site, future = corner.structure("Site"), corner.structure("Futur", since=day(20))
    unit = corner.structure("Unité", level="internal", part_of=site)

    with pytest.raises(StructureUnknown):
        corner.plan(moving(unit, under=future), day(5))


def test_anothers_structure_is_unknown_and_anothers_territory_denied(corner: Corner):
    mine, theirs = corner.structure("Le mien"), corner.structure("Le leur", territory_code=SUD)
    by = administrator(OUEST)

    for asked in (moving(theirs, to=OUEST), merging(mine, into=theirs), merging(theirs, into=mine)):
        with pytest.raises(StructureUnknown):
            corner.plan(asked, day(5), by)
    with pytest.raises(TerritoryNotYours):
        corner.plan(moving(mine, to=SUD), day(5), by)
    with pytest.raises(TerritoryUnknown):
        corner.plan(moving(mine, to="94-nulle-part"), day(5), by)


@pytest.mark.parametrize(
    "asked", [MoveStructures(("a",), "", ""), MoveStructures((), "b", ""), MergeStructures((), "b")]
)
def test_what_can_never_be_is_refused(corner: Corner, asked: MoveStructures | MergeStructures):
    with pytest.raises(OperationInvalid):
        corner.plan(asked, day(5))


def test_what_is_named_twice_or_moved_under_itself_or_changes_nothing_is_refused(corner: Corner):
    _, site, pole, unit = hospital(corner)
    for asked in (
        moving(pole, pole, to=SUD),
        moving(pole, under=pole),
        moving(pole, under=site),
        moving(pole, to=OUEST),
        moving(pole, unit, under=site),
        merging(site, into=site),
        merging(pole, into=site),
    ):
        with pytest.raises(OperationInvalid):
            corner.plan(asked, day(5))
