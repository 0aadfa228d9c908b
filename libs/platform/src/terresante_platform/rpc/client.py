"""Calls to a neighbour: one long-lived channel each, round robin over its replicas, over mutual TLS.

A stub made on such a channel hands the caller's token, place, idempotency key, trace and deadline on by itself, and
raises
the neighbour's refusals as ours. No answer in time is `Unavailable`. Nothing is retried here but what never left.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from grpc import aio
from opentelemetry.trace import SpanKind

from terresante_platform import background, calls
from terresante_platform.rpc import errors
from terresante_platform.spans import span, span_apart, traceparent
from terresante_platform.tls import Identity, renewing

DEFAULT_SECONDS = 5.0
CONNECTING_MS = 3_000
"""How long a connection may take to be made, its handshake included, before the attempt counts as failed and waiting
calls with it. gRPC takes it from an option that is named for something else (grpc/grpc#33423)."""


def _service_config() -> str:
    """Round robin over the replicas that say they serve: one that is about to stop is left before it does."""
    return json.dumps({"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}})


class Channel:
    """What a generated stub needs of a channel; the real one behind it is replaced when the certificate is renewed."""

    def __init__(self, address: str, peer: str, identity: Identity) -> None:
        self.peer = peer
        self._address = address
        self._identity = identity
        self._real = self._opened()
        self.epoch = 0

    def _opened(self) -> aio.Channel:
        options = (
            ("grpc.service_config", _service_config()),
            ("grpc.ssl_target_name_override", f"{self.peer}.svc"),
            ("grpc.keepalive_time_ms", 20_000),
            ("grpc.keepalive_timeout_ms", 5_000),
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.initial_reconnect_backoff_ms", 200),
            ("grpc.min_reconnect_backoff_ms", CONNECTING_MS),
            ("grpc.max_reconnect_backoff_ms", 2_000),
            ("grpc.dns_min_time_between_resolutions_ms", 1_000),  # its 30 s would keep a pod that is gone that long
            ("grpc.max_receive_message_length", 8 * 1024 * 1024),
            ("grpc.http2.bdp_probe", 0),  # else up to 16 MiB of a stream wait here for a slow reader, come what may
            ("grpc.use_local_subchannel_pool", 1),
        )
        return aio.secure_channel(self._address, self._identity.channel_credentials(), options)

    async def channel_ready(self) -> None:
        """Waits until a replica is connected and says that it serves."""
        await self._real.channel_ready()

    async def renew(self) -> None:
        """Opens a new channel with the files as they are now; calls in flight finish on the old one."""
        old, self._real = self._real, self._opened()
        self.epoch += 1
        await old.close(DEFAULT_SECONDS)

    async def close(self) -> None:
        """Ends it."""
        await self._real.close(1.0)

    def unary_unary(self, path: str, *coders: Any, **more: Any) -> "_Unary":
        """See grpc.aio.Channel."""
        return _Unary(self, path, lambda: self._real.unary_unary(path, *coders, **more))

    def stream_unary(self, path: str, *coders: Any, **more: Any) -> "_Unary":
        """See grpc.aio.Channel."""
        return _Unary(self, path, lambda: self._real.stream_unary(path, *coders, **more))

    def unary_stream(self, path: str, *coders: Any, **more: Any) -> "_Streaming":
        """See grpc.aio.Channel."""
        return _Streaming(self, path, lambda: self._real.unary_stream(path, *coders, **more))


class _Method:
    def __init__(self, channel: Channel, path: str, make: Callable[[], Any]) -> None:
        self._channel = channel
        self._path = path
        self._make = make
        self._made = make()
        self._epoch = channel.epoch

    def _callable(self) -> Any:
        if self._epoch != self._channel.epoch:
            self._made, self._epoch = self._make(), self._channel.epoch
        return self._made


class _Unary(_Method):
    async def __call__(self, request: Any, seconds: float | None = None) -> Any:
        call = calls.current()
        with span(self._path[1:], SpanKind.CLIENT, peer=self._channel.peer):
            try:
                return await self._callable()(
                    request, timeout=call.remaining(seconds or DEFAULT_SECONDS), metadata=_metadata(call)
                )
            except aio.AioRpcError as error:
                raise errors.read(error, self._channel.peer) from None


class _Streaming(_Method):
    async def __call__(self, request: Any, seconds: float | None = None) -> AsyncIterator[Any]:
        call = calls.current()
        with span_apart(self._path[1:], SpanKind.CLIENT):
            stream = self._callable()(
                request, timeout=call.remaining(seconds or DEFAULT_SECONDS), metadata=_metadata(call)
            )
            try:
                async for message in stream:
                    yield message
            except aio.AioRpcError as error:
                raise errors.read(error, self._channel.peer) from None
            finally:
                stream.cancel()  # who reads may leave early: the other side is told at once


def _metadata(call: calls.Call) -> tuple[tuple[str, str], ...]:
    metadata = [("traceparent", traceparent())]
    if call.caller is not None:
        metadata.append(("authorization", f"Bearer {call.caller.token}"))
    if call.place:
        metadata.append(("place", call.place))
    if call.idempotency_key:
        metadata.append(("idempotency-key", call.idempotency_key))
    if call.client:
        metadata.append(("client-mark", call.client))
    return tuple(pair for pair in metadata if pair[1])


@asynccontextmanager
async def connected(address: str, peer: str, identity: Identity) -> AsyncIterator[aio.Channel]:
    """A channel to `peer` at a gRPC target, for generated stubs. Watches the certificate files for renewal."""
    channel = Channel(address, peer, identity)
    try:
        async with background.running(renewing(identity, channel.renew)):
            yield cast(aio.Channel, channel)
    finally:
        await channel.close()
