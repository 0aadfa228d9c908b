"""Offers are searched by words, codes, age, territory, commune and distance, as far as each reader may see them."""

from typing import Any
from uuid import uuid4

import pytest
from terresante.directory.v1 import ror_service_pb2 as pb

from .desk import CallingAs, Desk, reason
from .offering import close, confirm, enrol, found, told
from .tree import Tree

CRETEIL = pb.Position(latitude=48.7904, longitude=2.4556)
VITRY = pb.Position(latitude=48.7875, longitude=2.3928)
MELUN = pb.Position(latitude=48.5399, longitude=2.6608)


async def test_offers_are_found_by_each_filter_and_by_all_together(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest", "95-sud")
    port = (await tree.enrol(commune_code="94028")).structure_id
    far = (await tree.enrol(name="Lointain", territory_code="95-sud")).structure_id
    await enrol(tree, port, name="Consultation mémoire", activity="099", age_from_months=720)
    await enrol(tree, port, name="Pédiatrie", type="31", activity="010", age_to_months=215)
    await enrol(tree, far, name="Équipe mobile", activity="010", intervention_communes=["94028"])

    assert await found(tree) == ["Consultation mémoire", "Équipe mobile", "Pédiatrie"]
    assert await found(tree, text="memoi cons") == ["Consultation mémoire"]
    assert await found(tree, text="…") == []
    assert await found(tree, territory_code="95-sud") == ["Équipe mobile"]
    assert await found(tree, structure_id=port) == ["Consultation mémoire", "Pédiatrie"]
    assert await found(tree, activities=["010"]) == ["Équipe mobile", "Pédiatrie"]
    assert await found(tree, types=["31", "27"], activities=["010"], text="ped") == ["Pédiatrie"]
    assert await found(tree, age_months=0) == ["Équipe mobile", "Pédiatrie"]
    assert await found(tree, age_months=215, territory_code="94-ouest") == ["Pédiatrie"]
    assert await found(tree, age_months=216) == ["Équipe mobile"]
    assert await found(tree, age_months=720) == ["Consultation mémoire", "Équipe mobile"]
    assert await found(tree, commune_code="94028") == ["Consultation mémoire", "Équipe mobile", "Pédiatrie"]
    assert await found(tree, commune_code="94081") == []


async def test_the_nearest_come_first_within_the_distance_asked(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    vitry = (await tree.enrol(name="Vitry", position=VITRY)).structure_id
    nowhere = (await tree.enrol(name="Sans adresse")).structure_id
    await enrol(tree, vitry, name="Vitry")
    await enrol(tree, nowhere, name="Créteil", position=CRETEIL)
    await enrol(tree, nowhere, name="Melun", position=MELUN)
    await enrol(tree, nowhere, name="Quelque part")

    assert await found(tree, near=CRETEIL) == ["Créteil", "Vitry"]
    assert await found(tree, near=VITRY) == ["Vitry", "Créteil"]
    assert await found(tree, near=VITRY, within_metres=1_000) == ["Vitry"]
    assert await found(tree, near=CRETEIL, within_metres=50_000) == ["Créteil", "Vitry", "Melun"]
    reply = await tree.stub.SearchOffers(pb.SearchOffersRequest(near=CRETEIL, limit=1))
    assert reply.offers[0].distance < 1
    nearest = await tree.stub.SearchOffers(pb.SearchOffersRequest(near=CRETEIL, cursor=reply.next_cursor))
    assert [round(one.distance / 1_000, 1) for one in nearest.offers] == [4.6]


async def test_pages_of_offers_follow_each_other(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = (await tree.enrol()).structure_id
    for name in ("C", "A", "B", "A"):
        await enrol(tree, site, name=name)
    names, cursor = [], ""
    for _ in range(4):
        reply = await tree.stub.SearchOffers(pb.SearchOffersRequest(limit=1, cursor=cursor))
        names += [one.content.name for one in reply.offers]
        cursor = reply.next_cursor

    assert (names, cursor) == (["A", "A", "B", "C"], "")


async def test_r_ror1_contacts_of_an_offer_are_told_up_to_the_level_of_who_reads(
    tree: Tree, desk: Desk, calling_as: CallingAs
) -> None:
    await desk.administrator("94-ouest")
    telecoms = [pb.Telecom(channel="2", value=f"0{level}", confidentiality=level) for level in (1, 2, 3)]
    sheet = await enrol(tree, (await tree.enrol()).structure_id, telecoms=telecoms)

    async def levels() -> list[tuple[int, ...]]:
        read = await told(tree, sheet.offer_id)
        searched = (await tree.stub.SearchOffers(pb.SearchOffersRequest())).offers
        return [tuple(one.confidentiality for one in each.content.telecoms) for each in (*read, *searched)]

    assert await levels() == [(1, 2, 3)] * 2
    await desk.administrator("95-sud")
    assert await levels() == [(1, 2)] * 2
    calling_as("professional", uuid4())
    assert await levels() == [(1, 2)] * 2
    calling_as("patient", uuid4())
    assert await levels() == [(1,)] * 2


async def test_r_ror2_sensitive_offers_are_hidden_from_callers_of_low_profile(
    tree: Tree, desk: Desk, calling_as: CallingAs
) -> None:
    await desk.administrator("94-ouest")
    site = (await tree.enrol()).structure_id
    sensitive = await enrol(tree, site, name="Unité protégée", sensitive=True)
    await enrol(tree, site, name="Accueil")

    async def seen() -> tuple[int, list[str]]:
        return len(await told(tree, sensitive.offer_id)), await found(tree)

    assert await seen() == (1, ["Accueil", "Unité protégée"])
    calling_as("professional", uuid4())
    assert await seen() == (1, ["Accueil", "Unité protégée"])
    calling_as("patient", uuid4())
    assert await seen() == (0, ["Accueil"])


async def test_r_ror3_offers_of_a_closed_structure_are_returned_only_if_asked_for(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    sheet = await enrol(tree, site.structure_id)
    shut = await enrol(tree, (await tree.enrol(name="Autre")).structure_id, name="Fermée")
    await close(tree, shut)
    tree.later()
    await tree.close(site)

    assert await told(tree, sheet.offer_id, shut.offer_id) == []
    assert len(await told(tree, sheet.offer_id, shut.offer_id, with_closed=True)) == 2
    assert await found(tree) == []
    assert await found(tree, with_closed=True) == ["Consultation mémoire", "Fermée"]


async def test_a_commune_without_an_address_is_where_its_centre_is(tree: Tree, desk: Desk, centres: None) -> None:
    await desk.administrator("94-ouest")
    await enrol(tree, (await tree.enrol(commune_code="94028")).structure_id)

    assert await found(tree, near=CRETEIL, within_metres=5_000) == ["Consultation mémoire"]


async def test_offers_nobody_confirmed_for_six_months_are_listed_the_oldest_first(tree: Tree, desk: Desk) -> None:
    await desk.administrator("94-ouest", "95-sud")
    site = (await tree.enrol()).structure_id
    there = (await tree.enrol(territory_code="95-sud", name="Ailleurs")).structure_id
    old = await enrol(tree, site, name="Ancienne")
    tree.later(days=1)
    await enrol(tree, there, name="Autre")
    confirmed = await enrol(tree, site, name="Confirmée")
    tree.later(days=183)
    await confirm(tree, confirmed.offer_id)

    async def stale(**asked: Any) -> tuple[list[str], int]:
        reply = await tree.stub.ListStaleOffers(pb.ListStaleOffersRequest(**asked))
        return [one.content.name for one in reply.offers], reply.total

    assert await stale() == (["Ancienne"], 1)
    tree.later(days=1)
    assert await stale() == (["Ancienne", "Autre"], 2)
    assert await stale(limit=1) == (["Ancienne"], 2)
    assert await stale(cursor=old.offer_id) == (["Autre"], 2)
    assert await stale(territory_code="95-sud") == (["Autre"], 1)
    assert await reason(stale(territory_code="91-nord")) == "TERRITORY_NOT_YOURS"
    assert await reason(stale(cursor=str(uuid4()))) == "CURSOR_INVALID"
    await desk.administrator("91-nord")
    assert await stale() == ([], 0)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"text": "x" * 201}, "SEARCH_INVALID"),
        ({"limit": 101}, "SEARCH_INVALID"),
        ({"age_months": -1}, "SEARCH_INVALID"),
        ({"near": pb.Position(latitude=91)}, "SEARCH_INVALID"),
        ({"near": pb.Position(latitude=float("inf"))}, "SEARCH_INVALID"),
        ({"within_metres": 200_001}, "SEARCH_INVALID"),
        ({"activities": ["1"] * 101}, "SEARCH_INVALID"),
        ({"structure_id": "12"}, "ID_INVALID"),
        ({"cursor": "12"}, "CURSOR_INVALID"),
        ({"cursor": str(uuid4())}, "CURSOR_INVALID"),
    ],
)
async def test_what_is_refused_of_a_search(tree: Tree, desk: Desk, asked: dict[str, Any], expected: str) -> None:
    await desk.administrator("94-ouest")

    assert await reason(found(tree, **asked)) == expected
