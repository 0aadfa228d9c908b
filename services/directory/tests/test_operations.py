"""Operations over the service's calls: shown, done, scheduled, refused and undone."""

import pytest_asyncio
from sqlalchemy import text
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante.directory.v1.directory_service_pb2 import AddPlaceRequest, BatchGetStructuresRequest, NewPlace
from terresante_directory.store import administrators
from terresante_directory.turning import Given, Turning
from terresante_platform.database import Database

from .desk import Published, reason
from .operations_desk import (
    CHOISY,
    OUEST,
    SUD,
    VITRY,
    Operations,
    beginning,
    hospital,
    merge,
    merge_territories,
    move,
    move_communes,
    split,
    split_territory,
)
from .tree import Tree


@pytest_asyncio.fixture
async def operations(tree: Tree, database: Database) -> Operations:
    return await beginning(tree, database)


async def shown_parent(tree: Tree, structure: str) -> str:
    """Of what it is part of in the present table."""
    reply = await tree.desk.stub.BatchGetStructures(BatchGetStructuresRequest(structure_ids=[structure]))
    return reply.structures[0].part_of  # type: ignore[no-any-return]


async def test_a_preview_changes_nothing_and_says_what_performing_does(
    operations: Operations, published: Published
) -> None:
    made = await hospital(operations)
    await operations.tree.enrol(name="Cabinet", commune_code=CHOISY)
    operations.tree.later()
    content = operations.tree.content(name="Site Est", part_of=made.entity)
    for asked in (
        move(made.unit, under=made.other),
        split(made.site, content, structure_ids=[made.other_unit], offer_ids=[made.offer]),
        merge(made.other, into=made.site),
        move(made.entity, to=SUD),
        move_communes(CHOISY, to=SUD),
        split_territory(OUEST, "94-vitry", VITRY),
        merge_territories(OUEST, into=SUD),
    ):
        known, told = await operations.facts(), await published()
        shown = await operations.preview(asked)
        assert (await operations.facts(), await published()) == (known, told)

        done = await operations.perform(asked, shown.preview, why="Schéma régional")
        for impacts in (shown.impacts, done.impacts):
            del impacts.examples[:]
        assert shown.impacts == done.impacts
        assert done.act.why == "Schéma régional"
        assert await operations.facts() != known


async def test_impacts_count_what_is_touched(operations: Operations) -> None:
    made = await hospital(operations)
    await operations.tree.desk.open(made.anne)

    shown = (await operations.preview(move(made.entity, to=SUD))).impacts

    counts = (shown.structures, shown.offers, shown.places, shown.professionals, shown.accounts, shown.communes)
    assert counts == (5, 1, 1, 1, 1, 0)
    assert [node.name for node in shown.examples] == [
        "Centre hospitalier",
        "Site Nord",
        "Site Sud",
        "Unité A",
        "Unité B",
    ]
    assert shown.examples[1].children == 3 and shown.administrators == 0

    shown = (await operations.preview(move_communes(CHOISY, to=SUD))).impacts
    assert (shown.structures, shown.communes) == (0, 1) and shown.population > 40_000


async def test_administrators_who_have_just_one_of_two_territories_are_counted(operations: Operations) -> None:
    await operations.tree.desk.administrator(OUEST)
    await operations.tree.desk.administrator(SUD)
    await hospital(operations)

    assert (await operations.preview(merge_territories(OUEST, into=SUD))).impacts.administrators == 2
    assert (await operations.preview(split_territory(OUEST, "94-vitry", VITRY))).impacts.administrators == 0


async def test_what_is_scheduled_for_a_day_is_told_at_once_and_shows_from_that_day_on(
    operations: Operations, database: Database
) -> None:
    made = await hospital(operations)
    tree = operations.tree
    await operations.perform(move(made.unit, under=made.other, start=tree.day(30)))

    assert (await tree.told(made.unit)).sheet.content.part_of == made.site
    assert (await tree.told(made.unit, at=tree.day(30))).sheet.content.part_of == made.other
    (shown,) = (
        await tree.desk.stub.BatchGetStructures(BatchGetStructuresRequest(structure_ids=[made.unit]))
    ).structures
    assert shown.part_of == made.site

    tree.later(days=30)
    await Turning(database, Given(), tree.clock.now).round()
    (shown,) = (
        await tree.desk.stub.BatchGetStructures(BatchGetStructuresRequest(structure_ids=[made.unit]))
    ).structures
    assert shown.part_of == made.other


async def test_merged_structures_close_and_their_staff_and_offers_are_the_others(operations: Operations) -> None:
    made = await hospital(operations)

    await operations.perform(merge(made.site, into=made.other))

    sheet = (await operations.tree.told(made.site)).sheet
    assert (sheet.closed, sheet.closing_kind) == (True, "DEF")
    assert await operations.offers(made.offer) == [made.other]
    old, new = await operations.places(made.anne)
    assert (old.structure_id, new.structure_id, new.role) == (made.site, made.other, old.role)
    assert old.until == new.since and not new.HasField("until")
    assert await reason(operations.perform(merge(made.site, into=made.other))) == "STRUCTURE_CLOSED"


async def test_a_merge_gives_nobody_power_over_an_account(operations: Operations) -> None:
    """Anne has practised longest in 94 Ouest, and since last month in 95 Sud too, whose administrator gets nothing."""
    made, tree = await hospital(operations), operations.tree
    tree.later(days=30)
    far = (await tree.enrol(name="Cabinet lointain", territory_code=SUD)).structure_id
    (anne,) = await tree.desk.read(made.anne)
    place = NewPlace(structure_id=far)
    asked = AddPlaceRequest(professional_id=made.anne, version=anne.version, place=place)
    await tree.desk.stub.AddPlace(asked)
    await tree.desk.open(made.anne)
    tree.later(days=1)

    shown = await operations.preview(merge(made.site, into=made.other))
    assert shown.impacts.accounts == 0
    await operations.perform(merge(made.site, into=made.other))

    await tree.desk.administrator(SUD)
    assert await reason(tree.desk.suspend(made.anne)) == "TERRITORY_NOT_YOURS"
    await tree.desk.administrator(OUEST)
    assert (await tree.desk.suspend(made.anne)).professional_id == made.anne


async def test_a_split_off_territory_is_given_to_exactly_those_who_had_the_old_one(
    operations: Operations, database: Database
) -> None:
    await operations.tree.desk.administrator(SUD)
    async with database.transaction() as transaction:
        left_over = (
            "insert into administrator_territory select administrator_id, '94-vitry' from administrator_territory"
        )
        await transaction.execute(text(left_over))
    both = await operations.tree.desk.administrator(OUEST, SUD)
    one = await operations.tree.desk.administrator(OUEST)

    await operations.perform(split_territory(OUEST, "94-vitry", VITRY))

    async with database.reading() as connection:
        assert (await administrators.get(connection, both)).territories == {OUEST, SUD, "94-vitry"}
        wanted = "select administrator_id from administrator_territory where territory = '94-vitry'"
        assert {row.administrator_id for row in await connection.execute(text(wanted))} == {both, one}
    new = await operations.tree.enrol(name="Cabinet", territory_code="94-vitry")
    assert new.content.territory_code == "94-vitry"


async def test_what_moved_is_announced_and_who_practises_there(operations: Operations, published: Published) -> None:
    made = await hospital(operations)
    before = await published()

    await operations.perform(move(made.entity, to=SUD))

    told = (await published())[len(before) :]
    assert told.count("directory.v1.structure_changed") == 5
    assert told.count("directory.v1.professional_changed") == 1


async def test_what_is_not_ones_own_is_refused_and_nothing_is_changed(operations: Operations) -> None:
    made = await hospital(operations)
    await operations.tree.desk.administrator(SUD)
    mine = (await operations.tree.enrol(territory_code=SUD)).structure_id
    known = await operations.facts()

    for asked, refused in (
        (move(made.unit, under=mine), "STRUCTURE_UNKNOWN"),
        (move(mine, under=made.entity), "STRUCTURE_UNKNOWN"),
        (move(mine, to=OUEST), "TERRITORY_NOT_YOURS"),
        (merge(made.site, into=mine), "STRUCTURE_UNKNOWN"),
        (move_communes(VITRY, to=SUD), "TERRITORY_NOT_YOURS"),
        (split_territory(OUEST, "94-vitry", VITRY), "TERRITORY_NOT_YOURS"),
        (merge_territories(OUEST, into=SUD), "TERRITORY_NOT_YOURS"),
        (merge_territories(SUD, into=OUEST), "TERRITORY_NOT_YOURS"),
    ):
        assert await reason(operations.preview(asked)) == refused
        assert await reason(operations.perform(asked, "whatever")) == refused
    assert await operations.facts() == known


async def test_what_is_asked_wrongly_is_refused(operations: Operations) -> None:
    made = await hospital(operations)
    tree = operations.tree
    bad_name = tree.content(name="\u200b", part_of=made.entity)
    for asked, refused in (
        (pb.Operation(), "OPERATION_INVALID"),
        (move("not-an-id", to=SUD), "ID_INVALID"),
        (merge(made.site, into=""), "ID_INVALID"),
        (move(made.site), "OPERATION_INVALID"),
        (move(made.site, to=SUD, start=tree.day(5000)), "MOMENT_INVALID"),
        (move(made.site, to="nulle-part"), "TERRITORY_UNKNOWN"),
        (move(made.site, under=made.unit), "STRUCTURE_PARENT_INVALID"),
        (move_communes("99999", to=SUD), "COMMUNE_UNKNOWN"),
        (split_territory(OUEST, SUD, VITRY), "TERRITORY_ALREADY"),
        (split(made.site, bad_name, structure_ids=[made.unit]), "STRUCTURE_NAME_INVALID"),
        (split(made.site, tree.content(name="Site", part_of=made.entity), place_ids=[made.anne]), "OPERATION_INVALID"),
    ):
        assert await reason(operations.preview(asked)) == refused
    asked = move(made.site, to=SUD)
    assert await reason(operations.perform(asked, why="x" * 501)) == "WHY_INVALID"


async def test_a_split_off_unit_is_in_its_parents_territory_unless_another_is_said(operations: Operations) -> None:
    made = await hospital(operations)
    content = operations.tree.content(level="internal", name="Unité C", part_of=made.site, territory_code="")

    done = await operations.perform(split(made.site, content, structure_ids=[made.unit]))

    (new,) = (one.subject.id for one in done.act.changes if one.label == "Unité C")
    assert (await operations.tree.told(new)).sheet.content.territory_code == OUEST
    assert (await operations.tree.told(made.unit)).sheet.content.part_of == new


async def test_the_same_request_with_the_same_key_is_done_once(operations: Operations) -> None:
    made = await hospital(operations)
    asked = move(made.unit, under=made.other)
    me = await operations.tree.desk.administrator(OUEST)
    shown = (await operations.preview(asked)).preview

    operations.tree.desk.sit(me, key="once")
    first = await operations.perform(asked, shown)
    again = await operations.perform(asked, shown)

    assert again == first
    assert await reason(operations.perform(asked, "other")) == "IDEMPOTENCY_KEY_REUSED"
