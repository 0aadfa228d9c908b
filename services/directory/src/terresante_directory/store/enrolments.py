"""Enrolments by oneself: what may be asked, what was asked, which accounts wait for their card."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, delete, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.accounts import State, give_up
from terresante_directory.domain.enrolment import Budget, Enrolment, remaining
from terresante_directory.domain.identifiers import ProfessionalId, Rpps
from terresante_directory.store import accounts
from terresante_directory.store.enrolment_tables import enrolment_ask, enrolment_budget, self_enrolment
from terresante_directory.store.tables import account, professional


async def spend(transaction: AsyncConnection, budgets: Mapping[str, Budget], at: datetime) -> None:
    """One less of each budget, by key. Raises `EnrolmentRateLimited`: nothing is spent then."""
    full = [{"key": key, "remaining": budget.burst, "at": at} for key, budget in sorted(budgets.items())]
    await transaction.execute(insert(enrolment_budget).values(full).on_conflict_do_nothing())
    wanted = select(enrolment_budget).where(enrolment_budget.c.key.in_(budgets))
    rows = (await transaction.execute(wanted.order_by(enrolment_budget.c.key).with_for_update())).all()
    for row in rows:
        left = remaining(budgets[row.key], row.remaining, at - row.at)
        spent = enrolment_budget.update().where(enrolment_budget.c.key == row.key)
        await transaction.execute(spent.values(remaining=left, at=max(at, row.at)))


async def forget_budgets(transaction: AsyncConnection, before: datetime) -> None:
    """Those not touched since then: they are full again."""
    await transaction.execute(delete(enrolment_budget).where(enrolment_budget.c.at < before))


async def ask(transaction: AsyncConnection, rpps: Rpps, at: datetime) -> None:
    """Keeps that somebody asked; again is the same."""
    await transaction.execute(insert(enrolment_ask).values(rpps=rpps.value, at=at).on_conflict_do_nothing())


async def take_asked(transaction: AsyncConnection) -> Rpps | None:
    """The oldest that was asked, which is asked no more; None if nobody waits."""
    oldest = select(enrolment_ask.c.rpps).order_by(enrolment_ask.c.at).limit(1).with_for_update(skip_locked=True)
    row = (await transaction.execute(oldest)).first()
    if row is None:
        return None
    await transaction.execute(delete(enrolment_ask).where(enrolment_ask.c.rpps == row.rpps))
    return Rpps(row.rpps)


async def save(transaction: AsyncConnection, changed: Enrolment) -> None:
    """Keeps an enrolment, new or locked by this transaction."""
    kept = insert(self_enrolment).values(
        uid=changed.uid,
        rpps=changed.rpps.value,
        asked_at=changed.asked_at,
        until=changed.until,
        terms_version=changed.terms_version,
        done_at=changed.done_at,
    )
    mutable = ("asked_at", "until", "terms_version", "done_at")
    await transaction.execute(
        kept.on_conflict_do_update(
            index_elements=[self_enrolment.c.uid], set_={name: kept.excluded[name] for name in mutable}
        )
    )


async def get(connection: AsyncConnection, uid: UUID, lock: bool = False) -> Enrolment | None:
    """The enrolment whose account has this `uid`. `lock`: it stays as it is until the transaction ends."""
    wanted = select(self_enrolment).where(self_enrolment.c.uid == uid)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).first()
    return _enrolment(row) if row else None


async def by_rpps_for_update(transaction: AsyncConnection, rpps: Rpps) -> Enrolment | None:
    """The enrolment with this number, if somebody asked; it stays as it is until the transaction ends."""
    wanted = select(self_enrolment).where(self_enrolment.c.rpps == rpps.value).with_for_update()
    row = (await transaction.execute(wanted)).first()
    return _enrolment(row) if row else None


async def to_end(connection: AsyncConnection, at: datetime, limit: int) -> list[UUID]:
    """Whose open account has waited in vain, or is for somebody whom an administrator has enrolled meanwhile."""
    enrolled = exists().where(professional.c.rpps == self_enrolment.c.rpps, professional.c.stands)
    open_still = account.c.state != State.SUSPENDED.value
    wanted = (
        select(self_enrolment.c.uid)
        .join(account, account.c.uid == self_enrolment.c.uid)
        .where(self_enrolment.c.done_at.is_(None))
        .where(or_(and_(self_enrolment.c.until <= at, open_still), and_(enrolled, account.c.id_nat.is_not(None))))
    )
    return [row.uid for row in await connection.execute(wanted.order_by(self_enrolment.c.until).limit(limit))]


async def is_enrolled(connection: AsyncConnection, rpps: Rpps) -> bool:
    """Whether a professional of the platform has this number."""
    wanted = select(exists().where(professional.c.rpps == rpps.value, professional.c.stands))
    return bool(await connection.scalar(wanted))


async def is_taken(connection: AsyncConnection, rpps: Rpps) -> bool:
    """Whether somebody is enrolled with this number, or an account has its card."""
    has_card = await connection.scalar(select(exists().where(account.c.id_nat == rpps.id_nat)))
    return bool(has_card) or await is_enrolled(connection, rpps)


async def give_way(transaction: AsyncConnection, rpps: Rpps) -> None:
    """An inert account that waits for this number's card, if there is one, is shut and has it no more.

    Before what is held of professionals and their accounts: enrolments are held before those everywhere.
    """
    enrolment = await by_rpps_for_update(transaction, rpps)
    if enrolment is None or enrolment.done_at is not None:
        return
    present = await accounts.get_for_update(transaction, enrolment.uid)
    if present is not None and present.id_nat is not None:
        await accounts.save(transaction, give_up(present))


async def give_way_to(transaction: AsyncConnection, id: ProfessionalId) -> None:
    """As `give_way`, for the number of a professional of the platform, if they exist and have one."""
    number = await transaction.scalar(select(professional.c.rpps).where(professional.c.id == id, professional.c.stands))
    if number:
        await give_way(transaction, Rpps(number))


def _enrolment(row: Row[Any]) -> Enrolment:
    return Enrolment(row.uid, Rpps(row.rpps), row.asked_at, row.until, row.terms_version, row.done_at)
