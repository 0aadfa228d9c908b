"""Accounts: what each is meant to be, and which are still to be brought about in Keycloak."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.accounts import Account, Kind, Means, State, card_taken
from terresante_directory.domain.certificates import subject_taken
from terresante_directory.store.tables import account

TAKEN = {"account_id_nat": card_taken, "account_certificate": subject_taken}
"""By unique index: why a second account is refused."""


async def save(transaction: AsyncConnection, changed: Account) -> None:
    """Keeps an account, new or locked by this transaction. Raises `AccountCardTaken`, `CertificateSubjectTaken`."""
    keep = insert(account).values(
        uid=changed.uid,
        kind=changed.kind.value,
        username=changed.username,
        id_nat=changed.id_nat,
        means=changed.means.value,
        state=changed.state.value,
        settled=changed.settled,
        turn=changed.turn,
        leased_until=changed.leased_until,
        certificate=changed.certificate,
    )
    mutable = ("username", "id_nat", "means", "state", "settled", "turn", "leased_until")
    upsert = keep.on_conflict_do_update(
        index_elements=[account.c.uid], set_={name: keep.excluded[name] for name in mutable}
    )
    try:
        await transaction.execute(upsert)
    except IntegrityError as fault:
        taken = TAKEN.get(getattr(getattr(fault.orig, "__cause__", None), "constraint_name", ""))
        if taken is not None:
            raise taken() from None
        raise


async def get(connection: AsyncConnection, uid: UUID) -> Account | None:
    """The account of a person, if they have one."""
    row = (await connection.execute(select(account).where(account.c.uid == uid))).first()
    return _account(row) if row else None


async def get_for_update(transaction: AsyncConnection, uid: UUID) -> Account | None:
    """The account of a person, if they have one; it stays as it is until the transaction ends."""
    row = (await transaction.execute(select(account).where(account.c.uid == uid).with_for_update())).first()
    return _account(row) if row else None


async def unsettled(connection: AsyncConnection, at: datetime, limit: int) -> list[UUID]:
    """Whose accounts Keycloak may not agree with yet and nobody is acting on, oldest first."""
    free = or_(account.c.leased_until.is_(None), account.c.leased_until <= at)
    wanted = select(account.c.uid).where(account.c.settled.is_(False), free).limit(limit)
    return [row.uid for row in await connection.execute(wanted.order_by(account.c.leased_until.nulls_first()))]


def _account(row: Row[Any]) -> Account:
    return Account(
        uid=row.uid,
        kind=Kind(row.kind),
        username=row.username,
        id_nat=row.id_nat,
        means=Means(row.means),
        state=State(row.state),
        settled=row.settled,
        turn=row.turn,
        leased_until=row.leased_until,
        certificate=row.certificate,
    )
