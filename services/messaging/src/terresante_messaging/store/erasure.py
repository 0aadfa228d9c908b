"""What is removed and what is counted when somebody's data are erased: a bounded number of rows a statement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Table, and_, bindparam, delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.people import MessageId, Realm, Recipient
from terresante_messaging.store import tables
from terresante_messaging.store.tables import message

AT_ONCE = 1_000
_UNWRITE = text(
    """
    with old as (
        select id, retention from message
        where author_realm = :realm and author_id = :who and retention in ('direct', 'team') and body is not null
        limit :most for update
    ), former as (
        delete from message_text f using old where f.retention = old.retention and f.message_id = old.id
    ), acts as (
        delete from item_act a using old where a.retention = old.retention and a.message_id = old.id
    )
    update message m set body = null, deleted_at = coalesce(deleted_at, :now), version = version + 1,
        mentioned_professionals = '{}', mentioned_persons = '{}', quoted_id = null
    from old where m.retention = old.retention and m.id = old.id
    returning m.id
    """
).bindparams(bindparam("most", type_=Integer))


@dataclass(frozen=True, slots=True)
class Class:
    """How many messages of a class somebody wrote that are kept, and when the newest was written."""

    retention: str
    count: int
    newest: datetime | None


def own_tables(who: Recipient) -> list[tuple[str, Table, ColumnElement[bool]]]:
    """What is only theirs, besides how they are told: names for the report, tables, and which rows."""
    keyed = (("marks", tables.mark), ("steps of marks", tables.mark_step), ("visits", tables.visit))
    found = [
        (name, table, and_(table.c.realm == who.realm.value, table.c.person_id == who.id)) for name, table in keyed
    ]
    line = tables.notification
    of_them = and_(line.c.recipient_realm == who.realm.value, line.c.recipient_id == who.id)
    if who.realm is Realm.PERSON:
        of_them = or_(of_them, line.c.patient_id == who.id)
    return [*found, ("notifications", line, of_them)]


async def remove_some(transaction: AsyncConnection, table: Table, which: ColumnElement[bool]) -> int:
    """Removes some of these rows. Gives how many."""
    key = [column for column in table.primary_key.columns]
    some = select(*key).where(which).limit(AT_ONCE).cte("some")
    matching = and_(*(column == some.c[column.name] for column in key))
    return (await transaction.execute(delete(table).where(matching))).rowcount


async def unwrite_some(transaction: AsyncConnection, who: Recipient, now: datetime) -> list[MessageId]:
    """Takes away what they wrote in some of their messages about no patient. That they were there stays."""
    values: dict[str, Any] = {"realm": who.realm.value, "who": who.id, "now": now, "most": AT_ONCE}
    return list((await transaction.execute(_UNWRITE, values)).scalars())


async def around_patients(connection: AsyncConnection, who: Recipient) -> Class:
    """What they wrote around patients, which is kept."""
    found = await connection.execute(
        select(func.count(), func.max(message.c.sent_at)).where(
            message.c.retention == "patient",
            message.c.author_realm == who.realm.value,
            message.c.author_id == who.id,
        )
    )
    return Class("patient", *found.one())


async def around_patient(connection: AsyncConnection, who: Recipient) -> Class:
    """What anybody wrote around them, which is kept."""
    thread = tables.thread
    found = await connection.execute(
        select(func.coalesce(func.sum(thread.c.last_place), 0), func.max(thread.c.last_at)).where(
            thread.c.patient_id == who.id
        )
    )
    return Class("patient", *found.one())
