"""What NATS needs before services can use it: who may do what, the stream, the durable consumers.

Nothing here is about one machine: production's deploy job and chart use the same functions. Users are the
names in client certificates (`consent.svc`); none may delete a stream, read another's inbox, or publish
another's events.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

STREAM = "EVENTS"
SUBJECTS = ["terresante.*.v1.>"]
KEPT = 14 * 86_400  # seconds; outbox rows live at least as long
DOUBLES_REMEMBERED = 120  # seconds; inbox rows answer for what comes later
ACK_WAIT = 30  # seconds
IN_FLIGHT = 1000  # messages delivered and not yet acknowledged, per consumer
OPERATOR = "ops"


@dataclass(frozen=True)
class Tls:
    """A client's certificate, its key, and the authority that signed the server's."""

    ca: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(str(self.certificate), str(self.key))
        return context


HEARS: dict[str, list[str]] = {
    "records": [
        "terresante.consent.v1.>",
        "terresante.directory.v1.professional_changed",
        "terresante.records.v1.document_changed",
    ],
    "messaging": [
        "terresante.consent.v1.>",
        "terresante.directory.v1.professional_changed",
        "hint.messaging.v1.>",
    ],
}
"""What every replica of a service hears as it passes, besides its durable consumer."""
HINTS = "hint.{service}.v1.>"
"""What the replicas of a service tell each other: outside of the stream, so kept by nobody. Only its own hear it."""


def permissions(service: str) -> dict[str, list[str]]:
    """What a service may do: publish its events, take from its own durable consumer and acknowledge to it."""
    consumer = f"{STREAM}.{service}"
    return {
        "publish": [
            f"terresante.{service}.v1.>",
            HINTS.format(service=service),
            f"$JS.API.STREAM.INFO.{STREAM}",
            f"$JS.API.CONSUMER.INFO.{consumer}",
            f"$JS.API.CONSUMER.MSG.NEXT.{consumer}",
            f"$JS.ACK.{consumer}.>",
            f"$JS.ACK.*.*.{consumer}.>",  # the form announced for servers that know domains
        ],
        "subscribe": [f"_INBOX_{service}.>", *HEARS.get(service, [])],
    }


def operator_permissions() -> dict[str, list[str]]:
    """What the deploy job may do: make and change the stream and its consumers, never delete the stream."""
    publish = [f"$JS.API.STREAM.{verb}.{STREAM}" for verb in ("INFO", "CREATE", "UPDATE")]
    publish += [f"$JS.API.CONSUMER.{verb}.{STREAM}.>" for verb in ("CREATE", "DURABLE.CREATE", "INFO", "DELETE")]
    return {"publish": [*publish, f"$JS.API.CONSUMER.LIST.{STREAM}"], "subscribe": [f"_INBOX_{OPERATOR}.>"]}


def server_configuration(
    *, port: int, monitoring_port: int, store: Path, store_key: str, tls: Tls, services: Iterable[str]
) -> str:
    """A server's configuration file (JSON, which NATS reads): keep it private, it holds the store's key."""
    users = [{"user": f"{name}.svc", "permissions": permissions(name)} for name in services]
    users.append({"user": f"{OPERATOR}.svc", "permissions": operator_permissions()})
    configuration = {
        "listen": f"127.0.0.1:{port}",
        "http": f"127.0.0.1:{monitoring_port}",
        "jetstream": {
            "store_dir": str(store),
            "sync_interval": "always",
            "cipher": "aes",
            "key": store_key,
        },
        "tls": {
            "cert_file": str(tls.certificate),
            "key_file": str(tls.key),
            "ca_file": str(tls.ca),
            "verify_and_map": True,
        },
        "authorization": {"users": users},
    }
    return json.dumps(configuration, indent=1)


async def provision(address: str, tls: Tls, listens: Mapping[str, Sequence[str]], replicas: int = 1) -> list[str]:
    """Makes or corrects the stream and one durable pull consumer per listening service.

    `address`: `tls://host:port`; `listens`: service -> subjects it listens to (none: no consumer);
    `replicas`: copies of stream and consumers, 3 on a cluster. Returns what was changed, in words; an empty
    list when all was right.
    """

    async def unheard(_: Exception) -> None:
        """Errors come as exceptions of the calls below; the library's default would print them too."""

    connection = await nats.connect(
        address,
        tls=tls.context(),
        inbox_prefix=f"_INBOX_{OPERATOR}",
        connect_timeout=3,
        allow_reconnect=False,
        error_cb=unheard,
        name="provision",
    )
    try:
        jetstream = connection.jetstream(timeout=5)
        changed = await _stream(jetstream, replicas)
        for service, subjects in listens.items():
            changed += await _consumer(jetstream, service, sorted(subjects), replicas)
        return changed
    finally:
        with suppress(Exception):  # the server may be gone; there is nothing left to lose
            await connection.close()


async def _stream(jetstream: JetStreamContext, replicas: int) -> list[str]:
    wanted = StreamConfig(
        name=STREAM,
        subjects=SUBJECTS,
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        max_age=KEPT,
        duplicate_window=DOUBLES_REMEMBERED,
        num_replicas=replicas,
    )
    try:
        found = (await jetstream.stream_info(STREAM)).config
    except NotFoundError:
        await jetstream.add_stream(wanted)
        return [f"stream {STREAM} made"]
    if _differs(found, wanted, ("subjects", "max_age", "duplicate_window", "num_replicas")):
        await jetstream.update_stream(wanted)
        return [f"stream {STREAM} changed"]
    return []


async def _consumer(jetstream: JetStreamContext, service: str, subjects: list[str], replicas: int) -> list[str]:
    try:
        found = (await jetstream.consumer_info(STREAM, service)).config
    except NotFoundError:
        found = None
    if not subjects:
        if found is None:
            return []
        await jetstream.delete_consumer(STREAM, service)
        return [f"consumer {service} removed"]
    wanted = ConsumerConfig(
        durable_name=service,
        filter_subjects=subjects,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT,
        max_deliver=-1,
        max_ack_pending=IN_FLIGHT,
        num_replicas=replicas,
    )
    if (
        found is None
        or _differs(found, wanted, ("ack_wait", "max_deliver", "max_ack_pending"))
        or (_heard(found) != subjects)
    ):
        await jetstream.add_consumer(STREAM, wanted)
        return [f"consumer {service} {'made' if found is None else 'changed'}"]
    return []


def _heard(consumer: ConsumerConfig) -> list[str]:
    """A server tells a single subject in the singular field."""
    return sorted(consumer.filter_subjects or ([consumer.filter_subject] if consumer.filter_subject else []))


def _differs(found: Any, wanted: Any, fields: tuple[str, ...]) -> bool:
    return any(getattr(found, field) != getattr(wanted, field) for field in fields)
