"""The threads of a caller, with what is unread in each: one statement, whatever their number.

Given is what consent lets them read now: patients, each from a moment on; teams; whether messages between
professionals. The window of each thread is applied inside the statement, so that counts are exact and pages full.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, DateTime, Integer, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.people import PatientId, Realm, Recipient
from terresante_messaging.domain.threads import Thread
from terresante_messaging.store.threads import thread_of

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
_UNREAD = """
    select count(*) as unread, count(*) filter (where x.urgent) as unread_urgent
    from message x
    where x.thread_id = c.id and x.retention = c.retention
        and x.id >= (lpad(to_hex(floor(extract(epoch from greatest(c.opened_at, c.visible_from, k.read_sent_at))
            * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
        and x.place > greatest(c.since_place, k.read_up_to)
        and (c.visible_from is null or x.sent_at >= c.visible_from)
        and x.deleted_at is null
        and not (x.author_id = :me and x.author_realm = :realm)
"""
_GIVEN = """
with mine as (select * from unnest(:patients, :froms) as given(patient_id, visible_from)),
candidate as ({candidates})
"""
_COUNTED = """,
counted as (
    select c.*, coalesce(k.read_up_to, 0) as read_up_to,
        c.last_place > c.since_place and (c.visible_from is null or c.last_at >= c.visible_from) as any_shown,
        coalesce(u.unread, 0) as unread, coalesce(u.unread_urgent, 0) as unread_urgent
    from candidate c
    left join mark k on k.thread_id = c.id and k.realm = :realm and k.person_id = :me
    left join lateral ({unread}) u on c.readable and c.last_place > greatest(c.since_place, k.read_up_to)
        and (c.visible_from is null or c.last_at >= c.visible_from)
)
"""
_SUMS = """
select patient_id, sum(unread)::bigint as unread, sum(unread_urgent)::bigint as unread_urgent
from counted where unread > 0 group by patient_id
"""
_SOME = """
select c.*, n.*, f.place as first_place
from (
    select * from counted
    where (:after_at is null or (last_at, id) < (:after_at, :after_id))
        and (not :unread_only or unread > 0) and (not :apart or patient_id is null)
    order by last_at desc, id desc limit :most
) c
cross join lateral (
    select array_agg(professional_id) as named, array_agg(since_place) as named_since_place,
        array_agg(since) as named_since
    from thread_member where thread_id = c.id and until is null
) n
left join lateral (
    select x.place from message x
    where x.thread_id = c.id and x.retention = c.retention
        and x.id >= (lpad(to_hex(floor(extract(epoch from c.visible_from) * 1000)::bigint), 12, '0')
            || '00000000000000000000')::uuid
        and x.place > c.since_place and x.sent_at >= c.visible_from
    order by x.place limit 1
) f on c.visible_from > c.opened_at
order by c.last_at desc, c.id desc
"""


_CANDIDATES = """
select c.*, n.* from candidate c
cross join lateral (
    select array_agg(professional_id) as named, array_agg(since_place) as named_since_place,
        array_agg(since) as named_since
    from thread_member where thread_id = c.id and until is null
) n
where c.readable and c.last_place > 0
"""


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
    """What is unread around a patient; of none: in threads about no patient."""

    patient: PatientId | None
    unread: int
    urgent: int


def _statement(sql: str, candidates: str) -> Any:
    whole = _GIVEN.replace("{candidates}", candidates) + sql.replace("{unread}", _UNREAD)
    return text(whole).bindparams(
        bindparam("patients", type_=ARRAY(Uuid)),
        bindparam("froms", type_=ARRAY(DateTime(timezone=True))),
        bindparam("me", type_=Uuid),
    )


def _by_realm(sql: str) -> dict[Realm, Any]:
    of_professional = _statement(sql, _OF_PROFESSIONAL).bindparams(
        bindparam("direct", type_=Boolean), bindparam("teams", type_=ARRAY(Uuid))
    )
    return {Realm.PROFESSIONAL: of_professional, Realm.PERSON: _statement(sql, _OF_PERSON)}


def _paged(statement: Any) -> Any:
    return statement.bindparams(
        bindparam("realm", type_=Text),
        bindparam("after_at", type_=DateTime(timezone=True)),
        bindparam("after_id", type_=Uuid),
        bindparam("unread_only", type_=Boolean),
        bindparam("apart", type_=Boolean),
        bindparam("most", type_=Integer),
    )


_COUNTS = {
    realm: statement.bindparams(bindparam("realm", type_=Text))
    for realm, statement in _by_realm(_COUNTED + _SUMS).items()
}
_PAGES = {realm: _paged(statement) for realm, statement in _by_realm(_COUNTED + _SOME).items()}
_ALL = _by_realm(_CANDIDATES)


async def count(connection: AsyncConnection, allowed: Allowed) -> list[Unread]:
    """What is unread, a patient; nothing of patients around whom all is read."""
    values = {**_given(allowed), "realm": allowed.me.realm.value}
    found = await connection.execute(_COUNTS[allowed.me.realm], values)
    return [Unread(row.patient_id, row.unread, row.unread_urgent) for row in found]


async def page(connection: AsyncConnection, allowed: Allowed, wanted: Wanted) -> list[Line]:
    """Threads, the one with the latest message first."""
    after_at, after_id = wanted.after or (None, None)
    values = {
        **_given(allowed),
        "realm": allowed.me.realm.value,
        "after_at": after_at,
        "after_id": after_id,
        "most": wanted.most,
        "unread_only": wanted.unread_only,
        "apart": wanted.apart,
    }
    found = await connection.execute(_PAGES[allowed.me.realm], values)
    return [_line(row) for row in found.mappings()]


async def readable(connection: AsyncConnection, allowed: Allowed) -> list[Thread]:
    """All threads with messages that they may read, without titles."""
    found = await connection.execute(_ALL[allowed.me.realm], _given(allowed))
    return [thread_of(row) for row in found.mappings()]


def _given(allowed: Allowed) -> dict[str, Any]:
    values = {
        "patients": list(allowed.patients),
        "froms": list(allowed.patients.values()),
        "me": allowed.me.id,
    }
    if allowed.me.realm is Realm.PROFESSIONAL:
        values |= {"direct": allowed.direct, "teams": sorted(allowed.teams)}
    return values


def _line(row: Any) -> Line:
    begins_late = row["visible_from"] is not None and row["visible_from"] > row["opened_at"]
    first = (row["first_place"] or row["last_place"] + 1) if begins_late else row["since_place"] + 1
    return Line(
        thread=thread_of(row),
        readable=row["readable"],
        last_place=row["last_place"] if row["any_shown"] else 0,
        first_place=first,
        read_up_to=row["read_up_to"],
        unread=row["unread"],
        unread_urgent=row["unread_urgent"],
    )
