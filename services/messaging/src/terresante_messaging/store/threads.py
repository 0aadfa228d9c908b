"""Threads and who is named in them. Titles are sealed with the key of the patient, or of the thread."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, func, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_contents.keys import key_of
from terresante_contents.sealing import MasterKeys, OwnerKey
from terresante_platform.ids import new_id

from terresante_messaging.domain.people import Realm, Recipient, ThreadId
from terresante_messaging.domain.threads import Member, Thread, ThreadKind, ThreadUnknown
from terresante_messaging.store.tables import owner_key, thread, thread_member

_TITLE = "thread.title"
_named = (
    select(
        func.array_agg(thread_member.c.professional_id).label("named"),
        func.array_agg(thread_member.c.since_place).label("named_since_place"),
        func.array_agg(thread_member.c.since).label("named_since"),
    )
    .where(thread_member.c.thread_id == thread.c.id, thread_member.c.until.is_(None))
    .lateral("named_now")
)
_with_members = thread.join(_named, true())
_THREAD = select(*thread.c, *_named.c).select_from(_with_members)
_KEPT = select(*thread.c, *_named.c, owner_key.c.master_key_id, owner_key.c.sealed).select_from(
    _with_members.join(owner_key, owner_key.c.owner_id == func.coalesce(thread.c.patient_id, thread.c.id))
)
_FIND = _KEPT.where(thread.c.id == bindparam("id"))
_MANY = _THREAD.where(thread.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
_HOLD = select(thread.c.id).where(thread.c.id == bindparam("id")).with_for_update(read=True, key_share=True)
_ADD = insert(thread).on_conflict_do_nothing()
_NEXT = (
    update(thread)
    .where(thread.c.id == bindparam("thread"))
    .values(last_place=thread.c.last_place + 1, last_at=func.greatest(thread.c.last_at, bindparam("now")))
    .returning(thread.c.last_place, thread.c.last_at, thread.c.version)
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A thread, and the key that opens what is in it."""

    thread: Thread
    key: OwnerKey


async def find(connection: AsyncConnection, masters: MasterKeys, id: ThreadId) -> Kept | None:
    """The thread of that id."""
    return _kept(masters, (await connection.execute(_FIND, {"id": id})).mappings().first())


async def find_many(connection: AsyncConnection, ids: Collection[ThreadId]) -> list[Thread]:
    """Those of these threads that are there, without their titles."""
    found = await connection.execute(_MANY, {"ids": list(ids)})
    return [thread_of(row) for row in found.mappings()]


async def find_same(connection: AsyncConnection, masters: MasterKeys, new: Thread) -> Kept | None:
    """The one thread that is there already, of a kind of which there is one."""
    match new.kind:
        case ThreadKind.CIRCLE | ThreadKind.WITH_PATIENT:
            same = thread.c.patient_id == new.patient
        case ThreadKind.TEAM:
            same = thread.c.structure_id == new.structure
        case ThreadKind.DIRECT if new.two is not None:
            same = and_(thread.c.first_id == new.two[0], thread.c.second_id == new.two[1])
        case _:
            return None
    found = await connection.execute(_KEPT.where(same, thread.c.kind == new.kind.value))
    return _kept(masters, found.mappings().first())


async def lock(transaction: AsyncConnection, masters: MasterKeys, id: ThreadId) -> Kept:
    """The thread as it is now; nobody changes it, or posts to it, before the transaction ends. Refuses with
    THREAD_UNKNOWN one that is past its time and gone."""
    await transaction.execute(select(thread.c.id).where(thread.c.id == id).with_for_update())
    kept = await find(transaction, masters, id)
    if kept is None:
        raise ThreadUnknown
    return kept


async def hold(transaction: AsyncConnection, id: ThreadId) -> Thread:
    """The thread as it is now, without its title; others post to it, and nobody changes it, before the transaction
    ends. Refuses with THREAD_UNKNOWN one that is past its time and gone."""
    await transaction.execute(_HOLD, {"id": id})
    found = await find_many(transaction, [id])
    if not found:
        raise ThreadUnknown
    return found[0]


async def add(transaction: AsyncConnection, key: OwnerKey, new: Thread) -> bool:
    """Keeps a new thread. False if there is one already, of a kind of which there is one."""
    first, second = new.two or (None, None)
    row = {
        "id": new.id,
        "kind": new.kind.value,
        "retention": new.retention,
        "patient_id": new.patient,
        "structure_id": new.structure,
        "first_id": first,
        "second_id": second,
        "with_patient": new.with_patient,
        "hidden_from_patient": new.hidden_from_patient,
        "hidden_from_representatives": new.hidden_from_representatives,
        "title": key.seal(_TITLE, new.id, new.title.encode()) if new.title else None,
        "opened_by_realm": new.opened_by.realm.value,
        "opened_by_id": new.opened_by.id,
        "opened_at": new.opened_at,
        "version": new.version,
        "last_place": new.last_place,
        "last_at": new.last_at,
    }
    if (await transaction.execute(_ADD, row)).rowcount == 0:
        return False
    await _name(transaction, new.id, new.members, new.opened_by.id)
    return True


async def save(transaction: AsyncConnection, before: Thread, after: Thread, by: UUID, at: datetime) -> None:
    """Keeps a change of a locked thread: its flags, and who came and left."""
    stays = {one.professional for one in after.members}
    left = [one.professional for one in before.members if one.professional not in stays]
    if left:
        await transaction.execute(
            update(thread_member)
            .where(
                thread_member.c.thread_id == after.id,
                thread_member.c.until.is_(None),
                thread_member.c.professional_id.in_(left),
            )
            .values(until=at)
        )
    await _name(transaction, after.id, [one for one in after.members if one not in before.members], by)
    await transaction.execute(
        update(thread)
        .where(thread.c.id == after.id)
        .values(
            version=after.version,
            hidden_from_patient=after.hidden_from_patient,
            hidden_from_representatives=after.hidden_from_representatives,
        )
    )


async def next_place(transaction: AsyncConnection, id: ThreadId, now: datetime) -> tuple[int, datetime, int]:
    """The place and moment of a message that comes now, and the thread's version. Others wait until the transaction
    ends: places follow each other without gap, and moments never go back. Refuses with THREAD_UNKNOWN one that is past
    its time and gone."""
    found = (await transaction.execute(_NEXT, {"thread": id, "now": now})).first()
    if found is None:
        raise ThreadUnknown
    return found.last_place, found.last_at, found.version


async def _name(transaction: AsyncConnection, id: ThreadId, new: Collection[Member], by: UUID) -> None:
    if new:
        rows = [
            {
                "id": new_id(),
                "thread_id": id,
                "professional_id": one.professional,
                "since_place": one.since_place,
                "since": one.since,
                "added_by": by,
            }
            for one in new
        ]
        await transaction.execute(insert(thread_member), rows)


def _kept(masters: MasterKeys, row: Any) -> Kept | None:
    if row is None:
        return None
    without_title = thread_of(row)
    key = key_of(masters, without_title.owner, row["master_key_id"], row["sealed"])
    title = key.open(_TITLE, row["id"], row["title"]).decode() if row["title"] else ""
    return Kept(thread_of(row, title), key)


def thread_of(row: Any, title: str = "") -> Thread:
    """The thread of a row that has its columns and who is named in it."""
    named = zip(row["named"] or (), row["named_since_place"] or (), row["named_since"] or (), strict=True)
    return Thread(
        id=row["id"],
        kind=ThreadKind(row["kind"]),
        patient=row["patient_id"],
        structure=row["structure_id"],
        two=(row["first_id"], row["second_id"]) if row["first_id"] else None,
        opened_by=Recipient(Realm(row["opened_by_realm"]), row["opened_by_id"]),
        opened_at=row["opened_at"],
        last_at=row["last_at"],
        with_patient=row["with_patient"],
        hidden_from_patient=row["hidden_from_patient"],
        hidden_from_representatives=row["hidden_from_representatives"],
        title=title,
        version=row["version"],
        last_place=row["last_place"],
        members=tuple(sorted((Member(*one) for one in named), key=lambda one: one.professional)),
    )
