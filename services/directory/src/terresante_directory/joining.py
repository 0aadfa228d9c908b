"""Enrolments by oneself, behind the door: what was asked is looked up here, so that who asks is told nothing by time.

An inert account is made for somebody whom the national directory knows and who has none; it is shut when it has waited
too long, and gives way to an administrator who enrols the same person, or whose card it is.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database
from terresante_platform.ids import new_id
from terresante_platform.refusals import Refusal
from terresante_platform.telemetry import log

from terresante_directory.accounts import new_username
from terresante_directory.domain.accounts import Kind, Means, ask, awaiting, give_up, released
from terresante_directory.domain.enrolment import KnownProfessional, asked, asked_again
from terresante_directory.domain.identifiers import Rpps
from terresante_directory.store import accounts, enrolments

ROUND_SECONDS = 10.0
MOST_PER_ROUND = 200
BUDGETS_KEPT = timedelta(days=1)


class Sources(Protocol):
    """What the imported national directory says."""

    async def by_rpps(self, connection: AsyncConnection, rpps: Rpps) -> KnownProfessional | None:
        """Somebody with that number; None if it does not know them."""


class Joining:
    """Several may run: each takes what no other has taken."""

    def __init__(
        self, database: Database, sources: Sources, now: Callable[[], datetime], every: float = ROUND_SECONDS
    ) -> None:
        self._database = database
        self._sources = sources
        self._now = now
        self._every = every

    async def round(self) -> int:
        """Looks up what was asked, shuts what waited in vain. Gives how many were asked; Keycloak is settled later."""
        done = 0
        while done < MOST_PER_ROUND and await self._next():
            done += 1
        now = self._now()
        async with self._database.reading() as connection:
            ending = await enrolments.to_end(connection, now, MOST_PER_ROUND)
        for uid in ending:
            await self._end(uid)
        async with self._database.transaction() as transaction:
            await enrolments.forget_budgets(transaction, now - BUDGETS_KEPT)
        return done

    async def run(self) -> None:
        """Rounds for ever, the first one now. A card that somebody takes meanwhile ends one: the next sees it."""
        while True:
            try:
                await self.round()
            except (Refusal, SQLAlchemyError, OSError, TimeoutError) as fault:
                log.warning("enrolments wait", exc_info=fault)
            await asyncio.sleep(self._every)

    async def _next(self) -> bool:
        async with self._database.transaction() as transaction:
            rpps = await enrolments.take_asked(transaction)
            if rpps is None:
                return False
            present = await enrolments.by_rpps_for_update(transaction, rpps)
            if present is not None:
                await self._again(transaction, present.uid)
            elif await self._may_enrol(transaction, rpps):
                await self._wait_for_card(transaction, rpps)
            return True

    async def _may_enrol(self, transaction: AsyncConnection, rpps: Rpps) -> bool:
        known = await self._sources.by_rpps(transaction, rpps)
        return known is not None and not await enrolments.is_taken(transaction, rpps)

    async def _wait_for_card(self, transaction: AsyncConnection, rpps: Rpps) -> None:
        uid, at = new_id(), self._now()
        kind, means = Kind.PROFESSIONAL, Means.CARD
        account = ask(None, uid=uid, kind=kind, rpps=rpps, means=means, username=new_username(), at=at)
        await accounts.save(transaction, released(account))
        await enrolments.save(transaction, asked(uid, rpps, at))

    async def _again(self, transaction: AsyncConnection, uid: UUID) -> None:
        """It waits longer, and for the card again if it was shut; not if somebody else has that number now.

        Raises `AccountCardTaken` if somebody takes it meanwhile.
        """
        enrolment = await enrolments.get(transaction, uid, lock=True)
        account = await accounts.get_for_update(transaction, uid)
        if enrolment is None or account is None or enrolment.done_at:
            return
        if account.id_nat is None and await enrolments.is_taken(transaction, enrolment.rpps):
            return
        await enrolments.save(transaction, asked_again(enrolment, self._now()))
        await accounts.save(transaction, awaiting(account, enrolment.rpps))

    async def _end(self, uid: UUID) -> None:
        async with self._database.transaction() as transaction:
            enrolment = await enrolments.get(transaction, uid, lock=True)
            if enrolment is None or enrolment.done_at:
                return
            if await enrolments.is_enrolled(transaction, enrolment.rpps):
                await enrolments.give_way(transaction, enrolment.rpps)
            elif enrolment.until <= self._now():
                account = await accounts.get_for_update(transaction, uid)
                if account is not None:
                    await accounts.save(transaction, give_up(account))
