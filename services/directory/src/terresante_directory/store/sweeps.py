"""What Keycloak was seen to hold, user by user, and where it differs from what was decided."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.drift import Difference
from terresante_directory.store.enrolment_tables import account_difference, account_seen, account_sweep, account_week
from terresante_directory.store.tables import account


@dataclass(frozen=True, slots=True)
class Sweep:
    """A way through all users: how far it is, and when it began."""

    position: int
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Sight:
    """When somebody was seen to have logged in last (None: not of late), and whether they are locked out."""

    uid: UUID
    last_login: datetime | None
    locked: bool
    week: date | None


async def take(transaction: AsyncConnection, at: datetime, lease: timedelta) -> Sweep | None:
    """The sweep, leased to the caller; None if another process has it."""
    first = insert(account_sweep).values(single=True, position=0, began_at=at)
    await transaction.execute(first.on_conflict_do_nothing())
    free = or_(account_sweep.c.leased_until.is_(None), account_sweep.c.leased_until <= at)
    leased = update(account_sweep).where(free).values(leased_until=at + lease)
    row = (await transaction.execute(leased.returning(account_sweep.c.position, account_sweep.c.began_at))).first()
    return Sweep(row.position, row.began_at) if row else None


async def go_on(transaction: AsyncConnection, sweep: Sweep) -> None:
    """How far it is now; leased to nobody."""
    await transaction.execute(
        update(account_sweep).values(position=sweep.position, began_at=sweep.began_at, leased_until=None)
    )


async def release(transaction: AsyncConnection) -> None:
    """Leased to nobody, as far as it was."""
    await transaction.execute(update(account_sweep).values(leased_until=None))


async def keep(transaction: AsyncConnection, sights: Iterable[Sight], at: datetime) -> None:
    """Keeps what was seen. A login once seen is not forgotten because its session is over."""
    rows = [
        {"uid": one.uid, "last_login": one.last_login, "locked": one.locked, "seen_at": at, "week": one.week}
        for one in sights
    ]
    if not rows:
        return
    kept = insert(account_seen).values([{k: v for k, v in row.items() if k != "week"} for row in rows])
    latest = func.greatest(account_seen.c.last_login, kept.excluded.last_login)
    changed = {"last_login": latest, "locked": kept.excluded.locked, "seen_at": kept.excluded.seen_at}
    await transaction.execute(kept.on_conflict_do_update(index_elements=[account_seen.c.uid], set_=changed))
    weeks = [{"uid": row["uid"], "week": row["week"]} for row in rows if row["week"]]
    if weeks:
        await transaction.execute(insert(account_week).values(weeks).on_conflict_do_nothing())


async def keep_differences(transaction: AsyncConnection, found: Iterable[Difference], at: datetime) -> None:
    """Keeps those that were found; what was found before keeps since when it is known."""
    rows = [{"id": one.id, "uid": one.uid, "kind": one.kind.value, "since": at, "seen_at": at} for one in found]
    if rows:
        kept = insert(account_difference).values(rows)
        changed = {"kind": kept.excluded.kind, "uid": kept.excluded.uid, "seen_at": kept.excluded.seen_at}
        await transaction.execute(kept.on_conflict_do_update(index_elements=[account_difference.c.id], set_=changed))


async def agree(transaction: AsyncConnection, ids: Collection[str]) -> None:
    """These differ no more."""
    await transaction.execute(delete(account_difference).where(account_difference.c.id.in_(ids)))


async def forget_differences(transaction: AsyncConnection, before: datetime) -> None:
    """Those that a whole sweep, begun then, did not find again."""
    await transaction.execute(delete(account_difference).where(account_difference.c.seen_at < before))


async def unseen(connection: AsyncConnection, since: datetime, limit: int) -> list[UUID]:
    """Settled accounts of which no user was seen since then, nor found to be missing."""
    seen = exists().where(account_seen.c.uid == account.c.uid, account_seen.c.seen_at >= since)
    told = exists().where(account_difference.c.uid == account.c.uid, account_difference.c.seen_at >= since)
    wanted = select(account.c.uid).where(account.c.settled, ~seen, ~told).order_by(account.c.uid).limit(limit)
    return [row.uid for row in await connection.execute(wanted)]
