"""Partitions made and dropped, and rows that are past their time: a bounded number a statement."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Date, DateTime, Integer, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.people import ThreadId
from terresante_messaging.store.moments import least_id

AT_ONCE = 2_000
_MAKE = text("select make_partitions(:classes, :first, :months)").bindparams(
    bindparam("classes", type_=ARRAY(Text)), bindparam("first", type_=Date), bindparam("months", type_=Integer)
)
_DROP = text("select drop_partitions(:parent, :before)").bindparams(
    bindparam("parent", type_=Text), bindparam("before", type_=Date)
)
_ALONE = text("select pg_try_advisory_xact_lock(729366)")
_BEHIND = text(
    """
    select exists (select from log_entry where id < :below and position is null)
        or coalesce((select max(position) from log_entry where id < :below), 0)
            > (select coalesce(min(position), :most) from log_reader where name <> 'dropped')
    """
).bindparams(bindparam("below", type_=Uuid), bindparam("most", type_=BigInteger))
_STEPS = text(
    """
    with old as (
        select * from mark_step where at > :after and at < :before and what <> 'began'
        order by at fetch first (:most) rows with ties
    ), gone as (
        delete from mark_step s using old
        where s.thread_id = old.thread_id and s.realm = old.realm and s.person_id = old.person_id
            and s.what = old.what and s.up_to < old.up_to
    )
    select max(at) from old
    """
).bindparams(
    bindparam("after", type_=DateTime(timezone=True)),
    bindparam("before", type_=DateTime(timezone=True)),
    bindparam("most", type_=Integer),
)
"""Of somebody's old steps the last stays: without it, what they read long ago would pass for unread, or for read at a
step taken since. Where they began stays: without it, later steps would pass for receipts of what was not for them."""
_NOTIFICATIONS = text(
    """
    with gone as (
        delete from notification
        where id in (select id from notification where id < :below order by id limit :most)
        returning about_id
    ), unheard as (
        delete from audience where about_id in (select about_id from gone)
            and not exists (select from notification n where n.about_id = audience.about_id and n.id >= :below)
    )
    select count(*) from gone
    """
).bindparams(bindparam("below", type_=Uuid), bindparam("most", type_=Integer))
_VISITS = text(
    "delete from visit where ctid = any(array(select ctid from visit where at < :before limit :most))"
).bindparams(bindparam("before", type_=DateTime(timezone=True)), bindparam("most", type_=Integer))
_THREADS = text(
    """
    with old as (
        select id, patient_id from thread where retention = :class and last_at < :before
        order by id limit :most for update skip locked
    ), marks as (delete from mark where thread_id in (select id from old)),
    steps as (delete from mark_step where thread_id in (select id from old)),
    members as (delete from thread_member where thread_id in (select id from old)),
    keys as (delete from owner_key where owner_id in (select id from old where patient_id is null)),
    gone as (delete from thread where id in (select id from old) returning id)
    select id from gone
    """
).bindparams(
    bindparam("class", type_=Text), bindparam("before", type_=DateTime(timezone=True)), bindparam("most", type_=Integer)
)
SIZES = text(
    """
    with recursive part(root, id) as (
        select oid, oid from pg_class
        where oid in ('message'::regclass, 'message_text'::regclass, 'item_act'::regclass, 'log_entry'::regclass)
        union all
        select part.root, i.inhrelid from part join pg_inherits i on i.inhparent = part.id
    )
    select coalesce(sum(pg_total_relation_size(part.id)), 0)::float8 as bytes, c.relname as table_name
    from part join pg_class c on c.oid = part.root group by c.relname
    """
)
"""Bytes on disk of what is partitioned, indexes included, by table."""
AHEAD = text(
    """
    select coalesce(extract(epoch from max(to_date(right(c.relname, 7), 'YYYY_MM')) + interval '1 month' - now()), 0)
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'log_entry'::regclass
    """
)
"""Seconds for which there are partitions to write in."""


async def alone(transaction: AsyncConnection) -> bool:
    """Whether no other replica does the same now; held until the transaction ends."""
    return bool((await transaction.execute(_ALONE)).scalar_one())


async def make_partitions(transaction: AsyncConnection, classes: list[str], first: date, months: int) -> int:
    """Makes the partitions of these months that are missing. Gives how many."""
    made = await transaction.execute(_MAKE, {"classes": classes, "first": first, "months": months})
    return int(made.scalar_one())


async def drop_partitions(transaction: AsyncConnection, parent: str, before: date) -> list[str]:
    """Drops the partitions of months that ended before that day. Gives their names."""
    return list((await transaction.execute(_DROP, {"parent": parent, "before": before})).scalars())


async def anybody_behind(connection: AsyncConnection, before: datetime) -> bool:
    """Whether some reader of the log has yet to come to an entry of before that moment."""
    values: dict[str, Any] = {"below": least_id(before), "most": 2**62}
    return bool((await connection.execute(_BEHIND, values)).scalar_one())


async def forget_steps(transaction: AsyncConnection, after: datetime, before: datetime) -> datetime | None:
    """Looks through some of the steps between two moments, oldest first, and removes those that an old one follows.
    Gives up to which moment it came; None when there were none."""
    found = await transaction.execute(_STEPS, {"after": after, "before": before, "most": AT_ONCE})
    come: datetime | None = found.scalar_one()
    return come


async def forget_notifications(transaction: AsyncConnection, before: datetime) -> int:
    """Removes some of the notifications made before that moment, and the audiences that none tells of any more."""
    gone = await transaction.execute(_NOTIFICATIONS, {"below": least_id(before), "most": AT_ONCE})
    return int(gone.scalar_one())


async def forget_visits(transaction: AsyncConnection, before: datetime) -> int:
    """Removes some of the visits of before that moment. Gives how many."""
    return (await transaction.execute(_VISITS, {"before": before, "most": AT_ONCE})).rowcount


async def forget_threads(transaction: AsyncConnection, retention: str, before: datetime) -> list[ThreadId]:
    """Removes some of the threads of a class whose last message, or opening, is of before that moment: with who was in
    them, how far each had come, and a key of their own."""
    values = {"class": retention, "before": before, "most": AT_ONCE}
    return list((await transaction.execute(_THREADS, values)).scalars())
