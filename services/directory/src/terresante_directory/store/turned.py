"""What is to be turned over: subjects of which something begins or ends to hold as time goes on."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.acts import ActKind
from terresante_directory.domain.facts import Subject, SubjectKind
from terresante_directory.store.tables import act, fact, turned

ALONE = 5_120_262
"""Key of the lock that one replica turns under; below the space of `locking.KEY_SPACE`'s keys, above its buckets."""
BEHIND = timedelta(hours=1)
"""How far a round looks back beyond the last one: an act that was long in committing may have begun before it."""
SHOWN = [kind.value for kind in SubjectKind if kind is not SubjectKind.PLACE]


async def alone(transaction: AsyncConnection) -> bool:
    """Whether this transaction is the only one that turns."""
    return bool(await transaction.scalar(select(func.pg_try_advisory_xact_lock(ALONE))))


async def due(transaction: AsyncConnection, now: datetime) -> list[Subject]:
    """Subjects of which something began or ended since the last round; before the first one, by an act of anybody.

    What was taken over shows already: going through all of it at the first start would hold everything for minutes.
    """
    up_to = await transaction.scalar(select(turned.c.up_to))
    taken_over = select(act.c.id).where(act.c.kind == ActKind.TAKEN_OVER.value)
    late = fact.c.act.not_in(taken_over)
    sides = []
    for edge in (fact.c.valid_from, fact.c.valid_to):
        side = select(fact.c.kind, fact.c.subject).where(fact.c.known_to.is_(None), edge <= now, fact.c.kind.in_(SHOWN))
        sides.append(side.where(late if up_to is None else edge > up_to - BEHIND))
    return sorted(Subject(SubjectKind(row.kind), row.subject) for row in await transaction.execute(union(*sides)))


async def keep(transaction: AsyncConnection, now: datetime) -> None:
    """Remembers up to when it was turned."""
    done = insert(turned).values(single=True, up_to=now)
    later = func.greatest(turned.c.up_to, done.excluded.up_to)
    await transaction.execute(done.on_conflict_do_update(index_elements=[turned.c.single], set_={"up_to": later}))
