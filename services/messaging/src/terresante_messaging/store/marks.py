"""How far each has come in a thread, and the steps by which they came."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, and_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.marks import Mark, Step, StepKind
from terresante_messaging.domain.people import Realm, Recipient, ThreadId
from terresante_messaging.store.messages import Part
from terresante_messaging.store.tables import mark, mark_step, message

_BEGIN = insert(mark).on_conflict_do_nothing()
_OWN = (
    mark.c.thread_id == bindparam("thread"),
    mark.c.realm == bindparam("of_realm"),
    mark.c.person_id == bindparam("who"),
)
_KEEP = update(mark).where(*_OWN)
_FOLLOW = (
    update(mark)
    .where(*_OWN, mark.c.read_up_to == bindparam("before"))
    .values(
        received_up_to=bindparam("place"),
        received_at=bindparam("at"),
        read_up_to=bindparam("place"),
        read_at=bindparam("at"),
        read_sent_at=bindparam("at"),
    )
)
_STEP = insert(mark_step).on_conflict_do_nothing()
_FIND = select(*mark.c).where(*_OWN)
_OF_THREAD = select(*mark.c).where(mark.c.thread_id == bindparam("thread")).order_by(mark.c.realm, mark.c.person_id)
_STEPS = select(*mark_step.c).where(
    mark_step.c.thread_id == bindparam("thread"), mark_step.c.up_to >= bindparam("place")
)
_UNREAD = select(func.count().label("unread"), func.count().filter(message.c.urgent).label("urgent")).where(
    message.c.thread_id == bindparam("thread"),
    message.c.retention == bindparam("class"),
    message.c.id >= bindparam("low"),
    message.c.id < bindparam("high"),
    message.c.place > bindparam("since"),
    message.c.sent_at >= bindparam("visible_from", type_=DateTime(timezone=True)),
    message.c.deleted_at.is_(None),
    ~and_(message.c.author_id == bindparam("who"), message.c.author_realm == bindparam("realm")),
)


async def find(connection: AsyncConnection, thread: ThreadId, who: Recipient) -> Mark:
    """How far they have come."""
    row = (await connection.execute(_FIND, _own(thread, who))).mappings().first()
    return _mark(row) if row else Mark(who)


async def lock(transaction: AsyncConnection, thread: ThreadId, who: Recipient) -> Mark:
    """The same; nobody moves it before the transaction ends. Made if it is missing."""
    await transaction.execute(_BEGIN, _nowhere(thread, who))
    row = (await transaction.execute(_FIND.with_for_update(), _own(thread, who))).mappings().one()
    return _mark(row)


async def of_thread(connection: AsyncConnection, thread: ThreadId) -> list[Mark]:
    """How far each has come."""
    return [_mark(row) for row in (await connection.execute(_OF_THREAD, {"thread": thread})).mappings()]


async def keep(
    transaction: AsyncConnection, thread: ThreadId, new: Mark, steps: Sequence[Step], read_sent_at: datetime | None
) -> None:
    """Keeps a locked mark, and the steps that led to it. `read_sent_at`: when the message up to which was read was
    written."""
    moved = {
        "received_up_to": new.received_up_to,
        "received_at": new.received_at,
        "read_up_to": new.read_up_to,
        "read_at": new.read_at,
        "read_sent_at": read_sent_at,
    }
    await transaction.execute(_KEEP.values(moved), _own(thread, new.who))
    if steps:
        rows = [
            {
                "thread_id": thread,
                "realm": step.who.realm.value,
                "person_id": step.who.id,
                "what": step.kind.value,
                "up_to": step.up_to,
                "at": step.at,
            }
            for step in steps
        ]
        await transaction.execute(_STEP, rows)


async def follow_own(transaction: AsyncConnection, thread: ThreadId, who: Recipient, place: int, at: datetime) -> None:
    """Moves an author's mark on to their message, if nothing before it was unread: else what they have not read would
    pass for read. No step is kept: one's own message has no receipt of one's own."""
    if place == 1:
        await transaction.execute(_BEGIN, _nowhere(thread, who))
    await transaction.execute(_FOLLOW, _own(thread, who) | {"before": place - 1, "place": place, "at": at})


async def steps_reaching(connection: AsyncConnection, thread: ThreadId, place: int) -> list[Step]:
    """Everybody's steps that reached that place."""
    found = await connection.execute(_STEPS, {"thread": thread, "place": place})
    return [Step(_who(row), StepKind(row["what"]), row["up_to"], row["at"]) for row in found.mappings()]


async def unread(connection: AsyncConnection, look: Part, own: Mark) -> tuple[int, int]:
    """How many messages of a thread that they may read they have not read: others', and not taken back. Then how many
    of those are urgent."""
    values = look.values()
    values |= {
        "since": max(look.window.since_place, own.read_up_to),
        "who": own.who.id,
        "realm": own.who.realm.value,
    }
    row = (await connection.execute(_UNREAD, values)).one()
    return row.unread, row.urgent


def _nowhere(thread: ThreadId, who: Recipient) -> dict[str, Any]:
    return {"thread_id": thread, "realm": who.realm.value, "person_id": who.id, "received_up_to": 0, "read_up_to": 0}


def _own(thread: ThreadId, who: Recipient) -> dict[str, Any]:
    return {"thread": thread, "of_realm": who.realm.value, "who": who.id}


def _mark(row: Any) -> Mark:
    return Mark(_who(row), row["received_up_to"], row["read_up_to"], row["received_at"], row["read_at"])


def _who(row: Any) -> Recipient:
    return Recipient(Realm(row["realm"]), row["person_id"])
