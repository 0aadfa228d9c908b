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
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from terresante_platform.database import is_away
from terresante_platform.refusals import Refusal
from terresante_platform.rpc.server import as_refusal
from terresante_platform.spans import span
from terresante_platform.telemetry import log

from terresante_directory.workbench import entry, pages, refusing
from terresante_directory.workbench.routes import (
    accounts,
    corrections,
    feeders,
    finding,
    history,
    home,
    imports,
    map,
    offers,
    officers,
    operations,
    professionals,
    sheets,
    structures,
    tree,
)
from terresante_directory.workbench.visits import Workbench

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
KEPT = (b"cache-control", b"public, max-age=31536000, immutable")
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
FORGET_SECONDS = 600.0
# FastAPI's own spans hold the address with what was searched for, and its own log what an exception says.
MEASURED_ONLY: TelemetryConfig = {"tracing": False, "logs": False, "auto_configure": False}


class Door:
    """The outermost application: security headers, a span by route, and faults that say nothing of anybody."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request."""
        if scope["type"] != "http":
            raise ValueError("only HTTP is served")
        begun = False

        async def dressed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                given = {name for name, _ in message["headers"]}
                more = [pair for pair in (*ALWAYS, NOT_KEPT) if pair[0] not in given]
                message = {**message, "headers": [*message["headers"], *more]}
                made.set_attribute("http.response.status_code", message["status"])
            await send(message)

        with span("workbench", SpanKind.SERVER, **{"http.request.method": _shown(scope["method"])}) as made:
            trace = made.get_span_context().trace_id
            scope.setdefault("state", {})["trace"] = format_trace_id(trace)
            try:
                await self._app(scope, receive, dressed)
            except asyncio.CancelledError:
                raise
            except Exception as broken:
                request = Request(scope)
                log.error("fault", route=refusing.route_of(request), exc_info=broken)
                if begun:
                    raise ConnectionAbortedError from None
                await refusing.fault(request)(scope, receive, dressed)
            made.set_attribute("http.route", refusing.route_of(Request(scope)))


def door(workbench: Workbench) -> ASGIApp:
    """The application of one process."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, telemetry=MEASURED_ONLY)
    app.state.workbench = workbench
    for router in (
        entry.router,
        home.router,
        sheets.router,
        structures.router,
        tree.router,
        map.router,
        offers.router,
        finding.router,
        imports.router,
        operations.router,
        history.router,
        professionals.router,
        accounts.router,
        corrections.router,
        officers.router,
        feeders.router,
    ):
        app.include_router(router)
    app.add_api_route("/static/{name:path}", _file, include_in_schema=False)
    app.add_api_route("/sante", _healthy, include_in_schema=False)
    app.add_exception_handler(Refusal, refusing.refused)
    app.add_exception_handler(HTTPException, refusing.unserved)
    app.add_exception_handler(RequestValidationError, refusing.unreadable)
    return Door(_DatabaseAway(app))


class _DatabaseAway:
    """Turns the database being away into its refusal: it may strike anywhere."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as fault:
            if not is_away(fault) or (refusal := as_refusal(fault)) is None:
                raise
            await refusing.told(Request(scope), refusal)(scope, receive, send)


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

    task = asyncio.create_task(regularly())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _file(name: str, request: Request) -> Response:
    """A style, script or picture. Its address changes with it, so that it may be kept."""
    file = (pages.STATIC / name).resolve()
    if not file.is_relative_to(pages.STATIC) or file.suffix not in TYPES or not file.is_file():
        raise HTTPException(404)
    kept = KEPT if request.query_params.get("v") else NOT_KEPT
    headers = {kept[0].decode(): kept[1].decode()}
    return FileResponse(file, media_type=TYPES[file.suffix], headers=headers, stat_result=file.stat())


async def _healthy() -> Response:
    return PlainTextResponse("ok")


def _shown(method: str) -> str:
    return method if method in ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH") else "OTHER"
