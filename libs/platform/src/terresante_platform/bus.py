"""NATS JetStream: a connection by certificate, to the one stream of events.

The user is the certificate's SAN; its permissions name the subjects it may publish and the consumer it may pull.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from terresante_platform import background
from terresante_platform.telemetry import log
from terresante_platform.tls import RENEWAL_CHECK_SECONDS, Identity, renewing

STREAM = "EVENTS"
Heard = Callable[[str, bytes], None]
"""Told the subject and the payload of an event as it passes; must return at once."""


@dataclass(frozen=True, slots=True)
class StreamState:
    """What a stream is now: when it was made (changes when it was lost and made again) and its last sequence."""

    created: str
    last_sequence: int


class Bus:
    """The connection of one service. Made in the background: a service starts, and serves, while the bus is away."""

    def __init__(self) -> None:
        self._client: Client | None = None
        self.connected = asyncio.Event()
        """Set once the first connection stands."""

    @property
    def client(self) -> Client:
        """The connection. Raises `nats.errors.Error` while there is none yet."""
        if self._client is None:
            raise nats.errors.ConnectionClosedError
        return self._client

    @property
    def stream(self) -> JetStreamContext:
        """JetStream on it. Raises as `client`."""
        return self.client.jetstream(timeout=5.0)

    @property
    def live(self) -> bool:
        """Whether the connection stands, as far as is known: a server that hangs is noticed after up to 30 s."""
        return self._client is not None and self._client.is_connected

    async def hear(self, subjects: Sequence[str], heard: Heard) -> None:
        """Once connected, calls `heard` on this very replica for each event that passes under one of the subjects.

        Nothing is kept or acknowledged: what passes while the connection is lost is not heard. For hints, never for
        what must not be missed: that is the consumer's (`consumer.py`).
        """

        async def pass_on(message: Msg) -> None:
            heard(message.subject, message.data)

        await self.connected.wait()
        for subject in subjects:
            await self.client.subscribe(subject, cb=pass_on)

    async def state(self) -> StreamState:
        """The stream as the server knows it. Raises `nats.errors.Error` while it is away or not made yet."""
        answer = await self.client.request(f"$JS.API.STREAM.INFO.{STREAM}", b"", timeout=5.0)
        found: dict[str, Any] = json.loads(answer.data)
        if "error" in found:
            raise nats.errors.Error("stream info refused")
        return StreamState(found["created"], int(found["state"]["last_seq"]))

    async def connect(self, url: str, service: str, trust: ssl.SSLContext | None) -> None:
        """Connects, however long it takes."""
        while self._client is None:
            try:
                self._client = await nats.connect(
                    url,
                    name=service,
                    tls=trust,
                    allow_reconnect=True,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.5,
                    connect_timeout=3,
                    ping_interval=10,
                    max_outstanding_pings=2,
                    inbox_prefix=f"_INBOX_{service}".encode(),
                    error_cb=_lost,
                    disconnected_cb=_lost,
                )
                self.connected.set()
            except (nats.errors.Error, OSError, TimeoutError) as fault:
                log.warning("bus away", exc_info=fault)
                await asyncio.sleep(0.5)

    async def close(self) -> None:
        """Ends it, if there is one."""
        if self._client is not None:
            await self._client.close()


async def _lost(_: Exception | None = None) -> None:
    log.warning("bus", state="lost or in error")


async def _renewing(trust: ssl.SSLContext | None, identity: Identity | None, seconds: float) -> None:
    """Puts renewed files into `trust`, for the connections to come. An authority that is no longer in its file stays
    trusted here until the process ends.
    """
    if trust is None or identity is None:
        return

    def take_up() -> None:
        trust.load_verify_locations(cafile=str(identity.authority))
        trust.load_cert_chain(identity.certificate, identity.key)

    await renewing(identity, take_up, seconds)


@asynccontextmanager
async def connected(
    url: str, service: str, identity: Identity | None, renewal_seconds: float = RENEWAL_CHECK_SECONDS
) -> AsyncIterator[Bus]:
    """Connects in the background, and again whenever the connection is lost, with the certificate as it is then.
    `identity`: None only for a test server without TLS.
    """
    trust = None
    if identity is not None:
        trust = ssl.create_default_context(cafile=str(identity.authority))
        trust.load_cert_chain(identity.certificate, identity.key)
    bus = Bus()
    try:
        async with (
            background.running(_renewing(trust, identity, renewal_seconds)),
            background.running(bus.connect(url, service, trust)),
        ):
            yield bus
    finally:
        await bus.close()
