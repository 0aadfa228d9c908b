"""Tokens of a session renewed: by one request at a time, since a refresh token serves once."""

import asyncio

from terresante_platform.refusals import Refusal

from terresante_directory.workbench.provider import LoginRefused, LoginServiceAway, Provider, away
from terresante_directory.workbench.sessions import Session, Sessions, SignInFirst

ASK_AGAIN_SECONDS = 0.05
PATIENCE_SECONDS = 6.0


async def renewed(sessions: Sessions, provider: Provider, session: Session) -> Session:
    """The session with tokens that last. Of several requests one asks Keycloak, the others wait for it.

    Raises `SignInFirst` if it has ended there, `LoginServiceAway`.
    """
    turn = session.turn
    end = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while asyncio.get_running_loop().time() < end:
        if await sessions.lease(session):
            return await _renewed_by_us(sessions, provider, session)
        await asyncio.sleep(ASK_AGAIN_SECONDS)
        found = await sessions.find(session.secret)
        if found is None:
            raise SignInFirst("Votre session a pris fin.", "Connectez-vous de nouveau.")
        if found.turn != turn:
            return found
    raise away()


async def renew_quietly(sessions: Sessions, provider: Provider, session: Session) -> None:
    """Renews after the answer has left; what cannot be done now is done, or told, at the next request."""
    try:
        await renewed(sessions, provider, session)
    except Refusal:
        return


async def _renewed_by_us(sessions: Sessions, provider: Provider, session: Session) -> Session:
    try:
        tokens = await provider.renew(session.tokens)
    except LoginRefused:
        await sessions.end(session.secret)
        raise SignInFirst("Votre session a pris fin.", "Connectez-vous de nouveau.") from None
    except LoginServiceAway:
        await sessions.release(session)
        raise
    return await sessions.renewed(session, tokens)
