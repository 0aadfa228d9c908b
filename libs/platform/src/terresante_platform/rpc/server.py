"""The gRPC server of a service: mutual TLS, the caller's token, `@allow`, deadline, span, refusals, health, graceful
stop.

One wrapper around each method does all of it, in this order: span, caller, permission, the use case, refusals. A
fault of ours
is logged here and leaves as INTERNAL without a word of it; the database or a neighbour being away leaves as
UNAVAILABLE.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NoReturn

import grpc
from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from opentelemetry.trace import Span, SpanKind

from terresante_platform import background, calls
from terresante_platform.database import database_unavailable, is_away, is_unwritable_text, text_invalid
from terresante_platform.measures import Answering
from terresante_platform.refusals import Refusal
from terresante_platform.rpc import errors
from terresante_platform.rpc.allow import Rule, check, rule_of
from terresante_platform.spans import span
from terresante_platform.telemetry import log
from terresante_platform.tls import Identity
from terresante_platform.tokens import Verifier

LONGEST_CALL_SECONDS = 30.0
LEAVE_SECONDS = 0.4
"""Between "not serving" and no new calls: callers watch health and leave meanwhile."""
KEYS_SECONDS = 10.0
"""For how long a server that starts waits for the keys of whoever logs people in before it is healthy without."""
TAKE_SECONDS = 3.0
"""For how long what a refused caller still sends is taken."""
OPTIONS = (
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.so_reuseport", 0),
)
AGES = (("grpc.max_connection_age_ms", 10 * 60_000), ("grpc.max_connection_age_grace_ms", 30_000))
"""Connections end from time to time, so that callers meet new replicas; a call still under way then is cut."""
_HEALTH = "/grpc.health.v1.Health/"


class Door(aio.ServerInterceptor):
    """Wraps every method once and remembers it."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._wrapped: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """The method's handler behind the door."""
        path = handler_call_details.method
        known = self._wrapped.get(path)
        if known is not None:
            return known
        handler = await continuation(handler_call_details)
        if handler is None or path.startswith(_HEALTH):
            return handler
        self._wrapped[path] = wrapped = self._behind(path, handler)
        return wrapped

    def _behind(self, path: str, handler: Any) -> grpc.RpcMethodHandler[Any, Any]:
        make = {
            (False, False): grpc.unary_unary_rpc_method_handler,
            (True, False): grpc.stream_unary_rpc_method_handler,
            (False, True): grpc.unary_stream_rpc_method_handler,
        }.get((handler.request_streaming, handler.response_streaming))
        method = handler.unary_unary or handler.stream_unary or handler.unary_stream
        if make is None or method is None:
            raise TypeError(f"{path}: streams in both directions are not served")
        rule = rule_of(method)
        behind = self._streaming(path, rule, method) if handler.response_streaming else self._unary(path, rule, method)
        return make(behind, handler.request_deserializer, handler.response_serializer)

    def _unary(
        self, path: str, rule: Rule | None, method: Callable[..., Awaitable[Any]]
    ) -> Callable[..., Awaitable[Any]]:
        name = path[1:]

        async def serve(request: Any, context: aio.ServicerContext[Any, Any]) -> Any:
            metadata = _metadata(context)
            with Answering(name) as answer, span(name, SpanKind.SERVER, metadata.get("traceparent", "")) as made:
                try:
                    await self._enter(rule, context, metadata)
                    return await method(request, context)
                except Exception as fault:
                    outcome = _outcome(fault, path)
                    _note(outcome, answer, made)
            if isinstance(request, AsyncIterable):
                await _taken(request)
            return await _refuse(context, outcome)

        return serve

    def _streaming(
        self, path: str, rule: Rule | None, method: Callable[..., AsyncIterator[Any]]
    ) -> Callable[..., AsyncIterator[Any]]:
        name = path[1:]

        async def serve(request: Any, context: aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
            metadata = _metadata(context)
            with Answering(name) as answer, span(name, SpanKind.SERVER, metadata.get("traceparent", "")) as made:
                try:
                    await self._enter(rule, context, metadata)
                    async for message in method(request, context):
                        yield message
                    return
                except Exception as fault:
                    outcome = _outcome(fault, path)
                    _note(outcome, answer, made)
            await _refuse(context, outcome)

        return serve

    async def _enter(self, rule: Rule | None, context: aio.ServicerContext[Any, Any], metadata: dict[str, str]) -> None:
        remaining = context.time_remaining()
        limit = LONGEST_CALL_SECONDS if remaining is None else min(remaining, LONGEST_CALL_SECONDS)
        call = calls.Call(
            service=_service(context),
            deadline=time.monotonic() + limit,
            place=metadata.get("place", ""),
            idempotency_key=metadata.get("idempotency-key", ""),
            client=metadata.get("client-mark", ""),
        )
        authorization = metadata.get("authorization", "")
        if authorization.startswith("Bearer ") and (rule is None or rule.people):
            call.caller = await self._verifier.caller(authorization[7:])
        calls.enter(call)
        check(rule, call)


async def _taken(sent: AsyncIterable[Any]) -> None:
    """Takes what a refused caller still sends, for a while: a refusal that crosses a message on its way is lost in the
    client, which is told of a broken call in its place."""
    with suppress(TimeoutError):
        async with asyncio.timeout(TAKE_SECONDS):
            async for _ in sent:
                pass


def _metadata(context: aio.ServicerContext[Any, Any]) -> dict[str, str]:
    return {name: value for name, value in context.invocation_metadata() or () if isinstance(value, str)}


def _service(context: aio.ServicerContext[Any, Any]) -> str:
    """The calling service: `<name>` of the SAN `<name>.svc` in its certificate, which TLS has verified."""
    for name in context.auth_context().get("x509_subject_alternative_name", ()):
        text = name.decode(errors="replace")
        if text.endswith(".svc"):
            return text.removesuffix(".svc")
    return ""


def _outcome(fault: Exception, path: str) -> Refusal | None:
    """The refusal to answer with; None for a fault of ours, which is logged here and nowhere else."""
    if isinstance(fault, aio.AbortError):
        raise fault
    refusal = as_refusal(fault)
    if refusal is None:
        log.error("fault", rpc=path, exc_info=fault)
    else:
        log.info("refused", rpc=path, reason=refusal.reason)
    return refusal


def _note(outcome: Refusal | None, answer: Answering, made: Span) -> None:
    """Tells the measure and the span how the call ends."""
    reason = outcome.reason if outcome else "FAULT"
    answer.refused(errors.code(outcome).name, reason)
    made.set_attribute("outcome", reason)


async def _refuse(context: aio.ServicerContext[Any, Any], refusal: Refusal | None) -> NoReturn:
    if refusal is None:
        await context.abort(errors.code(None), errors.FAULT)
    await context.abort(*errors.written(refusal))


def as_refusal(fault: Exception) -> Refusal | None:
    """A refusal as it is; the database away, or a text it cannot keep, as one; None for a fault of ours."""
    if isinstance(fault, Refusal):
        return fault
    if is_away(fault):
        log.warning("database away", exc_info=fault)
        return database_unavailable()
    if is_unwritable_text(fault):
        return text_invalid()
    return None


def options(ages: bool) -> tuple[tuple[str, int], ...]:
    """Of a server whose connections end after a while, or not."""
    return (*OPTIONS, *AGES) if ages else OPTIONS


@asynccontextmanager
async def serving(
    listen: str,
    identity: Identity,
    verifier: Verifier,
    register: Sequence[Callable[[aio.Server], None]],
    drain_seconds: float = 5.0,
    leave_seconds: float = LEAVE_SECONDS,
    ages: bool = True,
) -> AsyncIterator[int]:
    """Serves until left, then drains: not healthy, no new calls, those in flight finish. Gives the bound port. Healthy
    once it has the keys of whoever logs people in, or ten seconds later: calls that bear no token are served then.

    `leave_seconds`: how long callers have to hear that it leaves; nothing tells when they have. `ages`: connections end
    after ten minutes; False for a listener of this process alone, whose calls may last longer.
    """
    server = aio.server(interceptors=[Door(verifier)], options=options(ages))
    healthy = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    for add in register:
        add(server)
    port = server.add_secure_port(listen, identity.server_credentials())
    if port == 0:
        raise SystemExit(f"cannot listen on {listen}")
    await healthy.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    await server.start()
    await verifier.prepare()
    if not verifier.lacking:
        await healthy.set("", health_pb2.HealthCheckResponse.SERVING)
    async with background.running(_healthy(healthy, verifier)):
        log.info("serving", port=port)
        try:
            yield port
        finally:
            await healthy.enter_graceful_shutdown()
            await asyncio.sleep(min(leave_seconds, drain_seconds))
            await asyncio.shield(server.stop(drain_seconds))
            log.info("stopped")


async def _healthy(healthy: health.aio.HealthServicer, verifier: Verifier) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(KEYS_SECONDS):
            await verifier.complete()
    await healthy.set("", health_pb2.HealthCheckResponse.SERVING)
