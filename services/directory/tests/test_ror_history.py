"""The tree at a moment, the history of everything, and undoing, over mutual TLS on a real database."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.directory.v1 import ror_service_pb2 as pb

from .desk import Desk, Published, reason
from .tree import Tree, stamp


async def nodes(tree: Tree, at: datetime | None = None, **asked: Any) -> list[tuple[str, int]]:
    reply = await tree.stub.ListNodes(pb.ListNodesRequest(at=stamp(at), **asked))
    return [(node.name, node.children) for node in reply.nodes]


async def acts(tree: Tree, kind: str = "", id: str = "", **asked: Any) -> list[pb.Act]:
    subject = pb.Subject(kind=kind, id=id) if kind else None
    return list((await tree.stub.ListActs(pb.ListActsRequest(subject=subject, **asked))).acts)


async def undo(tree: Tree, act: str, why: str = "") -> pb.Act:
    return (await tree.stub.UndoAct(pb.UndoActRequest(act_id=act, why=why))).act  # type: ignore[no-any-return]


async def test_the_tree_opens_level_by_level_by_name_as_of_any_day(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    entity = await tree.enrol(level="legal_entity", name="Centre hospitalier")
    site = await tree.enrol(part_of=entity.structure_id)
    await tree.enrol(part_of=entity.structure_id, name="Élan")
    await tree.enrol(name="Cabinet seul", kind="cabinet")
    tree.later()
    await tree.close(site, tree.day(3))

    assert await nodes(tree, territory_code="94-ouest") == [("Cabinet seul", 0), ("Centre hospitalier", 2)]
    assert await nodes(tree, parent_id=entity.structure_id) == [("Élan", 0), ("Hôpital du Port", 0)]
    assert await nodes(tree, tree.day(3), parent_id=entity.structure_id) == [("Élan", 0)]
    assert len(await nodes(tree, tree.day(3), parent_id=entity.structure_id, with_closed=True)) == 2
    assert await nodes(tree, tree.day(-1), territory_code="94-ouest") == []
    assert await reason(nodes(tree, parent_id=str(uuid4()))) == "STRUCTURE_UNKNOWN"
    assert await reason(nodes(tree, territory_code="99")) == "TERRITORY_UNKNOWN"


async def test_a_site_under_an_entity_of_another_territory_is_a_root_of_its_own(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest", "95-sud")
    entity = await tree.enrol(level="legal_entity", name="Centre hospitalier")
    await tree.enrol(part_of=entity.structure_id, territory_code="95-sud")

    assert await nodes(tree, territory_code="95-sud") == [("Hôpital du Port", 0)]
    assert await nodes(tree, territory_code="94-ouest") == [("Centre hospitalier", 1)]


async def test_nodes_come_page_by_page(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    for name in "CAB":
        await tree.enrol(name=name)

    async def page(cursor: str) -> tuple[list[str], str]:
        reply = await tree.stub.ListNodes(pb.ListNodesRequest(territory_code="94-ouest", limit=2, cursor=cursor))
        return [node.name for node in reply.nodes], reply.next_cursor

    first, cursor = await page("")
    assert first == ["A", "B"]
    assert await page(cursor) == (["C"], "")
    assert await reason(page(str(uuid4()))) == "CURSOR_INVALID"
    assert await reason(page("two")) == "CURSOR_INVALID"


async def test_an_act_says_who_when_what_before_and_after_and_why(tree: Tree, desk: Desk) -> None:
    id = await desk.administrator("94-ouest")
    sheet = await tree.enrol(why="Ouverture")
    tree.later()
    await tree.change(sheet, tree.day(5), name="Hôpital de l’Estuaire")

    changed, enrolled = await acts(tree, "structure", sheet.structure_id)
    assert (changed.kind, enrolled.kind, enrolled.why) == ("changed", "enrolled", "Ouverture")
    assert (changed.administrator_id, changed.administrator_name) == (str(id), "Claire Durand")
    assert (list(changed.territory_codes), changed.subjects) == (["94-ouest"], 1)
    (change,) = changed.changes
    assert [(one.field, one.before, one.after) for one in change.fields] == [
        ("name", "Hôpital du Port", "Hôpital de l’Estuaire")
    ]
    assert (change.label, change.valid_from) == ("Hôpital de l’Estuaire", stamp(tree.day(5)))
    assert getattr(changed, "from") == stamp(tree.day(5))
    assert changed.at == stamp(tree.clock.at)


async def test_old_calls_are_acts_too(tree: Tree, desk: Desk) -> None:
    someone = await desk.someone()
    tree.later()
    place = someone.places[0]
    ending = directory.EndPlaceRequest(professional_id=someone.professional_id, place_id=place.place_id, version=1)
    await desk.stub.EndPlace(ending)

    ended, enrolled = await acts(tree, "place", place.place_id)
    assert (ended.kind, enrolled.kind) == ("place_ended", "enrolled")
    assert [one.label for one in ended.changes] == ["Anne Lemaire, Cabinet des Tilleuls"]
    assert [one.kind for one in await acts(tree, "professional", someone.professional_id)] == ["enrolled"]
    assert [one.kind for one in await acts(tree)] == ["place_ended", "enrolled", "enrolled"]


async def test_acts_come_page_by_page_the_newest_first(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    for name in "ABC":
        await tree.enrol(name=name)

    async def page(cursor: str) -> tuple[list[str], str]:
        reply = await tree.stub.ListActs(pb.ListActsRequest(limit=2, cursor=cursor))
        return [act.changes[0].label for act in reply.acts], reply.next_cursor

    first, cursor = await page("")
    assert first == ["C", "B"]
    assert await page(cursor) == (["A"], "")
    assert await reason(page(str(uuid4()))) == "CURSOR_INVALID"


async def test_undoing_a_closing_opens_all_again_and_redoing_closes_it_again(
    tree: Tree, desk: Desk, published: Published
) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    unit = await tree.enrol(level="internal", part_of=site.structure_id, name="Unité")
    someone = await desk.professional(unit.structure_id)
    tree.later(days=1)
    await tree.close(site)
    before = len(await published())

    (closed, *_) = await acts(tree)
    undone = await undo(tree, closed.act_id, "Erreur")

    assert (undone.kind, undone.undoes, undone.why) == ("undone", closed.act_id, "Erreur")
    assert not (await tree.told(unit.structure_id)).sheet.closed
    (read,) = await desk.read(someone.professional_id)
    assert not read.places[0].HasField("until")
    assert len((await published())[before:]) == 3
    assert (await acts(tree))[1].undone_by == undone.act_id
    assert await reason(undo(tree, closed.act_id)) == "ACT_UNDONE"
    await undo(tree, undone.act_id)
    assert (await tree.told(unit.structure_id)).sheet.closed


async def test_an_act_that_a_later_one_took_up_is_not_undone_and_the_later_one_is_told(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    sheet = await tree.enrol()
    tree.later()
    sheet = await tree.change(sheet, name="Un")
    tree.later()
    await tree.change(sheet, name="Deux")

    later, first, enrolled = await acts(tree)
    assert await reason(undo(tree, first.act_id)) == "ACT_BUILT_UPON"
    await undo(tree, later.act_id)
    await undo(tree, first.act_id)
    assert await tree.name(sheet.structure_id) == "Hôpital du Port"
    await undo(tree, enrolled.act_id)
    assert await reason(tree.told(sheet.structure_id)) == "STRUCTURE_UNKNOWN"


async def test_an_enrolment_on_which_others_rest_is_not_undone(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    sheet = await tree.enrol()
    tree.later()
    someone = await desk.professional(sheet.structure_id)
    await desk.open(someone.professional_id)

    people, structure = await acts(tree)
    assert await reason(undo(tree, structure.act_id)) == "ACT_BUILT_UPON"
    assert await reason(undo(tree, people.act_id)) == "ACT_BUILT_UPON"
    assert len(await desk.read(someone.professional_id)) == 1


async def test_a_professional_whose_enrolment_is_undone_is_none_and_their_rpps_is_free(tree: Tree, desk: Desk) -> None:
    someone = await desk.someone(rpps="10002813839")
    tree.later()
    (enrolled, _) = await acts(tree)
    undone = await undo(tree, enrolled.act_id)

    assert await desk.read(someone.professional_id) == []
    again = await desk.professional(someone.places[0].structure_id, rpps="10002813839", family_name="Zola")
    assert again.rpps == "10002813839"
    assert await reason(undo(tree, undone.act_id)) == "PROFESSIONAL_ALREADY"


async def test_r_ror4_acts_of_other_territories_are_neither_shown_nor_undone(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest", "95-sud")
    sheet = await tree.enrol()
    await tree.change(sheet, territory_code="95-sud")
    both, enrolled = await acts(tree)
    await desk.administrator("95-sud")

    assert [act.act_id for act in await acts(tree)] == [both.act_id]
    assert await reason(undo(tree, both.act_id)) == "TERRITORY_NOT_YOURS"
    assert await reason(undo(tree, enrolled.act_id)) == "ACT_UNKNOWN"
    await desk.administrator("91-nord")
    assert await acts(tree) == []
    assert await reason(acts(tree, "structure", sheet.structure_id)) == "TERRITORY_NOT_YOURS"


async def test_r_ror1_contacts_are_not_in_what_an_act_shows_to_half_of_its_territories(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest", "95-sud")
    sheet = await tree.enrol()
    phone = pb.Telecom(channel="phone", value="01 00 00 00 03", confidentiality=3)
    await tree.change(sheet, territory_code="95-sud", telecoms=[phone])
    (whole, *_) = await acts(tree)
    await desk.administrator("95-sud")
    (half,) = await acts(tree)

    assert {one.field for change in whole.changes for one in change.fields} == {"territory_code", "telecoms"}
    assert {one.field for change in half.changes for one in change.fields} == {"territory_code"}


@pytest.mark.parametrize(
    ("kind", "id", "expected"),
    [
        ("castle", str(uuid4()), "SUBJECT_INVALID"),
        ("structure", "", "SUBJECT_INVALID"),
        ("structure", "12", "ID_INVALID"),
    ],
)
async def test_what_is_no_subject_is_refused(tree: Tree, desk: Desk, kind: str, id: str, expected: str) -> None:
    await desk.administrator("94-ouest")

    assert await reason(acts(tree, kind, id)) == expected


async def test_what_is_refused_of_an_undoing(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    await tree.enrol()
    (act,) = await acts(tree)

    assert await reason(undo(tree, str(uuid4()))) == "ACT_UNKNOWN"
    assert await reason(undo(tree, "12")) == "ID_INVALID"
    assert await reason(undo(tree, act.act_id, "x" * 501)) == "WHY_INVALID"


async def test_undoing_never_makes_a_structure_part_of_itself(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = (await tree.enrol()).structure_id
    pole = await tree.enrol(level="internal", part_of=site, name="Pôle")
    unit = await tree.enrol(level="internal", part_of=pole.structure_id, name="Unité")
    tree.later()
    await tree.change(unit, part_of=site)
    move = (await acts(tree, "structure", unit.structure_id))[0].act_id
    tree.later()
    await tree.change(pole, part_of=unit.structure_id)
    second = (await acts(tree, "structure", pole.structure_id))[0].act_id
    tree.later()

    assert await reason(undo(tree, move)) == "ACT_BUILT_UPON"
    assert await nodes(tree, parent_id=site) == [("Unité", 1)]
    await undo(tree, second)
    await undo(tree, move)
    assert await nodes(tree, parent_id=site) == [("Pôle", 1)]


async def test_undoing_opens_nothing_and_places_nobody_in_what_closed_since(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    unit = await tree.enrol(level="internal", part_of=site.structure_id, name="Unité")
    someone = await desk.professional(site.structure_id)
    place = someone.places[0]
    tree.later()
    await tree.close(unit)
    ending = directory.EndPlaceRequest(
        professional_id=someone.professional_id, place_id=place.place_id, version=someone.version
    )
    await desk.stub.EndPlace(ending)
    ended = (await acts(tree, "place", place.place_id))[0].act_id
    shut = (await acts(tree, "structure", unit.structure_id))[0].act_id
    tree.later()
    await tree.close(site)
    closing = (await acts(tree, "structure", site.structure_id))[0].act_id
    tree.later()

    assert [await reason(undo(tree, act)) for act in (shut, ended)] == ["ACT_BUILT_UPON"] * 2
    assert (await tree.told(site.structure_id)).professionals == 0
    for act in (closing, shut, ended):
        await undo(tree, act)
    told = await tree.told(site.structure_id)
    assert (told.structures, told.professionals) == (1, 1)
