"""The outermost ASGI application: finds the operation, puts span and limits around it, turns refusals into problems.

In this order: route, span, CORS, overload, the operation (token, parameters, body, the call), problem. A fault of ours
is logged here, without its text, and leaves as 500 with a trace id.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from opentelemetry.trace import SpanKind, format_span_id, format_trace_id
from starlette.types import Receive, Scope, Send
from terresante_platform.refusals import Refusal
from terresante_platform.spans import span
from terresante_platform.telemetry import log
from terresante_platform.tokens import Verifier

from terresante_gateway.exchange import Exchange, Services
from terresante_gateway.measures import Measures
from terresante_gateway.operation import Operation
from terresante_gateway.problems import Fault, MethodNotAllowed, Overloaded, RouteUnknown
from terresante_gateway.reading import Disconnected

_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "CONNECT"})
_EXPOSED = (
    b"ETag, Retry-After, Server-Timing, Traceresponse, WWW-Authenticate, Content-Disposition, RateLimit,"
    b" RateLimit-Policy"
)
_ASKED = b"authorization, content-type, if-match, idempotency-key, terresante-place, last-event-id, traceparent"


@dataclass(slots=True)
class _Node:
    """One segment of the paths: fixed words below it, a parameter below it, and what answers here."""

    words: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    operations: dict[str, Operation] = field(default_factory=dict)


class Table:
    """Finds an operation by method and path in as many steps as the path has segments."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            node = self._root
            for segment in operation.path.split("/")[1:]:
                if segment.startswith("{"):
                    node.parameter = node.parameter or _Node()
                    node = node.parameter
                else:
                    node = node.words.setdefault(segment, _Node())
            if operation.declared.method in node.operations:
                raise ValueError(f"declared twice: {operation.name}")
            node.operations[operation.declared.method] = operation

    def find(self, path: str) -> tuple[dict[str, Operation], tuple[str, ...]]:
        """The operations of a path by method, and the texts of its parameters; none if there is no such path."""
        node, ids = self._root, []
        for segment in path.split("/")[1:]:
            below = node.words.get(segment)
            if below is None and segment:
                below = node.parameter
                ids.append(segment)
            if below is None:
                return {}, ()
            node = below
        return node.operations, tuple(ids)


class Door:
    """The ASGI application."""

    def __init__(
        self,
        operations: Iterable[Operation],
        services: Services,
        verifier: Verifier,
        *,
        origins: Iterable[str] = (),
        most_requests: int = 400,
        body_seconds: float = 10.0,
    ) -> None:
        self._table = Table(operations)
        self._services = services
        self._verifier = verifier
        self._origins = frozenset(origin.encode("ascii") for origin in origins)
        self._most_requests = most_requests
        self._body_seconds = body_seconds
        self._serving = 0
        self._measures = Measures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request; anything else is not spoken here."""
        if scope["type"] != "http":
            raise ValueError("only HTTP is served")
        exchange = Exchange(scope, receive, send, self._services)
        operations, exchange.ids = self._table.find(scope["path"])
        method = scope["method"]
        operation = operations.get(method)
        shown = method if method in _METHODS else "OTHER"
        template = operation.path if operation else "unknown"
        parent = exchange.given.get(b"traceparent", b"").decode("latin-1")
        counted = operation is None or not operation.declared.live
        self._serving += counted
        self._measures.begins(shown)
        try:
            with span(
                operation.name if operation else f"{shown} {template}",
                SpanKind.SERVER,
                parent,
                **{"http.request.method": shown, "http.route": template},
            ) as made:
                context = made.get_span_context()
                exchange.trace_id = format_trace_id(context.trace_id)
                trace = f"00-{exchange.trace_id}-{format_span_id(context.span_id)}-{context.trace_flags:02x}"
                exchange.more.append((b"traceresponse", trace.encode()))
                if self._origins:
                    self._allow_origin(exchange)
                await self._serve(exchange, operation, operations)
                made.set_attribute("http.response.status_code", exchange.status)
        finally:
            self._serving -= counted
            took = time.perf_counter() - exchange.started
            route = operation.path if operation else ""
            self._measures.ends(shown, route, exchange.status, took, exchange.announced(), exchange.sent)

    async def _serve(self, exchange: Exchange, operation: Operation | None, others: dict[str, Operation]) -> None:
        """The operation's answer, or a problem."""
        try:
            if operation is None:
                await self._unserved(exchange, others)
            elif self._serving > self._most_requests and not (operation.declared.live or operation.declared.vital):
                raise Overloaded("Trop de demandes sont en cours.", "Réessayez dans quelques secondes.")
            else:
                await operation.serve(exchange, self._verifier, self._body_seconds)
        except Refusal as refusal:
            log.info("refused", route=operation.name if operation else "", reason=refusal.reason)
            await self._problem(exchange, refusal)
        except Disconnected:
            exchange.status = 499
        except asyncio.CancelledError:
            raise
        except Exception as fault:
            log.error("fault", route=operation.name if operation else "", exc_info=fault)
            await self._problem(
                exchange,
                Fault(
                    "La plateforme a rencontré une panne interne.",
                    "Réessayez ; si cela continue, donnez « trace_id » à l’assistance.",
                ),
            )

    async def _problem(self, exchange: Exchange, refusal: Refusal) -> None:
        if exchange.begun:
            raise refusal  # half an answer has left: only breaking the connection can tell
        await exchange.refuse(refusal)

    async def _unserved(self, exchange: Exchange, others: dict[str, Operation]) -> None:
        """A preflight, an unknown path, or a path that has no such method."""
        given = exchange.given
        if others and exchange.method == "OPTIONS" and b"access-control-request-method" in given:
            headers = [
                (b"access-control-allow-methods", ", ".join(sorted(others)).encode()),
                (b"access-control-allow-headers", _ASKED),
                (b"access-control-max-age", b"600"),
            ]
            await exchange.answer(204, b"", headers=headers)
            return
        if others:
            allowed = ", ".join(sorted(others))
            why = "".join(f" {one.declared.why_only}" for one in others.values() if one.declared.why_only)
            raise MethodNotAllowed(
                f"Cette adresse n’accepte pas cette méthode.{why}", f"Utilisez : {allowed}.", allow=allowed
            )
        raise RouteUnknown("Cette adresse n’existe pas.", "Consultez la description de l’API : /docs.")

    def _allow_origin(self, exchange: Exchange) -> None:
        origin = exchange.given.get(b"origin")
        exchange.more.append((b"vary", b"Origin"))
        if origin in self._origins:
            exchange.more.append((b"access-control-allow-origin", origin))
            exchange.more.append((b"access-control-expose-headers", _EXPOSED))
