"""Activations of patient accounts: reserved, confirmed once Keycloak has the code, ended."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_identity.domain.account import Activation, ActivationId
from terresante_identity.domain.identity import PersonId, ProfessionalId
from terresante_identity.store.tables import activation

SWEPT_AT_ONCE = 50


async def of_person(transaction: AsyncConnection, person: PersonId) -> list[Activation]:
    """All that were issued for a person, oldest first. The person's row must be locked by the transaction."""
    rows = await transaction.execute(
        select(activation).where(activation.c.person_id == person).order_by(activation.c.issued_at)
    )
    return [_activation(row) for row in rows]


async def add(transaction: AsyncConnection, new: Activation) -> None:
    """Reserves: counted from now on, not confirmed yet."""
    await transaction.execute(
        insert(activation).values(
            id=new.id,
            person_id=new.person,
            issued_by=new.issued_by,
            issued_at=new.issued_at,
            expires_at=new.expires_at,
        )
    )


async def confirm(transaction: AsyncConnection, new: Activation, at: datetime) -> None:
    """Keycloak has its code: those before it are worth nothing any more."""
    await transaction.execute(update(activation).where(activation.c.id == new.id).values(confirmed_at=at))
    await transaction.execute(
        update(activation)
        .where(
            activation.c.person_id == new.person,
            activation.c.issued_at < new.issued_at,
            activation.c.ended_at.is_(None),
        )
        .values(ended_at=at)
    )


async def forget(transaction: AsyncConnection, never_begun: Activation) -> None:
    """Keycloak did not answer: it was never issued, and does not count."""
    await transaction.execute(delete(activation).where(activation.c.id == never_begun.id))


async def expired(connection: AsyncConnection, at: datetime) -> list[Activation]:
    """Some of those whose time is over and that nobody has ended yet, oldest first."""
    rows = await connection.execute(
        select(activation)
        .where(activation.c.ended_at.is_(None), activation.c.expires_at <= at)
        .order_by(activation.c.expires_at)
        .limit(SWEPT_AT_ONCE)
    )
    return [_activation(row) for row in rows]


async def end(transaction: AsyncConnection, id: ActivationId, at: datetime) -> None:
    """Its code is worth nothing any more. The first end counts."""
    await transaction.execute(
        update(activation).where(activation.c.id == id, activation.c.ended_at.is_(None)).values(ended_at=at)
    )


def _activation(row: Row[Any]) -> Activation:
    return Activation(
        id=ActivationId(row.id),
        person=PersonId(row.person_id),
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        issued_by=ProfessionalId(row.issued_by),
        confirmed_at=row.confirmed_at,
        ended_at=row.ended_at,
    )
