"""Messages that change: edited, taken back, answered; by their authors, and who is in the thread still."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_messaging.domain.people import ThreadId
from terresante_messaging.rpc.desk import Desk
from terresante_messaging.store import tables, threads
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from .conftest import As, Clock, People
from .conversing import CIRCLE, SIDE, Talking, kept, until_somebody_waits


async def test_an_edited_message_shows_its_former_texts(
    talking: Talking, being: As, published: Any, clock: Clock
) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    posted = await talking.post(thread, "10 mg")
    once = await talking.edit(posted, "20 mg")
    twice = await talking.edit(once, "15 mg")
    shown = await talking.get(posted)

    assert (shown.message.text, shown.message.version, twice.HasField("edited_at")) == ("15 mg", 3, True)
    assert [(one.text, one.version) for one in shown.former] == [("10 mg", 1), ("20 mg", 2)]
    assert (await published())[2:] == ["messaging.v1.message_changed"] * 2
    with pytest.raises(Refusal) as refused:
        await talking.edit(once, "30 mg")
    assert refused.value.reason == "VERSION_STALE"


async def test_a_message_taken_back_leaves_that_it_was_there(talking: Talking, being: As, database: Database) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    posted = await talking.post(thread, "Erreur", item=pb.Item(task=pb.Task(what="Rappeler")))
    edited = await talking.edit(posted, "Erreur encore")
    gone = await talking.delete(edited)
    being("nurse")
    shown = await talking.get(posted)

    for one in (gone, shown.message, (await talking.page(thread)).messages[0]):
        assert (one.text, one.HasField("item"), one.place, one.HasField("deleted_at")) == ("", False, 1, True)
    assert list(shown.former) == []
    assert (await kept(database, tables.message))[0]["body"], "kept sealed for as long as the record must be"
    assert (await talking.unread()).unread == 0
    with pytest.raises(Refusal) as refused:
        await talking.answer(posted, task=pb.TASK_STATE_TAKEN)
    assert refused.value.reason == "MESSAGE_DELETED"
    being("gp")
    for act in (talking.edit(gone, "Encore"), talking.delete(gone)):
        with pytest.raises(Refusal) as refused:
            await act
        assert refused.value.reason == "MESSAGE_DELETED"


async def test_only_its_author_changes_a_message(talking: Talking, being: As) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    posted = await talking.post(thread, "De moi")
    being("nurse")
    for act in (talking.edit(posted, "D'elle"), talking.delete(posted)):
        with pytest.raises(Refusal) as refused:
            await act
        assert refused.value.reason == "MESSAGE_NOT_YOURS"
    being("stranger")
    for act in (talking.edit(posted, "De lui"), talking.delete(posted)):
        with pytest.raises(Refusal) as refused:
            await act
        assert refused.value.reason == "THREAD_UNKNOWN"
    being("gp")
    assert await talking.texts(thread) == ["De moi"]


@pytest.mark.parametrize("what", ["post", "edit", "delete", "answer"])
async def test_who_was_taken_out_between_decision_and_writing_writes_nothing(
    talking: Talking, being: As, people: People, desk: Desk, database: Database, what: str
) -> None:
    being("gp")
    side = await talking.open(SIDE, professional_ids=[str(people.nurse)])
    being("nurse")
    own = await talking.post(side, "À temps", item=pb.Item(task=pb.Task(what="Rappeler")))
    act = {
        "post": lambda: talking.post(side, "Trop tard"),
        "edit": lambda: talking.edit(own, "Trop tard"),
        "delete": lambda: talking.delete(own),
        "answer": lambda: talking.answer(own, task=pb.TASK_STATE_TAKEN),
    }[what]
    async with database.transaction() as transaction:
        await threads.lock(transaction, desk.masters, ThreadId(UUID(side.thread_id)))
        await transaction.execute(text("update thread_member set until = now()"))
        await transaction.execute(text("update thread set version = version + 1"))
        waiting = asyncio.create_task(act())
        await until_somebody_waits(database)
    with pytest.raises(Refusal) as refused:
        await waiting

    assert refused.value.reason == "THREAD_UNKNOWN"
    (row,) = await kept(database, tables.message)
    assert (row["version"], row["deleted_at"]) == (1, None)
    assert await kept(database, tables.item_act) == []
