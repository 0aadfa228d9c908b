"""Erasing what messaging holds of somebody, on request: what may go goes, and what stays is said, with why and until
when. It may be stopped and run again at any moment: what is gone is not counted twice, and it ends.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database

from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.domain.retention import Retention
from terresante_messaging.store import attachments, telling_old
from terresante_messaging.store import erasure as store

_IDS = "Des identifiants sans nom restent dans le journal des événements, qui s’efface seul."


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays, why (French: it is said to whom it concerns), and until when at the latest."""

    what: str
    count: int
    why: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Report:
    """What was done: rows removed by name, and what stays."""

    removed: dict[str, int]
    kept: tuple[Kept, ...]


async def erase(database: Database, who: Recipient, retention: Retention, now: datetime) -> Report:
    """Erases what is only theirs, and what they wrote about no patient."""
    removed = {"how they are told": await _to_the_end(database, partial(telling_old.erase, who=who))}
    for name, table, which in store.own_tables(who):
        removed[name] = await _to_the_end(database, partial(store.remove_some, table=table, which=which))
    if who.realm is Realm.PROFESSIONAL:
        removed["messages about no patient"] = await _to_the_end(database, partial(_unwrite, who=who, now=now))
    async with database.reading() as connection:
        written = await store.around_patients(connection, who)
        around = await store.around_patient(connection, who) if who.realm is Realm.PERSON else None
    kept = [_kept("messages écrits autour d’un patient", written, retention)]
    if around is not None:
        kept.append(_kept("messages autour de la personne", around, retention))
    kept.append(Kept("journal des événements", 0, _IDS, now + timedelta(days=retention.log_days)))
    return Report(removed, tuple(kept))


async def _unwrite(transaction: AsyncConnection, who: Recipient, now: datetime) -> int:
    gone = await store.unwrite_some(transaction, who, now)
    await attachments.let_go(transaction, gone)
    return len(gone)


async def _to_the_end(database: Database, some: Callable[[AsyncConnection], Awaitable[int]]) -> int:
    total = 0
    while True:
        async with database.transaction() as transaction:
            done = await some(transaction)
        total += done
        if done == 0:
            return total


def _kept(what: str, found: store.Class, retention: Retention) -> Kept:
    period = retention.classes[found.retention]
    until = found.newest + timedelta(days=period.days + 31) if found.newest else None
    return Kept(what, found.count, period.why, until)
