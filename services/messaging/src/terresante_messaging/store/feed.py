"""The log, as it is put in order and read. Takes a connection, gives domain values."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.counted import Count
from terresante_platform.measures import Gauge

from terresante_messaging.domain.log import Entry, EntryKind, NewEntry, Waiting, in_order
from terresante_messaging.domain.notifications import OF_CONTENT
from terresante_messaging.domain.people import NotificationId, Realm, Recipient, ThreadId
from terresante_messaging.store.tables import log_entry, log_reader, notification
from terresante_messaging.store.telling_tables import portal_choice

BATCH = 500
SEQUENCER = "sequencer"
"""Its row in `log_reader` is the last position that was given, and the lock of who gives the next."""
DROPPED = "dropped"
"""Its row is the last position that is no longer kept."""
LOG_WAITING = Gauge(
    "terresante.messaging.log.waiting", "{entry}", "Entries of the log without a position, up to 100,000"
)
LOG_AGE = Gauge(
    "terresante.messaging.log.age", "s", "Age of the oldest entry of the log without a position; 0 for none"
)
LOG_BEHIND = Gauge(
    "terresante.messaging.log.behind", "{entry}", "Entries of the log that one of its readers has yet to come to"
)

_waiting = log_entry.c.position.is_(None)
_unplaced = select(log_entry.c.at).where(_waiting)
_last = log_reader.alias("last")
_given = select(_last.c.position).where(_last.c.name == SEQUENCER).scalar_subquery()
_BEHIND = select(func.coalesce(_given - log_reader.c.position, 0), log_reader.c.name.label("reader")).where(
    log_reader.c.name.not_in([SEQUENCER, DROPPED])
)
COUNTS = (
    Count(LOG_WAITING, select(func.count()).select_from(_unplaced.limit(100_000).subquery())),
    Count(
        LOG_AGE,
        select(
            func.coalesce(
                func.extract("epoch", func.now() - _unplaced.order_by(log_entry.c.id).limit(1).scalar_subquery()), 0
            )
        ),
    ),
    Count(LOG_BEHIND, _BEHIND),
)
_ANY_WAITING = select(log_entry.c.id).where(_waiting).limit(1)
_FIRST = (
    insert(log_reader)
    .from_select(
        ["name", "position"],
        select(bindparam("name", SEQUENCER), func.coalesce(func.max(log_entry.c.position), 0)),
    )
    .on_conflict_do_nothing()
)
_POSITION = select(log_reader.c.position).where(log_reader.c.name == bindparam("name"))
_columns = (log_entry.c.id, log_entry.c.thread_id, log_entry.c.place, log_entry.c.kind)
_OLDEST = select(*_columns).where(_waiting).order_by(log_entry.c.id).limit(bindparam("most"))
_EARLIER = text("""
    select e.id, e.thread_id, e.place, e.kind
    from unnest(cast(:threads as uuid[]), cast(:places as bigint[])) as known(thread_id, place)
    join log_entry e on e.thread_id = known.thread_id and e.place < known.place
    where e.position is null and e.kind = 'MESSAGE_POSTED'
""")
_GIVE = text("""
    with moved as (update log_reader set position = :last_given where name = 'sequencer')
    update log_entry set position = given.position
    from unnest(cast(:ids as uuid[]), cast(:positions as bigint[])) as given(id, position)
    where log_entry.id = given.id and log_entry.id between :first and :last and log_entry.position is null
""")
_AFTER = (
    select(log_entry)
    .where(log_entry.c.position > bindparam("after"))
    .order_by(log_entry.c.position)
    .limit(bindparam("most"))
)
_NEXT_OF = text("""
    select r.position as kept, e.* from log_reader r left join lateral (
        select * from log_entry where position > r.position order by position limit :most
    ) e on true where r.name = :name order by e.position
""")
_OF_STANDING = select(notification.c.id).where(
    notification.c.id.in_(bindparam("ids", expanding=True)), notification.c.kind.not_in(sorted(OF_CONTENT))
)
_CHOICES = select(portal_choice).where(
    portal_choice.c.portal_id.in_(bindparam("portals", expanding=True)),
    portal_choice.c.person_id.in_(bindparam("people", expanding=True)),
)
_BEGIN = text("""
    insert into log_reader (name, position)
    select :name, coalesce(max(position), 0) from log_reader where name = :from
    on conflict do nothing
""")
_MOVED = (
    update(log_reader)
    .where(log_reader.c.name == bindparam("reader"), log_reader.c.position == bindparam("since"))
    .values(position=bindparam("to"))
)
_NOTE_DROPPED = text("""
    insert into log_reader (name, position)
    select 'dropped', coalesce(max(position), 0) from log_entry where id < first_id_of(cast(:month as date))
    on conflict (name) do update set position = greatest(log_reader.position, excluded.position)
""")
_DROP = text("select drop_partitions('log_entry', cast(:month as date))")


async def any_waiting(connection: AsyncConnection) -> bool:
    """Whether an entry has no position yet."""
    return (await connection.execute(_ANY_WAITING)).first() is not None


async def give_positions(transaction: AsyncConnection, most: int = BATCH) -> Sequence[int]:
    """Gives the next positions to the oldest committed entries, about `most`. Gives those positions.

    One transaction at a time does it, on whatever replica: the next one waits for the row of the sequencer, so that
    what it gives becomes visible after what was given before.
    """
    last = await _locked(transaction)
    rows = (await transaction.execute(_OLDEST, {"most": most})).mappings().all()
    waiting = {row["id"]: _waiting_of(row) for row in rows}
    if len(rows) == most:
        waiting |= await _earlier(transaction, waiting.values())
    if not waiting:
        return ()
    ids = in_order(list(waiting.values()))
    positions = range(last + 1, last + 1 + len(ids))
    given = {"ids": ids, "positions": list(positions), "last_given": positions[-1]}
    await transaction.execute(_GIVE, given | {"first": min(ids), "last": max(ids)})
    return positions


async def _locked(transaction: AsyncConnection) -> int:
    locking = _POSITION.with_for_update()
    found = (await transaction.execute(locking, {"name": SEQUENCER})).scalar()
    if found is None:
        await transaction.execute(_FIRST)
        found = (await transaction.execute(locking, {"name": SEQUENCER})).scalar_one()
    return int(found)


async def _earlier(transaction: AsyncConnection, waiting: Iterable[Waiting]) -> dict[UUID, Waiting]:
    """Of the threads in a full batch, posted messages that a replica's late clock left out of it."""
    highest: dict[ThreadId, int] = {}
    for one in waiting:
        if one.thread is not None and one.posted_at is not None:
            highest[one.thread] = max(one.posted_at, highest.get(one.thread, 0))
    found = await transaction.execute(_EARLIER, {"threads": list(highest), "places": list(highest.values())})
    return {row["id"]: _waiting_of(row) for row in found.mappings()}


def _waiting_of(row: RowMapping) -> Waiting:
    posted = row["kind"] == EntryKind.MESSAGE_POSTED
    return Waiting(row["id"], row["thread_id"], row["place"] if posted else None)


async def position(connection: AsyncConnection, name: str = SEQUENCER) -> int:
    """How far a reader of the log has come; by default, the last position that was given. 0 at first."""
    return int((await connection.execute(_POSITION, {"name": name})).scalar() or 0)


async def begun(connection: AsyncConnection, name: str, oldest: bool) -> int:
    """How far a reader has come. A new one begins at the end of the log, or with the oldest entry that is kept."""
    found = (await connection.execute(_POSITION, {"name": name})).scalar()
    if found is None:
        await connection.execute(_BEGIN, {"name": name, "from": DROPPED if oldest else SEQUENCER})
        found = (await connection.execute(_POSITION, {"name": name})).scalar_one()
    return int(found)


async def next_of(connection: AsyncConnection, name: str, most: int) -> tuple[int | None, list[Entry]]:
    """How far a reader has come, None if it never began, and the entries after that, in order."""
    rows = (await connection.execute(_NEXT_OF, {"name": name, "most": most})).mappings().all()
    return (int(rows[0]["kept"]) if rows else None), [entry_of(row) for row in rows if row["position"] is not None]


async def moved(transaction: AsyncConnection, name: str, between: tuple[int, int]) -> bool:
    """Moves a reader from the first to the second position of `between`, and locks it. False if it is elsewhere:
    another process was faster."""
    wanted = {"reader": name, "since": between[0], "to": between[1]}
    return bool((await transaction.execute(_MOVED, wanted)).rowcount)


async def after(connection: AsyncConnection, position: int, most: int = BATCH) -> list[Entry]:
    """The entries after a position, in order."""
    found = await connection.execute(_AFTER, {"after": position, "most": most})
    return [entry_of(row) for row in found.mappings()]


async def of_standing(connection: AsyncConnection, ids: Collection[NotificationId]) -> frozenset[NotificationId]:
    """Those of the notifications that tell of their recipient's own standing, not of what a record holds."""
    if not ids:
        return frozenset()
    return frozenset((await connection.execute(_OF_STANDING, {"ids": list(ids)})).scalars())


async def choices(
    connection: AsyncConnection, portals: Collection[UUID], people: Collection[Recipient]
) -> dict[UUID, frozenset[Recipient]]:
    """By portal: who among these people chose it."""
    wanted = {"portals": list(portals), "people": list({one.id for one in people})}
    found: dict[UUID, set[Recipient]] = {portal: set() for portal in portals}
    if portals and people:
        for row in (await connection.execute(_CHOICES, wanted)).mappings():
            found[row["portal_id"]].add(Recipient(Realm(row["realm"]), row["person_id"]))
    return {portal: frozenset(some).intersection(people) for portal, some in found.items()}


async def drop_before(transaction: AsyncConnection, month: date) -> list[str]:
    """Drops the log of the months that ended before `month` (its first day), and keeps up to which position it is gone.
    Gives the partitions that were dropped."""
    await transaction.execute(_NOTE_DROPPED, {"month": month})
    return list((await transaction.execute(_DROP, {"month": month})).scalars())


def entry_of(row: Mapping[str, Any] | RowMapping) -> Entry:
    """A row of the log that has its position."""
    recipient = row["recipient_id"]
    return Entry(
        row["position"],
        row["id"],
        NewEntry(
            EntryKind(row["kind"]),
            row["at"],
            patient=row["patient_id"],
            thread=row["thread_id"],
            message=row["message_id"],
            place=row["place"],
            actor=row["actor_id"],
            recipient=Recipient(Realm(row["recipient_realm"]), recipient) if recipient is not None else None,
            notification=row["notification_id"],
            attachment=row["attachment_id"],
            urgent=row["urgent"],
        ),
    )
