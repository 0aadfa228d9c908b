"""Tables stay flat: partitions ahead, whole months dropped with what is theirs, nothing that is still to be told."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from terresante_messaging.domain.news import LONGEST
from terresante_messaging.domain.retention import Class, Retention, parse
from terresante_messaging.store import feed, tables
from terresante_messaging.store import upkeep as store
from terresante_messaging.store.moments import id_at
from terresante_messaging.upkeep import Upkeep, keeping_up, read_retention
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_platform.testing.postgres import Server

from .conftest import MONDAY, As, Clock, Coming, People
from .conversing import CIRCLE, DIRECT, Talking

OURS = read_retention(None)
SHORT = Retention(
    "test",
    {"patient": Class(90, "a"), "direct": Class(31, "b"), "team": Class(31, "c")},
    log_days=31,
    steps_days=31,
    notifications_days=31,
)


@pytest.fixture
def database_url(postgres: Server, template: str) -> Any:
    """A database of its own: what is dropped here must not be missing elsewhere."""
    name = f"t_{uuid4().hex[:12]}"
    postgres.sql(f'create database "{name}" template "{template}" strategy wal_log')
    postgres.sql("select make_partitions(array['patient', 'direct', 'team'], '2026-09-01', 6)", name)
    yield postgres.url(name)
    postgres.sql(f'drop database "{name}" with (force)')


async def partitions(database: Database, parent: str) -> list[str]:
    listed = text("select inhrelid::regclass::text from pg_inherits where inhparent = to_regclass(:parent) order by 1")
    async with database.reading() as connection:
        return [name[-7:] for name in (await connection.execute(listed, {"parent": parent})).scalars()]


async def count(database: Database, table: Any) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def run(database: Database, sql: str, **values: Any) -> None:
    async with database.transaction() as transaction:
        await transaction.execute(text(sql), values)


async def read_everything(database: Database) -> None:
    """Positions are given; the oldest entry is of September, the others of November; each reader came to the last."""
    numbered = "(select id, row_number() over (order by id) as n from log_entry)"
    await run(database, f"update log_entry e set position = o.n from {numbered} o where o.id = e.id")  # noqa: S608
    later = await count(database, tables.log_entry) - 1
    months = [datetime(2026, 9, 10, tzinfo=UTC), *[datetime(2026, 11, 23, tzinfo=UTC)] * later]
    for position, at in enumerate(months, start=1):  # their ids are of the day on which the test runs
        id = id_at(at + timedelta(seconds=position))
        await run(database, "update log_entry set id = :id where position = :position", id=id, position=position)
    await run(database, "insert into log_reader values ('telling', 1000000)")


@pytest.fixture
async def old_and_new(
    talking: Talking, being: As, clock: Clock, people: People, database: Database
) -> AsyncIterator[Any]:
    """A circle's thread and a direct one of September, one message each; and one of November in the circle's."""
    clock.at = datetime(2026, 9, 10, tzinfo=UTC)
    being("gp")
    circle = await talking.open(CIRCLE)
    direct = await talking.open(DIRECT, professional_ids=[str(people.nurse)])
    old = await talking.post(circle, "Septembre")
    await talking.edit(old, "Septembre corrigé")
    await talking.post(direct, "Septembre")
    being("nurse")
    await talking.mark(circle, read=1)
    clock.at = datetime(2026, 11, 23, tzinfo=UTC)
    being("gp")
    await talking.post(circle, "Novembre")
    await read_everything(database)
    yield circle, direct


async def test_partitions_are_there_before_they_are_needed(database: Database) -> None:
    now = datetime(2029, 11, 5, tzinfo=UTC)
    made = await Upkeep(database, OURS, lambda: now).make_ahead()

    assert made == 6 * (1 + 3 * 3)
    for parent in ("log_entry", "message_patient", "message_text_direct", "item_act_team"):
        assert (await partitions(database, parent))[-6:] == [
            "2029_11", "2029_12", "2030_01", "2030_02", "2030_03", "2030_04",
        ]  # fmt: skip
    assert await Upkeep(database, OURS, lambda: now).make_ahead() == 0


async def test_whole_months_past_their_time_are_dropped_with_what_is_theirs(
    talking: Talking, being: As, clock: Clock, database: Database, old_and_new: Any
) -> None:
    circle, direct = old_and_new
    clock.at = datetime(2026, 11, 30, tzinfo=UTC)
    dropped = await Upkeep(database, SHORT, clock).round()

    assert {name for name in dropped if name.startswith("message_direct")} == {"message_direct_2026_09"}
    assert not [name for name in dropped if "patient" in name], "90 days keep September until the end of December"
    being("gp")
    assert await talking.texts(circle) == ["Septembre corrigé", "Novembre"]
    with pytest.raises(Refusal) as refused:
        await talking.page(direct)
    assert refused.value.reason == "THREAD_UNKNOWN"

    clock.at = datetime(2027, 1, 1, tzinfo=UTC)
    dropped = await Upkeep(database, replace(SHORT, log_days=366), clock).round()
    assert {"message_patient_2026_09", "message_text_patient_2026_09", "item_act_patient_2026_09"} <= set(dropped)
    assert await talking.texts(circle) == ["Novembre"]
    assert await count(database, tables.message_text) == 0
    assert (await talking.post(circle, "Janvier")).place == 3, "places go on"


async def test_a_thread_in_which_nothing_is_left_goes_with_its_marks_and_its_own_key(
    clock: Clock, database: Database, old_and_new: Any, talking: Talking, being: As, people: People
) -> None:
    _, direct = old_and_new
    clock.at = datetime(2026, 11, 30, tzinfo=UTC)
    keys = await count(database, tables.owner_key)
    await Upkeep(database, SHORT, clock).round()

    assert await count(database, tables.thread) == 1
    assert await count(database, tables.owner_key) == keys - 1
    being("gp")
    again = await talking.opened(DIRECT, professional_ids=[str(people.nurse)])
    assert again.opened
    assert again.thread.thread_id != direct.thread_id


async def test_the_log_waits_for_its_slowest_reader(database: Database, clock: Clock, old_and_new: Any) -> None:
    clock.at = datetime(2026, 11, 30, tzinfo=UTC)
    await run(database, "insert into log_reader values ('webhooks', 0)")
    upkeep = Upkeep(database, SHORT, clock)
    assert not [name for name in await upkeep.round() if name.startswith("log_entry")]
    assert upkeep.overdue
    await run(database, "update log_reader set position = 1000000")
    assert "log_entry_2026_09" in await upkeep.round()
    assert not upkeep.overdue


async def test_an_entry_without_position_is_never_dropped(database: Database, clock: Clock, old_and_new: Any) -> None:
    await run(database, "update log_entry set position = null where position = 1")
    clock.at = datetime(2026, 11, 30, tzinfo=UTC)
    assert "log_entry_2026_09" not in await Upkeep(database, SHORT, clock).round()


async def test_of_old_steps_the_last_stays_and_where_somebody_began(
    database: Database, clock: Clock, old_and_new: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_nurse = "select thread_id, realm, person_id, {} from mark_step where what = 'read'"
    for more in ("'began', 0, at", "'read', 2, at + interval '1 day'", "'received', 3, at + interval '1 day'"):
        await run(database, f"insert into mark_step {of_nurse.format(more)} and up_to = 1")
    for place in (4, 5, 6):
        later = f"'read', {place}, at + interval '{66 + place} days'"
        await run(database, f"insert into mark_step {of_nurse.format(later)} and up_to = 1")
    monkeypatch.setattr(store, "AT_ONCE", 1)
    clock.at = datetime(2026, 11, 30, tzinfo=UTC)
    await Upkeep(database, SHORT, clock).round()
    query = select(tables.mark_step).order_by(tables.mark_step.c.what, tables.mark_step.c.up_to)
    async with database.reading() as connection:
        kept = [(row.what, row.up_to) for row in await connection.execute(query)]
    assert kept == [("began", 0), ("read", 2), ("read", 4), ("read", 5), ("read", 6), ("received", 3)]
    assert await count(database, tables.mark) > 0, "how far each has come stays"


async def test_who_read_a_message_long_ago_is_not_said_to_have_read_it_since(
    talking: Talking, being: As, clock: Clock, people: People, database: Database, old_and_new: Any
) -> None:
    circle, _ = old_and_new
    being("gp")
    first, second = (await talking.page(circle)).messages
    before = list((await talking.get(first)).receipts)
    being("nurse")
    await talking.mark(circle, read=2)
    clock.at = datetime(2026, 11, 30, tzinfo=UTC)
    await Upkeep(database, SHORT, clock).round()

    being("gp")
    (of_second,) = (await talking.get(second)).receipts
    assert list((await talking.get(first)).receipts) == before
    assert before and of_second.read_at.ToDatetime(UTC) > datetime(2026, 11, 22, tzinfo=UTC)


async def test_old_notifications_go_with_the_audiences_that_none_tells_of(
    database: Database, coming: Coming, people: People
) -> None:
    await coming.document(people.gp)
    made = await count(database, tables.notification)
    assert made
    later = datetime.now(UTC) + timedelta(days=40)
    await Upkeep(database, SHORT, lambda: later - timedelta(days=20)).round()
    assert await count(database, tables.notification) == made
    await Upkeep(database, SHORT, lambda: later).round()
    assert (await count(database, tables.notification), await count(database, tables.audience)) == (0, 0)


async def test_a_visit_goes_once_no_news_reach_back_to_it(talking: Talking, being: As, database: Database) -> None:
    being("gp")
    await talking.news(visit=True)
    await Upkeep(database, OURS, lambda: MONDAY + LONGEST).round()
    assert await count(database, tables.visit) == 1
    await Upkeep(database, OURS, lambda: MONDAY + LONGEST + timedelta(seconds=1)).round()
    assert await count(database, tables.visit) == 0


async def test_two_replicas_do_not_stand_in_each_others_way(database: Database, clock: Clock, old_and_new: Any) -> None:
    clock.at = datetime(2027, 1, 1, tzinfo=UTC)
    both = await asyncio.gather(*(Upkeep(database, SHORT, clock).round() for _ in range(2)))
    names = [name for dropped in both for name in dropped]
    assert len(names) == len(set(names)) > 0


async def test_it_runs_by_itself_from_the_start(database: Database) -> None:
    now = datetime(2031, 2, 1, tzinfo=UTC)
    async with keeping_up(database, OURS, lambda: now):
        for _ in range(500):
            if "2031_07" in await partitions(database, "log_entry"):
                break
            await asyncio.sleep(0.02)
        else:
            raise TimeoutError


def test_what_comes_with_the_service_is_whole_and_says_why() -> None:
    assert OURS.classes.keys() == {"patient", "direct", "team"}
    assert OURS.classes["patient"].days >= 20 * 365.25
    assert all(one.why for one in OURS.classes.values())


GOOD = json.loads((Path(__file__).parents[1] / "src/terresante_messaging/data/retention.json").read_text())


@pytest.mark.parametrize(
    "wrong",
    [
        {"classes": {}},
        {"classes": GOOD["classes"] | {"other": GOOD["classes"]["team"]}},
        {"classes": GOOD["classes"] | {"team": {"days": 5, "why": "x"}}},
        {"classes": GOOD["classes"] | {"team": {"days": 500}}},
        {"classes": []},
        {"log_days": 7},
        {"steps_days": "x"},
        {"notifications_days": None},
    ],
)
def test_a_retention_file_that_is_not_whole_stops_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        parse(json.dumps(GOOD | wrong))


def test_an_operators_own_file_prevails(tmp_path: Path) -> None:
    file = tmp_path / "retention.json"
    file.write_text(json.dumps(GOOD | {"log_days": 45}))
    assert read_retention(file) == replace(OURS, log_days=45)


async def test_a_cursor_below_what_is_dropped_is_known_to_be_gone_and_the_next_months_are_dropped_too(
    database: Database, clock: Clock, old_and_new: Any
) -> None:
    clock.at = datetime(2026, 11, 30, tzinfo=UTC)
    assert "log_entry_2026_09" in await Upkeep(database, SHORT, clock).round()
    async with database.reading() as connection:
        assert await feed.position(connection, feed.DROPPED) == 1

    clock.at = datetime(2027, 1, 20, tzinfo=UTC)
    assert "log_entry_2026_11" in await Upkeep(database, SHORT, clock).round()
    async with database.reading() as connection:
        last = (await connection.execute(text("select max(position) from log_entry"))).scalar()
        assert last is None
        assert await feed.position(connection, feed.DROPPED) > 1
