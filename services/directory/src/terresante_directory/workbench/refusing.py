"""Refusals as pages: what is refused, why, and what to do; a form that needs a new login is kept until it is there."""

from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from terresante_platform.refusals import Refusal, Unavailable, Unknown
from terresante_platform.strangers import StrangersTooMany
from terresante_platform.telemetry import log

from terresante_directory.workbench import forms, pages, sealing
from terresante_directory.workbench.attempts import CARD, Attempt
from terresante_directory.workbench.cookies import (
    COOKIE,
    LOGIN_COOKIE,
    LOGIN_COOKIE_SECONDS,
    drop_cookie,
    put_cookie,
)
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.persons import EnrolFirst
from terresante_directory.workbench.sessions import Session, SignInFirst
from terresante_directory.workbench.visits import OVER, FormExpired, Visit, Workbench

STRONGER = frozenset({"LOGIN_TOO_OLD", "LOGIN_TOO_WEAK"})


class PageUnknown(Unknown):
    """No such page."""

    reason = "PAGE_UNKNOWN"


class Fault(Unavailable):
    """A fault of ours; what it was is in the logs, under the trace id."""

    reason = "FAULT"


async def refused(request: Request, refusal: Exception) -> Response:
    """The page of a refusal."""
    assert isinstance(refusal, Refusal)  # noqa: S101 -- the handlers are installed for refusals only
    log.info("refused", route=route_of(request), reason=refusal.reason)
    if isinstance(refusal, FormExpired):
        return await _expired(request, refusal)
    if isinstance(refusal, SignInFirst) or refusal.reason in STRONGER:
        return await _login_first(request, refusal)
    if refusal.reason in OVER:
        return await _over(request, refusal)
    if refusal.reason == EnrolFirst.reason:
        page = told(request, refusal, back="/mon-inscription", back_label="Terminer mon inscription")
        return _dressed(request, page)
    return _dressed(request, told(request, refusal))


async def unserved(request: Request, fault: Exception) -> Response:
    """A page that does not exist, or not for this method."""
    assert isinstance(fault, HTTPException)  # noqa: S101 -- installed for it only
    return told(request, _unknown_page(), fault.status_code, dict(fault.headers or {}))


async def unreadable(request: Request, _: Exception) -> Response:
    """An address whose parts are not what they should be."""
    return told(request, _unknown_page(), 404)


def fault(request: Request) -> Response:
    """A fault of ours."""
    refusal = Fault(
        "Une panne interne a empêché d’afficher cette page.",
        "Réessayez. Si cela continue, donnez la référence ci-dessous à l’assistance.",
    )
    return told(request, refusal, 500)


def told(
    request: Request, refusal: Refusal, status: int = 0, headers: dict[str, str] | None = None, **values: object
) -> HTMLResponse:
    """A refusal, as a page or, for htmx, as a part of one."""
    part = request.headers.get("hx-request") == "true"
    told_so = {"refusal": refusal, "path": request.url.path, "visit": None, "trace": _trace(request), **values}
    return pages.page("_refusal.html" if part else "refusal.html", told_so, status or pages.status_of(refusal), headers)


def route_of(request: Request) -> str:
    """The template of the request's path, which holds no id."""
    return str(getattr(request.scope.get("route"), "path", ""))


async def _expired(request: Request, refusal: FormExpired) -> Response:
    """What was typed is kept for whom the form was made for alone."""
    visit: Visit = refusal.visit
    response: Response = told(request, refusal)
    if forms.token_sent(request, visit.typed)[1] == sealing.mark(visit.session.person):
        id = await visit.workbench.sessions.keep(visit.session, visit.typed.kept())
        back = f"{request.url.path}?brouillon={id}"
        response = told(request, refusal, back=back, back_label="Reprendre le formulaire")
    return _dressed(request, response)


def _dressed(request: Request, response: Response) -> Response:
    """With the session's new id, if it changed during this request: it is refused, not ended."""
    if new := getattr(request.state, "cookie", ""):
        put_cookie(response, COOKIE, new)
    return response


async def _login_first(request: Request, refusal: Refusal) -> Response:
    """Asks for a login, keeping where the person was and what they had typed."""
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Refresh": "true"})
    workbench: Workbench = request.app.state.workbench
    session: Session | None = getattr(request.state, "session", None)
    typed: Typed | None = getattr(request.state, "typed", None)
    if session is None and typed is not None:
        try:
            workbench.strangers.admit(request.scope)
        except StrangersTooMany as too_many:
            return told(request, too_many)
    browser = request.cookies.get(LOGIN_COOKIE, "")
    if not sealing.is_secret(browser):
        browser = sealing.new_secret()
    again = refusal.reason in STRONGER
    card = refusal.details.get("acr") == str(CARD)
    if typed is None and not again:
        return _sign_in(request, refusal)
    to = request.url.path if typed is not None else _here(request)
    whose = sealing.mark(session.person) if session else forms.token_sent(request, typed or Typed({}))[1]
    kept = typed.kept() if typed is not None and whose else None
    attempt = Attempt(to, again, CARD if card else 0, whose, kept)
    await workbench.attempts.begin(browser, attempt)
    values = {"go": f"/connexion?reprise={attempt.state}", "again": again, "kept": kept is not None, "card": card}
    response = pages.page("login_first.html", {"refusal": refusal, "path": "", "visit": None, **values}, 401)
    put_cookie(response, LOGIN_COOKIE, browser, LOGIN_COOKIE_SECONDS)
    if not again:
        drop_cookie(response, COOKIE)
    return response


def _sign_in(request: Request, refusal: Refusal) -> Response:
    go = f"/connexion?vers={quote(_here(request), safe='')}"
    had = COOKIE in request.cookies
    response = pages.page("sign_in.html", {"refusal": refusal, "path": "", "visit": None, "go": go, "had": had}, 401)
    if had:
        drop_cookie(response, COOKIE)
    return response


async def _over(request: Request, refusal: Refusal) -> Response:
    """The session is worth nothing any more: it ends here and at Keycloak."""
    workbench: Workbench = request.app.state.workbench
    session: Session | None = getattr(request.state, "session", None)
    if session is not None:
        await workbench.sessions.end(session.secret)
        await workbench.provider.end(session.tokens)
    response = told(request, refusal, back="/", back_label="Retour à l’accueil", over=True)
    drop_cookie(response, COOKIE)
    return response


def _here(request: Request) -> str:
    """The path and query of a page, for coming back to it."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _unknown_page() -> PageUnknown:
    return PageUnknown("Cette page n’existe pas.", "Vérifiez l’adresse, ou repartez de l’accueil.")


def _trace(request: Request) -> str:
    return str(getattr(request.state, "trace", ""))
