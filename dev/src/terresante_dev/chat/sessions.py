"""Who is signed in at this portal: in this process's memory only, so that a browser never holds a token."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from terresante_dev.chat.logins import Begun, LoginRefused, Logins, Tokens

RENEW_BEFORE = 30.0
"""Seconds before its end from which an access token is renewed."""
UNUSED = 30 * 60.0
"""Seconds after which a session ends by itself when nobody does anything; an open stream does nothing."""
MOST = 1_000
"""Of sessions, and of logins begun; the oldest give way."""
Kept = TypeVar("Kept")


@dataclass(slots=True)
class Session:
    """Somebody signed in. `place`: where they practise now, blank if they did not choose. `used`: by their own hand."""

    realm: str
    tokens: Tokens
    used: float
    place: str = ""
    renewing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Sessions:
    """All of them, by the secret in the browser's cookie; and the logins under way, by the secret in theirs."""

    def __init__(self, logins: Logins, clock: Callable[[], float]) -> None:
        self._logins = logins
        self._clock = clock
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._begun: OrderedDict[str, Begun] = OrderedDict()

    def begin(self, begun: Begun) -> str:
        """Remembers a login under way; gives its secret."""
        return _kept(self._begun, begun)

    def begun(self, secret: str, state: str) -> Begun | None:
        """The login that ends here, once only; None if this browser began none with that state."""
        found = self._begun.pop(secret, None)
        return found if found is not None and secrets.compare_digest(found.state.encode(), state.encode()) else None

    def open(self, realm: str, tokens: Tokens) -> str:
        """A new session; gives its secret."""
        return _kept(self._open, Session(realm, tokens, self._clock()))

    def find(self, secret: str, by_hand: bool = True) -> Session | None:
        """The session of that secret, if it goes on. `by_hand`: that somebody asks shows that they are there."""
        session = self._open.get(secret)
        if session is None:
            return None
        if self._clock() - session.used > UNUSED:
            self.close(secret)
            return None
        if by_hand:
            session.used = self._clock()
        return session

    def close(self, secret: str) -> Session | None:
        """Forgets it."""
        return self._open.pop(secret, None)

    async def access(self, secret: str, session: Session) -> str | None:
        """An access token with some time left; None when Keycloak has ended the session, which is then forgotten.

        One call renews, the others wait for it: a refresh token serves once.
        """
        async with session.renewing:
            if session.tokens.ends - self._clock() > RENEW_BEFORE:
                return session.tokens.access
            try:
                session.tokens = await self._logins.renew(session.realm, session.tokens)
            except LoginRefused:
                self.close(secret)
                return None
            return session.tokens.access


def _kept(where: OrderedDict[str, Kept], what: Kept) -> str:
    secret = secrets.token_urlsafe(32)
    where[secret] = what
    while len(where) > MOST:
        where.popitem(last=False)
    return secret
