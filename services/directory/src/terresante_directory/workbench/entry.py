"""Coming in and going out: /connexion, /retour, /deconnexion, /deconnecte."""

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from terresante_platform import calls

from terresante_directory.workbench import pages, sealing
from terresante_directory.workbench.attempts import CARD, Attempt
from terresante_directory.workbench.cookies import (
    COOKIE,
    LOGIN_COOKIE,
    LOGIN_COOKIE_SECONDS,
    drop_cookie,
    put_cookie,
)
from terresante_directory.workbench.persons import known
from terresante_directory.workbench.provider import refused
from terresante_directory.workbench.refusing import told
from terresante_directory.workbench.sessions import Session, Tokens
from terresante_directory.workbench.visits import Visit, Workbench, any_posting

PATH = re.compile(r"/(?![/\\])[A-Za-z0-9/_.~%?&=+,:-]{0,1500}")
"""A page of ours to go to: never another host's."""

router = APIRouter()


@router.get("/connexion")
async def sign_in(request: Request, vers: str = "/", reprise: str = "", avec: str = "") -> Response:
    """Sends the browser to Keycloak. `vers`: where to go afterwards; `reprise`: a login that a page has prepared;
    `avec`: "carte" for a card only. Raises `StrangersTooMany`.
    """
    workbench: Workbench = request.app.state.workbench
    workbench.strangers.admit(request.scope)
    browser = request.cookies.get(LOGIN_COOKIE, "")
    if not sealing.is_secret(browser):
        browser = sealing.new_secret()
    attempt = await workbench.attempts.find(browser, reprise) if reprise else None
    if attempt is None:
        attempt = Attempt(vers if PATH.fullmatch(vers) else "/", strength=CARD if avec == "carte" else 0)
        await workbench.attempts.begin(browser, attempt)
    response = RedirectResponse(await workbench.provider.login_page(attempt), 303)
    put_cookie(response, LOGIN_COOKIE, browser, LOGIN_COOKIE_SECONDS)
    return response


@router.get("/retour")
async def came_back(request: Request, state: str = "", code: str = "", iss: str = "", error: str = "") -> Response:
    """Where Keycloak sends the browser back to: opens the session under a new id, and goes where it was going."""
    workbench: Workbench = request.app.state.workbench
    attempt = await workbench.attempts.take(request.cookies.get(LOGIN_COOKIE, ""), state)
    if attempt is None or not workbench.provider.is_issuer(iss):
        return _not_in(request, "/")
    if error or not code:
        return _not_in(request, attempt.to)
    session = await _opened(workbench, await workbench.provider.exchange(attempt, code))
    if before := request.cookies.get(COOKIE):
        await workbench.sessions.end(before)
    response = RedirectResponse(await _onwards(workbench, session, attempt), 303)
    put_cookie(response, COOKIE, session.secret)
    return response


@router.post("/deconnexion")
async def sign_out(visit: Annotated[Visit, Depends(any_posting)]) -> Response:
    """Ends the session here and at Keycloak."""
    await visit.workbench.sessions.end(visit.session.secret)
    await visit.workbench.provider.end(visit.session.tokens)
    response = RedirectResponse("/deconnecte", 303)
    drop_cookie(response, COOKIE)
    return response


@router.get("/deconnecte")
async def signed_out() -> Response:
    """Says that the session has ended."""
    return pages.page("signed_out.html", {"path": "", "visit": None, "refusal": None})


async def _opened(workbench: Workbench, tokens: Tokens) -> Session:
    """A session for an administrator or a professional. Anybody else's login ends at once."""
    try:
        person = await known(workbench.verifier, workbench.desk, tokens)
    except Exception:
        await workbench.provider.end(tokens)
        raise
    return await workbench.sessions.open(calls.person().id, tokens, person.rights)


async def _onwards(workbench: Workbench, session: Session, attempt: Attempt) -> str:
    if attempt.typed is None or attempt.whose != sealing.mark(session.person):
        return attempt.to
    id = await workbench.sessions.keep(session, attempt.typed)
    return f"{attempt.to}?brouillon={id}"


def _not_in(request: Request, to: str) -> Response:
    """The login did not succeed, or its answer was not awaited (any more): nothing has changed."""
    return told(request, refused(), back=f"/connexion?vers={quote(to, safe='')}", back_label="Se connecter")
