"""NATS loses all that it kept: stream and consumers are made again, the outboxes fill it, and nobody is told twice."""

import time
from collections import Counter
from typing import Any

import httpx2
import pytest
from terresante_platform.outbox import CHECK_SECONDS

from . import accounts
from .campaign import BUS_BACK
from .ground import Ground, until
from .load import Crew, Ledger, Load
from .people import Client
from .test_crash import TOLD

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("whole")]
REFILLED = CHECK_SECONDS + 10.0
"""Seconds after NATS's return until every outbox has filled the new stream: each relay looks every CHECK_SECONDS."""


def test_a_wiped_bus_is_filled_again_from_the_outboxes(ground: Ground, crew: Crew) -> None:
    began = accounts.now(ground.stack)
    with Load(crew).running() as ledger:
        _go_on(ledger, 4)
        with ground.unsupervised():
            before = ground.kill("nats")
            until(lambda: ground.process("nats") is None, 5, "NATS is dead")
            ground.wipe_bus()
            away = _go_on(ledger, 6)
        back = ground.back(before, within=60)
        returned = time.monotonic()
        _go_on(ledger, 4)
    until(lambda: _kept(ground) >= _remembered(ground), 60, "all that the outboxes remember is in the new stream")
    filled = time.monotonic() - returned
    settled = accounts.settled(ground.stack, began)
    (stream,) = _streams(ground.stack)
    print(
        f"{away} writes acknowledged without NATS; back {back:.1f} s, filled again {filled:.1f} s after: {_kept(ground)}"
    )
    print(f"settled {settled:.1f} s later; {stream['state']}")

    assert back <= BUS_BACK
    assert away >= 6, "writes wait for nobody"
    assert filled <= REFILLED
    assert {one["name"] for one in stream["consumer_detail"]} == set(accounts.listeners())
    assert accounts.parked(ground.stack, began) == []
    for session in (crew.patient, crew.nurse):
        with Client(session, crew.stack) as client:
            _told_once(client, ledger)


def _go_on(ledger: Ledger, more: int) -> int:
    """Waits until so many more entries were acknowledged; gives how many were."""

    def acknowledged() -> int:
        return sum(bool(one.acknowledged) for kind in ("note", "observation") for one in ledger.of(kind))

    known = acknowledged()
    until(lambda: acknowledged() >= known + more, 30, f"{more} more writes are acknowledged")
    return acknowledged() - known


def _remembered(ground: Ground) -> int:
    """How many events the outboxes of all services hold."""
    query = "select count(*) from outbox"
    return sum(accounts.count(ground.stack, name, query) for name in ground.stack["databases"])


def _kept(ground: Ground) -> int:
    """How many events NATS holds; none while the stream is not made again."""
    streams = _streams(ground.stack)
    return int(streams[0]["state"]["messages"]) if streams else 0


def _streams(stack: Any) -> list[dict[str, Any]]:
    """What NATS says of its streams (ours is the only one) and their consumers."""
    address = f"{stack['nats']['monitoring']}/jsz?streams=true&consumers=true"
    found = httpx2.get(address, timeout=5, trust_env=False).raise_for_status().json()
    streams: list[dict[str, Any]] = [
        one for account in found.get("account_details", []) for one in account.get("stream_detail", [])
    ]
    return streams


def _told_once(client: Client, ledger: Ledger) -> None:
    told: Counter[tuple[str, str]] = accounts.notified(client)
    wanted = [(TOLD[kind], one.body_answered["id"]) for kind in ("note", "observation") for one in ledger.of(kind)]

    assert [(line, told[line]) for line in wanted if told[line] != 1] == []
    assert [(line, many) for line, many in told.items() if many > 1] == []
