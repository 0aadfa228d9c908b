"""Brings Keycloak to agree with what was decided about accounts: at once after a decision, and by rounds afterwards.

No network call is made inside a transaction, so a crash may fall between the two: the account is then unsettled, and
the next round, at a start or a minute later, does again what was to be done. Doing it twice does no harm.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.database import Database
from terresante_platform.telemetry import log

from terresante_directory import events
from terresante_directory.accounts import AccountRefused, Accounts
from terresante_directory.domain.accounts import (
    Account,
    AccountsUnavailable,
    Kind,
    carried_out,
    released,
    renewed,
    resume,
    suspension_carried_out,
)
from terresante_directory.domain.feeders import Feeder, FeederId, changed
from terresante_directory.domain.identifiers import ProfessionalId
from terresante_directory.domain.professionals import Professional, with_account
from terresante_directory.store import accounts, feeders, professionals

ROUND_SECONDS = 60.0
MOST_PER_ROUND = 200
Holder = Professional | Feeder | None
"""Whose account it is, if that is kept here: an administrator has no state of an account."""


class Settling:
    """Carries decisions out. Several may run: each account is leased to one at a time."""

    def __init__(self, database: Database, keycloak: Accounts, now: Callable[[], datetime]) -> None:
        self._database = database
        self._keycloak = keycloak
        self._now = now

    async def settle(self, account: Account) -> Account:
        """Makes Keycloak agree with an account that the caller has leased, and with what is decided meanwhile."""
        return await self._carry_out(account, partial(self._keycloak.keep, account.login()))

    async def start_anew(self, account: Account, password: str | None) -> Account:
        """As `settle`, with a single-use password for a first login, or none."""
        return await self._carry_out(account, partial(self._keycloak.start_anew, account.login(), password))

    async def shut(self, account: Account) -> None:
        """Ends the sessions of a suspended account at once, without any lease."""
        await self._keycloak.shut(account.login())
        async with self._database.transaction() as transaction:
            current, holder = await _locked(transaction, account)
            done = suspension_carried_out(current, account.turn, self._now())
            await self._keep(transaction, done, holder)

    async def finish(self, uid: UUID) -> bool:
        """Settles an account that is unsettled and leased to nobody; False if there was nothing to do."""
        account = await self._taken(uid)
        if account is None:
            return False
        await self.settle(account)
        return True

    async def round(self) -> int:
        """Settles what is unsettled and not leased. Gives how many were; stops early if Keycloak is away."""
        async with self._database.reading() as connection:
            waiting = await accounts.unsettled(connection, self._now(), MOST_PER_ROUND)
        done = 0
        for uid in waiting:
            try:
                done += await self.finish(uid)
            except AccountsUnavailable:
                break
            except AccountRefused as fault:
                log.error("account refused by keycloak", uid=str(uid), code=fault.code)
        return done

    async def run(self) -> None:
        """Rounds for ever, the first one now."""
        while True:
            try:
                settled = await self.round()
                if settled:
                    log.info("accounts settled", count=settled)
            except (SQLAlchemyError, OSError, TimeoutError) as fault:
                log.warning("settling waits", exc_info=fault)
            await asyncio.sleep(ROUND_SECONDS)

    async def _carry_out(self, account: Account, begin: Callable[[], Awaitable[str]]) -> Account:
        while True:
            try:
                username = await begin()
            except AccountsUnavailable:
                await self._release(account)
                raise
            async with self._database.transaction() as transaction:
                current, holder = await _locked(transaction, account)
                done = carried_out(replace(current, username=username), account.turn)
                if not done.settled:
                    done = renewed(done, self._now())
                await self._keep(transaction, done, holder)
            if done.settled:
                return done
            account, begin = done, partial(self._keycloak.keep, done.login())

    async def _release(self, account: Account) -> None:
        async with self._database.transaction() as transaction:
            current, holder = await _locked(transaction, account)
            await self._keep(transaction, released(current), holder)

    async def _keep(self, transaction: AsyncConnection, account: Account, holder: Holder) -> None:
        await accounts.save(transaction, account)
        if isinstance(holder, Professional):
            await keep_state(transaction, holder, account, self._now())
        elif holder is not None:
            await keep_feeder(transaction, holder, changed(holder, account), self._now())

    async def _taken(self, uid: UUID) -> Account | None:
        async with self._database.transaction() as transaction:
            account = await accounts.get_for_update(transaction, uid)
            if account is None or account.settled or account.is_leased(self._now()):
                return None
            leased = resume(account, self._now())
            await accounts.save(transaction, leased)
            return leased


async def keep_state(
    transaction: AsyncConnection, professional: Professional, account: Account, at: datetime
) -> Professional:
    """Keeps and announces a new version of the professional if their account's state is another one."""
    changed = with_account(professional, account)
    if changed.version != professional.version:
        await professionals.save(transaction, changed)
        await events.professional_changed(transaction, changed, at)
    return changed


async def keep_feeder(transaction: AsyncConnection, before: Feeder, after: Feeder, at: datetime) -> None:
    """Keeps and announces a new version of the feeder, if it is one."""
    if after.version != before.version:
        await feeders.save(transaction, after)
        await events.feeder_changed(transaction, after, at)


async def _locked(transaction: AsyncConnection, of: Account) -> tuple[Account, Holder]:
    """The account as it is now, and whose it is: locked in the order that all keep."""
    holder: Holder = None
    if of.kind is Kind.PROFESSIONAL:
        holder = await professionals.get_for_update(transaction, ProfessionalId(of.uid))
    elif of.kind is Kind.SYSTEM:
        holder = await feeders.get_for_update(transaction, FeederId(of.uid))
    current = await accounts.get_for_update(transaction, of.uid)
    if current is None:
        raise LookupError("an account was removed")
    return current, holder


@asynccontextmanager
async def running(settling: Settling) -> AsyncIterator[None]:
    """Rounds in the background until left."""
    task = asyncio.create_task(settling.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
