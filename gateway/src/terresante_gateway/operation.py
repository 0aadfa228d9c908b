"""One operation of the API: declared in FastAPI's words, served without FastAPI's request machinery.

A route function is written as for FastAPI (typed path ids, one query model, one body model, `Depends`), and FastAPI
reads it for the OpenAPI. What it costs per request is another matter: its dependency solving takes 0.3 ms of CPU, five
times a bare answer (docs/decisions/0006-operations.md). So an operation reads its own signature once, at start,
and binds the arguments itself; a parameter that it cannot bind stops the start.
"""

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, cast, get_args, get_origin, get_type_hints

import msgspec
from fastapi import APIRouter, Depends, Path
from fastapi.params import Depends as DependsMark
from fastapi.params import Query as QueryMark
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import Response
from terresante_platform import calls
from terresante_platform.calls import Call, Caller
from terresante_platform.rpc.allow import Rule
from terresante_platform.tokens import Verifier

from terresante_gateway import binding, reading
from terresante_gateway.binding import Binder
from terresante_gateway.exchange import Exchange, admission_of, asker, peers_of, version_if_given, version_required
from terresante_gateway.limits import Budget
from terresante_gateway.peers import Peers

DEFAULT_SECONDS = 5.0
CONTENT_SECONDS = 30.0
Kind = Literal["professional", "administrator", "patient", "system"]
CARE: tuple[Kind, ...] = ("professional", "patient")
"""Those around a record."""
STAFF: tuple[Kind, ...] = ("professional", "administrator")
"""Those who need the directory."""
EVERYBODY: tuple[Kind, ...] = ("professional", "administrator", "patient")
"""Every person. Systems are none: they do what names them, and nothing else."""
Endpoint = Callable[..., Awaitable[Any]]
_encode = msgspec.json.Encoder().encode

Id = Annotated[
    str,
    Path(
        description="Identifiant opaque de la plateforme",
        json_schema_extra={"format": "uuid"},
        examples=["0190f3c2-8a4e-7cc1-9d20-5b7e3f1a6c44"],
    ),
]
"""A path parameter: an opaque id in canonical form, lower case."""

To = Annotated[Peers, Depends(peers_of)]
"""The services."""
Asker = Annotated[Caller, Depends(asker)]
"""Who asks."""
Admission = Annotated[Callable[[], str], Depends(admission_of)]
"""Counts whoever asks without a login, once their request is read and right; gives their mark."""
Version = Annotated[int, Depends(version_required)]
"""`If-Match`, compulsory."""
VersionIfGiven = Annotated[int, Depends(version_if_given)]
"""`If-Match`, or 0."""


@dataclass(frozen=True, slots=True)
class Authz:
    """Who may ask: `x-authz` of the operation. The kinds and the strength of the login are checked here already; every
    other rule is the owning service's.
    """

    resource: str
    action: str
    kinds: tuple[Kind, ...]
    acr: int = 2
    max_age: int | None = None
    """Greatest age of the login in seconds, checked by the owning service; told here for portals."""

    def told(self) -> dict[str, Any]:
        """As the OpenAPI shows it."""
        shown: dict[str, Any] = {
            "resource": self.resource,
            "action": self.action,
            "acr": self.acr,
            "kinds": list(self.kinds),
        }
        return shown | ({"max_age": self.max_age} if self.max_age is not None else {})


NOBODY = Authz("service", "observe", (), 0)
"""For operations that need no login. They must show nothing about anybody."""


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer in pieces."""

    media_type: str
    chunks: AsyncIterator[bytes]
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    piece_seconds: float | None = None
    """How long whoever reads may take to make room for a piece; then they are cut."""


@dataclass(frozen=True, slots=True)
class Page:
    """A whole answer that is no JSON of a struct."""

    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Unless:
    """Another status of success, for answers that say that nothing was made."""

    status: int
    told_by: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Declared:
    """What an operation says of itself besides its signature."""

    method: str
    authz: Authz
    summary: str
    refuses: tuple[str, ...]
    status: int = 200
    etag: bool = False
    """The answer's `version` is sent as ETag."""
    keyed: bool = False
    """`Idempotency-Key` is handed on."""
    seconds: float = DEFAULT_SECONDS
    vital: bool = False
    """Served even when the gateway is overloaded (withdrawals, emergencies)."""
    answer_media_type: str = "application/json"
    form: type[BaseModel] | None = None
    """What the first part of a form describes, where the body is one."""
    line: Any = None
    """The struct of each line, where the answer is a stream of lines."""
    unless: Unless | None = None
    largest_body: int = reading.LARGEST_JSON
    """Bytes of a JSON body, at most."""
    limit: Budget | None = None
    """How often one caller may ask."""
    live: bool = False
    """The answer has no end: it is not among the requests served at once, but counted apart."""
    why_only: str = ""
    """In French, why the address has no other method; told to who tries one."""

    def status_of(self, answer: Any) -> int:
        """The status with which this answer goes out."""
        return self.unless.status if self.unless and self.unless.told_by(answer) else self.status


class Operation(APIRoute):
    """A route that serves itself."""

    def __init__(self, path: str, endpoint: Endpoint, declared: Declared, tag: str) -> None:
        self.declared = declared
        hints = get_type_hints(endpoint, include_extras=True)
        self.answer: Any = hints.pop("return", None)
        super().__init__(
            path,
            endpoint,
            methods=[declared.method],
            response_model=None,
            response_class=Response,
            status_code=declared.status,
            tags=[tag],
            summary=declared.summary,
            operation_id=endpoint.__name__,
            openapi_extra={"x-authz": declared.authz.told()},
        )
        self.name = f"{declared.method} {path}"
        self.parameters = re.findall(r"{(\w+)}", path)
        self._rule = Rule(frozenset(declared.authz.kinds), frozenset({""}), declared.authz.acr, None)
        self._binders: list[tuple[str, Binder]] = []
        self._body: tuple[str, type[BaseModel]] | None = None
        self.body_may_lack = False
        self.reads_query = False
        for name, hint in hints.items():
            self._bind(name, hint)

    def depends_on(self, dependency: Callable[..., Any]) -> bool:
        """Whether the signature names this dependency."""
        return any(binder is dependency for _, binder in self._binders)

    def _bind(self, name: str, hint: Any) -> None:
        base, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        if get_origin(base) is UnionType and NoneType in get_args(base):
            base, self.body_may_lack = get_args(base)[0], True
        depends = next((mark.dependency for mark in marks if isinstance(mark, DependsMark)), None)
        if depends is not None:
            self._binders.append((name, depends))
        elif name in self.parameters:
            self._binders.append((name, partial(binding.path_id, self.parameters.index(name), name)))
        elif isinstance(base, type) and issubclass(base, BaseModel):
            if any(isinstance(mark, QueryMark) for mark in marks):
                self.reads_query = True
                self._binders.append((name, binding.query_binder(base)))
            else:
                self._body = (name, base)
        else:
            raise TypeError(f"{self.path}: parameter {name} is no id, query, body or dependency")

    async def serve(self, exchange: Exchange, verifier: Verifier, body_seconds: float) -> None:
        """From the token to the answer. Raises refusals."""
        declared = self.declared
        exchange.check_headers()
        exchange.body_seconds = body_seconds
        call = await self._call(exchange, verifier)
        calls.enter(call)
        if declared.limit is not None and exchange.caller is not None:
            exchange.limits.admit(declared.limit, exchange.caller.id, exchange.more)
        if not self.reads_query:
            reading.no_query(exchange.scope["query_string"])
        arguments = {name: bind(exchange) for name, bind in self._binders}
        if self._body is not None and not (self.body_may_lack and reading.no_body(exchange.given)):
            name, model = self._body
            body = await reading.json_body(exchange.given, exchange.receive, body_seconds, declared.largest_body)
            arguments[name] = reading.body_as(model, body)
        answer = await self.endpoint(**arguments)
        if isinstance(answer, Stream):
            await exchange.pour(answer.media_type.encode(), answer.chunks, answer.headers, answer.piece_seconds)
        elif isinstance(answer, Page):
            await exchange.answer(declared.status, answer.body, answer.media_type.encode())
        elif answer is None:
            await exchange.answer(204, b"")
        else:
            etag = [(b"etag", b'"%d"' % answer.version)] if declared.etag else None
            await exchange.answer(declared.status_of(answer), _encode(answer), headers=etag)

    async def _call(self, exchange: Exchange, verifier: Verifier) -> Call:
        """The call behind which the services are asked; refuses who may not ask."""
        given = exchange.given
        call = Call(deadline=time.monotonic() + self.declared.seconds)
        if self.declared.authz.kinds:
            exchange.caller = call.caller = await verifier.caller(binding.token(given))
            self._rule.check(call, 0.0)
        place = given.get(b"terresante-place")
        if place is not None:
            call.place = binding.checked_id(place.decode("latin-1"), "Terresante-Place")
        if self.declared.keyed:
            call.idempotency_key = binding.key(given)
        return call


def on(
    router: APIRouter,
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"],
    path: str,
    summary: str,
    authz: Authz,
    *refuses: str,
    **more: Any,
) -> Callable[[Endpoint], Endpoint]:
    """Declares the function below as an operation of `router`. `summary` is French; `refuses` are the reasons of the
    RPCs it makes (those of the gateway itself are added); `more`: see `Declared`.
    """
    declared = Declared(method, authz, summary, refuses, **more)

    def marked(endpoint: Endpoint) -> Endpoint:
        tag = str(router.tags[0])
        router.routes.append(Operation(f"{router.prefix}{path}", endpoint, declared, tag))
        return endpoint

    return marked


def operations_of(routers: list[APIRouter]) -> list[Operation]:
    """Their operations; anything else in a router stops the start."""
    found = [route for router in routers for route in router.routes]
    for route in found:
        if not isinstance(route, Operation):
            raise TypeError(f"{route} is not declared with on(): it has no x-authz")
    return cast(list[Operation], found)
