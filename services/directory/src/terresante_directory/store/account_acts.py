"""What was done to accounts, read again: by whom, when, why, the newest first."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.accounts import Kind
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.lost_means import AccountAct, AccountActKind, Remembered
from terresante_directory.store.enrolment_tables import account_act
from terresante_directory.store.tables import administrator, professional

_holder, _doer = professional.alias("holder"), professional.alias("doer")
_named, _administrator = administrator.alias("named"), administrator.alias("administrator_who_did_it")


async def of(connection: AsyncConnection, uid: UUID, after: UUID | None, limit: int) -> list[Remembered]:
    """All that was done to an account; after the act `after`."""
    return await _newest(connection, _all().where(account_act.c.uid == uid), after, limit)


async def of_there(
    connection: AsyncConnection, uid: UUID, territories: Collection[TerritoryCode], after: UUID | None, limit: int
) -> list[Remembered]:
    """What was done to an account in these territories."""
    there = account_act.c.territories.overlap(sorted(territories))
    return await _newest(connection, _all().where(account_act.c.uid == uid, there), after, limit)


async def there(
    connection: AsyncConnection, territories: Collection[TerritoryCode], after: UUID | None, limit: int
) -> list[Remembered]:
    """What was done to any account in these territories."""
    return await _newest(connection, _all().where(account_act.c.territories.overlap(sorted(territories))), after, limit)


async def touched(connection: AsyncConnection, uid: UUID, territories: Collection[TerritoryCode]) -> bool:
    """Whether anything was done to this account in these territories."""
    done = (account_act.c.uid == uid) & account_act.c.territories.overlap(sorted(territories))
    return bool(await connection.scalar(select(exists().where(done))))


def _all() -> Select[Any]:
    return (
        select(
            account_act,
            (_holder.c.given_name + " " + _holder.c.family_name).label("professional_name"),
            (_named.c.given_name + " " + _named.c.family_name).label("administrator_name"),
            (_administrator.c.given_name + " " + _administrator.c.family_name).label("by_administrator"),
            (_doer.c.given_name + " " + _doer.c.family_name).label("by_professional"),
        )
        .outerjoin(_holder, _holder.c.id == account_act.c.uid)
        .outerjoin(_named, _named.c.id == account_act.c.uid)
        .outerjoin(_administrator, _administrator.c.id == account_act.c.by)
        .outerjoin(_doer, _doer.c.id == account_act.c.by)
    )


async def _newest(connection: AsyncConnection, wanted: Select[Any], after: UUID | None, limit: int) -> list[Remembered]:
    if after is not None:
        last = account_act.alias()
        position = select(last.c.at).where(last.c.id == after).scalar_subquery()
        wanted = wanted.where(tuple_(account_act.c.at, account_act.c.id) < tuple_(position, after))
    rows = await connection.execute(wanted.order_by(account_act.c.at.desc(), account_act.c.id.desc()).limit(limit))
    return [_remembered(row) for row in rows]


def _remembered(row: Row[Any]) -> Remembered:
    territories = frozenset(map(TerritoryCode, row.territories))
    act = AccountAct(row.uid, AccountActKind(row.kind), row.by, row.at, row.why, row.evidence, territories)
    kind = Kind.ADMINISTRATOR if row.administrator_name else Kind.PROFESSIONAL
    holder = row.administrator_name or row.professional_name or ""
    return Remembered(row.id, act, holder, kind, row.by_administrator or row.by_professional or "")
