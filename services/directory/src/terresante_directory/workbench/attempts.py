"""Logins under way: what must come back from Keycloak, where the person wanted to go, what they had typed.

An attempt belongs to one browser (a cookie of its own) and is used once. Several tabs may each have theirs.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table, delete, select
from sqlalchemy.dialects.postgresql import insert
from terresante_platform.database import Database

from terresante_directory.workbench import sealing
from terresante_directory.workbench.sealing import Unsealable, digest

LIFE = timedelta(minutes=30)
CARD = 3
"""The `acr` of a login by card."""

_metadata = MetaData()
logins = Table(
    "workbench_login",
    _metadata,
    Column("state_sha256", LargeBinary, primary_key=True),
    Column("browser_sha256", LargeBinary),
    Column("sealed", LargeBinary),
    Column("ends_at", DateTime(timezone=True)),
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login. `to`: the path to go to afterwards. `again`: a new proof is asked for even of who is logged in.
    `strength`: the `acr` asked for; 0: what the realm asks of everybody. `whose`: for whom the form was made in which
    was typed what was typed, as `sealing.mark`; nobody else gets it back, and nobody at all if that is not known.
    """

    to: str
    again: bool = False
    strength: int = 0
    whose: str = ""
    typed: dict[str, list[str]] | None = field(default=None, repr=False)
    state: str = field(default_factory=sealing.new_secret, repr=False)
    nonce: str = field(default_factory=sealing.new_secret, repr=False)
    verifier: str = field(default_factory=sealing.new_secret, repr=False)


class Attempts:
    """The logins under way of all browsers."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def begin(self, browser: str, attempt: Attempt) -> None:
        """Keeps it for this browser."""
        told = {name: value for name, value in asdict(attempt).items() if name != "strength" or value}
        sealed = sealing.seal(browser, json.dumps(told).encode(), "login")
        row = {
            "state_sha256": digest(attempt.state),
            "browser_sha256": digest(browser),
            "sealed": sealed,
            "ends_at": self._now() + LIFE,
        }
        async with self._database.transaction() as transaction:
            await transaction.execute(insert(logins).values(row))

    async def find(self, browser: str, state: str) -> Attempt | None:
        """This browser's attempt, still open."""
        mine = (logins.c.state_sha256 == digest(state)) & (logins.c.browser_sha256 == digest(browser))
        async with self._database.reading() as connection:
            sealed = (
                await connection.execute(select(logins.c.sealed).where(mine, logins.c.ends_at > self._now()))
            ).scalar()
        return _opened(browser, sealed)

    async def take(self, browser: str, state: str) -> Attempt | None:
        """The same, and it is gone: a second answer to it finds nothing."""
        mine = (logins.c.state_sha256 == digest(state)) & (logins.c.browser_sha256 == digest(browser))
        async with self._database.transaction() as transaction:
            taken = delete(logins).where(mine, logins.c.ends_at > self._now()).returning(logins.c.sealed)
            sealed = (await transaction.execute(taken)).scalar()
        return _opened(browser, sealed)

    async def forget(self) -> None:
        """Removes those that nobody came back to."""
        async with self._database.transaction() as transaction:
            await transaction.execute(delete(logins).where(logins.c.ends_at <= self._now()))


def _opened(browser: str, sealed: bytes | None) -> Attempt | None:
    if sealed is None:
        return None
    try:
        return Attempt(**json.loads(sealing.unseal(browser, sealed, "login")))
    except Unsealable:
        return None
