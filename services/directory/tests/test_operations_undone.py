"""Operations undone in one action, and two at once."""

import asyncio

import pytest
import pytest_asyncio
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.database import Database

from .desk import reason
from .operations_desk import (
    OUEST,
    SUD,
    VITRY,
    Operations,
    beginning,
    hospital,
    merge,
    merge_territories,
    move,
    split,
    split_territory,
)
from .tree import Tree


@pytest_asyncio.fixture
async def operations(tree: Tree, database: Database) -> Operations:
    return await beginning(tree, database)


async def test_all_move_in_one_act_that_is_undone_in_one_and_done_again(operations: Operations) -> None:
    made = await hospital(operations)
    before = await operations.facts()
    done = await operations.perform(move(made.entity, to=SUD))
    after = await operations.facts()
    assert (done.act.kind, done.act.subjects, set(done.act.territory_codes)) == ("moved", 5, {OUEST, SUD})
    assert {(await operations.tree.told(one)).sheet.content.territory_code for one in (made.entity, made.unit)} == {SUD}

    operations.tree.later()
    undone = await operations.undo(done.act)
    assert await operations.facts() == before
    operations.tree.later()
    await operations.undo(undone)
    assert await operations.facts() == after


@pytest.mark.parametrize("kind", ["merge", "split", "split_territory", "merge_territories"])
async def test_undoing_restores_exactly_what_was(operations: Operations, kind: str) -> None:
    made = await hospital(operations)
    root = (await operations.tree.enrol(name="Cabinet", commune_code=VITRY)).structure_id
    content = operations.tree.content(name="Site Est", part_of=made.entity)
    (place,) = await operations.places(made.anne)
    asked = {
        "merge": merge(made.site, into=made.other),
        "split": split(made.site, content, structure_ids=[made.unit], place_ids=[place.place_id]),
        "split_territory": split_territory(OUEST, "94-vitry", VITRY),
        "merge_territories": merge_territories(OUEST, into=SUD),
    }[kind]
    before, seen = await operations.facts(), (await operations.tree.told(root)).sheet.content
    operations.tree.later()

    done = await operations.perform(asked)
    operations.tree.later()
    await operations.undo(done.act)

    assert await operations.facts() == before
    assert (await operations.tree.told(root)).sheet.content == seen
    assert await operations.places(made.anne) == [place]


async def test_of_two_who_saw_the_same_preview_one_is_told_that_it_is_stale(operations: Operations) -> None:
    made = await hospital(operations)
    asked = move(made.unit, under=made.other)
    shown = (await operations.preview(asked)).preview

    replies = await asyncio.gather(*(operations.perform(asked, shown) for _ in range(2)), return_exceptions=True)

    refused = [one for one in replies if isinstance(one, Exception)]
    assert [getattr(one, "reason", one) for one in refused] == ["PREVIEW_STALE"]


async def test_a_preview_is_stale_when_anything_it_was_computed_from_has_changed(operations: Operations) -> None:
    made = await hospital(operations)
    tree, asked = operations.tree, move(made.entity, to=SUD)
    other_move = move(made.entity, to=SUD, start=tree.day(3))

    async def renamed() -> None:
        await tree.change((await tree.told(made.unit)).sheet, name="Unité renommée")

    async def enrolled() -> None:
        await tree.enrol(level="internal", part_of=made.unit, name="Secteur")

    async def somebody_came() -> None:
        await tree.desk.professional(made.unit, family_name="Petit")

    for change in (renamed, enrolled, somebody_came):
        shown = (await operations.preview(asked)).preview
        tree.later()
        await change()
        assert await reason(operations.perform(asked, shown)) == "PREVIEW_STALE"
        assert (await tree.told(made.entity)).sheet.content.territory_code == OUEST
    shown = (await operations.preview(asked)).preview
    assert await reason(operations.perform(other_move, shown)) == "PREVIEW_STALE"
    assert await reason(operations.perform(asked, "")) == "PREVIEW_STALE"
    assert (await operations.perform(asked, shown)).act.act_id


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_enrolled_while_its_parent_moves_is_where_its_parent_is(
    operations: Operations, seed: int
) -> None:
    made = await hospital(operations)
    shown = (await operations.preview(move(made.entity, to=SUD))).preview
    enrolling = operations.tree.enrol(level="internal", part_of=made.unit, territory_code="", name="Secteur")
    moving = operations.perform(move(made.entity, to=SUD), shown)

    both = [enrolling, moving] if seed % 2 else [moving, enrolling]
    replies = await asyncio.gather(*both, return_exceptions=True)

    assert {getattr(one, "reason", "") for one in replies if isinstance(one, Exception)} <= {"PREVIEW_STALE"}
    nodes = (await operations.stub.ListNodes(pb.ListNodesRequest(parent_id=made.unit))).nodes
    told = [(await operations.tree.told(one)).sheet.content.territory_code for one in (made.unit, nodes[0].id)]
    assert told[0] == told[1]
