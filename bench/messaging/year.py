"""Months of traffic in minutes: what is written, put in order, marked, announced, forgotten and dropped, day by day.

The rows are those that the services write; positions, upkeep and forgetting are their own code, given the day's clock.
Nothing here waits, so PostgreSQL's own vacuum would come too late: after each day a table is vacuumed by its very rule
(dead rows beyond 50 and a fifth of all). The database is one of its own, whose commits are not forced to the disk.

How much is written is our assumption; the people are domain.md's (section 9): 8,000 professionals, 200,000 patients.
"""

# ruff: noqa: S608  # only our own words are put together
from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from terresante_messaging.store import feed
from terresante_messaging.upkeep import Upkeep, read_retention
from terresante_platform import database, migrations
from terresante_platform.database import Database
from terresante_platform.forgetting import forget
from terresante_platform.testing.postgres import server

from bench.messaging.measuring import Line

SHARE = 80
"""An eightieth of the people: 100 professionals and 2,500 patients; sizes are told as found."""
PROFESSIONALS, PATIENTS = 8_000 // SHARE, 200_000 // SHARE
MONTHS, DAYS = 15, 30
"""Past a year, so that the months of direct and team messages (366 days) are seen to go."""
POSTS = PROFESSIONALS * 7
"""A day: ten messages of each professional on a working day, over all days of the month."""
APART = 0.3
"""Of them between professionals or in a team."""
MARKS, NOTIFIED = 2, 0.2
"""A message: moves of somebody's mark that follow it, and notifications (mentions, urgent ones)."""
START = datetime(2027, 1, 1, tzinfo=UTC)
SHOWN = ("message", "log_entry", "mark", "mark_step", "thread", "notification", "outbox", "idempotency_key")
ID = "(lpad(to_hex((extract(epoch from {at}) * 1000)::bigint), 12, '0') || '7' || substr({of}, 1, 3) || '8' || \
substr({of}, 4, 15))::uuid"
AT = "$1::timestamptz + make_interval(secs => p.n * 86400.0 / $2::int)"
THREADS = """
insert into thread (id, kind, retention, patient_id, structure_id, first_id, second_id, with_patient,
    hidden_from_patient, hidden_from_representatives, opened_by_realm, opened_by_id, opened_at, version, last_place,
    last_at)
select md5('thread' || n)::uuid, k.kind, k.retention, case when k.kind = 'CIRCLE' then md5('patient' || n)::uuid end,
    case when k.kind = 'TEAM' then md5('structure' || n)::uuid end,
    case when k.kind = 'DIRECT' then md5('a' || n)::uuid end, case when k.kind = 'DIRECT' then md5('b' || n)::uuid end,
    false, false, false, 'professional', md5('p' || n % 100)::uuid, $1, 1, 0, $1
from generate_series(0, $2::int + $3::int - 1) n cross join lateral (
    select case when n < $2::int then 'CIRCLE' when n % 5 = 0 then 'TEAM' else 'DIRECT' end as kind,
        case when n < $2::int then 'patient' when n % 5 = 0 then 'team' else 'direct' end as retention
) k
"""
POSTED = f"""
create temp table posted as
select p.n, t.id as thread, t.retention, t.patient_id, {AT} as at,
    {ID.format(at=AT, of="md5($3::text || p.n)")} as id, row_number() over (partition by t.id order by p.n)
        + t.last_place as place, md5('p' || p.n % {PROFESSIONALS})::uuid as author
from generate_series(0, $2::int - 1) p(n) join thread t on t.id = md5('thread' || case
    when p.n % 10 < {int(APART * 10)} then {PATIENTS} + (p.n * 31 + $3::int * 17) % {PROFESSIONALS}
    else (p.n * 7919 + $3::int * 104729) % {PATIENTS} end)::uuid
"""
_LOG = "insert into log_entry (id, kind, at, patient_id, thread_id, message_id, place, actor_id, urgent) select"
WRITTEN = (
    "insert into message (id, retention, thread_id, place, author_realm, author_id, sent_at, body, urgent, "
    "mentioned_professionals, mentioned_persons, attachments, item, origin, version) select id, retention, thread, place, "
    "'professional', author, at, decode(repeat(md5(n::text), 9), 'hex'), n % 20 = 0, '{}', '{}', 0, false, '', 1 "
    "from posted",
    "update thread t set last_place = p.place, last_at = p.at "
    "from (select thread, max(place) as place, max(at) as at from posted group by thread) p where t.id = p.thread",
    f"{_LOG} {ID.format(at='at', of='md5(id::text)')}, 'MESSAGE_POSTED', at, patient_id, thread, id, place, author, false "
    "from posted",
    "insert into outbox (event_id, subject, payload, traceparent, created_at) "
    "select id, 'terresante.messaging.v1.message_posted', decode(repeat(md5(n::text), 5), 'hex'), '', at from posted",
    "insert into idempotency_key (caller_id, key, request_sha256, reply, created_at) "
    "select author, id::text, sha256(id::text::bytea), decode(repeat(md5(n::text), 15), 'hex'), at from posted",
    f"insert into mark (thread_id, realm, person_id, received_up_to, received_at, read_up_to, read_at, read_sent_at) "
    f"select distinct on (thread, w) thread, 'professional', md5('p' || (n + w) % {PROFESSIONALS})::uuid, place, at, "
    f"place, at, at from posted, generate_series(1, {MARKS}) w order by thread, w, place desc on conflict "
    "(thread_id, realm, person_id) do update set read_up_to = greatest(mark.read_up_to, excluded.read_up_to), "
    "received_up_to = greatest(mark.received_up_to, excluded.received_up_to), read_at = excluded.read_at, "
    "received_at = excluded.received_at, read_sent_at = excluded.read_sent_at",
    f"insert into mark_step (thread_id, realm, person_id, what, up_to, at) select thread, 'professional', "
    f"md5('p' || (n + w) % {PROFESSIONALS})::uuid, what, place, at from posted, generate_series(1, {MARKS}) w, "
    "unnest(array['received', 'read']) what on conflict do nothing",
    f"{_LOG} {ID.format(at='at', of='md5(id::text || w)')}, 'THREAD_MARKED', at, patient_id, thread, id, place, author, "
    f"false from posted, generate_series(1, {MARKS}) w",
    "insert into notification (id, event_id, recipient_realm, recipient_id, kind, patient_id, about_id, actor_id, at, "
    f"thread_id, place, message_at) select {ID.format(at='at', of='md5(id::text || 0)')}, id, 'professional', "
    f"md5('p' || (n + 3) % {PROFESSIONALS})::uuid, 'MENTIONED', patient_id, id, author, at, thread, place, at "
    f"from posted where n % {int(1 / NOTIFIED)} = 0",
    f"insert into log_entry (id, kind, at, patient_id, thread_id, message_id, place, recipient_realm, recipient_id, "
    f"notification_id, urgent) select {ID.format(at='at', of='md5(id::text || 9)')}, 'NOTIFIED', at, patient_id, thread, "
    f"id, place, 'professional', md5('p' || (n + 3) % {PROFESSIONALS})::uuid, id, false from posted "
    f"where n % {int(1 / NOTIFIED)} = 0",
    "drop table posted",
)
SENT = "update outbox set published_at = created_at, stream = '', stream_sequence = sequence where published_at is null"
READ = "update notification set read_at = at where read_at is null"
SIZES = """
with recursive part(root, id) as (
    select oid, oid from pg_class where relname = any($1::text[]) and relkind in ('r', 'p')
    union all select part.root, i.inhrelid from part join pg_inherits i on i.inhparent = part.id
        join pg_class c on c.oid = i.inhrelid and c.relkind in ('r', 'p')
)
select r.relname as table, sum(pg_table_size(part.id))::bigint as rows_bytes,
    sum(pg_indexes_size(part.id))::bigint as index_bytes, count(*) filter (where c.relkind = 'r') as partitions,
    coalesce(sum(s.n_live_tup), 0)::bigint as live, coalesce(sum(s.n_dead_tup), 0)::bigint as dead
from part join pg_class r on r.oid = part.root join pg_class c on c.oid = part.id
    left join pg_stat_all_tables s on s.relid = part.id
group by r.relname order by r.relname
"""
DUE = """
select s.relname from pg_stat_user_tables s join pg_class c on c.oid = s.relid
where s.n_dead_tup > 50 + 0.2 * greatest(c.reltuples, 0) or s.n_ins_since_vacuum > 1000 + 0.2 * greatest(c.reltuples, 0)
"""
"""PostgreSQL's own rule, with the settings that it comes with."""


@dataclass
class Clock:
    """The day that it is."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at


def run(tell: Callable[[Sequence[Line]], None]) -> None:
    """All months."""
    with server() as made:
        made.sql("create database year")
        for setting in ("max_wal_size = '2GB'", "autovacuum = off"):
            made.sql(f"alter system set {setting}")
        made.sql("select pg_reload_conf()")
        url = made.url("year")
        migrations.upgrade("terresante_messaging", url)
        tell(asyncio.run(_months(url)))


async def _months(url: str) -> list[Line]:
    clock, began = Clock(), time.monotonic()
    lines = [
        Line("year: a month of traffic at an eightieth of the people", f"{POSTS * DAYS:,} messages, {MARKS} marks each")
    ]
    connection = await asyncpg.connect(url)
    async with database.connected(url, 2, "bench") as kept:
        upkeep = Upkeep(kept, read_retention(None), clock.now)
        await connection.execute("insert into log_reader values ('telling', 0), ('webhooks', 0) on conflict do nothing")
        await upkeep.make_ahead()
        await connection.execute(THREADS, START, PATIENTS, PROFESSIONALS)
        for month in range(1, MONTHS + 1):
            for _ in range(DAYS):
                await _day(connection, kept, clock)
            dropped = await upkeep.round()
            found = await connection.fetch(SIZES, list(SHOWN))
            line = Line(f"year: month {month:2} ({time.monotonic() - began:4.0f} s)", _told(found, dropped))
            print(line.text(), flush=True)
            lines.append(line)
    await connection.close()
    return lines


async def _day(connection: Any, kept: Database, clock: Clock) -> None:
    day = (clock.at - START).days
    async with connection.transaction():
        await connection.execute(POSTED, clock.at, POSTS, day)
        for statement in WRITTEN:
            await connection.execute(statement)
    async with connection.transaction():
        await connection.execute(SENT)
        await connection.execute(READ)
    while True:
        async with kept.transaction() as transaction:
            if not await feed.give_positions(transaction):
                break
    await connection.execute("update log_reader set position = (select max(position) from log_reader)")
    clock.at += timedelta(days=1)
    await forget(kept, clock.at)
    await connection.execute("select pg_stat_force_next_flush()")
    for row in await connection.fetch(DUE):
        await connection.execute(f'vacuum analyze "{row["relname"]}"')


def _told(found: Iterable[Any], dropped: Sequence[str]) -> str:
    told = [
        f"{row['table']} {_mega(row['rows_bytes'])}+{_mega(row['index_bytes'])} MB"
        + (f" in {row['partitions']}" if row["partitions"] > 1 else "")
        + f" dead {100 * row['dead'] / max(1, row['live'] + row['dead']):.0f} %"
        for row in found
    ]
    return "  ".join(told) + (f"  dropped {len(dropped)}" if dropped else "")


def _mega(size: int) -> str:
    return f"{size / 1e6:.1f}"
