"""Requests read: what a list leaves out, what a correspondent may not know, and who is told who they are."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from terresante.directory.v1 import ror_service_pb2 as ror_pb

from .correspondence import World, as_correspondent, begun
from .counter import Counter
from .desk import Desk, reason
from .offering import enrol, told
from .tree import Tree


@pytest.fixture
async def world(desk: Desk, tree: Tree, counter: Counter) -> World:
    return await begun(desk, tree, counter)


async def test_a_list_holds_neither_what_is_asked_nor_what_was_said_and_one_request_both(
    desk: Desk, counter: Counter, world: World
) -> None:
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "ChangeStructure", world.renamed())
    await counter.say(asked.request_id, "C’est urgent.")
    for sit in (lambda: desk.sit(world.administrator), lambda: as_correspondent(counter, world)):
        sit()
        (listed,) = (await counter.requests()).requests
        assert (listed.change, list(listed.comments), listed.comment_count) == (b"", [], 1)
        one = await counter.request(asked.request_id)
        assert json.loads(one.change)["content"]["name"] == "Cabinet du Parc"
        assert [line.text for line in one.comments] == ["C’est urgent."]
        assert (one.territory_code, one.asked_by_id) == ("94-ouest", world.correspondent)


async def test_who_approved_first_is_told_and_to_themselves_as_you(desk: Desk, counter: Counter, world: World) -> None:
    other = await desk.professional((await desk.structure(name="Cabinet du Port")).structure_id, family_name="Morel")
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "AddPlace", world.adding(other))
    desk.sit(world.administrator)
    half = await counter.decide(asked.request_id)
    assert (half.first_by_name, half.first_by_you) == ("Claire Durand", True)
    await desk.administrator("94-ouest")
    assert not (await counter.request(asked.request_id)).first_by_you
    done = await counter.decide(asked.request_id)
    assert (done.decided_by_name, done.HasField("decided_at")) == ("Claire Durand", True)


async def test_requests_are_found_by_territory_by_structure_and_by_whom_they_are_assigned_to(
    desk: Desk, counter: Counter, world: World
) -> None:
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "ChangeStructure", world.renamed())

    async def found(**filters: Any) -> bool:
        return [one.request_id for one in (await counter.requests(**filters)).requests] == [asked.request_id]

    desk.sit(world.administrator)
    assert not await found(mine=True)
    await counter.say(asked.request_id, "", str(world.administrator))
    assert await found(mine=True)
    assert await found(territory_code="94-ouest", structure_id=world.structure)
    assert not await found(territory_code="95-sud")
    assert not await found(structure_id=str(uuid4()))
    assert await reason(counter.requests(structure_id="x")) == "ID_INVALID"
    await desk.administrator("95-sud")
    assert not await found(territory_code="94-ouest")
    assert await reason(counter.request(asked.request_id)) == "REQUEST_UNKNOWN"


PRIVATE = ror_pb.Telecom(channel="phone", value="01 00 00 00 03", label="garde", confidentiality=3)
PUBLIC = ror_pb.Telecom(channel="phone", value="01 00 00 00 01", label="accueil", confidentiality=1)


async def test_contacts_that_a_correspondent_may_not_know_stay_when_what_they_ask_is_done(
    desk: Desk, tree: Tree, counter: Counter, world: World
) -> None:
    desk.sit(world.administrator)
    sheet = await tree.change(world.sheet, telecoms=[PRIVATE, PUBLIC])
    offer = await enrol(tree, world.structure, telecoms=[PRIVATE])
    as_correspondent(counter, world)
    seen = (await tree.told(world.structure)).sheet
    assert [one.value for one in seen.content.telecoms] == [PUBLIC.value]
    content = ror_pb.StructureContent()
    content.CopyFrom(seen.content)
    content.name = "Cabinet du Parc"
    change = ror_pb.ChangeStructureRequest(structure_id=world.structure, version=sheet.version, content=content)
    asked = await counter.ask(world.structure, "ChangeStructure", change)
    (seen_offer,) = await told(tree, offer.offer_id)
    seen_offer.content.name = "Consultation"
    request = ror_pb.ChangeOfferRequest(offer_id=offer.offer_id, version=offer.version, content=seen_offer.content)
    of_offer = await counter.ask(world.structure, "ChangeOffer", request)
    assert PRIVATE.value.encode() not in (await counter.request(asked.request_id)).change

    desk.sit(world.administrator)
    assert PRIVATE.value.encode() in (await counter.request(asked.request_id)).change
    await counter.decide(asked.request_id)
    await counter.decide(of_offer.request_id)

    now = (await tree.told(world.structure)).sheet.content
    assert (now.name, [one.value for one in now.telecoms]) == ("Cabinet du Parc", [PRIVATE.value, PUBLIC.value])
    (offered,) = await told(tree, offer.offer_id)
    assert (offered.content.name, [one.value for one in offered.content.telecoms]) == ("Consultation", [PRIVATE.value])
    as_correspondent(counter, world)
    assert PRIVATE.value.encode() not in (await counter.request(asked.request_id)).change


async def test_what_is_said_already_is_not_asked_for(desk: Desk, tree: Tree, counter: Counter, world: World) -> None:
    desk.sit(world.administrator)
    await tree.change(world.sheet, telecoms=[PRIVATE, PUBLIC])
    offer = await enrol(tree, world.structure, telecoms=[PRIVATE])
    as_correspondent(counter, world)
    seen = (await tree.told(world.structure)).sheet
    same = ror_pb.ChangeStructureRequest(structure_id=world.structure, version=seen.version, content=seen.content)
    assert await reason(counter.ask(world.structure, "ChangeStructure", same)) == "NOTHING_CHANGED"
    (seen_offer,) = await told(tree, offer.offer_id)
    unchanged = ror_pb.ChangeOfferRequest(offer_id=offer.offer_id, version=offer.version, content=seen_offer.content)
    assert await reason(counter.ask(world.structure, "ChangeOffer", unchanged)) == "NOTHING_CHANGED"
    del same.content.telecoms[:]
    assert (await counter.ask(world.structure, "ChangeStructure", same)).request_id


WRONG = {
    "STRUCTURE_NAME_INVALID": ("ChangeStructure", {"content": {"name": ""}}),
    "OFFER_NAME_INVALID": ("EnrolOffer", {"content": {"name": ""}}),
    "AGE_RANGE_INVALID": ("EnrolOffer", {"content": {"name": "x", "age_from_months": 9, "age_to_months": 3}}),
    "PLACE_INVALID": ("AddPlace", {"place": {"role": "x" * 200}}),
    "MOMENT_INVALID": ("EnrolOffer", {"content": {"name": "x", "activity": "099"}, "from": "9999-01-01T00:00:00Z"}),
}


@pytest.mark.parametrize("why", WRONG)
async def test_what_could_never_be_said_is_refused_to_who_asks_not_to_who_decides(
    counter: Counter, world: World, why: str
) -> None:
    kind, change = WRONG[why]
    said = dict(change)
    for part in ("content", "place"):
        if part in said and kind != "ChangeStructure":
            said[part] = {**said[part], "structure_id": world.structure}  # type: ignore[dict-item]
    if kind == "ChangeStructure":
        said["structure_id"] = world.structure  # type: ignore[assignment]
    if kind == "AddPlace":
        said["professional_id"] = world.correspondent  # type: ignore[assignment]
    as_correspondent(counter, world)
    assert await reason(counter.ask(world.structure, kind, json.dumps(said).encode())) == why
    assert list((await counter.requests(with_closed=True)).requests) == []


async def test_a_professional_is_told_who_they_are_and_for_whom_they_speak(
    desk: Desk, counter: Counter, world: World
) -> None:
    colleague = await desk.professional(world.structure, family_name="Morel")
    as_correspondent(counter, world)
    me = await counter.myself()
    assert (me.professional_id, me.name, me.enrolled) == (world.correspondent, "Anne Lemaire", True)
    assert [(one.structure_id, one.structure_name) for one in me.structures] == [(world.structure, "Hôpital du Port")]
    counter.calling_as("professional", UUID(colleague.professional_id))
    assert list((await counter.myself()).structures) == []
    counter.calling_as("professional", uuid4())
    assert await reason(counter.myself()) == "PROFESSIONAL_UNKNOWN"
    desk.sit(world.administrator)
    await desk.open(world.correspondent)
    await desk.suspend(world.correspondent)
    as_correspondent(counter, world)
    assert await reason(counter.myself()) == "CALLER_SUSPENDED"


async def test_an_account_that_waits_for_its_enrolment_is_told_so_and_nothing_else(
    counter: Counter, expected: UUID
) -> None:
    counter.calling_as("professional", expected, acr=3)
    me = await counter.myself()
    assert (me.enrolled, me.name, list(me.structures)) == (False, "", [])
    assert await reason(counter.requests()) == "ENROLMENT_INCOMPLETE"


async def test_correspondents_are_told_to_administrators_of_their_territory(
    desk: Desk, counter: Counter, world: World
) -> None:
    desk.sit(world.administrator)
    pair = (world.structure, world.correspondent)
    assert await counter.correspondents(world.structure) == [pair]
    assert await counter.correspondents(professional=world.correspondent) == [pair]
    assert await counter.correspondents(str(uuid4())) == []
    assert await reason(counter.correspondents()) == "ID_INVALID"
    await desk.administrator("95-sud")
    assert await counter.correspondents(world.structure) == []
