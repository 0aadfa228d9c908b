"""What the log holds for one person: the threads that may be theirs, and the entries of those. Takes a connection,
gives domain values; consent has said what they may read now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Executable, RowMapping, Uuid, and_, any_, bindparam, or_, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.log import Entry
from terresante_messaging.domain.people import PatientId, Realm, Recipient, ThreadId
from terresante_messaging.domain.threads import Member, Thread, ThreadKind
from terresante_messaging.store.feed import entry_of
from terresante_messaging.store.tables import thread, thread_member

_BY_ID = select(thread).where(thread.c.id.in_(bindparam("ids", expanding=True)))
_MEMBERS = select(thread_member).where(
    thread_member.c.thread_id.in_(bindparam("ids", expanding=True)), thread_member.c.until.is_(None)
)
_around = thread.c.patient_id == any_(bindparam("patients", type_=ARRAY(Uuid)))
_of_team = and_(thread.c.kind == ThreadKind.TEAM, thread.c.structure_id.in_(bindparam("structures", expanding=True)))
_of_two = thread.c.kind == ThreadKind.DIRECT
_named = select(thread_member.c.thread_id).where(
    thread_member.c.professional_id == bindparam("me"), thread_member.c.until.is_(None)
)
_OF_PROFESSIONAL = union_all(
    select(thread.c.id).where(_around, or_(thread.c.kind != ThreadKind.SIDE, thread.c.id.in_(_named))),
    select(thread.c.id).where(_of_team),
    select(thread.c.id).where(_of_two, thread.c.first_id == bindparam("me")),
    select(thread.c.id).where(_of_two, thread.c.second_id == bindparam("me")),
)
_OF_PERSON = select(thread.c.id).where(_around, thread.c.kind != ThreadKind.CIRCLE)
_WITHIN = "position > :after and position <= :up_to order by position limit :most"
_PAGE = text(f"""
    select * from (
        select found.* from unnest(cast(:threads as uuid[])) as mine(id) cross join lateral (
            select * from log_entry where thread_id = mine.id and recipient_id is null and {_WITHIN}) found
        union all
        select found.* from unnest(cast(:patients as uuid[])) as mine(id) cross join lateral (
            select * from log_entry
            where patient_id = mine.id and thread_id is null and recipient_id is null and {_WITHIN}) found
        union all
        (select * from log_entry where recipient_id = :me and recipient_realm = :realm and {_WITHIN})
    ) missed order by position limit :most
""")  # noqa: S608  # nothing but our own words


async def threads(connection: AsyncConnection, ids: Collection[ThreadId]) -> dict[ThreadId, Thread]:
    """Threads as far as they decide who reads them: without their titles. Those that are gone are left out."""
    if not ids:
        return {}
    return {one.id: one for one in await _read(connection, _BY_ID, {"ids": list(ids)})}


async def threads_around(
    connection: AsyncConnection, me: Recipient, patients: Collection[PatientId], structures: Collection[UUID]
) -> Sequence[ThreadId]:
    """Among which are the threads of somebody who may read around these patients and in these structures' teams."""
    around: dict[str, Any] = {"patients": list(patients)}
    if me.realm is Realm.PERSON:
        return (await connection.execute(_OF_PERSON, around)).scalars().all()
    wanted = around | {"structures": list(structures), "me": me.id}
    return (await connection.execute(_OF_PROFESSIONAL, wanted)).scalars().all()


async def page(
    connection: AsyncConnection,
    me: Recipient,
    around: tuple[Iterable[ThreadId], Iterable[PatientId]],
    between: tuple[int, int],
    most: int,
) -> Sequence[Entry]:
    """Entries of these threads, about these patients' standing, or for this recipient alone: after the first position
    of `between` and up to the second, in order."""
    wanted = {
        "threads": list(around[0]),
        "patients": list(around[1]),
        "me": me.id,
        "realm": me.realm.value,
        "after": between[0],
        "up_to": between[1],
        "most": most,
    }
    return [entry_of(row) for row in (await connection.execute(_PAGE, wanted)).mappings()]


async def _read(connection: AsyncConnection, statement: Executable, wanted: dict[str, Any]) -> list[Thread]:
    rows = (await connection.execute(statement, wanted)).mappings().all()
    sides = [row["id"] for row in rows if row["kind"] == ThreadKind.SIDE]
    members: defaultdict[UUID, list[Member]] = defaultdict(list)
    if sides:
        for row in (await connection.execute(_MEMBERS, {"ids": sides})).mappings():
            members[row["thread_id"]].append(Member(row["professional_id"], row["since_place"], row["since"]))
    return [_thread(row, tuple(members[row["id"]])) for row in rows]


def _thread(row: RowMapping, members: tuple[Member, ...]) -> Thread:
    return Thread(
        id=row["id"],
        kind=ThreadKind(row["kind"]),
        patient=row["patient_id"],
        structure=row["structure_id"],
        two=(row["first_id"], row["second_id"]) if row["first_id"] is not None else None,
        opened_by=Recipient(Realm(row["opened_by_realm"]), row["opened_by_id"]),
        opened_at=row["opened_at"],
        last_at=row["last_at"],
        with_patient=row["with_patient"],
        hidden_from_patient=row["hidden_from_patient"],
        hidden_from_representatives=row["hidden_from_representatives"],
        version=row["version"],
        last_place=row["last_place"],
        members=members,
    )
