"""Goes through Keycloak's users again and again: last logins, lockouts, and where it differs from what was decided.

A round a minute looks at a hundred users (two requests each, about two seconds): 5,000 accounts are seen within an
hour, 140,000 in a day. Keycloak tells logins by sessions still open, so that a login whose session is over before its
turn comes is told a sweep later or not at all; `view-events` of the realm would tell all, and the platform's account
has no right to read events. What differs is shown, not undone: whoever restored or changed something decides.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_platform.telemetry import log

from terresante_directory.accounts import AccountRefused, Accounts
from terresante_directory.domain.accounts import AccountsUnavailable
from terresante_directory.domain.drift import Difference, Held, drift
from terresante_directory.domain.lost_means import Loss
from terresante_directory.domain.weeks import PARIS, monday
from terresante_directory.seeing import Seen
from terresante_directory.store import accounts, lost_means, sweeps
from terresante_directory.store.sweeps import Sight, Sweep

ROUND_SECONDS = 60.0
MOST_PER_ROUND = 100
NEVER = datetime.min.replace(tzinfo=UTC)
LEASE = timedelta(minutes=2)
"""Longer than a round ever takes: two pages and a hundred looks, each bounded by `accounts.LONGEST` in practice."""


class Sweeping:
    """Several may run: one at a time goes on."""

    def __init__(
        self, database: Database, keycloak: Accounts, now: Callable[[], datetime], most: int = MOST_PER_ROUND
    ) -> None:
        self._database = database
        self._keycloak = keycloak
        self._now = now
        self._most = most

    async def round(self) -> int:
        """Looks at the next users; after the last ones, at the next accounts without a user. Gives how many differ.

        Raises `AccountsUnavailable`, `AccountRefused`; the next round begins where this one did.
        """
        now = self._now()
        async with self._database.transaction() as transaction:
            sweep = await sweeps.take(transaction, now, LEASE)
        if sweep is None:
            return 0
        try:
            page = await self._keycloak.page(sweep.position, self._most)
            found = await self._compared(page)
            await self._keep(page, found, now)
            ended = False
            if len(page) < self._most:
                missing, ended = await self._missing(sweep, now)
                found += missing
        except (AccountsUnavailable, AccountRefused):
            async with self._database.transaction() as transaction:
                await sweeps.release(transaction)
            raise
        async with self._database.transaction() as transaction:
            if ended:
                await sweeps.forget_differences(transaction, sweep.began_at)
            further = Sweep(sweep.position + len(page), sweep.began_at)
            await sweeps.go_on(transaction, Sweep(0, now) if ended else further)
        return len(found)

    async def run(self) -> None:
        """Rounds for ever, the first one now."""
        while True:
            try:
                if differ := await self.round():
                    log.warning("keycloak differs from the directory", count=differ)
            except AccountsUnavailable:
                log.info("sweeping waits for keycloak")
            except AccountRefused as fault:
                log.error("keycloak refuses to tell its users", code=fault.code)
            except (SQLAlchemyError, OSError, TimeoutError, Refusal) as fault:
                log.warning("sweeping waits", exc_info=fault)
            await asyncio.sleep(ROUND_SECONDS)

    async def _compared(self, page: Sequence[Seen]) -> list[Difference]:
        """What differs, looked at twice: what was decided since the page was told is no difference."""
        found: dict[str, Difference] = {}
        for one in page:
            if await self._difference(one.uid, one) is None:
                continue
            again = await self._keycloak.look(one.uid) if one.uid else one
            difference = await self._difference(one.uid, again)
            if difference is not None:
                found[difference.id] = difference
        return list(found.values())

    async def _missing(self, sweep: Sweep, at: datetime) -> tuple[list[Difference], bool]:
        """Of the next accounts of which this sweep saw no user, how each differs; and whether they were the last."""
        async with self._database.reading() as connection:
            unseen = await sweeps.unseen(connection, sweep.began_at, self._most)
        looked = {uid: await self._keycloak.look(uid) for uid in unseen}
        told = [await self._difference(uid, user) for uid, user in looked.items()]
        found = [one for one in told if one is not None]
        await self._keep([user for user in looked.values() if user is not None], found, at)
        return found, len(unseen) < self._most

    async def _difference(self, uid: UUID | None, user: Seen | None) -> Difference | None:
        async with self._database.reading() as connection:
            account = await accounts.get(connection, uid) if uid else None
            loss = await lost_means.get(connection, uid) if uid else Loss()
        kind = drift(account, loss, Held(user.kind, user.enabled, user.id_nat) if user else None)
        return Difference(user.id if user else str(uid), uid, kind) if kind else None

    async def _keep(self, page: Sequence[Seen], found: Sequence[Difference], at: datetime) -> None:
        """Of two users with one `uid`, whoever copied it in Keycloak, the later login counts."""
        differing = {one.id for one in found}
        sights = {
            one.uid: Sight(one.uid, one.last_login, one.locked, _week(one.last_login))
            for one in sorted(page, key=lambda one: one.last_login or NEVER)
            if one.uid
        }
        async with self._database.transaction() as transaction:
            await sweeps.keep(transaction, sights.values(), at)
            await sweeps.agree(transaction, [one.id for one in page if one.id not in differing])
            await sweeps.keep_differences(transaction, found, at)


def _week(at: datetime | None) -> date | None:
    """The Monday of that moment's week, in Paris."""
    return monday(at).astimezone(PARIS).date() if at else None
