"""Offers in time, over mutual TLS on a real database: what is said from when, confirmed, and what is refused."""

from typing import Any
from uuid import uuid4

import pytest
from terresante.directory.v1 import ror_service_pb2 as pb

from .desk import Desk, Published, reason
from .offering import change, close, confirm, enrol, told
from .tree import Tree, stamp


async def test_an_offer_comes_back_as_it_was_said(tree: Tree, desk: Desk, published: Published) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    sheet = await enrol(
        tree,
        site.structure_id,
        care_modes=["02", "unknown-code"],
        age_from_months=0,
        age_to_months=215,
        opening=[pb.OpeningHours(days=[5, 1], opens="09:00", closes="17:30"), pb.OpeningHours(days=[8])],
        capacities=[pb.Capacity(kind="01", total=12, available=0), pb.Capacity(kind="02", total=3)],
        telecoms=[pb.Telecom(channel="2", value="01 00 00 00 00")],
        intervention_communes=["94081", "94028"],
        description="Sur rendez-vous",
        position=pb.Position(latitude=48.79, longitude=2.39),
    )

    (read,) = await told(tree, sheet.offer_id)
    assert read == sheet
    assert list(sheet.content.opening[0].days) == [1, 5]
    assert (sheet.content.capacities[0].available, sheet.content.capacities[1].HasField("available")) == (0, False)
    assert list(sheet.content.care_modes) == ["02", "unknown-code"]
    assert list(sheet.content.intervention_communes) == ["94028", "94081"]
    assert (sheet.structure_name, sheet.territory_code, sheet.version) == ("Hôpital du Port", "94-ouest", 1)
    assert sheet.confirmed_at == stamp(tree.clock.at)
    assert (await tree.told(site.structure_id)).offers == 1
    assert (await published())[-1] == "directory.v1.offer_changed"


async def test_an_offer_changes_from_a_day_on_and_is_told_as_it_was_known(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    sheet = await enrol(tree, site.structure_id)
    before = tree.later(days=1)
    tree.later(days=1)
    await change(tree, sheet, tree.day(5), name="Hôpital de jour")

    async def name(**asked: Any) -> str:
        return (await told(tree, sheet.offer_id, **asked))[0].content.name

    assert await name() == "Consultation mémoire"
    assert await name(at=tree.day(5)) == "Hôpital de jour"
    assert await name(at=tree.day(5), known_at=before) == "Consultation mémoire"
    assert await told(tree, sheet.offer_id, at=tree.day(-10)) == []
    assert await reason(change(tree, sheet, version=2)) == "NOTHING_CHANGED"
    assert await reason(change(tree, sheet, version=0, name="Autre")) == "VERSION_REQUIRED"
    assert await reason(change(tree, sheet, version=1, name="Autre")) == "VERSION_STALE"


async def test_a_closed_offer_changes_no_more(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    sheet = await enrol(tree, (await tree.enrol()).structure_id)
    assert await reason(close(tree, sheet, kind="")) == "CLOSING_KIND_INVALID"
    closed = await close(tree, sheet)

    assert (closed.closed, closed.closing_kind, closed.version) == (True, "DEF", 2)
    assert await reason(change(tree, sheet, version=2, name="Autre")) == "OFFER_CLOSED"
    assert await reason(close(tree, sheet, version=2)) == "OFFER_CLOSED"
    assert await reason(confirm(tree, sheet.offer_id)) == "OFFER_CLOSED"


async def test_confirming_says_again_what_is_said_and_keeps_what_is_scheduled(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    one, two = await enrol(tree, site.structure_id), await enrol(tree, site.structure_id, name="Autre")
    await change(tree, one, tree.day(30), name="Hôpital de jour")
    tree.later(days=10)

    confirmed = await confirm(tree, two.offer_id, one.offer_id)

    assert [sheet.confirmed_at for sheet in confirmed] == [stamp(tree.clock.at)] * 2
    assert (await told(tree, one.offer_id, at=tree.day(20)))[0].content.name == "Hôpital de jour"
    assert await reason(confirm(tree, one.offer_id, str(uuid4()))) == "OFFER_UNKNOWN"
    assert await reason(confirm(tree, *[one.offer_id] * 201)) == "TOO_MANY_IDS"
    assert await confirm(tree) == []


async def test_an_offer_goes_with_its_structure_and_closes_with_it(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest", "95-sud")
    site = await tree.enrol()
    sheet = await enrol(tree, site.structure_id)
    tree.later()
    site = await tree.change(site, territory_code="95-sud")
    assert (await told(tree, sheet.offer_id))[0].territory_code == "95-sud"
    tree.later()

    assert (await tree.close(site)).offers == 1
    assert await told(tree, sheet.offer_id) == []
    (closed,) = await told(tree, sheet.offer_id, with_closed=True)
    assert (closed.closed, closed.closing_kind) == (True, "DEF")
    assert await reason(enrol(tree, site.structure_id)) == "STRUCTURE_CLOSED"


async def test_r_ror4_another_territorys_offers_are_none_that_can_be_changed(
    tree: Tree, desk: Desk, published: Published
) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    sheet = await enrol(tree, site.structure_id)
    before = await published()
    await desk.administrator("95-sud")
    own = await tree.enrol(territory_code="95-sud")

    assert await reason(enrol(tree, site.structure_id)) == "STRUCTURE_UNKNOWN"
    assert await reason(change(tree, sheet, name="Autre")) == "OFFER_UNKNOWN"
    assert await reason(change(tree, sheet, structure_id=own.structure_id)) == "OFFER_UNKNOWN"
    assert await reason(close(tree, sheet)) == "OFFER_UNKNOWN"
    assert await reason(confirm(tree, sheet.offer_id)) == "OFFER_UNKNOWN"
    assert len(await published()) == len(before) + 1


async def test_an_offer_moves_between_structures_of_the_administrators(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    here, there = await tree.enrol(), await tree.enrol(name="Ailleurs")
    sheet = await enrol(tree, here.structure_id)
    tree.later()

    moved = await change(tree, sheet, structure_id=there.structure_id)

    assert (moved.structure_name, moved.version) == ("Ailleurs", 2)
    assert (await tree.told(here.structure_id)).offers == 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": ""}, "OFFER_NAME_INVALID"),
        ({"name": "x" * 201}, "OFFER_NAME_INVALID"),
        ({"description": "x" * 2001}, "OFFER_NAME_INVALID"),
        ({"activity": "x" * 41}, "OFFER_CODE_INVALID"),
        ({"care_modes": [str(number) for number in range(51)]}, "OFFER_CODE_INVALID"),
        ({"intervention_communes": ["Créteil"]}, "OFFER_CODE_INVALID"),
        ({"age_from_months": 12, "age_to_months": 6}, "AGE_RANGE_INVALID"),
        ({"age_from_months": -1}, "AGE_RANGE_INVALID"),
        ({"age_to_months": 1501}, "AGE_RANGE_INVALID"),
        ({"opening": [pb.OpeningHours(opens="09:00", closes="12:00")]}, "OPENING_INVALID"),
        ({"opening": [pb.OpeningHours(days=[9])]}, "OPENING_INVALID"),
        ({"opening": [pb.OpeningHours(days=[1], opens="9h", closes="12:00")]}, "OPENING_INVALID"),
        ({"opening": [pb.OpeningHours(days=[1], opens="09:00")]}, "OPENING_INVALID"),
        ({"opening": [pb.OpeningHours(days=[1], opens="09:00", closes="09:00")]}, "OPENING_INVALID"),
        ({"opening": [pb.OpeningHours(days=[1])] * 51}, "OPENING_INVALID"),
        ({"capacities": [pb.Capacity(total=3)]}, "CAPACITY_INVALID"),
        ({"capacities": [pb.Capacity(kind="01", total=3, available=4)]}, "CAPACITY_INVALID"),
        ({"capacities": [pb.Capacity(kind="01", total=-1)]}, "CAPACITY_INVALID"),
        ({"capacities": [pb.Capacity(kind="01", total=1)] * 2}, "CAPACITY_INVALID"),
        ({"telecoms": [pb.Telecom(value="01")]}, "TELECOM_INVALID"),
        ({"position": pb.Position(latitude=0, longitude=181)}, "POSITION_INVALID"),
        ({"why": "x" * 501}, "WHY_INVALID"),
    ],
)
async def test_what_is_refused_of_an_offer_changes_nothing(
    tree: Tree, desk: Desk, published: Published, changes: dict[str, Any], expected: str
) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()

    assert await reason(enrol(tree, site.structure_id, **changes)) == expected
    assert len(await published()) == 1


async def test_what_has_no_structure_is_no_offer(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")

    assert await reason(enrol(tree, "")) == "ID_INVALID"
    assert await reason(enrol(tree, str(uuid4()))) == "STRUCTURE_UNKNOWN"


async def test_an_offer_enrolled_and_undone_is_none(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    sheet = await enrol(tree, (await tree.enrol()).structure_id)
    (act, *_) = (await tree.stub.ListActs(pb.ListActsRequest())).acts

    await tree.stub.UndoAct(pb.UndoActRequest(act_id=act.act_id))

    assert await told(tree, sheet.offer_id, with_closed=True) == []
    assert not (await tree.stub.SearchOffers(pb.SearchOffersRequest(with_closed=True))).offers
