"""What was done to accounts, read again: by whom, when, why, the newest first."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Row, Select, Subquery, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.accounts import Kind
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.lost_means import AccountAct, AccountActKind, Remembered
from terresante_directory.store.enrolment_tables import account_act
from terresante_directory.store.tables import administrator, professional

_holder, _doer = professional.alias("holder"), professional.alias("doer")
_other, _administrator = administrator.alias("other"), administrator.alias("administrator_who_did_it")


async def of(connection: AsyncConnection, uid: UUID, after: UUID | None, limit: int) -> list[Remembered]:
    """All that was done to an account; after the act `after`."""
    return await _newest(connection, account_act.c.uid == uid, after, limit)


async def of_there(
    connection: AsyncConnection, uid: UUID, territories: Collection[TerritoryCode], after: UUID | None, limit: int
) -> list[Remembered]:
    """What was done to an account in these territories."""
    return await _newest(connection, (account_act.c.uid == uid) & _in(territories), after, limit)


async def there(
    connection: AsyncConnection, territories: Collection[TerritoryCode], after: UUID | None, limit: int
) -> list[Remembered]:
    """What was done to any account in these territories."""
    return await _newest(connection, _in(territories), after, limit)


async def touched(connection: AsyncConnection, uid: UUID, territories: Collection[TerritoryCode]) -> bool:
    """Whether anything was done to this account in these territories."""
    done = (account_act.c.uid == uid) & _in(territories)
    return bool(await connection.scalar(select(exists().where(done))))


def _in(territories: Collection[TerritoryCode]) -> ColumnElement[bool]:
    there: ColumnElement[bool] = account_act.c.territories.overlap(sorted(territories))
    return there


async def _newest(
    connection: AsyncConnection, wanted: ColumnElement[bool], after: UUID | None, limit: int
) -> list[Remembered]:
    """A page of acts is found first, and only then whose and by whom they are."""
    rows = select(account_act).where(wanted)
    if after is not None:
        last = account_act.alias()
        position = select(last.c.at).where(last.c.id == after).scalar_subquery()
        rows = rows.where(tuple_(account_act.c.at, account_act.c.id) < tuple_(position, after))
    page = rows.order_by(account_act.c.at.desc(), account_act.c.id.desc()).limit(limit).subquery("page")
    return [_remembered(row) for row in await connection.execute(_named(page))]


def _named(page: Subquery) -> Select[Any]:
    return (
        select(
            page,
            _full_name(_holder).label("professional_name"),
            _full_name(_other).label("administrator_name"),
            _full_name(_administrator).label("by_administrator"),
            _full_name(_doer).label("by_professional"),
        )
        .outerjoin(_holder, _holder.c.id == page.c.uid)
        .outerjoin(_other, _other.c.id == page.c.uid)
        .outerjoin(_administrator, _administrator.c.id == page.c.by)
        .outerjoin(_doer, _doer.c.id == page.c.by)
        .order_by(page.c.at.desc(), page.c.id.desc())
    )


def _full_name(of: FromClause) -> ColumnElement[str]:
    name: ColumnElement[str] = of.c.given_name + " " + of.c.family_name
    return name


def _remembered(row: Row[Any]) -> Remembered:
    territories = frozenset(map(TerritoryCode, row.territories))
    act = AccountAct(row.uid, AccountActKind(row.kind), row.by, row.at, row.why, row.evidence, territories)
    kind = Kind.ADMINISTRATOR if row.administrator_name else Kind.PROFESSIONAL
    holder = row.administrator_name or row.professional_name or ""
    return Remembered(row.id, act, holder, kind, row.by_administrator or row.by_professional or "")
