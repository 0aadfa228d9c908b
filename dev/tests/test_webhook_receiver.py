"""The example receiver, against what the platform sends: it believes that, once, and nothing else."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from uuid import uuid4

import pytest
from terresante_dev.webhook_receiver import TOLERANCE, NotBelieved, Verifier, receiver
from terresante_messaging.domain.log import Entry, EntryKind, NewEntry
from terresante_messaging.domain.people import Realm, Recipient
from terresante_messaging.domain.webhooks import DeliveryId
from terresante_messaging.webhooks import composing, signing
from terresante_messaging.webhooks.guarding import Address, Guard
from terresante_messaging.webhooks.posting import Letter, Poster
from terresante_platform.ids import new_id

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
SECRET, FORMER = b"s" * 32, b"f" * 32
BODY = composing.body(Entry(1, new_id(), NewEntry(EntryKind.NOTIFIED, NOW)), Recipient(Realm.PERSON, uuid4()))


@dataclass
class Running:
    """The receiver, what it believed, and its clock."""

    port: int
    believed: list[dict[str, object]]
    clock: list[float]

    async def sent(self, headers: dict[str, str], body: bytes = BODY) -> str:
        async def letter() -> Letter:
            return Letter(headers, body)

        poster = Poster(Guard(["127.0.0.0/8"], _here), ssl.create_default_context())
        return (await poster.post(f"http://127.0.0.1:{self.port}/", letter)).failure


async def _here(host: str, port: int) -> Sequence[Address]:
    return [ip_address("127.0.0.1")]


@contextmanager
def serving(act: Callable[[dict[str, object]], None] | None = None) -> Iterator[Running]:
    """The receiver; `act` in place of keeping what it believes."""
    believed: list[dict[str, object]] = []
    clock = [NOW.timestamp()]
    verifier = Verifier([signing.shown(SECRET)], lambda: clock[0])
    with receiver(0, verifier, act or believed.append) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Running(server.server_address[1], believed, clock)
        server.shutdown()
        thread.join()


@pytest.fixture
def running() -> Iterator[Running]:
    with serving() as one:
        yield one


def headers(*secrets: bytes, id: DeliveryId | None = None) -> dict[str, str]:
    return signing.headers(secrets or (SECRET,), id or DeliveryId(uuid4()), NOW, BODY)


async def test_what_the_platform_sends_is_believed(running: Running) -> None:
    assert await running.sent(headers()) == ""
    (event,) = running.believed
    assert event["type"] == "notified" and event["timestamp"] == "2026-11-30T09:00:00.000Z"


async def test_what_comes_twice_is_acted_upon_once_and_answered_well_twice(running: Running) -> None:
    id = DeliveryId(uuid4())
    assert [await running.sent(headers(id=id)), await running.sent(headers(id=id))] == ["", ""]
    assert len(running.believed) == 1


async def test_what_could_not_be_acted_upon_comes_again() -> None:
    acted: list[dict[str, object]] = []

    def act(event: dict[str, object]) -> None:
        acted.append(event)
        if len(acted) == 1:
            raise OSError("no room")

    id = DeliveryId(uuid4())
    with serving(act) as running:
        assert [await running.sent(headers(id=id)) for _ in range(3)] == ["CONNECTION", "", ""]
    assert len(acted) == 2


async def test_what_is_replayed_later_is_not_believed(running: Running) -> None:
    kept = headers()
    running.clock[0] += TOLERANCE + 1
    assert await running.sent(kept) == "HTTP_401"
    assert running.believed == []


async def test_a_body_time_or_id_that_was_changed_is_not_believed(running: Running) -> None:
    assert await running.sent(headers(), BODY.replace(b"notified", b"mentioned")) == "HTTP_401"
    assert await running.sent(headers() | {"webhook-id": str(uuid4())}) == "HTTP_401"
    assert await running.sent(headers() | {"webhook-timestamp": str(int(NOW.timestamp()) + 1)}) == "HTTP_401"
    assert await running.sent(headers() | {"webhook-signature": ""}) == "HTTP_401"
    assert await running.sent(headers() | {"webhook-signature": "v1, v1,=== v2,AAAA"}) == "HTTP_401"
    assert await running.sent(headers(b"x" * 32)) == "HTTP_401"
    assert running.believed == []


async def test_during_a_change_of_secret_either_is_believed(running: Running) -> None:
    assert await running.sent(headers(b"n" * 32, SECRET)) == ""
    both = Verifier([signing.shown(SECRET), signing.shown(FORMER)], NOW.timestamp)
    assert both.event(headers(FORMER), BODY)["type"] == "notified"


def test_without_an_id_nothing_is_believed() -> None:
    with pytest.raises(NotBelieved):
        Verifier([signing.shown(SECRET)], NOW.timestamp).event({}, BODY)
