"""Correspondents ask, administrators decide: who may, four eyes, and that what is approved is done or nothing is."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror_pb
from terresante_directory.domain.requests import ChangeKind, invalid
from terresante_directory.rpc.enrolment_desk import EnrolmentService
from terresante_directory.rpc.enrolment_desk.within import Change
from terresante_platform.database import Database

from .correspondence import World, as_correspondent, begun
from .counter import Counter
from .desk import Clock, Desk, reason
from .tree import Tree

RPPS = "10002813839"


@pytest.fixture
async def world(desk: Desk, tree: Tree, counter: Counter) -> World:
    return await begun(desk, tree, counter)


async def test_what_a_correspondent_asks_is_done_as_an_act_of_the_administrator_who_approves(
    desk: Desk, tree: Tree, counter: Counter, world: World
) -> None:
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "ChangeStructure", world.renamed(), "changement d’enseigne")
    assert (asked.state, asked.needs_two, asked.asked_by_name) == (pb.REQUEST_STATE_OPEN, False, "Anne Lemaire")
    desk.sit(world.administrator)
    assert await tree.name(world.structure) != "Cabinet du Parc"

    done = await counter.decide(asked.request_id, comment="merci")

    assert (done.state, done.comments[0].text) == (pb.REQUEST_STATE_APPROVED, "merci")
    assert await tree.name(world.structure) == "Cabinet du Parc"
    acts = (await tree.stub.ListActs(ror_pb.ListActsRequest())).acts
    act = next(one for one in acts if one.act_id == done.act_id)
    assert (act.administrator_id, act.why) == (str(world.administrator), "changement d’enseigne")
    assert await reason(counter.decide(asked.request_id)) == "REQUEST_CLOSED"
    assert await reason(counter.say(asked.request_id, "trop tard")) == "REQUEST_CLOSED"


async def test_a_change_of_what_was_changed_since_is_refused_and_nothing_is_kept(
    desk: Desk, tree: Tree, counter: Counter, world: World
) -> None:
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "ChangeStructure", world.renamed())
    desk.sit(world.administrator)
    await tree.change(world.sheet, name="Cabinet du Pont")

    assert await reason(counter.decide(asked.request_id, comment="oui")) == "VERSION_STALE"

    waiting = await counter.request(asked.request_id)
    assert (waiting.state, list(waiting.comments)) == (pb.REQUEST_STATE_OPEN, [])
    refused = await counter.decide(asked.request_id, approve=False, comment="déjà fait")
    assert (refused.state, refused.act_id) == (pb.REQUEST_STATE_REFUSED, "")
    assert await tree.name(world.structure) == "Cabinet du Pont"


async def test_a_change_that_was_made_is_not_kept_if_what_follows_fails(
    desk: Desk, tree: Tree, counter: Counter, world: World, doors: EnrolmentService
) -> None:
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "ChangeStructure", world.renamed())
    desk.sit(world.administrator)
    making = doors._changing

    def then_failing(over: Database) -> Change:
        make = making(over)

        async def change(kind: ChangeKind, request: Any) -> None:
            await make(kind, request)
            raise invalid("Ce changement est refusé après coup.")

        return change

    doors._changing = then_failing
    assert await reason(counter.decide(asked.request_id)) == "REQUEST_INVALID"
    assert await tree.name(world.structure) == "Hôpital du Port"
    assert (await counter.requests()).requests[0].state == pb.REQUEST_STATE_OPEN


async def test_what_gives_rights_needs_two_administrators(desk: Desk, counter: Counter, world: World) -> None:
    other = await desk.professional((await desk.structure(name="Cabinet du Port")).structure_id, family_name="Morel")
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "AddPlace", world.adding(other), "remplacement d’été")
    assert asked.needs_two
    desk.sit(world.administrator)

    half = await counter.decide(asked.request_id)

    assert (half.state, half.act_id) == (pb.REQUEST_STATE_HALF_APPROVED, "")
    assert len((await desk.read(other.professional_id))[0].places) == 1
    assert await reason(counter.decide(asked.request_id)) == "FOUR_EYES_SAME"
    assert await counter.waiting() == {"requests": 1}
    await desk.administrator("94-ouest")
    done = await counter.decide(asked.request_id)
    assert (done.state, bool(done.act_id)) == (pb.REQUEST_STATE_APPROVED, True)
    assert [place.role for place in (await desk.read(other.professional_id))[0].places][-1] == "remplaçante"
    assert await counter.waiting() == {}


async def test_two_decisions_at_once_are_one_after_the_other(
    desk: Desk, tree: Tree, counter: Counter, world: World
) -> None:
    other = await desk.professional((await desk.structure(name="Cabinet du Port")).structure_id, family_name="Morel")
    as_correspondent(counter, world)
    sheet = await counter.ask(world.structure, "ChangeStructure", world.renamed())
    joining = await counter.ask(world.structure, "AddPlace", world.adding(other))
    desk.sit(world.administrator)

    async def twice(id: str) -> list[Any]:
        return sorted(
            str(getattr(one, "reason", getattr(one, "state", one)))
            for one in await asyncio.gather(counter.decide(id), counter.decide(id), return_exceptions=True)
        )

    assert await twice(sheet.request_id) == [str(pb.REQUEST_STATE_APPROVED), "REQUEST_CLOSED"]
    assert await twice(joining.request_id) == [str(pb.REQUEST_STATE_HALF_APPROVED), "FOUR_EYES_SAME"]
    acts = (await tree.stub.ListActs(ror_pb.ListActsRequest())).acts
    assert [act.kind for act in acts if act.why == "erreur"] == ["changed"]


async def test_a_place_ends_and_offers_are_asked_for_too(
    desk: Desk, tree: Tree, counter: Counter, world: World
) -> None:
    other = await desk.professional(world.structure, family_name="Morel")
    place = {"professional_id": other.professional_id, "place_id": other.places[0].place_id}
    ending = directory_pb.EndPlaceRequest(version=other.version, **place)
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "EndPlace", ending)
    desk.sit(world.administrator)
    assert (await counter.decide(asked.request_id)).state == pb.REQUEST_STATE_APPROVED
    assert (await desk.read(other.professional_id))[0].places[0].HasField("until")


async def test_only_a_correspondent_who_practises_there_asks_and_only_about_their_own_structure(
    desk: Desk, counter: Counter, world: World
) -> None:
    colleague = await desk.professional(world.structure, family_name="Morel")
    elsewhere = await desk.structure(name="Cabinet du Port")
    away = await desk.professional(elsewhere.structure_id, family_name="Abel")
    assert await reason(counter.correspond(world.structure, away.professional_id)) == "PLACE_UNKNOWN"
    assert await reason(counter.correspond(world.structure, str(uuid4()))) == "PROFESSIONAL_UNKNOWN"
    assert await reason(counter.correspond(str(uuid4()), away.professional_id)) == "STRUCTURE_UNKNOWN"
    counter.calling_as("professional", UUID(colleague.professional_id))
    assert await reason(counter.ask(world.structure, "ChangeStructure", world.renamed())) == "NOT_CORRESPONDENT"
    as_correspondent(counter, world)
    stolen = world.renamed()
    stolen.structure_id = elsewhere.structure_id
    assert await reason(counter.ask(world.structure, "ChangeStructure", stolen)) == "REQUEST_INVALID"
    assert await reason(counter.ask(elsewhere.structure_id, "ChangeStructure", stolen)) == "NOT_CORRESPONDENT"
    offer = ror_pb.CloseOfferRequest(offer_id=str(uuid4()))
    assert await reason(counter.ask(world.structure, "CloseOffer", offer)) == "OFFER_UNKNOWN"
    nobody = directory_pb.AddPlaceRequest(
        professional_id=str(uuid4()), place=directory_pb.NewPlace(structure_id=world.structure)
    )
    assert await reason(counter.ask(world.structure, "AddPlace", nobody)) == "PROFESSIONAL_UNKNOWN"
    theirs = directory_pb.EndPlaceRequest(professional_id=away.professional_id, place_id=away.places[0].place_id)
    assert await reason(counter.ask(world.structure, "EndPlace", theirs)) == "REQUEST_INVALID"

    desk.sit(world.administrator)
    (mine,) = await desk.read(world.correspondent)
    ending = directory_pb.EndPlaceRequest(
        professional_id=mine.professional_id, place_id=mine.places[0].place_id, version=mine.version
    )
    await desk.stub.EndPlace(ending)
    as_correspondent(counter, world)
    assert await reason(counter.ask(world.structure, "ChangeStructure", world.renamed())) == "NOT_CORRESPONDENT"


BAD = {
    "no call that is asked for": ("MergeStructures", b"{}"),
    "not JSON": ("ChangeStructure", b"{"),
    "not text": ("ChangeStructure", b"\xff\xfe"),
    "a list": ("ChangeStructure", b"[]"),
    "an unknown field": ("ChangeStructure", b'{"administrator": true}'),
    "too long": ("ChangeStructure", b" " * 60_000 + b"{}"),
    "too deep": ("ChangeStructure", b'{"content":' * 5000),
    "a sign that nothing keeps": (
        "ChangeStructure",
        json.dumps({"structure_id": "x", "content": {"name": "a\u0000b"}}).encode(),
    ),
}


@pytest.mark.parametrize("bad", BAD)
async def test_a_change_that_is_none_is_refused(desk: Desk, counter: Counter, world: World, bad: str) -> None:
    as_correspondent(counter, world)
    assert await reason(counter.ask(world.structure, *BAD[bad])) == "REQUEST_INVALID"
    assert list((await counter.requests(with_closed=True)).requests) == []


async def test_a_reason_is_compulsory_and_asking_twice_with_one_key_asks_once(
    desk: Desk, counter: Counter, world: World
) -> None:
    as_correspondent(counter, world, key="k1")
    assert await reason(counter.ask(world.structure, "ChangeStructure", world.renamed(), " ")) == "WHY_INVALID"
    first = await counter.ask(world.structure, "ChangeStructure", world.renamed())
    again = await counter.ask(world.structure, "ChangeStructure", world.renamed())
    assert first.request_id == again.request_id
    other = counter.ask(world.structure, "ChangeStructure", world.renamed("Autre"))
    assert await reason(other) == "IDEMPOTENCY_KEY_REUSED"
    assert len((await counter.requests()).requests) == 1


async def test_a_suspended_correspondent_is_refused_on_the_next_request(
    desk: Desk, counter: Counter, world: World
) -> None:
    desk.sit(world.administrator)
    await desk.open(world.correspondent)
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "ChangeStructure", world.renamed())
    desk.sit(world.administrator)
    await desk.suspend(world.correspondent)
    as_correspondent(counter, world)
    assert await reason(counter.ask(world.structure, "ChangeStructure", world.renamed())) == "CALLER_SUSPENDED"
    assert await reason(counter.requests()) == "CALLER_SUSPENDED"
    assert await reason(counter.say(asked.request_id, "et moi ?")) == "CALLER_SUSPENDED"


async def test_a_request_is_talked_about_and_assigned_within_its_territory_and_nobody_else_sees_it(
    desk: Desk, counter: Counter, world: World
) -> None:
    colleague = await desk.professional(world.structure, family_name="Morel")
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "ChangeStructure", world.renamed())
    assert await reason(counter.say(asked.request_id)) == "COMMENT_INVALID"
    assert await reason(counter.say(asked.request_id, "x" * 1001)) == "COMMENT_INVALID"
    assert await reason(counter.say(asked.request_id, "", str(world.administrator))) == "ASSIGNEE_INVALID"
    desk.sit(world.administrator)
    assert await reason(counter.decide(asked.request_id, approve=False)) == "COMMENT_INVALID"
    said = await counter.say(asked.request_id, "Depuis quand ?", str(world.administrator))
    assert (said.assignee_name, said.comments[0].author_name) == ("Claire Durand", "Claire Durand")
    as_correspondent(counter, world)
    said = await counter.say(asked.request_id, "Depuis mars.")
    assert [(one.author_name, one.text) for one in said.comments][1] == ("Anne Lemaire", "Depuis mars.")

    counter.calling_as("professional", UUID(colleague.professional_id))
    assert list((await counter.requests()).requests) == []
    assert await reason(counter.say(asked.request_id, "curieux")) == "REQUEST_UNKNOWN"
    assert await reason(counter.decide(asked.request_id)) == "KIND_NOT_ALLOWED"
    stranger = await desk.administrator("95-sud")
    assert list((await counter.requests()).requests) == []
    assert await reason(counter.decide(asked.request_id)) == "REQUEST_UNKNOWN"
    assert await reason(counter.say(asked.request_id, "curieux")) == "REQUEST_UNKNOWN"
    assert await reason(counter.correspond(world.structure, world.correspondent)) == "TERRITORY_NOT_YOURS"
    desk.sit(world.administrator)
    assert await reason(counter.say(asked.request_id, "", str(stranger))) == "ASSIGNEE_INVALID"


async def test_the_oldest_open_request_comes_first_page_by_page(
    desk: Desk, counter: Counter, world: World, clock: Clock
) -> None:
    as_correspondent(counter, world)
    ids = []
    for name in ("Un", "Deux", "Trois"):
        ids.append((await counter.ask(world.structure, "ChangeStructure", world.renamed(name))).request_id)
        clock.at = clock.at.replace(minute=clock.at.minute + 1)
    desk.sit(world.administrator)
    await counter.decide(ids[0], approve=False, comment="non")
    shown: list[str] = []
    cursor = ""
    while True:
        page = await counter.requests(with_closed=True, limit=1, cursor=cursor)
        shown += [one.request_id for one in page.requests]
        cursor = page.next_cursor
        if not cursor:
            break
    assert shown == [ids[1], ids[2], ids[0]]
    assert [one.request_id for one in (await counter.requests()).requests] == ids[1:]
    assert await reason(counter.requests(cursor="x")) == "CURSOR_INVALID"


async def test_a_correspondent_is_named_and_ended_once_however_often_it_is_said(
    desk: Desk, counter: Counter, world: World
) -> None:
    desk.sit(world.administrator)
    assert await counter.correspond(world.structure, world.correspondent) == [world.correspondent]
    assert await counter.correspond(world.structure, world.correspondent, yes=False) == []
    assert await counter.correspond(world.structure, world.correspondent, yes=False) == []
    as_correspondent(counter, world)
    assert await reason(counter.ask(world.structure, "ChangeStructure", world.renamed())) == "NOT_CORRESPONDENT"
    kinds = [act.kind for act in await counter.acts(world.correspondent)]
    assert kinds == ["correspondent_named", "correspondent_ended"]
