"""What a decision about a request counts and records, and how much is said before it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror_pb
from terresante_directory.domain.requests import MOST_COMMENTS, ChangeKind
from terresante_directory.rpc.enrolment_desk import EnrolmentService
from terresante_directory.rpc.enrolment_desk.within import Change
from terresante_directory.store import requests
from terresante_directory.store.enrolment_tables import change_request, request_comment
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .correspondence import World, as_correspondent, begun
from .counter import Counter
from .desk import Clock, Desk, reason
from .tree import Tree


@pytest.fixture
async def world(desk: Desk, tree: Tree, counter: Counter) -> World:
    return await begun(desk, tree, counter)


async def test_a_first_yes_counts_no_longer_once_the_rights_of_who_gave_it_have_ended(
    desk: Desk, counter: Counter, world: World
) -> None:
    other = await desk.professional((await desk.structure(name="Cabinet du Port")).structure_id, family_name="Morel")
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "AddPlace", world.adding(other))
    desk.sit(world.administrator)
    assert (await counter.decide(asked.request_id)).state == pb.REQUEST_STATE_HALF_APPROVED
    second = await desk.administrator("94-ouest")
    await counter.end(str(world.administrator), "94-ouest")

    half = await counter.decide(asked.request_id)

    assert (half.state, half.act_id) == (pb.REQUEST_STATE_HALF_APPROVED, "")
    assert len((await desk.read(other.professional_id))[0].places) == 1
    assert await reason(counter.decide(asked.request_id)) == "FOUR_EYES_SAME"
    third = await desk.administrator("94-ouest")
    assert third != second
    assert (await counter.decide(asked.request_id)).state == pb.REQUEST_STATE_APPROVED
    assert len((await desk.read(other.professional_id))[0].places) == 2


async def test_the_act_recorded_is_the_one_that_made_the_change_whatever_its_administrator_does_meanwhile(
    desk: Desk, tree: Tree, counter: Counter, world: World, doors: EnrolmentService, clock: Clock
) -> None:
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "ChangeStructure", world.renamed(), "changement d’enseigne")
    desk.sit(world.administrator)
    making = doors._changing

    def meanwhile(over: Database) -> Change:
        make = making(over)

        async def change(kind: ChangeKind, request: Any) -> None:
            await make(kind, request)
            clock.at = clock.at.replace(minute=clock.at.minute + 1)
            await tree.enrol(name="Hôpital")

        return change

    doors._changing = meanwhile

    done = await counter.decide(asked.request_id)

    acts = (await tree.stub.ListActs(ror_pb.ListActsRequest())).acts
    assert next(act.why for act in acts if act.act_id == done.act_id) == "changement d’enseigne"


async def test_a_thread_takes_so_many_comments_of_who_asked_and_always_those_of_who_decides(
    desk: Desk, counter: Counter, world: World, database: Database, clock: Clock
) -> None:
    as_correspondent(counter, world)
    asked = await counter.ask(world.structure, "ChangeStructure", world.renamed())
    line = {
        "request_id": UUID(asked.request_id),
        "author": UUID(world.correspondent),
        "author_name": "Anne Lemaire",
        "at": clock.at,
        "text": "et alors ?",
    }
    async with database.transaction() as transaction:
        await transaction.execute(insert(request_comment), [line | {"id": new_id()} for _ in range(MOST_COMMENTS - 1)])
    assert (await counter.say(asked.request_id, "le dernier")).comment_count == MOST_COMMENTS

    assert await reason(counter.say(asked.request_id, "un de trop")) == "COMMENT_INVALID"

    assert (await counter.request(asked.request_id)).comment_count == MOST_COMMENTS
    desk.sit(world.administrator)
    assert (await counter.say(asked.request_id, "patience")).comment_count == MOST_COMMENTS + 1
    refused = await counter.decide(asked.request_id, approve=False, comment="non")
    assert (refused.state, refused.comment_count) == (pb.REQUEST_STATE_REFUSED, MOST_COMMENTS + 2)


async def test_those_that_wait_in_a_structure_are_found_by_an_index_of_them_alone(database: Database) -> None:
    asked = select(change_request.c.id).where(requests.waits(), requests.of_structure(new_id()))

    async with database.transaction() as transaction:
        said = str(asked.compile(dialect=transaction.dialect, compile_kwargs={"literal_binds": True}))
        await transaction.execute(text("set local enable_seqscan = off"))
        plan = "".join((await transaction.execute(text(f"explain {said}"))).scalars())

    assert "change_request_undecided" in plan, plan
