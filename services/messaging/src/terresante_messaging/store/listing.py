"""The threads of a caller, with what is unread in each, whatever their number in the same few statements.

Given is what consent lets them read now: patients, each from a moment on; teams; whether messages between
professionals. The window of each thread is applied inside the statements, so that counts are exact and pages full.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Boolean, DateTime, Integer, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.people import PatientId, Realm, Recipient, ThreadId
from terresante_messaging.domain.threads import Thread
from terresante_messaging.store.messages import BEGINNING
from terresante_messaging.store.moments import least_id
from terresante_messaging.store.threads import thread_of

RECENT = timedelta(days=31)
"""What is unread since less is counted apart: it opens few partitions, whatever waits since longer elsewhere."""
_OF_PROFESSIONAL = """
    select t.*, m.visible_from, 0::bigint as since_place, true as readable
    from mine m join thread t on t.patient_id = m.patient_id and t.kind in ('CIRCLE', 'WITH_PATIENT')
    union all
    select t.*, m.visible_from, n.since_place, true
    from thread_member n join thread t on t.id = n.thread_id and t.kind = 'SIDE'
        join mine m on m.patient_id = t.patient_id
    where n.professional_id = :me and n.until is null
    union all
    select t.*, null, 0, true from thread t where :direct and t.kind = 'DIRECT' and t.first_id = :me
    union all
    select t.*, null, 0, true from thread t where :direct and t.kind = 'DIRECT' and t.second_id = :me
    union all
    select t.*, null, 0, true from thread t where t.kind = 'TEAM' and t.structure_id = any(:teams)
"""
"""As `threads.is_meant_for` says of professionals."""
_OF_PERSON = """
    select t.*, m.visible_from, 0::bigint as since_place, t.kind = 'WITH_PATIENT' or t.with_patient as readable
    from mine m join thread t on t.patient_id = m.patient_id
    where not t.hidden_from_patient and (t.patient_id = :me or not t.hidden_from_representatives)
"""
"""As `threads.is_meant_for` and `shows_that_it_is_there` say of the patient and representatives."""
_GIVEN = """
with mine as (select * from unnest(:patients, :froms) as given(patient_id, visible_from)),
candidate as ({candidates})
"""
_WAITING = """
select c.id, c.patient_id, c.retention, c.visible_from, greatest(c.since_place, k.read_up_to) as after,
    greatest(c.opened_at, c.visible_from, k.read_sent_at) as low
from candidate c
left join mark k on k.thread_id = c.id and k.realm = :realm and k.person_id = :me
where c.readable and c.last_place > greatest(c.since_place, k.read_up_to)
    and (c.visible_from is null or c.last_at >= c.visible_from)
"""
"""Threads in which something may be unread."""
_SOME = """
select c.*, coalesce(k.read_up_to, 0) as read_up_to, n.*,
    c.last_place > c.since_place and (c.visible_from is null or c.last_at >= c.visible_from) as any_shown,
    greatest(c.opened_at, c.visible_from, k.read_sent_at) as low
from candidate c
left join mark k on k.thread_id = c.id and k.realm = :realm and k.person_id = :me
cross join lateral (
    select array_agg(professional_id) as named, array_agg(since_place) as named_since_place,
        array_agg(since) as named_since
    from thread_member where thread_id = c.id and until is null
) n
where (:after_at is null or (c.last_at, c.id) < (:after_at, :after_id))
    and (not :apart or c.patient_id is null) and (:only is null or c.id = any(:only))
order by c.last_at desc, c.id desc limit :most
"""
_UNREAD = text(
    """
    select g.id, count(*) as unread, count(*) filter (where x.urgent) as urgent
    from unnest(:ids, :afters, :froms) as g(id, after, visible_from)
    join message x on x.thread_id = g.id and x.place > g.after and x.sent_at >= g.visible_from
    where x.retention = any(:classes) and x.id >= :low and x.deleted_at is null
        and not (x.author_id = :me and x.author_realm = :realm)
    group by g.id
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("afters", type_=ARRAY(BigInteger)),
    bindparam("froms", type_=ARRAY(DateTime(timezone=True))),
    bindparam("classes", type_=ARRAY(Text)),
    bindparam("low", type_=Uuid),
    bindparam("me", type_=Uuid),
    bindparam("realm", type_=Text),
)
_FIRST = text(
    """
    select g.id, f.place
    from unnest(:ids, :afters, :froms) as g(id, after, visible_from)
    cross join lateral (
        select x.place from message x
        where x.thread_id = g.id and x.retention = any(:classes) and x.id >= :low
            and x.place > g.after and x.sent_at >= g.visible_from
        order by x.place limit 1
    ) f
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("afters", type_=ARRAY(BigInteger)),
    bindparam("froms", type_=ARRAY(DateTime(timezone=True))),
    bindparam("classes", type_=ARRAY(Text)),
    bindparam("low", type_=Uuid),
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Who lists, and what consent lets them read now."""

    me: Recipient
    patients: dict[PatientId, datetime | None]
    teams: frozenset[UUID] = frozenset()
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the threads, and which page."""

    after: tuple[datetime, UUID] | None = None
    most: int = 50
    unread_only: bool = False
    apart: bool = False
    """Only those about no patient."""


@dataclass(frozen=True, slots=True)
class Line:
    """A thread in the list; without its title."""

    thread: Thread
    readable: bool
    last_place: int
    first_place: int
    read_up_to: int
    unread: int
    unread_urgent: int


@dataclass(frozen=True, slots=True)
class Unread:
    """What is unread in a thread."""

    patient: PatientId | None
    unread: int
    urgent: int


def _by_realm(sql: str) -> dict[Realm, Any]:
    def statement(candidates: str) -> Any:
        return text(_GIVEN.replace("{candidates}", candidates) + sql).bindparams(
            bindparam("patients", type_=ARRAY(Uuid)),
            bindparam("froms", type_=ARRAY(DateTime(timezone=True))),
            bindparam("me", type_=Uuid),
            bindparam("realm", type_=Text),
        )

    of_professional = statement(_OF_PROFESSIONAL).bindparams(
        bindparam("direct", type_=Boolean), bindparam("teams", type_=ARRAY(Uuid))
    )
    return {Realm.PROFESSIONAL: of_professional, Realm.PERSON: statement(_OF_PERSON)}


_WAITS = _by_realm(_WAITING)
_PAGES = {
    realm: statement.bindparams(
        bindparam("after_at", type_=DateTime(timezone=True)),
        bindparam("after_id", type_=Uuid),
        bindparam("apart", type_=Boolean),
        bindparam("only", type_=ARRAY(Uuid)),
        bindparam("most", type_=Integer),
    )
    for realm, statement in _by_realm(_SOME).items()
}


async def count(connection: AsyncConnection, allowed: Allowed) -> dict[ThreadId, Unread]:
    """What is unread, by thread; nothing of those in which all is read."""
    found = await connection.execute(_WAITS[allowed.me.realm], _given(allowed))
    waiting = {row.id: row for row in found}
    counted = await _unread(connection, allowed.me, list(waiting.values()))
    return {id: Unread(waiting[id].patient_id, *each) for id, each in counted.items()}


async def page(connection: AsyncConnection, allowed: Allowed, wanted: Wanted) -> list[Line]:
    """Threads, the one with the latest message first."""
    after_at, after_id = wanted.after or (None, None)
    only = list(await count(connection, allowed)) if wanted.unread_only else None
    values = {"after_at": after_at, "after_id": after_id, "apart": wanted.apart, "only": only, "most": wanted.most}
    found = list(await connection.execute(_PAGES[allowed.me.realm], _given(allowed) | values))
    return await _lines(connection, allowed.me, found)


async def readable(connection: AsyncConnection, allowed: Allowed) -> list[Thread]:
    """All threads with messages that they may read, without titles."""
    values = {"after_at": None, "after_id": None, "apart": False, "only": None, "most": None}
    found = await connection.execute(_PAGES[allowed.me.realm], _given(allowed) | values)
    return [thread_of(row._mapping) for row in found if row.readable and row.last_place]


async def _lines(connection: AsyncConnection, me: Recipient, rows: Sequence[Any]) -> list[Line]:
    shown = [row for row in rows if row.readable and row.any_shown]
    unread = await _unread(connection, me, [_Waiting(row) for row in shown if row.last_place > row.read_up_to])
    late = [row for row in shown if row.visible_from is not None and row.visible_from > row.opened_at]
    first = await _first(connection, late)
    begins = {row.id: first.get(row.id, row.last_place + 1) for row in late}
    return [
        Line(
            thread=thread_of(row._mapping),
            readable=row.readable,
            last_place=row.last_place if row.any_shown else 0,
            first_place=begins.get(row.id, row.since_place + 1 if row.any_shown else row.last_place + 1),
            read_up_to=row.read_up_to,
            unread=unread.get(row.id, (0, 0))[0],
            unread_urgent=unread.get(row.id, (0, 0))[1],
        )
        for row in rows
    ]


class _Waiting:
    """A row of a page as one of `_WAITING`."""

    def __init__(self, row: Any) -> None:
        self.id, self.retention, self.visible_from, self.low = row.id, row.retention, row.visible_from, row.low
        self.after = max(row.since_place, row.read_up_to)


async def _unread(connection: AsyncConnection, me: Recipient, rows: Sequence[Any]) -> dict[ThreadId, tuple[int, int]]:
    counted: dict[ThreadId, tuple[int, int]] = {}
    newest = max((row.low for row in rows), default=BEGINNING)
    recent = [row for row in rows if row.low >= newest - RECENT]
    older = [row for row in rows if row.low < newest - RECENT]
    for some in (recent, older):
        if some:
            values = {**_looked_at(some), "me": me.id, "realm": me.realm.value}
            found = await connection.execute(_UNREAD, values)
            counted |= {row.id: (row.unread, row.urgent) for row in found}
    return counted


async def _first(connection: AsyncConnection, late: Sequence[Any]) -> dict[ThreadId, int]:
    if not late:
        return {}
    values = _looked_at([_Waiting(row) for row in late])
    values |= {"afters": [row.since_place for row in late], "low": least_id(min(row.visible_from for row in late))}
    return {row.id: row.place for row in await connection.execute(_FIRST, values)}


def _looked_at(rows: Sequence[Any]) -> dict[str, Any]:
    return {
        "ids": [row.id for row in rows],
        "afters": [row.after for row in rows],
        "froms": [row.visible_from or BEGINNING for row in rows],
        "classes": sorted({row.retention for row in rows}),
        "low": least_id(min(row.low for row in rows)),
    }


def _given(allowed: Allowed) -> dict[str, Any]:
    values = {
        "patients": list(allowed.patients),
        "froms": list(allowed.patients.values()),
        "me": allowed.me.id,
        "realm": allowed.me.realm.value,
    }
    if allowed.me.realm is Realm.PROFESSIONAL:
        values |= {"direct": allowed.direct, "teams": sorted(allowed.teams)}
    return values
