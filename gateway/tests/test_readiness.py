"""When a gateway that starts is ready: once it reaches every service and can verify everybody's login, or gave up."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx2
import pytest
from terresante_gateway import readiness
from terresante_platform.rpc import client, server
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.issuer import Issuer, verifier_of
from terresante_platform.testing.postgres import free_port
from terresante_platform.tokens import Verifier

from .calling import reason_of
from .conftest import Running


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_it_is_ready_once_the_last_service_answers_and_stays_so(
    certificates: Authority, pro: Issuer, patients: Issuer
) -> None:
    who, verifier, ports = certificates.identity("gateway"), verifier_of("x", pro, patients), (free_port(), free_port())
    served = partial(server.serving, identity=certificates.identity("records"), verifier=verifier, register=())
    here, late = (f"127.0.0.1:{port}" for port in ports)
    async with (
        served(here),
        client.connected(f"ipv4:{here}", "records", who) as one,
        client.connected(f"ipv4:{late}", "records", who) as other,
        readiness.starting({"here": one, "late": other}, verifier) as state,
    ):
        await one.channel_ready()
        assert state.starting
        async with served(late, leave_seconds=0.0):
            await until(lambda: not state.starting)
        assert not state.starting


async def test_it_is_not_ready_before_it_has_the_keys_of_each_issuer(pro: Issuer, patients: Issuer) -> None:
    there = asyncio.Event()

    async def fetch(url: str) -> dict[str, object]:
        if url.startswith(patients.url) and not there.is_set():
            raise httpx2.ConnectError("away")
        return await (patients if url.startswith(patients.url) else pro).fetch(url)

    verifier = Verifier({pro.url: pro.kinds, patients.url: patients.kinds}, "gateway", fetch)
    async with readiness.starting({}, verifier) as state:
        await until(lambda: verifier.lacking == [patients.url])
        assert state.starting
        there.set()
        await until(lambda: not state.starting)
    assert verifier.lacking == []


async def test_a_part_that_stays_away_does_not_keep_the_others_from_being_served(
    certificates: Authority, pro: Issuer, patients: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    address, who = f"ipv4:127.0.0.1:{free_port()}", certificates.identity("gateway")
    async with (
        client.connected(address, "records", who) as away,
        readiness.starting({"records": away}, verifier_of("x", pro, patients), patience=0.2) as state,
    ):
        await until(lambda: not state.starting)
    said = capsys.readouterr().out
    assert "serving without all parts" in said and "records" in said


async def test_balancers_are_told_that_it_starts(gateway: Running, http: httpx2.AsyncClient) -> None:
    gateway.state.starting = True
    starting, alive = await http.get("/ready"), await http.get("/health")
    gateway.state.starting = False

    told: Any = reason_of(starting)
    assert (starting.status_code, told, alive.status_code) == (503, "STARTING", 200)
