"""Acts as they were done: kept, read, listed."""

from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.acts import Act, ActKind, unknown_act
from terresante_directory.domain.facts import ActId
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.store.tables import act

_undoing = act.alias("undoing")
WITH_UNDOING = select(act, _undoing.c.id.label("undone_by")).outerjoin(_undoing, _undoing.c.undoes == act.c.id)


async def add(transaction: AsyncConnection, new: Act) -> None:
    """Keeps an act."""
    await transaction.execute(
        insert(act).values(
            id=new.id,
            kind=new.kind.value,
            at=new.at,
            starts=new.starts,
            by=new.by,
            why=new.why,
            undoes=new.undoes,
            territories=sorted(new.territories),
            subjects=new.subjects,
        )
    )


async def get_for_update(transaction: AsyncConnection, id: ActId) -> Act:
    """The act; nobody undoes it until the transaction ends. Raises `ActUnknown`."""
    locked = select(act.c.id).where(act.c.id == id).with_for_update()
    if (await transaction.execute(locked)).first() is None:
        raise unknown_act()
    return act_of((await transaction.execute(WITH_UNDOING.where(act.c.id == id))).one())


def act_of(row: Row[Any]) -> Act:
    """From a row of `WITH_UNDOING`."""
    return Act(
        id=ActId(row.id),
        kind=ActKind(row.kind),
        at=row.at,
        starts=row.starts,
        by=AdministratorId(row.by) if row.by else None,
        why=row.why,
        territories=frozenset(map(TerritoryCode, row.territories)),
        subjects=row.subjects,
        undoes=ActId(row.undoes) if row.undoes else None,
        undone_by=ActId(row.undone_by) if row.undone_by else None,
    )
