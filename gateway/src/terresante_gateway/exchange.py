"""One request and its answer: what came, who asks, and the single place where anything is sent back."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from terresante_platform.calls import Caller
from terresante_platform.refusals import Invalid, PreconditionMissing, Refusal, TooMany, Unauthenticated
from terresante_platform.strangers import Budget, Strangers

from terresante_gateway import problems
from terresante_gateway.cursors import Signer
from terresante_gateway.fhir import outcomes
from terresante_gateway.limits import Limits
from terresante_gateway.live import Streams
from terresante_gateway.peers import Peers

JSON = b"application/json"
ALWAYS: list[tuple[bytes, bytes]] = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),  # for embedding; what portals fetch is CORS's business
]
_ONCE = (b"authorization", b"terresante-place", b"idempotency-key", b"if-match", b"content-type", b"traceparent")
LARGEST_VERSION = 2**63 - 1
BUDGETS = (Budget(burst=5, per_hour=10), Budget(burst=200, per_hour=1000))
"""Of each address and of all together, at this replica, for what asks for no login: as the directory's, which counts
for all replicas. So a flood is stopped before it gets there, and at most 700 addresses are ever kept.
"""


class HeaderRepeated(Invalid):
    """A header that means one thing came twice."""

    reason = "HEADER_REPEATED"


class VersionInvalid(Invalid):
    """An `If-Match` that is no strong ETag of ours."""

    reason = "IF_MATCH_INVALID"


class VersionMissing(PreconditionMissing):
    """A change without the version it is based on."""

    reason = "VERSION_REQUIRED"


class TooSlow(TooMany):
    """What is given is not taken."""

    reason = "STREAM_SLOW"


@dataclass(frozen=True, slots=True)
class Services:
    """What routes ask: the stubs, the signer of cursors, who counts those without a login and those with one, and the
    answers without end."""

    peers: Peers
    signer: Signer
    strangers: Strangers
    limits: Limits = field(default_factory=Limits)
    streams: Streams = field(default_factory=Streams)


class Exchange(Request):
    """A request as routes and their dependencies see it. `given` holds its headers, lower case, each once."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, services: Services) -> None:
        super().__init__(scope, receive, send)
        self.started = time.perf_counter()
        self.peers = services.peers
        self.signer = services.signer
        self.strangers = services.strangers
        self.limits = services.limits
        self.streams = services.streams
        self.given: dict[bytes, bytes] = dict(scope["headers"])
        self.ids: tuple[str, ...] = ()
        self.body_seconds = 10.0
        """Longest time for a body."""
        self.caller: Caller | None = None
        self.trace_id = ""
        self.more: list[tuple[bytes, bytes]] = []
        """Headers that go with any answer to this request: trace, CORS."""
        self.begun = False
        self.status = 0
        self.sent = 0
        """Bytes of the answer's body so far."""

    def check_headers(self) -> None:
        """Refuses with HEADER_REPEATED."""
        if len(self.given) == len(self.scope["headers"]):
            return
        names = [name for name, _ in self.scope["headers"]]
        if any(names.count(name) > 1 for name in _ONCE):
            raise HeaderRepeated("Un en-tête est donné deux fois.", "Envoyez chaque en-tête une seule fois.")

    def announced(self) -> int:
        """Bytes of the request's body as its head says; 0 if it does not."""
        given = self.given.get(b"content-length", b"0")
        return int(given) if given.isdigit() and len(given) <= 12 else 0

    def version(self) -> int | None:
        """The version in `If-Match`; None without it. Refuses with IF_MATCH_INVALID."""
        given = self.given.get(b"if-match")
        if given is None:
            return None
        digits = given[1:-1]
        quoted = len(given) > 2 and given[:1] == given[-1:] == b'"'
        if not quoted or not digits.isdigit() or len(digits) > 19 or not 1 <= int(digits) <= LARGEST_VERSION:
            raise VersionInvalid(
                "L’en-tête If-Match n’est pas une version de la plateforme.",
                "Reprenez l’ETag de la dernière lecture, guillemets compris.",
            )
        return int(digits)

    async def answer(
        self, status: int, body: bytes, media_type: bytes = JSON, headers: list[tuple[bytes, bytes]] | None = None
    ) -> None:
        """Sends a whole answer."""
        about = [(b"content-type", media_type), (b"content-length", b"%d" % len(body))] if status != 204 else []
        await self._begin(status, about + (headers or []))
        self.sent = len(body)
        await self._send({"type": "http.response.body", "body": body})

    async def pour(
        self,
        media_type: bytes,
        chunks: AsyncIterator[bytes],
        headers: list[tuple[bytes, bytes]],
        piece_seconds: float | None = None,
    ) -> None:
        """Sends pieces as they come. A fault in the middle breaks the connection, so that nobody takes a part for
        the whole. `piece_seconds`: how long the other side may take to make room for one; then it is cut.
        """
        async with aclosing(cast("AsyncGenerator[bytes]", chunks)):
            await self._begin(200, [(b"content-type", media_type), *headers])
            async for chunk in chunks:
                self.sent += len(chunk)
                try:
                    async with asyncio.timeout(piece_seconds):
                        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
                except TimeoutError:
                    raise TooSlow("Le flux n’est pas lu assez vite.", "Reprenez-le où il en était.") from None
        await self._send({"type": "http.response.body", "body": b""})

    async def refuse(self, refusal: Refusal) -> None:
        """Sends a refusal: a problem, or what FHIR clients read."""
        if outcomes.spoken_at(self.scope["path"]):
            status, body, headers = outcomes.written(refusal, self.trace_id)
            await self.answer(status, body, outcomes.MEDIA_TYPE.encode(), headers)
            return
        status, body, headers = problems.written(refusal, self.trace_id)
        await self.answer(status, body, problems.MEDIA_TYPE, headers)

    async def _begin(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        took = (time.perf_counter() - self.started) * 1000
        self.begun, self.status = True, status
        timing = (b"server-timing", b"total;dur=%.1f" % took)
        message: dict[str, Any] = {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, *ALWAYS, timing, *self.more],
        }
        await self._send(message)


def asker(exchange: Exchange) -> Caller:
    """The person who asks; operations that need nobody must not read it."""
    if exchange.caller is None:
        raise Unauthenticated("Il faut être connecté.", "Connectez-vous, puis recommencez.")
    return exchange.caller


def version_required(exchange: Exchange) -> int:
    """The version that a change is based on. Refuses with VERSION_REQUIRED, IF_MATCH_INVALID."""
    version = exchange.version()
    if version is None:
        raise VersionMissing(
            "Ce changement demande la version lue (en-tête If-Match).",
            "Relisez la ressource, puis renvoyez son ETag dans If-Match.",
        )
    return version


def version_if_given(exchange: Exchange) -> int:
    """The version that an act is based on; 0 (whatever it is) without `If-Match`."""
    return exchange.version() or 0


def peers_of(exchange: Exchange) -> Peers:
    """The stubs of the five services."""
    return exchange.peers


def admission_of(exchange: Exchange) -> Callable[[], str]:
    """Counts whoever asks without a login once more, and gives their mark; refuses with RATE_LIMITED."""
    return partial(exchange.strangers.admit, exchange.scope)
