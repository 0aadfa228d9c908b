"""What each service may do on the stack's NATS, and what is refused; the stream is safe at rest and comes back."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import nats
import nats.errors
import pytest
from nats.aio.client import Client
from terresante_dev import pki
from terresante_dev.nats import Tls, provision

from .conftest import Ground, until

LISTENS = {"messaging": ["terresante.consent.v1.withdrawn", "terresante.records.v1.>"], "records": []}


class Refusals:
    """What the server refused a client: NATS tells it apart from the call, a little later."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[str] = asyncio.Queue()

    async def hear(self, fault: Exception) -> None:
        self._heard.put_nowait(str(fault))

    async def next(self) -> str:
        return await asyncio.wait_for(self._heard.get(), 5)


@asynccontextmanager
async def connected(ground: Ground, name: str, refusals: Refusals | None = None) -> AsyncIterator[Client]:
    tls = tls_of(ground, name)
    client = await nats.connect(
        ground.told["nats"]["url"],
        tls=tls.context(),
        inbox_prefix=f"_INBOX_{name}",
        error_cb=(refusals if refusals is not None else Refusals()).hear,
        allow_reconnect=False,
        connect_timeout=3,
    )
    try:
        yield client
    finally:
        await client.close()


def tls_of(ground: Ground, name: str) -> Tls:
    return Tls(ground.pki / "ca.pem", ground.pki / f"{name}.pem", ground.pki / f"{name}.key")


async def provided(ground: Ground) -> list[str]:
    return await provision(ground.told["nats"]["url"], tls_of(ground, "ops"), LISTENS)


@pytest.fixture
async def streams(ground: Ground) -> Ground:
    await provided(ground)
    return ground


def contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


def monitored(ground: Ground, page: str) -> dict[str, Any]:
    answer = httpx2.get(f"{ground.told['nats']['monitoring']}/{page}", trust_env=False)
    told: dict[str, Any] = answer.json()
    return told


def test_the_running_server_syncs_every_message_before_it_acknowledges(ground: Ground) -> None:
    assert monitored(ground, "varz")["jetstream"]["config"]["sync_always"] is True


async def test_a_service_publishes_its_events_and_another_takes_and_acknowledges_them(streams: Ground) -> None:
    async with connected(streams, "consent") as consent, connected(streams, "messaging") as messaging:
        sent = await consent.jetstream().publish("terresante.consent.v1.withdrawn", b"1", timeout=5)
        pulling = await messaging.jetstream().pull_subscribe_bind("messaging", stream="EVENTS")
        [message] = await pulling.fetch(1, timeout=5)
        await message.ack_sync(timeout=5)
        left = await pulling.consumer_info()

    assert message.metadata.sequence.stream == sent.seq
    assert left.num_ack_pending == 0


async def test_the_same_message_id_is_kept_once(streams: Ground) -> None:
    async with connected(streams, "consent") as consent:
        publish = consent.jetstream().publish
        first = await publish("terresante.consent.v1.asked", b"1", headers={"Nats-Msg-Id": "one"}, timeout=5)
        again = await publish("terresante.consent.v1.asked", b"1", headers={"Nats-Msg-Id": "one"}, timeout=5)

    assert (again.seq, again.duplicate) == (first.seq, True)


@pytest.mark.parametrize(
    "subject",
    [
        "terresante.records.v1.published",
        "$JS.API.STREAM.DELETE.EVENTS",
        "$JS.API.STREAM.PURGE.EVENTS",
        "$JS.API.STREAM.CREATE.OTHER",
        "$JS.API.CONSUMER.CREATE.EVENTS.spy",
        "$JS.API.CONSUMER.MSG.NEXT.EVENTS.messaging",
        "$JS.API.STREAM.MSG.GET.EVENTS",
        "$JS.ACK.EVENTS.messaging.1.1.1.1.0",
        "_INBOX_messaging.x",
        "hint.messaging.v1.log",
    ],
)
async def test_what_is_not_a_services_own_cannot_be_published(streams: Ground, subject: str) -> None:
    refusals = Refusals()
    async with connected(streams, "consent", refusals) as consent:
        await consent.publish(subject, b"{}")
        refused = await refusals.next()

    assert refused.lower() == f'nats: permissions violation for publish to "{subject.lower()}"'


async def test_replicas_of_a_service_hear_each_others_hints_and_the_stream_keeps_none(streams: Ground) -> None:
    async with connected(streams, "ops") as operator:
        kept = (await operator.jetstream().stream_info("EVENTS")).state.last_seq
        async with connected(streams, "messaging") as here, connected(streams, "messaging") as there:
            hinted = await there.subscribe("hint.messaging.v1.log")
            await there.flush()
            await here.publish("hint.messaging.v1.log", b"")

            assert (await hinted.next_msg(5)).data == b""
        assert (await operator.jetstream().stream_info("EVENTS")).state.last_seq == kept


@pytest.mark.parametrize(
    "subject", [">", "terresante.>", "_INBOX_messaging.>", "$JS.EVENT.>", "_INBOX.>", "hint.messaging.v1.>"]
)
async def test_nobody_reads_what_is_not_addressed_to_them(streams: Ground, subject: str) -> None:
    refusals = Refusals()
    async with connected(streams, "consent", refusals) as consent:
        await consent.subscribe(subject)
        refused = await refusals.next()

    assert refused.lower() == f'nats: permissions violation for subscription to "{subject.lower()}"'


async def test_not_even_the_deploy_job_can_delete_or_empty_the_stream(streams: Ground) -> None:
    refusals = Refusals()
    async with connected(streams, "ops", refusals) as operator:
        for verb in ("delete", "purge"):
            await operator.publish(f"$JS.API.STREAM.{verb.upper()}.EVENTS", b"{}")
            assert f'publish to "$js.api.stream.{verb}.events"' in (await refusals.next()).lower()
        assert (await operator.jetstream().stream_info("EVENTS")).config.name == "EVENTS"


async def test_without_a_certificate_nobody_gets_in(ground: Ground) -> None:
    nameless = ssl.create_default_context(cafile=str(ground.pki / "ca.pem"))

    with pytest.raises((nats.errors.Error, OSError)):
        await nats.connect(ground.told["nats"]["url"], tls=nameless, allow_reconnect=False, error_cb=Refusals().hear)


async def test_a_certificate_that_names_no_user_gets_nobody_in(ground: Ground, tmp_path: Path) -> None:
    pki.service_certificate(ground.pki, "stranger")

    with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
        async with connected(ground, "stranger"):
            pass


async def test_a_certificate_of_another_authority_gets_nobody_in(ground: Ground, tmp_path: Path) -> None:
    pki.service_certificate(tmp_path, "consent")
    foreign = Tls(ground.pki / "ca.pem", tmp_path / "consent.pem", tmp_path / "consent.key")

    with pytest.raises((nats.errors.Error, OSError)):
        await nats.connect(
            ground.told["nats"]["url"],
            tls=foreign.context(),
            allow_reconnect=False,
            error_cb=Refusals().hear,
        )


async def test_provisioning_again_changes_nothing_and_corrects_what_differs(streams: Ground) -> None:
    assert await provided(streams) == []

    more = {"messaging": ["terresante.consent.v1.withdrawn"], "records": ["terresante.consent.v1.>"]}
    changed = await provision(streams.told["nats"]["url"], tls_of(streams, "ops"), more)

    assert changed == ["consumer messaging changed", "consumer records made"]
    assert await provided(streams) == ["consumer messaging changed", "consumer records removed"]


async def test_messages_cannot_be_read_on_the_disk(streams: Ground) -> None:
    async with connected(streams, "consent") as consent:
        await consent.jetstream().publish("terresante.consent.v1.canary", b"CANARY-ON-DISK", timeout=5)

    kept = await asyncio.to_thread(contents, Path(streams.told["nats"]["store"]))
    assert any(kept)
    assert not any(b"CANARY-ON-DISK" in content for content in kept)


async def test_an_acknowledged_event_outlives_a_kill(streams: Ground) -> None:
    async with connected(streams, "consent") as consent:
        sent = await consent.jetstream().publish("terresante.consent.v1.kept", b"1", timeout=5)

    await asyncio.to_thread(streams.kill, "nats")

    async with connected(streams, "ops") as operator:
        assert (await operator.jetstream().stream_info("EVENTS")).state.last_seq == sent.seq


async def test_the_stream_is_made_again_when_its_store_is_lost(streams: Ground) -> None:
    shutil.rmtree(streams.told["nats"]["store"])

    await asyncio.to_thread(streams.kill, "nats")

    async def made() -> bool:
        async with connected(streams, "ops") as operator:
            try:
                info = await operator.jetstream().stream_info("EVENTS")
            except nats.errors.Error:
                return False
            return info.state.messages == 0

    await asyncio.to_thread(until, lambda: asyncio.run(made()))
