"""Cards and phones that were lost, and the record of what was done to accounts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.ids import new_id

from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.lost_means import AccountAct, AccountActKind, Loss
from terresante_directory.store.enrolment_tables import account_act, account_loss


async def get(connection: AsyncConnection, uid: UUID) -> Loss:
    """What its holder lost, if anything."""
    row = (await connection.execute(select(account_loss).where(account_loss.c.uid == uid))).first()
    return Loss(row.card_lost_at, row.phone_asked_at) if row else Loss()


async def card_lost(transaction: AsyncConnection, uid: UUID, at: datetime) -> None:
    """No card opens the account from then on; again is the same."""
    kept = upsert(account_loss).values(uid=uid, card_lost_at=at)
    first = {"card_lost_at": kept.excluded.card_lost_at}
    await transaction.execute(
        kept.on_conflict_do_update(
            index_elements=[account_loss.c.uid], set_=first, where=account_loss.c.card_lost_at.is_(None)
        )
    )


async def phone_asked(transaction: AsyncConnection, uid: UUID, at: datetime) -> None:
    """Another phone is to be enrolled at the next login."""
    kept = upsert(account_loss).values(uid=uid, phone_asked_at=at)
    await transaction.execute(
        kept.on_conflict_do_update(
            index_elements=[account_loss.c.uid], set_={"phone_asked_at": kept.excluded.phone_asked_at}
        )
    )


async def card_seen(transaction: AsyncConnection, uid: UUID) -> bool:
    """The account is opened by card again. False if no card was lost."""
    return await _changed(transaction, uid, account_loss.c.card_lost_at.is_not(None), card_lost_at=None)


async def phone_replaced(transaction: AsyncConnection, uid: UUID) -> None:
    """Keycloak has forgotten the lost one."""
    await _changed(transaction, uid, account_loss.c.phone_asked_at.is_not(None), phone_asked_at=None)


async def record(transaction: AsyncConnection, done: AccountAct) -> None:
    """Keeps what was done to an account."""
    await transaction.execute(
        insert(account_act).values(
            id=new_id(),
            uid=done.uid,
            kind=done.kind.value,
            at=done.at,
            by=done.by,
            why=done.why,
            evidence=done.evidence,
            territories=sorted(done.territories),
        )
    )


async def was_started(connection: AsyncConnection, uid: UUID) -> bool:
    """Whether Keycloak ever had a start of this account to hand over."""
    started = (account_act.c.uid == uid) & (account_act.c.kind == AccountActKind.STARTED.value)
    return bool(await connection.scalar(select(exists().where(started))))


async def recorded(connection: AsyncConnection, uid: UUID) -> list[AccountAct]:
    """What was done to an account, the newest first."""
    wanted = select(account_act).where(account_act.c.uid == uid)
    rows = await connection.execute(wanted.order_by(account_act.c.at.desc(), account_act.c.id.desc()))
    return [
        AccountAct(
            row.uid,
            AccountActKind(row.kind),
            row.by,
            row.at,
            row.why,
            row.evidence,
            frozenset(map(TerritoryCode, row.territories)),
        )
        for row in rows
    ]


async def _changed(transaction: AsyncConnection, uid: UUID, only: ColumnElement[bool], **values: Any) -> bool:
    change = update(account_loss).where(account_loss.c.uid == uid, only).values(**values)
    return (await transaction.execute(change.returning(account_loss.c.uid))).first() is not None
