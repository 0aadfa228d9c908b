"""What merging and splitting structures does, for which days, and what it refuses."""

import pytest
from terresante_directory.domain.facts import Subject, SubjectKind
from terresante_directory.domain.hierarchy import StructureParentInvalid
from terresante_directory.domain.identifiers import StructureUnknown
from terresante_directory.domain.operations.asked import SplitStructure
from terresante_directory.domain.operations.refusals import OperationInvalid
from terresante_directory.domain.structures import StructureClosed
from terresante_directory.domain.territories import TerritoryNotYours, TerritoryUnknown
from terresante_platform.ids import new_id

from .operations_world import OUEST, SUD, Corner, administrator, day, hospital, merging, sheet


@pytest.fixture
def corner() -> Corner:
    return Corner()


def test_a_merge_that_takes_a_child_of_another_territory_along_is_denied(corner: Corner):
    entity, other = (corner.structure(name, level="legal_entity") for name in ("Une", "Autre"))
    corner.structure("Site lointain", part_of=entity, territory_code=SUD)

    with pytest.raises(TerritoryNotYours):
        corner.plan(merging(entity, into=other), day(5), administrator(OUEST))


def test_merged_structures_give_children_offers_and_places_and_close_for_good(corner: Corner):
    _, absorbed, pole, _ = hospital(corner, "Un")
    _, into, _, _ = hospital(corner, "Deux")
    offer, place = corner.offer(absorbed), corner.place(absorbed, "anne")

    plan, _ = corner.perform(merging(absorbed, into=into), day(5))

    assert corner.said(absorbed, day(5))["closed"] and corner.said(absorbed, day(5))["closing_kind"] == "DEF"
    assert not corner.said(absorbed, day(4))["closed"]
    assert corner.said(pole, day(5))["part_of"] == into
    assert corner.said(Subject(SubjectKind.OFFER, offer), day(5))["structure_id"] == into
    (begun,) = corner.of(SubjectKind.PLACE, day(5)).values()
    assert (begun["professional_id"], begun["structure_id"], begun["role"]) == ("anne", into, "titulaire")
    assert list(corner.of(SubjectKind.PLACE, day(4))) == [place]
    assert (plan.places, plan.offers, plan.structures) == ({place}, {offer}, {absorbed, pole})


def test_whoever_practises_at_both_has_one_place_after_a_merge(corner: Corner):
    absorbed, second, into = (corner.structure(name) for name in ("Un", "Deux", "Trois"))
    kept = corner.place(into, "anne", until=day(20))
    corner.place(absorbed, "anne")
    corner.place(second, "anne")

    corner.perform(merging(absorbed, second, into=into), day(5))

    assert list(corner.of(SubjectKind.PLACE, day(19))) == [kept]
    (later,) = corner.of(SubjectKind.PLACE, day(20)).items()
    assert later[0] != kept and later[1]["structure_id"] == into


def test_a_place_counts_since_it_began_before_the_merge_so_that_no_account_changes_hands(corner: Corner):
    absorbed, into = corner.structure("Un"), corner.structure("Deux")
    corner.place(absorbed, "anne", since=day(-500))
    corner.place(absorbed, "paul", since=day(-300))
    corner.place(into, "paul", since=day(-10))

    plan, _ = corner.perform(merging(absorbed, into=into), day(5))

    counts = {one["professional_id"]: one["continues_since"] for one in corner.of(SubjectKind.PLACE, day(5)).values()}
    assert counts == {"anne": day(-500).isoformat(), "paul": day(-300).isoformat()}
    assert plan.handed_over == set()


def test_a_place_that_took_another_one_up_is_still_one_place_at_the_next_merge(corner: Corner):
    first, second, third = (corner.structure(name) for name in ("Un", "Deux", "Trois"))
    corner.place(first, "anne", since=day(-500))
    corner.place(second, "anne", since=day(-10))
    corner.perform(merging(first, into=second), day(5))

    corner.perform(merging(second, into=third), day(8))
    corner.perform(merging(third, into=corner.structure("Quatre")), day(2))

    places = corner.of(SubjectKind.PLACE, day(9))
    assert [one["continues_since"] for one in places.values()] == [day(-500).isoformat()]
    assert len([one for one in corner.known if one.subject.id in places and one.span.holds(day(9))]) == 1


def test_a_place_that_was_to_begin_later_begins_later_in_the_other_structure(corner: Corner):
    absorbed, into = corner.structure("Un"), corner.structure("Deux")
    corner.place(absorbed, "anne", since=day(20))

    corner.perform(merging(absorbed, into=into), day(5))

    assert corner.of(SubjectKind.PLACE, day(19)) == {}
    assert [one["structure_id"] for one in corner.of(SubjectKind.PLACE, day(20)).values()] == [into]


def test_what_is_to_come_under_a_merged_structure_comes_under_the_other_one(corner: Corner):
    site, absorbed, into = (corner.structure(name) for name in ("Site", "Un", "Deux"))
    unit = corner.structure("Unité", level="internal", part_of=site)
    corner.change(unit, day(30), part_of=absorbed)

    corner.perform(merging(absorbed, into=into), day(5))

    assert [corner.said(unit, day(n))["part_of"] for n in (29, 30)] == [site, into]


def test_a_structure_is_not_merged_twice_nor_into_what_is_under_it(corner: Corner):
    _, site, pole, unit = hospital(corner)
    second, into = corner.structure("Un"), corner.structure("Deux")
    corner.perform(merging(second, into=into), day(5))

    with pytest.raises(StructureClosed):
        corner.plan(merging(second, into=site), day(6))
    with pytest.raises(StructureParentInvalid):
        corner.plan(merging(pole, into=unit), day(6))


def test_a_unit_merged_into_the_pole_above_it_leaves_its_own_to_the_pole(corner: Corner):
    _, _, pole, unit = hospital(corner)
    desk = corner.structure("Consultation", level="internal", part_of=unit)

    corner.perform(merging(unit, into=pole), day(5))

    assert corner.said(desk, day(5))["part_of"] == pole
    assert corner.said(unit, day(5))["part_of"] == pole


def test_part_of_a_structure_becomes_one_of_its_own(corner: Corner):
    entity, site, pole, unit = hospital(corner)
    offers, places = [corner.offer(site), corner.offer(site)], [corner.place(site, "anne"), corner.place(site, "paul")]
    content = sheet("Nouveau site", part_of=entity)

    plan, _ = corner.perform(SplitStructure(site, content, (pole,), (offers[0],), (places[0],)), day(5))

    (new,) = plan.structures - {pole}
    assert corner.said(new, day(4)) == {} and corner.said(new, day(5)) == content
    assert corner.said(pole, day(5))["part_of"] == new and corner.said(unit, day(5))["part_of"] == pole
    assert [corner.said(Subject(SubjectKind.OFFER, one), day(5))["structure_id"] for one in offers] == [new, site]
    at = {one["professional_id"]: one["structure_id"] for one in corner.of(SubjectKind.PLACE, day(5)).values()}
    assert at == {"anne": new, "paul": site}


def test_only_what_is_directly_the_structures_own_is_split_off(corner: Corner):
    entity, site, _, unit = hospital(corner)
    other = corner.structure("Autre site")
    strange, ended = corner.offer(other), corner.place(site, until=day(3))
    content = sheet("Nouveau site", part_of=entity)

    for structures, offers, places in (((unit,), (), ()), ((), (strange,), ()), ((), (), (ended,)), ((), (), ())):
        with pytest.raises(OperationInvalid):
            corner.plan(SplitStructure(site, content, structures, offers, places), day(5))


def test_what_is_split_off_must_fit_where_it_goes_and_be_in_ones_own_territory(corner: Corner):
    _, site, pole, _ = hospital(corner)
    theirs = corner.structure("Le leur", level="legal_entity", territory_code=SUD)
    by = administrator(OUEST)
    for content, refusal in (
        (sheet("Site", part_of=pole), StructureParentInvalid),
        (sheet("Orpheline", level="internal"), StructureParentInvalid),
        (sheet("Entité", level="legal_entity"), StructureParentInvalid),
        (sheet("Site", part_of=str(new_id())), StructureUnknown),
        (sheet("Site", part_of=theirs), StructureUnknown),
        (sheet("Site", territory_code=SUD), TerritoryNotYours),
        (sheet("Site", territory_code="nulle-part"), TerritoryUnknown),
    ):
        with pytest.raises(refusal):
            corner.plan(SplitStructure(site, content, (pole,), (), ()), day(5), by)
