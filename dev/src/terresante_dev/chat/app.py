"""The portal's own addresses: pages and files, login and logout, and /v1 passed on."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from terresante_dev.chat.logins import BACK, LoginRefused, Logins
from terresante_dev.chat.passing import STREAM, passed_on, problem
from terresante_dev.chat.sessions import Session, Sessions
from terresante_dev.chat.where import Where

PAGES = Path(__file__).parent / "pages"
COOKIE, LOGIN_COOKIE = "portail", "portail_connexion"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
LOGIN_SECONDS = 900
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",  # with no-referrer, forms would say that they come from nowhere
    "x-content-type-options": "nosniff",
}
PLACE = re.compile(r"[0-9a-z-]{1,36}")
GONE = "Votre session est terminée. Reconnectez-vous."


class Portal:
    """Everything that a request needs. `clock`: seconds that only grow."""

    def __init__(self, where: Where, gateway: httpx2.AsyncClient, logins: Logins, clock: Callable[[], float]) -> None:
        self.where = where
        self.gateway = gateway
        self.logins = logins
        self.sessions = Sessions(logins, clock)

    async def page(self, request: Request) -> Response:
        """The pages for who is signed in, the choice of logins for who is not."""
        session = self._session(request)
        return FileResponse(PAGES / ("index.html" if session else "connexion.html"))

    async def log_in(self, request: Request) -> Response:
        """Sends the browser to Keycloak, and remembers that this browser began it."""
        realm = request.path_params["realm"]
        if realm not in self.where.issuers:
            return problem(404, "REALM_UNKNOWN", "On se connecte comme professionnel ou comme patient.")
        begun = self.logins.begin(realm, _own_page(request.query_params.get("ensuite", "")))
        answer = RedirectResponse(self.logins.address(begun), 303)
        _set(answer, LOGIN_COOKIE, self.sessions.begin(begun), LOGIN_SECONDS)
        return answer

    async def back(self, request: Request) -> Response:
        """The end of a login: a new session, under a secret that nobody knew before."""
        given = request.query_params
        begun = self.sessions.begun(request.cookies.get(LOGIN_COOKIE, ""), given.get("state", ""))
        answer = RedirectResponse(begun.then if begun else "/", 303)
        answer.delete_cookie(LOGIN_COOKIE)
        if begun is None or "code" not in given:
            return answer  # given up, replayed, or begun by another browser: the first page offers to log in again
        try:
            tokens = await self.logins.finish(begun, given["code"])
        except LoginRefused:
            return answer
        self.sessions.close(request.cookies.get(COOKIE, ""))
        _set(answer, COOKIE, self.sessions.open(begun.realm, tokens))
        return answer

    async def log_out(self, request: Request) -> Response:
        """Ends the session here, and then at Keycloak."""
        session = self.sessions.close(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse(self.logins.farewell(session.realm, session.tokens) if session else "/", 303)
        answer.delete_cookie(COOKIE)
        return answer

    async def chosen_place(self, request: Request) -> Response:
        """Which place of practice was chosen; PUT chooses one: it goes with each call from then on."""
        session = self._session(request)
        if session is None:
            return problem(401, "SESSION_ENDED", GONE)
        if request.method == "PUT":
            try:
                session.place = _place(await request.json())
            except ValueError:
                return problem(400, "PLACE_INVALID", "Ce n’est pas un lieu d’exercice.")
        return JSONResponse({"place_id": session.place or None})

    async def pass_on(self, request: Request) -> Response:
        """A call of the public API, as whoever is signed in."""
        session = self._session(request, by_hand=request.url.path != STREAM)
        token = await self.sessions.access(request.cookies[COOKIE], session) if session else None
        if session is None or token is None:
            return problem(401, "SESSION_ENDED", GONE)
        return await passed_on(request, self.gateway, token, session.place)

    def _session(self, request: Request, by_hand: bool = True) -> Session | None:
        return self.sessions.find(request.cookies.get(COOKIE, ""), by_hand)


class Guarded:
    """Puts the headers on each answer, and refuses what another site's page sends in somebody's name."""

    def __init__(self, app: ASGIApp, where: Where) -> None:
        self._app = app
        self._origin = where.origin
        logins = {"{0.scheme}://{0.netloc}".format(urlsplit(issuer)) for issuer in where.issuers.values()}
        self._headers = HEADERS | {"content-security-policy": " ".join([POLICY, *sorted(logins)])}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"])
        if scope["method"] not in ("GET", "HEAD") and given.get(b"origin", b"").decode("latin-1") != self._origin:
            refused = problem(403, "ORIGIN_FOREIGN", "Cette demande ne vient pas d’une page de ce portail.")
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, _with_headers(send, self._headers))


def portal(where: Where, clock: Callable[[], float] = time.monotonic) -> Starlette:
    """The application. Connects when it starts, lets go when it ends."""

    @asynccontextmanager
    async def running(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            trust = where.trust()
            gateway = httpx2.AsyncClient(base_url=where.gateway, verify=trust, trust_env=False, limits=httpx2.Limits())
            keycloak = httpx2.AsyncClient(verify=trust, timeout=15, trust_env=False)
            for client in (gateway, keycloak):
                await stack.enter_async_context(client)
            app.state.portal = Portal(where, gateway, Logins(where, keycloak, clock), clock)
            yield

    def at(path: str, does: Callable[[Portal, Request], Awaitable[Response]], *methods: str) -> Route:
        async def answered(request: Request) -> Response:
            return await does(request.app.state.portal, request)

        return Route(path, answered, methods=list(methods) or ["GET"])

    routes = [
        *(at(path, Portal.page) for path in ("/", "/fils/{thread}", "/patients/{patient}")),
        at("/connexion/{realm}", Portal.log_in),
        at(BACK, Portal.back),
        at("/deconnexion", Portal.log_out, "POST"),
        at("/lieu", Portal.chosen_place, "GET", "PUT"),
        at("/v1/{rest:path}", Portal.pass_on, *METHODS),
        Mount("/fichiers", StaticFiles(directory=PAGES)),
    ]
    host = urlsplit(where.origin).hostname or ""
    guards = [Middleware(Guarded, where=where), Middleware(TrustedHostMiddleware, allowed_hosts=[host])]
    away = {httpx2.TransportError: _away}
    return Starlette(routes=routes, middleware=guards, exception_handlers=away, lifespan=running)


async def _away(_: Request, __: Exception) -> Response:
    """The gateway or Keycloak does not answer."""
    return problem(502, "PLATFORM_UNAVAILABLE", "La plateforme ne répond pas. Réessayez dans un instant.")


def _own_page(asked: str) -> str:
    """A page of ours to go to after the login; the first one for anything else."""
    return asked if asked.startswith(("/fils/", "/patients/")) and asked.isprintable() and "\\" not in asked else "/"


def _place(told: Any) -> str:
    """The place of practice that a page names; blank for none. Raises ValueError."""
    match told:
        case {"place_id": None}:
            return ""
        case {"place_id": str(place)} if PLACE.fullmatch(place):
            return place
    raise ValueError


def _set(answer: Response, name: str, secret: str, seconds: int | None = None) -> None:
    """Out of reach of scripts. Lax: it goes with the way back from Keycloak. Over HTTPS: `__Host-`, and secure."""
    answer.set_cookie(name, secret, max_age=seconds, httponly=True, samesite="lax")


def _with_headers(send: Send, headers: Mapping[str, str]) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in message["headers"]}
            added = [(name.encode(), value.encode()) for name, value in headers.items() if name.encode() not in own]
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return sent
