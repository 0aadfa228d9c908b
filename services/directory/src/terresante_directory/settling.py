"""Brings Keycloak to agree with what was decided about accounts: at once after a decision, and by rounds afterwards.

No network call is made inside a transaction, so a crash may fall between the two: the account is then unsettled, and
the next round, at a start or a minute later, does again what was to be done. Doing it twice does no harm.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform import calls
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_platform.telemetry import log

from terresante_directory import events
from terresante_directory.accounts import AccountRefused, Accounts
from terresante_directory.domain.accounts import (
    Account,
    AccountsUnavailable,
    Kind,
    Login,
    Means,
    State,
    carried_out,
    released,
    renewed,
    resume,
    suspension_carried_out,
)
from terresante_directory.domain.feeders import Feeder, FeederId, changed
from terresante_directory.domain.identifiers import ProfessionalId, TerritoryCode
from terresante_directory.domain.lost_means import AccountAct, AccountActKind
from terresante_directory.domain.professionals import Professional, with_account
from terresante_directory.store import accounts, administrators, feeders, lost_means, professionals
from terresante_directory.telling import Tell, nobody

ROUND_SECONDS = 60.0
MOST_PER_ROUND = 200
Holder = Professional | Feeder | None
"""Whose account it is, if that is kept here: an administrator has no state of an account, and who enrols by
themselves is nobody yet."""

DECIDED = {
    **{(before, State.SUSPENDED): AccountActKind.SUSPENDED for before in (None, State.PENDING, State.OPEN)},
    (State.SUSPENDED, State.OPEN): AccountActKind.REINSTATED,
}
"""By the state before and after: what was decided. Openings are recorded as they are carried out."""


class Step(Protocol):
    """What is done in Keycloak first. Gives the username."""

    async def __call__(self, login: Login) -> str: ...


class Settling:
    """Carries decisions out. Several may run: each account is leased to one at a time."""

    def __init__(
        self, database: Database, keycloak: Accounts, now: Callable[[], datetime], tell: Tell = nobody
    ) -> None:
        self._database = database
        self._keycloak = keycloak
        self._now = now
        self._tell = tell

    async def settle(self, account: Account) -> Account:
        """Makes Keycloak agree with an account that the caller has leased, and with what is decided meanwhile."""
        return await self._carry_out(account)

    async def start_anew(self, account: Account, password: str | None) -> Account:
        """As `settle`, with a single-use password for a first login, or none: by card.

        Whoever opens an account by card has seen the card: what was said of a lost one counts no more.
        """
        async with self._database.transaction() as transaction:
            await self._record(transaction, account, AccountActKind.OPENED)
            if account.means is Means.CARD and await lost_means.card_seen(transaction, account.uid):
                await self._record(transaction, account, AccountActKind.CARD_SEEN)
        return await self._carry_out(account, partial(self._keycloak.start_anew, password=password))

    async def shut(self, account: Account) -> None:
        """Ends the sessions of a suspended account at once, without any lease; consent is told of professionals."""
        if account.kind is Kind.PROFESSIONAL:
            await self._tell(account.uid)
        await self._keycloak.shut(account.login())
        await self._carried_out_at_once(account)

    async def take_card(self, account: Account) -> None:
        """Ends the sessions of an account whose card is lost at once, without any lease."""
        await self._keycloak.take_card(account.login())
        await self._carried_out_at_once(account)

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
            except Refusal as refusal:
                log.error("account cannot be settled", uid=str(uid), reason=refusal.reason)
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

    async def _carry_out(self, account: Account, first: Step | None = None) -> Account:
        while True:
            async with self._database.reading() as connection:
                loss = await lost_means.get(connection, account.uid)
            step: Step = first or (self._keycloak.replace_phone if loss.phone else self._keycloak.keep)
            try:
                username = await step(loss.login(account))
            except AccountsUnavailable:
                await self._release(account)
                raise
            async with self._database.transaction() as transaction:
                current, holder = await _locked(transaction, account)
                done = carried_out(replace(current, username=username), account.turn)
                if first is not None:
                    await self._record(transaction, account, AccountActKind.STARTED)
                if done.settled:
                    await lost_means.phone_replaced(transaction, account.uid)
                else:
                    done = renewed(done, self._now())
                await self._keep(transaction, done, holder)
            if done.settled:
                return done
            account, first = done, None

    async def _carried_out_at_once(self, account: Account) -> None:
        async with self._database.transaction() as transaction:
            current, holder = await _locked(transaction, account)
            await self._keep(transaction, suspension_carried_out(current, account.turn, self._now()), holder)

    async def _record(self, transaction: AsyncConnection, account: Account, kind: AccountActKind) -> None:
        territories = await _territories(transaction, account)
        done = AccountAct(account.uid, kind, caller_id(), self._now(), territories=territories)
        await lost_means.record(transaction, done)

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
    transaction: AsyncConnection, professional: Professional, account: Account, at: datetime, why: str = ""
) -> Professional:
    """Keeps and announces a new version of the professional if their account's state is another one."""
    changed = with_account(professional, account)
    if changed.version != professional.version:
        await professionals.keep_version(transaction, changed)
        await events.professional_changed(transaction, changed, at)
        kind = DECIDED.get((professional.account, account.state))
        if kind is not None:
            act = AccountAct(account.uid, kind, caller_id(), at, why, territories=frozenset({professional.home()}))
            await lost_means.record(transaction, act)
    return changed


def caller_id() -> UUID | None:
    """Who decides; None in a round."""
    caller = calls.current().caller
    return caller.id if caller else None


async def keep_feeder(transaction: AsyncConnection, before: Feeder, after: Feeder, at: datetime) -> None:
    """Keeps and announces a new version of the feeder, if it is one."""
    if after.version != before.version:
        await feeders.save(transaction, after)
        await events.feeder_changed(transaction, after, at)


async def _territories(transaction: AsyncConnection, account: Account) -> frozenset[TerritoryCode]:
    """Whose affair the account is; nobody's for a machine, nor for an administrator who was ended meanwhile."""
    if account.kind is Kind.ADMINISTRATOR:
        return await administrators.territories(transaction, account.uid)
    id = ProfessionalId(account.uid)
    return frozenset(one.home() for one in (await professionals.get_many(transaction, [id])).values())


async def _locked(transaction: AsyncConnection, of: Account) -> tuple[Account, Holder]:
    """The account as it is now, and whose it is: locked in the order that all keep."""
    holder: Holder = None
    if of.kind is Kind.PROFESSIONAL:
        holder = await professionals.find_for_update(transaction, ProfessionalId(of.uid))
    elif of.kind is Kind.SYSTEM:
        holder = await feeders.get_for_update(transaction, FeederId(of.uid))
    current = await accounts.get_for_update(transaction, of.uid)
    if current is None:
        raise LookupError("an account was removed")
    return current, holder
