"""Structures in time, over mutual TLS on a real database: what is said from when, known when, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_directory.turning import Given, Turning
from terresante_platform.database import Database

from .desk import CallingAs, Desk, Published, reason
from .tree import LEGAL_ENTITY, SITE, Tree


async def test_a_change_holds_from_its_day_on_and_what_was_known_before_stays_readable(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    sheet = await tree.enrol()
    before = tree.clock.at
    tree.later(days=1)
    changed = await tree.change(sheet, tree.day(10), name="Hôpital de l’Estuaire")

    id = sheet.structure_id
    assert (changed.content.name, changed.version) == ("Hôpital de l’Estuaire", 2)
    assert await tree.name(id) == "Hôpital du Port"
    assert await tree.name(id, tree.day(9)) == "Hôpital du Port"
    assert await tree.name(id, tree.day(10)) == "Hôpital de l’Estuaire"
    assert await tree.name(id, tree.day(10), before) == "Hôpital du Port"
    told = (await tree.told(id)).sheet
    assert told.valid_to == changed.valid_from
    assert await reason(tree.told(id, before - timedelta(seconds=1))) == "STRUCTURE_UNKNOWN"
    assert await reason(tree.told(id, None, before - timedelta(seconds=1))) == "STRUCTURE_UNKNOWN"


async def test_what_is_scheduled_shows_to_everybody_once_its_day_has_come_and_is_announced(
    tree: Tree, desk: Desk, database: Database, published: Published
) -> None:
    await desk.administrator("94-ouest")
    sheet = await tree.enrol()
    await tree.change(sheet, tree.day(10), name="Hôpital de l’Estuaire")
    request = directory.BatchGetStructuresRequest(structure_ids=[sheet.structure_id])
    (present,) = (await desk.stub.BatchGetStructures(request)).structures
    assert (present.name, present.version) == ("Hôpital du Port", 2)

    tree.later(days=10)
    await Turning(database, Given(), tree.clock.now).round()

    (present,) = (await desk.stub.BatchGetStructures(request)).structures
    assert (present.name, present.version) == ("Hôpital de l’Estuaire", 3)
    assert await published() == ["directory.v1.structure_changed"] * 3


async def test_a_structure_that_begins_later_is_none_until_then(tree: Tree, desk: Desk, database: Database) -> None:
    await desk.administrator("94-ouest")
    sheet = await tree.enrol(tree.day(3))
    request = directory.BatchGetStructuresRequest(structure_ids=[sheet.structure_id])

    assert not (await desk.stub.BatchGetStructures(request)).structures
    assert await reason(desk.professional(sheet.structure_id)) == "STRUCTURE_UNKNOWN"
    assert await reason(tree.told(sheet.structure_id)) == "STRUCTURE_UNKNOWN"
    tree.later(days=3)
    await Turning(database, Given(), tree.clock.now).round()
    assert len((await desk.stub.BatchGetStructures(request)).structures) == 1


async def test_a_change_of_today_keeps_what_is_scheduled_for_later(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    sheet = await tree.enrol()
    await tree.change(sheet, tree.day(10), name="Hôpital de l’Estuaire")
    tree.later()
    await tree.change(sheet, version=2, commune="Vitry-sur-Seine")

    later = (await tree.told(sheet.structure_id, tree.day(10))).sheet.content
    assert (later.name, later.commune) == ("Hôpital de l’Estuaire", "Vitry-sur-Seine")


async def test_the_whole_tree_is_told_from_the_root_down(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    entity = await tree.enrol(level="legal_entity", name="Centre hospitalier")
    site = await tree.enrol(part_of=entity.structure_id)
    pole = await tree.enrol(level="internal", part_of=site.structure_id, name="Pôle", territory_code="")
    unit = await tree.enrol(level="internal", part_of=pole.structure_id, name="Unité")
    await desk.professional(unit.structure_id)

    told = await tree.told(unit.structure_id)
    assert [one.content.name for one in told.ancestors] == ["Centre hospitalier", "Hôpital du Port", "Pôle"]
    assert (told.structures, told.offers, told.professionals) == (0, 0, 1)
    assert (await tree.told(pole.structure_id)).structures == 1
    assert pole.content.territory_code == "94-ouest"
    assert (entity.content.level, site.content.level) == (LEGAL_ENTITY, SITE)


async def test_closing_closes_all_that_is_under_and_ends_the_places_there(
    tree: Tree, desk: Desk, published: Published
) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    unit = await tree.enrol(level="internal", part_of=site.structure_id, name="Unité")
    someone = await desk.professional(unit.structure_id)
    tree.later(days=1)
    before = len(await published())

    closed = await tree.close(site)

    assert (closed.sheet.closed, closed.sheet.closing_kind, closed.structures, closed.places) == (True, "DEF", 1, 1)
    (read,) = await desk.read(someone.professional_id)
    assert read.places[0].until == closed.sheet.valid_from
    assert (await published())[before:] == [
        *["directory.v1.structure_changed"] * 2,
        "directory.v1.professional_changed",
    ]
    assert await reason(tree.change(site, version=2, name="Autre")) == "STRUCTURE_CLOSED"
    assert await reason(tree.close(site, version=2)) == "STRUCTURE_CLOSED"
    assert await reason(tree.enrol(level="internal", part_of=site.structure_id)) == "STRUCTURE_CLOSED"
    assert await reason(desk.professional(unit.structure_id)) == "STRUCTURE_CLOSED"
    assert await reason(desk.structure(part_of=unit.structure_id)) == "STRUCTURE_CLOSED"


async def test_a_closing_of_a_later_day_leaves_today_as_it_is(tree: Tree, desk: Desk, database: Database) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    someone = await desk.professional(site.structure_id)
    await tree.close(site, tree.day(5))

    assert not (await tree.told(site.structure_id)).sheet.closed
    assert (await tree.told(site.structure_id, tree.day(5))).sheet.closed
    (read,) = await desk.read(someone.professional_id)
    assert read.places[0].HasField("until")
    tree.later(days=5)
    await Turning(database, Given(), tree.clock.now).round()
    assert await reason(desk.professional(site.structure_id, family_name="Zola")) == "STRUCTURE_CLOSED"


async def test_a_number_of_a_closed_structure_may_be_taken_up_again(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    old = await tree.enrol(finess="940110018")
    assert await reason(tree.enrol(finess="940110018", name="Autre")) == "STRUCTURE_ALREADY"
    await tree.close(old, tree.day(5))

    assert await reason(tree.enrol(tree.day(4), finess="940110018", name="Autre")) == "STRUCTURE_ALREADY"
    new = await tree.enrol(tree.day(5), finess="940110018", name="Autre")
    unit = await tree.enrol(
        tree.day(5), level="internal", part_of=new.structure_id, finess="940110018", name="Unité de l’autre"
    )
    assert unit.content.finess == new.content.finess


async def test_nothing_becomes_part_of_itself(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    pole = await tree.enrol(level="internal", part_of=site.structure_id, name="Pôle")
    unit = await tree.enrol(level="internal", part_of=pole.structure_id, name="Unité")
    tree.later()

    assert await reason(tree.change(pole, part_of=unit.structure_id)) == "STRUCTURE_PARENT_INVALID"
    assert await reason(tree.change(pole, part_of=pole.structure_id)) == "STRUCTURE_PARENT_INVALID"
    assert await reason(tree.change(pole, tree.day(3), part_of=unit.structure_id)) == "STRUCTURE_PARENT_INVALID"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": ""}, "STRUCTURE_NAME_INVALID"),
        ({"name": "Hôpital\u202e"}, "STRUCTURE_NAME_INVALID"),
        ({"kind": "castle"}, "STRUCTURE_KIND_UNKNOWN"),
        ({"territory_code": ""}, "TERRITORY_UNKNOWN"),
        ({"territory_code": "99-nord"}, "TERRITORY_UNKNOWN"),
        ({"territory_code": "95-sud"}, "TERRITORY_NOT_YOURS"),
        ({"part_of": "there"}, "ID_INVALID"),
        ({"part_of": str(uuid4())}, "STRUCTURE_UNKNOWN"),
        ({"level": "internal"}, "STRUCTURE_PARENT_INVALID"),
        ({"finess": "12"}, "STRUCTURE_IDENTIFIER_INVALID"),
        ({"siren": "732829321"}, "STRUCTURE_IDENTIFIER_INVALID"),
        ({"siret": "73282932000075"}, "STRUCTURE_IDENTIFIER_INVALID"),
        ({"siren": "356000000", "siret": "73282932000074"}, "STRUCTURE_IDENTIFIER_INVALID"),
        ({"postal_code": "9400"}, "STRUCTURE_ADDRESS_INVALID"),
        ({"commune_code": "Créteil"}, "STRUCTURE_ADDRESS_INVALID"),
        ({"address_line": "x" * 201}, "STRUCTURE_ADDRESS_INVALID"),
        ({"position": pb.Position(latitude=91, longitude=0)}, "STRUCTURE_ADDRESS_INVALID"),
        ({"position": pb.Position(latitude=float("nan"), longitude=0)}, "STRUCTURE_ADDRESS_INVALID"),
        ({"telecoms": [pb.Telecom(channel="phone")]}, "TELECOM_INVALID"),
        ({"telecoms": [pb.Telecom(channel="phone", value="01", confidentiality=4)]}, "TELECOM_INVALID"),
        ({"telecoms": [pb.Telecom(channel="phone", value="01")] * 21}, "TELECOM_INVALID"),
        ({"why": "x" * 501}, "WHY_INVALID"),
        ({"start": datetime(1899, 12, 31, tzinfo=UTC)}, "MOMENT_INVALID"),
        ({"start": datetime(2036, 1, 1, tzinfo=UTC)}, "MOMENT_INVALID"),
    ],
)
async def test_what_is_refused_of_a_structure_changes_nothing(
    tree: Tree, desk: Desk, published: Published, changes: dict[str, Any], expected: str
) -> None:
    await desk.administrator("94-ouest")

    assert await reason(tree.enrol(**changes)) == expected
    assert await published() == []


async def test_the_levels_of_the_hierarchy_are_kept(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    entity = await tree.enrol(level="legal_entity", name="Centre hospitalier")
    site = await tree.enrol(part_of=entity.structure_id)
    unit = await tree.enrol(level="internal", part_of=site.structure_id)
    tree.later()

    async def under(level: str, parent: pb.StructureSheet) -> str:
        return await reason(tree.enrol(level=level, part_of=parent.structure_id))

    assert await under("legal_entity", entity) == "STRUCTURE_PARENT_INVALID"
    assert await under("site", site) == "STRUCTURE_PARENT_INVALID"
    assert await under("site", unit) == "STRUCTURE_PARENT_INVALID"
    assert await under("internal", entity) == "STRUCTURE_PARENT_INVALID"
    assert await reason(tree.change(entity, level="site")) == "STRUCTURE_LEVEL_INVALID"
    unsaid = pb.EnrolStructureRequest(content=pb.StructureContent(name="A", kind="other", territory_code="94-ouest"))
    assert await reason(tree.stub.EnrolStructure(unsaid)) == "STRUCTURE_LEVEL_INVALID"


async def test_a_change_says_which_version_it_is_based_on_and_changes_something(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    sheet = await tree.enrol()

    assert await reason(tree.change(sheet, version=0, name="Autre")) == "VERSION_REQUIRED"
    assert await reason(tree.change(sheet, version=7, name="Autre")) == "VERSION_STALE"
    assert await reason(tree.change(sheet)) == "NOTHING_CHANGED"
    assert await reason(tree.close(sheet, kind="")) == "CLOSING_KIND_INVALID"
    assert await reason(tree.close(sheet, version=7)) == "VERSION_STALE"


async def test_r_ror4_a_structure_of_another_territory_is_none_that_can_be_changed(
    tree: Tree, desk: Desk, published: Published
) -> None:
    await desk.administrator("94-ouest")
    sheet = await tree.enrol()
    before = await published()
    await desk.administrator("95-sud")

    assert await reason(tree.change(sheet, name="Autre")) == "STRUCTURE_UNKNOWN"
    assert await reason(tree.close(sheet)) == "STRUCTURE_UNKNOWN"
    under = tree.enrol(level="internal", part_of=sheet.structure_id, territory_code="95-sud")
    assert await reason(under) == "TERRITORY_NOT_YOURS"
    assert (await tree.told(sheet.structure_id)).sheet.content.name == "Hôpital du Port"
    assert await published() == before


async def test_r_ror4_a_structure_goes_to_another_territory_only_if_both_are_theirs(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    sheet = await tree.enrol()
    assert await reason(tree.change(sheet, territory_code="95-sud")) == "TERRITORY_NOT_YOURS"
    await desk.administrator("94-ouest", "95-sud")
    assert (await tree.change(sheet, territory_code="95-sud")).content.territory_code == "95-sud"


async def test_r_ror1_contacts_are_told_up_to_the_level_of_who_reads(
    tree: Tree, desk: Desk, calling_as: CallingAs
) -> None:
    await desk.administrator("94-ouest")
    telecoms = [pb.Telecom(channel="2", value=f"01 00 00 00 0{level}", confidentiality=level) for level in (1, 2, 3)]
    id = (await tree.enrol(telecoms=telecoms)).structure_id

    async def levels() -> list[int]:
        return [one.confidentiality for one in (await tree.told(id)).sheet.content.telecoms]

    assert await levels() == [1, 2, 3]
    await desk.administrator("95-sud")
    assert await levels() == [1, 2]
    calling_as("professional", uuid4())
    assert await levels() == [1, 2]
    calling_as("patient", uuid4())
    assert await levels() == [1]


async def test_the_same_key_enrols_once(tree: Tree, desk: Desk, published: Published) -> None:
    id = await desk.administrator("94-ouest")
    desk.sit(id, key="k1")

    assert await tree.enrol() == await tree.enrol()
    assert len(await published()) == 1
    assert await reason(tree.enrol(name="Autre")) == "IDEMPOTENCY_KEY_REUSED"
