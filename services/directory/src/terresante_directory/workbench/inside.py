"""The directory's RPCs as the workbench calls them: on a listener of this process alone, on loopback, by mutual TLS.

The rules on each RPC stand: the same kinds of people, as strongly and recently logged in, with their own token,
verified there. Only the calling service differs: what the gateway may bring an administrator, a professional or nobody
to, the workbench may, and nothing else. On the service's public listener the directory's own certificate still opens
nothing.
"""

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from grpc import aio
from terresante.directory.v1.directory_service_pb2_grpc import (
    DirectoryServiceStub,
    add_DirectoryServiceServicer_to_server,
)
from terresante.directory.v1.enrolment_service_pb2_grpc import (
    EnrolmentServiceStub,
    add_EnrolmentServiceServicer_to_server,
)
from terresante.directory.v1.import_service_pb2_grpc import ImportServiceStub, add_ImportServiceServicer_to_server
from terresante.directory.v1.ror_service_pb2_grpc import RorServiceStub, add_RorServiceServicer_to_server
from terresante_platform.rpc import client, server
from terresante_platform.rpc.allow import allow, rule_of
from terresante_platform.tls import Identity
from terresante_platform.tokens import Verifier

if TYPE_CHECKING:
    from terresante.directory.v1.directory_service_pb2_grpc import DirectoryServiceAsyncStub
    from terresante.directory.v1.enrolment_service_pb2_grpc import EnrolmentServiceAsyncStub
    from terresante.directory.v1.import_service_pb2_grpc import ImportServiceAsyncStub
    from terresante.directory.v1.ror_service_pb2_grpc import RorServiceAsyncStub

SELF = "directory"
WHO = frozenset({"administrator", "professional"})


@dataclass(frozen=True, slots=True)
class Desk:
    """The services that pages call; token, deadline and trace travel by themselves."""

    directory: "DirectoryServiceAsyncStub"
    ror: "RorServiceAsyncStub"
    imports: "ImportServiceAsyncStub"
    enrolment: "EnrolmentServiceAsyncStub"


@dataclass(frozen=True, slots=True)
class Servicers:
    """The services of this process that pages call, as the public listener serves them."""

    directory: object
    ror: object
    imports: object
    enrolment: object


class _Seen:
    """A servicer under the workbench's rules."""


def as_seen(servicer: object) -> object:
    """The servicer's methods, each with its own rule but for whoever comes in here, called by this process only."""
    seen = _Seen()
    for name, method in inspect.getmembers(servicer, callable):
        if not name[0].isupper():
            continue
        rule = rule_of(method)
        if rule is None or "gateway" not in rule.services or (rule.people and not rule.people & WHO):
            setattr(seen, name, method)  # its own rule refuses us
            continue
        through = _streaming(method) if inspect.isasyncgenfunction(method) else _unary(method)
        people = sorted(rule.people & WHO)
        setattr(seen, name, allow(*people, services=(SELF,), strength=rule.strength, fresh=rule.fresh)(through))
    return seen


def _unary(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    async def call(request: Any, context: Any) -> Any:
        return await method(request, context)

    return call


def _streaming(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    async def call(request: Any, context: Any) -> AsyncIterator[Any]:
        async for message in method(request, context):
            yield message

    return call


@asynccontextmanager
async def desk(who: Identity, verifier: Verifier, servicers: Servicers) -> AsyncIterator[Desk]:
    """Serves the RPCs for the workbench, and gives the stubs that call them."""

    def register(to: aio.Server) -> None:
        add_DirectoryServiceServicer_to_server(as_seen(servicers.directory), to)  # type: ignore[arg-type]
        add_RorServiceServicer_to_server(as_seen(servicers.ror), to)  # type: ignore[arg-type]
        add_ImportServiceServicer_to_server(as_seen(servicers.imports), to)  # type: ignore[arg-type]
        add_EnrolmentServiceServicer_to_server(as_seen(servicers.enrolment), to)  # type: ignore[arg-type]

    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(
            server.serving("127.0.0.1:0", who, verifier, [register], leave_seconds=0.0, ages=False)
        )
        channel = await stack.enter_async_context(client.connected(f"ipv4:127.0.0.1:{port}", SELF, who))
        yield Desk(
            DirectoryServiceStub(channel),
            RorServiceStub(channel),
            ImportServiceStub(channel),
            EnrolmentServiceStub(channel),
        )
