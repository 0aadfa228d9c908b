"""Erasing what is held of somebody: it ends, may be cut, and says what stays and why."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.erase import said
from terresante_messaging.erasing import Report, erase
from terresante_messaging.store import erasure
from terresante_messaging.upkeep import read_retention
from terresante_platform.database import Database

from .conftest import As, Clock, Coming, People
from .conversing import CIRCLE, DIRECT, WITH_PATIENT, Talking
from .world import World

RETENTION = read_retention(None)


@pytest.fixture
async def talked(talking: Talking, being: As, people: People, coming: Coming) -> tuple[pb.Thread, pb.Thread]:
    """The GP wrote in the circle's thread and to the nurse; both have marks, notifications and visits."""
    being("gp")
    circle = await talking.open(CIRCLE)
    direct = await talking.open(DIRECT, professional_ids=[str(people.nurse)])
    await talking.post(circle, "Au dossier")
    first = await talking.post(direct, "Sans patient", item=pb.Item(task=pb.Task(what="Rappeler")))
    await talking.edit(first, "Sans patient, corrigé")
    await talking.answer(first, task=pb.TASK_STATE_TAKEN)
    await talking.news(visit=True)
    being("nurse")
    await talking.post(direct, "Réponse")
    await talking.mark(circle, read=1)
    await coming.document(people.nurse)
    return circle, direct


async def rows(database: Database, table: str, who: UUID) -> int:
    async with database.reading() as connection:
        found = await connection.execute(
            text(f"select count(*) from {table} t where to_jsonb(t)::text like :who"),  # noqa: S608
            {"who": f"%{who}%"},
        )
        return int(found.scalar_one())


async def erased(database: Database, clock: Clock, realm: Realm, id: UUID) -> Report:
    return await erase(database, Recipient(realm, id), RETENTION, clock())


async def test_a_professionals_own_goes_and_the_patients_record_stays(
    talking: Talking, being: As, people: People, database: Database, clock: Clock, talked: Any
) -> None:
    circle, direct = talked
    report = await erased(database, clock, Realm.PROFESSIONAL, people.gp)

    for table in ("notification", "mark", "mark_step", "visit", "preference", "address", "item_act"):
        assert await rows(database, table, people.gp) == 0, table
    being("nurse")
    assert await talking.texts(circle) == ["Au dossier"]
    page = (await talking.page(direct)).messages
    assert [(one.text, one.HasField("item"), one.HasField("deleted_at")) for one in page] == [
        ("", False, True),
        ("Réponse", False, False),
    ]
    assert list((await talking.get(page[0])).former) == []
    async with database.reading() as connection:
        left = await connection.execute(text("select count(*) from message_text where retention = 'direct'"))
        assert left.scalar_one() == 0
    assert report.removed["messages about no patient"] == 1
    kept = report.kept[0]
    assert (kept.count, "R1112-7" in kept.why) == (1, True)
    assert kept.until is not None
    assert kept.until.year >= clock().year + 20
    assert any("conservé : messages écrits autour d’un patient : 1 jusqu’au" in line for line in said(report))


async def test_a_second_run_finds_nothing_left_and_ends(
    people: People, database: Database, clock: Clock, talked: Any
) -> None:
    first = await erased(database, clock, Realm.PROFESSIONAL, people.gp)
    again = await erased(database, clock, Realm.PROFESSIONAL, people.gp)
    assert any(first.removed.values())
    assert not any(again.removed.values())
    assert again.kept == first.kept


async def test_what_was_cut_in_the_middle_is_ended_by_the_next_run(
    people: People, database: Database, clock: Clock, talked: Any
) -> None:
    who = Recipient(Realm.PROFESSIONAL, people.gp)
    async with database.transaction() as transaction:
        name, table, which = erasure.own_tables(who)[-1]
        await erasure.remove_some(transaction, table, which)
    report = await erase(database, who, RETENTION, clock())
    assert (name, report.removed[name]) == ("notifications", 0)
    assert await rows(database, "notification", people.gp) == await rows(database, "mark", people.gp) == 0


async def test_of_a_patient_the_messages_around_them_stay_as_their_record(
    talking: Talking, being: As, people: People, database: Database, clock: Clock, world: World, talked: Any
) -> None:
    being("patient")
    thread = await talking.open(WITH_PATIENT)
    await talking.post(thread, "J'ai mal")
    await talking.mark(thread, read=1)
    report = await erased(database, clock, Realm.PERSON, world.patient)

    assert await rows(database, "notification", world.patient) == 0
    assert await rows(database, "mark", world.patient) == 0
    assert await talking.texts(thread) == ["J'ai mal"]
    by_name = {one.what: one.count for one in report.kept}
    assert by_name["messages écrits autour d’un patient"] == 1
    assert by_name["messages autour de la personne"] == 2
    assert "messages about no patient" not in report.removed


async def test_nobody_elses_is_touched(people: People, database: Database, clock: Clock, talked: Any) -> None:
    before = {table: await rows(database, table, people.nurse) for table in ("notification", "mark", "visit")}
    await erased(database, clock, Realm.PROFESSIONAL, people.stranger)
    await erased(database, clock, Realm.PERSON, people.nurse)
    assert before == {table: await rows(database, table, people.nurse) for table in before}
