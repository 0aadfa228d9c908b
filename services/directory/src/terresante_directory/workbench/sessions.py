"""Who is signed in at the workbench, and the table that keeps them.

A session ends after 30 minutes without use and after 4 hours in any case (docs/decisions/0011-workbench.md). Its id is
new at each login and whenever the person's rights change.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Uuid,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from terresante_platform.database import Database
from terresante_platform.ids import new_id
from terresante_platform.refusals import Unauthenticated

from terresante_directory.workbench import sealing
from terresante_directory.workbench.sealing import Unsealable, digest

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=4)
TOUCHED_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session was last used."""
LEASE = timedelta(seconds=10)
"""How long one request may take to renew the tokens before another tries."""
Fields = Mapping[str, Sequence[str]]

_metadata = MetaData()
sessions = Table(
    "workbench_session",
    _metadata,
    Column("id_sha256", LargeBinary, primary_key=True),
    Column("administrator_id", Uuid, key="person"),
    Column("sealed", LargeBinary),
    Column("token_until", DateTime(timezone=True)),
    Column("began_at", DateTime(timezone=True)),
    Column("used_at", DateTime(timezone=True)),
    Column("ends_at", DateTime(timezone=True)),
    Column("turn", BigInteger),
    Column("leased_until", DateTime(timezone=True)),
)
drafts = Table(
    "workbench_draft",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("session_sha256", LargeBinary),
    Column("sealed", LargeBinary),
    Column("kept_at", DateTime(timezone=True)),
)


class SignInFirst(Unauthenticated):
    """There is no session, or it has ended."""

    reason = "SIGN_IN_FIRST"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Keycloak gave for a login. `until`: end of the access token."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. `rights`: what the person might do when the id was made, as `Person.rights` writes it."""

    secret: str = field(repr=False)
    person: UUID
    tokens: Tokens
    rights: tuple[str, ...]
    began: datetime
    used: datetime
    ends: datetime
    turn: int = 1


class Sessions:
    """The sessions of all browsers; every replica of the process sees the same."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self.now = now

    async def open(self, person: UUID, tokens: Tokens, rights: Sequence[str]) -> Session:
        """A new session under a new id."""
        now = self.now()
        new = Session(sealing.new_secret(), person, tokens, tuple(rights), now, now, now + LONGEST)
        async with self._database.transaction() as transaction:
            await transaction.execute(_kept(new))
        return new

    async def find(self, secret: str) -> Session | None:
        """The session of a cookie, unless it ended. Notes that it was used."""
        if not sealing.is_secret(secret):
            return None
        async with self._database.reading() as connection:
            row = (await connection.execute(select(sessions).where(sessions.c.id_sha256 == digest(secret)))).first()
            if row is None:
                return None
            now = self.now()
            if row.ends_at <= now or row.used_at + IDLE <= now:
                await connection.execute(delete(sessions).where(sessions.c.id_sha256 == digest(secret)))
                return None
            if row.used_at + TOUCHED_EVERY <= now:
                touched = update(sessions).where(sessions.c.id_sha256 == digest(secret)).values(used_at=now)
                await connection.execute(touched)
        return _unsealed(secret, row)

    async def end(self, secret: str) -> None:
        """Nothing is left of it."""
        async with self._database.transaction() as transaction:
            await transaction.execute(delete(sessions).where(sessions.c.id_sha256 == digest(secret)))

    async def lease(self, session: Session) -> bool:
        """Whether this request may renew the session's tokens: one at a time, since a refresh token serves once."""
        now = self.now()
        free = or_(sessions.c.leased_until.is_(None), sessions.c.leased_until <= now)
        mine = (sessions.c.id_sha256 == digest(session.secret)) & (sessions.c.turn == session.turn)
        async with self._database.transaction() as transaction:
            taken = await transaction.execute(update(sessions).where(mine, free).values(leased_until=now + LEASE))
        return bool(taken.rowcount)

    async def renewed(self, session: Session, tokens: Tokens) -> Session:
        """The session with new tokens; the lease is given back."""
        new = replace(session, tokens=tokens, turn=session.turn + 1)
        async with self._database.transaction() as transaction:
            await transaction.execute(
                update(sessions)
                .where(sessions.c.id_sha256 == digest(session.secret), sessions.c.turn == session.turn)
                .values(sealed=_sealed(new), token_until=tokens.until, turn=new.turn, leased_until=None)
            )
        return new

    async def release(self, session: Session) -> None:
        """Gives the lease back with the tokens as they were."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                update(sessions).where(sessions.c.id_sha256 == digest(session.secret)).values(leased_until=None)
            )

    async def rotate(self, session: Session, rights: Sequence[str]) -> Session | None:
        """The same login under a new id, because its rights changed; what was typed under the old one is gone.

        None if another request did so at the same time: the browser has its answer already.
        """
        new = replace(session, secret=sealing.new_secret(), rights=tuple(rights), used=self.now(), turn=1)
        async with self._database.transaction() as transaction:
            mine = sessions.c.id_sha256 == digest(session.secret)
            if not (await transaction.execute(delete(sessions).where(mine))).rowcount:
                return None
            await transaction.execute(_kept(new))
        return new

    async def keep(self, session: Session, typed: Fields) -> UUID:
        """What was typed in a form, until the session ends; gives the id under which `typed` finds it."""
        id = new_id()
        content = sealing.seal(session.secret, json.dumps({k: [*v] for k, v in typed.items()}).encode(), "draft")
        row = {"id": id, "session_sha256": digest(session.secret), "sealed": content, "kept_at": self.now()}
        async with self._database.transaction() as transaction:
            await transaction.execute(insert(drafts).values(row))
        return id

    async def typed(self, session: Session, id: UUID) -> Fields | None:
        """What this session kept under that id, if it did."""
        mine = (drafts.c.id == id) & (drafts.c.session_sha256 == digest(session.secret))
        async with self._database.reading() as connection:
            sealed = (await connection.execute(select(drafts.c.sealed).where(mine))).scalar()
        if not sealed:
            return None
        found: Fields = json.loads(sealing.unseal(session.secret, sealed, "draft"))
        return found

    async def first_use(self, session: Session, once: UUID) -> bool:
        """Whether a form that may be sent once is sent for the first time."""
        row = {"id": once, "session_sha256": digest(session.secret), "sealed": b"", "kept_at": self.now()}
        async with self._database.transaction() as transaction:
            kept = await transaction.execute(insert(drafts).values(row).on_conflict_do_nothing())
        return bool(kept.rowcount)

    async def forget(self) -> int:
        """Removes what has ended. Gives how many sessions that was."""
        now = self.now()
        over = or_(sessions.c.ends_at <= now, sessions.c.used_at <= now - IDLE)
        async with self._database.transaction() as transaction:
            return (await transaction.execute(delete(sessions).where(over))).rowcount


def _kept(new: Session) -> Insert:
    return insert(sessions).values(
        id_sha256=digest(new.secret),
        person=new.person,
        sealed=_sealed(new),
        token_until=new.tokens.until,
        began_at=new.began,
        used_at=new.used,
        ends_at=new.ends,
        turn=new.turn,
    )


def _sealed(session: Session) -> bytes:
    content = [session.tokens.access, session.tokens.refresh, *session.rights]
    return sealing.seal(session.secret, json.dumps(content).encode(), "session")


def _unsealed(secret: str, row: Row[tuple[object, ...]]) -> Session | None:
    try:
        access, refresh, *rights = json.loads(sealing.unseal(secret, row.sealed, "session"))
    except Unsealable:
        return None
    tokens = Tokens(access, refresh, row.token_until)
    began, used, ends = row.began_at, row.used_at, row.ends_at
    return Session(secret, row.administrator_id, tokens, tuple(rights), began, used, ends, row.turn)
