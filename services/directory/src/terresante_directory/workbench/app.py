"""The pages as one ASGI application: routes, refusals as pages, and around all a door that sets headers and spans."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import SpanKind, format_trace_id
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from terresante_platform import background
from terresante_platform.database import is_away
from terresante_platform.refusals import Refusal
from terresante_platform.rpc.server import as_refusal
from terresante_platform.spans import span
from terresante_platform.telemetry import log

from terresante_directory.workbench import entry, files, refusing
from terresante_directory.workbench.routes import (
    account_list,
    accounts,
    administrators,
    corrections,
    correspondents,
    differences,
    feeders,
    finding,
    history,
    home,
    imports,
    indicators,
    joining,
    leaving,
    map,
    offers,
    officers,
    operations,
    own,
    own_offers,
    own_team,
    professionals,
    requests,
    sheets,
    structures,
    tree,
)
from terresante_directory.workbench.visits import Workbench

ROUTERS = (
    entry.router,
    home.router,
    sheets.router,
    structures.router,
    correspondents.router,
    requests.router,
    requests.own,
    own.router,
    own_offers.router,
    own_team.router,
    tree.router,
    map.router,
    offers.router,
    finding.router,
    imports.router,
    joining.router,
    leaving.router,
    differences.router,
    operations.router,
    history.router,
    indicators.router,
    professionals.router,
    accounts.router,
    account_list.router,
    administrators.router,
    corrections.router,
    officers.router,
    feeders.router,
)
"""All pages; of two paths that match an address, the first one counts."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
ALWAYS = (
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # with no-referrer, browsers send forms with `Origin: null`
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-embedder-policy", b"require-corp"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"x-frame-options", b"DENY"),
)
NOT_KEPT = (b"cache-control", b"no-store")
FORGET_SECONDS = 600.0
# FastAPI's own spans hold the address with what was searched for, and its own log what an exception says.
MEASURED_ONLY: TelemetryConfig = {"tracing": False, "logs": False, "auto_configure": False}


class Door:
    """The outermost application: security headers on every answer, and a span by route."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request."""
        if scope["type"] != "http":
            raise ValueError("only HTTP is served")

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                more = [pair for pair in (*ALWAYS, NOT_KEPT) if pair[0] not in given]
                message = {**message, "headers": [*message["headers"], *more]}
                made.set_attribute("http.response.status_code", message["status"])
            await send(message)

        with span("workbench", SpanKind.SERVER, **{"http.request.method": _shown(scope["method"])}) as made:
            trace = made.get_span_context().trace_id
            scope.setdefault("state", {})["trace"] = format_trace_id(trace)
            await self._app(scope, receive, dressed)
            made.set_attribute("http.route", refusing.route_of(Request(scope)))


class Faults:
    """Answers what nobody foresaw by a page that says nothing of anybody, and the database's absence by its refusal.

    A middleware of the application: Starlette itself would answer first, with a bare line, if it were outside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as broken:
            request = Request(scope)
            refusal = as_refusal(broken) if is_away(broken) else None
            if refusal is None:
                log.error("fault", route=refusing.route_of(request), exc_info=broken)
            if begun:
                raise ConnectionAbortedError from None
            page = refusing.fault(request) if refusal is None else refusing.told(request, refusal)
            await page(scope, receive, send)


def door(workbench: Workbench) -> ASGIApp:
    """The application of one process."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, telemetry=MEASURED_ONLY)
    app.state.workbench = workbench
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/static/{name:path}", files.file, include_in_schema=False)
    app.add_api_route("/sante", _healthy, include_in_schema=False)
    app.add_exception_handler(Refusal, refusing.refused)
    app.add_exception_handler(HTTPException, refusing.unserved)
    app.add_exception_handler(RequestValidationError, refusing.unreadable)
    app.add_middleware(Faults)
    return Door(app)


@asynccontextmanager
async def forgetting(workbench: Workbench) -> AsyncIterator[None]:
    """Removes ended sessions and abandoned logins in the background, until left."""

    async def regularly() -> None:
        while True:
            await asyncio.sleep(FORGET_SECONDS)
            try:
                await workbench.sessions.forget()
                await workbench.attempts.forget()
            except Exception as fault:  # what has ended opens nothing meanwhile
                log.warning("forgetting waits", exc_info=fault)

    async with background.running(regularly()):
        yield


async def _healthy() -> Response:
    return PlainTextResponse("ok")


def _shown(method: str) -> str:
    return method if method in ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH") else "OTHER"
