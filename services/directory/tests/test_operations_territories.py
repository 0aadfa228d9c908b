"""What moving communes, splitting and merging territories does, for which days, and what it refuses."""

import pytest
from terresante_directory.domain.facts import ActBuiltUpon, Subject, SubjectKind
from terresante_directory.domain.operations.asked import MergeTerritories, MoveCommunes, Operation, SplitTerritory
from terresante_directory.domain.operations.plan import Grant
from terresante_directory.domain.operations.refusals import CommuneUnknown, OperationInvalid, TerritoryAlready
from terresante_directory.domain.territories import TerritoryNotYours, TerritoryUnknown

from .operations_world import NORD, OUEST, SUD, Corner, administrator, day

CRETEIL, VITRY, ARGENTEUIL, CLICHY = "94028", "94081", "95018", "92012"


@pytest.fixture
def corner() -> Corner:
    return Corner()


def covering(corner: Corner, commune: str, number: int) -> str:
    return str(corner.said(Subject(SubjectKind.COMMUNE, commune), day(number)).get("territory_code", ""))


def territory_of(corner: Corner, id: str, number: int) -> str:
    return str(corner.said(id, day(number))["territory_code"])


def test_roots_of_a_commune_follow_it_with_all_that_is_under_them(corner: Corner):
    there = corner.structure("Site", commune_code=CRETEIL)
    unit = corner.structure("Unité", level="internal", part_of=there, commune_code=VITRY)
    shut = corner.structure("Site fermé", commune_code=CRETEIL, closed=True)
    elsewhere = corner.structure("Ailleurs", commune_code=VITRY)

    plan, _ = corner.perform(MoveCommunes((CRETEIL,), SUD), day(5))

    assert [covering(corner, CRETEIL, n) for n in (4, 5)] == [OUEST, SUD]
    assert [territory_of(corner, one, 5) for one in (there, unit, shut, elsewhere)] == [SUD, SUD, SUD, OUEST]
    assert territory_of(corner, there, 4) == OUEST
    assert (plan.communes, plan.inhabitants, plan.passed) == ({CRETEIL}, 93_000, {(OUEST, SUD)})
    assert plan.structures == {there, unit, shut}


def test_a_root_that_says_another_territory_than_its_communes_keeps_it(corner: Corner):
    theirs = corner.structure("Site", commune_code=CRETEIL, territory_code=NORD)

    corner.perform(MoveCommunes((CRETEIL,), SUD), day(5), administrator(OUEST, SUD))

    assert territory_of(corner, theirs, 5) == NORD


def test_a_commune_that_nobody_covered_takes_no_structure_along(corner: Corner):
    there = corner.structure("Site", commune_code=CLICHY)

    corner.perform(MoveCommunes((CLICHY,), NORD), day(5), administrator(NORD))

    assert [covering(corner, CLICHY, n) for n in (4, 5)] == ["", NORD]
    assert territory_of(corner, there, 5) == OUEST


def test_a_commune_goes_until_the_next_move_that_is_already_scheduled(corner: Corner):
    there = corner.structure("Site", commune_code=CRETEIL)
    corner.perform(MoveCommunes((CRETEIL,), NORD), day(30))

    corner.perform(MoveCommunes((CRETEIL,), SUD), day(5))

    for told in (
        [covering(corner, CRETEIL, n) for n in (4, 5, 30)],
        [territory_of(corner, there, n) for n in (4, 5, 30)],
    ):
        assert told == [OUEST, SUD, NORD]


def test_a_commune_moved_back_for_the_past_says_who_covered_it_on_each_day(corner: Corner):
    corner.perform(MoveCommunes((CRETEIL,), SUD), day(20))
    corner.perform(MoveCommunes((CRETEIL,), NORD), day(10))

    assert [covering(corner, CRETEIL, n) for n in (9, 10, 19, 20)] == [OUEST, NORD, NORD, SUD]


def test_a_split_makes_a_territory_in_the_same_department_given_to_those_who_had_the_old_one(corner: Corner):
    there, stays = corner.structure("Site", commune_code=VITRY), corner.structure("Autre", commune_code=CRETEIL)

    plan, _ = corner.perform(
        SplitTerritory(OUEST, "94-vitry", " Vitry  et alentours", (VITRY,)), day(5), administrator(OUEST)
    )

    said = corner.said(Subject(SubjectKind.TERRITORY, "94-vitry"), day(5))
    assert (said["name"], said["department"]) == ("Vitry et alentours", "94")
    assert corner.said(Subject(SubjectKind.TERRITORY, "94-vitry"), day(4)) == {}
    assert [territory_of(corner, one, 5) for one in (there, stays)] == ["94-vitry", OUEST]
    assert plan.grant == Grant("94-vitry", OUEST)  # type: ignore[arg-type]
    assert plan.passed == set()
    assert plan.territories == {OUEST, "94-vitry"}


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (SplitTerritory(OUEST, SUD, "Sud", (VITRY,)), TerritoryAlready),
        (SplitTerritory(OUEST, "94-Est", "Est", (VITRY,)), OperationInvalid),
        (SplitTerritory(OUEST, "94-est", "\u200b", (VITRY,)), OperationInvalid),
        (SplitTerritory(OUEST, "94-est", "Est", (ARGENTEUIL,)), OperationInvalid),
        (SplitTerritory(OUEST, "94-est", "Est", (CRETEIL, VITRY)), OperationInvalid),
        (SplitTerritory(OUEST, "94-est", "Est", (VITRY, "99999")), CommuneUnknown),
        (SplitTerritory(OUEST, "94-est", "Est", ()), OperationInvalid),
        (SplitTerritory("94-nulle-part", "94-est", "Est", (VITRY,)), TerritoryUnknown),
        (SplitTerritory(SUD, "94-est", "Est", (ARGENTEUIL,)), TerritoryNotYours),
        (MoveCommunes((VITRY,), SUD), TerritoryNotYours),
        (MoveCommunes((ARGENTEUIL,), OUEST), TerritoryNotYours),
        (MoveCommunes((VITRY,), "94-nulle-part"), TerritoryUnknown),
        (MoveCommunes(("99999",), OUEST), CommuneUnknown),
        (MoveCommunes((VITRY,), OUEST), OperationInvalid),
        (MergeTerritories((OUEST,), SUD), TerritoryNotYours),
        (MergeTerritories((SUD,), OUEST), TerritoryNotYours),
        (MergeTerritories((OUEST,), OUEST), OperationInvalid),
        (MergeTerritories((OUEST, OUEST), NORD), OperationInvalid),
    ],
)
def test_what_is_refused_to_the_administrator_of_one_territory(
    corner: Corner, asked: Operation, refusal: type[Exception]
):
    corner.structure("Site", commune_code=VITRY)

    with pytest.raises(refusal):
        corner.plan(asked, day(5), administrator(OUEST, NORD))


def test_merged_territories_end_and_all_that_is_theirs_or_was_to_be_is_the_others(corner: Corner):
    there, comes = corner.structure("Site", commune_code=CRETEIL), corner.structure("Viendra", territory_code=SUD)
    corner.change(comes, day(30), territory_code=OUEST)

    plan, _ = corner.perform(MergeTerritories((OUEST,), NORD), day(5), administrator(OUEST, NORD))

    assert corner.said(Subject(SubjectKind.TERRITORY, OUEST), day(5)) == {}
    assert corner.said(Subject(SubjectKind.TERRITORY, OUEST), day(4)) != {}
    assert [covering(corner, CRETEIL, n) for n in (4, 5)] == [OUEST, NORD]
    assert [territory_of(corner, there, n) for n in (4, 5)] == [OUEST, NORD]
    assert [territory_of(corner, comes, n) for n in (29, 30)] == [SUD, NORD]
    assert plan.communes == {CRETEIL, VITRY} and plan.grant is None


def test_nothing_goes_to_a_territory_that_ended_or_will(corner: Corner):
    site = corner.structure("Site", commune_code=ARGENTEUIL, territory_code=SUD)
    corner.perform(MergeTerritories((OUEST,), NORD), day(30))

    for number in (5, 40):
        with pytest.raises(TerritoryUnknown):
            corner.plan(MoveCommunes((ARGENTEUIL,), OUEST), day(number))
        with pytest.raises(TerritoryUnknown):
            corner.plan(MergeTerritories((OUEST,), SUD), day(number))
    assert territory_of(corner, site, 40) == SUD


def test_a_territorys_code_is_never_given_again_but_after_the_split_was_undone(corner: Corner):
    asked = SplitTerritory(OUEST, "94-vitry", "Vitry", (VITRY,))
    _, act = corner.perform(asked, day(30))
    with pytest.raises(TerritoryAlready):
        corner.plan(asked, day(5))

    corner.undo(act)
    assert corner.plan(asked, day(5)).grant is not None


def test_a_split_is_undone_whole_unless_a_later_act_took_up_the_same(corner: Corner):
    there = corner.structure("Site", commune_code=VITRY)
    before = corner.everything()
    _, act = corner.perform(SplitTerritory(OUEST, "94-vitry", "Vitry", (VITRY,)), day(30))
    undoing = corner.undo(act)
    assert corner.everything() == before

    corner.undo(undoing)
    corner.change(there, day(40), name="Autre nom")
    with pytest.raises(ActBuiltUpon):
        corner.undo(act)
