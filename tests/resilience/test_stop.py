"""A replica is asked to stop (SIGTERM) under load: it ends by itself in time, and nobody's request is lost with it.

Replicas stop one after the other, as in a rolling deployment: the next one when the platform has served for a while.
"""

import signal
import time
from collections.abc import Sequence

import pytest

from .campaign import SERVICE_BACK, SERVICES
from .ground import Ground, until
from .load import Crew, Load
from .people import Attempt, Client
from .together import Readers

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("whole")]
PATHS = ("/documents", "/notes", "/observations", "/circle")
CALM = 3.0
"""Seconds for which everything must have been served before the next replica stops: callers look for a replica that was
away again after at most 2 s."""


@pytest.mark.parametrize("times", [pytest.param(1, id="once"), pytest.param(5, id="again", marks=pytest.mark.long)])
@pytest.mark.parametrize("service", SERVICES)
def test_a_replica_that_stops_loses_no_request(service: str, times: int, ground: Ground, crew: Crew) -> None:
    paths = [*(crew.path(one) for one in PATHS), crew.path(""), "/v1/notifications"]
    clients = [Client(who, crew.stack, at % 2) for at, who in enumerate([crew.gp, crew.nurse, crew.patient] * 2)]
    stops: list[float] = []

    with Load(crew).running() as ledger, Readers(clients, paths, pace=0.35).reading() as reads:
        for name in ground.replicas(service) * times:
            _calm(reads)
            stops.append(time.monotonic())
            took = ground.back(ground.kill(name, sign=signal.SIGTERM), within=SERVICE_BACK)
            print(f"{name}: stopped and ready again in {took:.1f} s")
        _calm(reads)

    attempts = ledger.attempts + list(reads)
    failed = [one for one in attempts if not one.done]
    unsent = [one for one in failed if one.fault == "ConnectError"]
    broken = [_placed(one, stops) for one in failed if one not in unsent]
    print(f"{service}: {len(attempts)} requests, {len(unsent)} found the door closed, broken off: {broken}")
    assert broken == []
    assert not unsent or service == "gateway"


def _calm(reads: Sequence[Attempt]) -> None:
    """Waits until reads that began after this moment, for as long as CALM, were all served."""
    since = time.monotonic()

    def served() -> bool:
        nonlocal since
        since = max([since, *(one.ended for one in list(reads) if not one.done)])
        return time.monotonic() - since > CALM

    until(served, 60, "the platform serves everything for a while")


def _placed(attempt: Attempt, stops: Sequence[float]) -> str:
    after = min((attempt.began - stop for stop in stops if stop <= attempt.ended), default=0.0)
    return f"{attempt}, begun {after:+.2f} s from the stop, for {attempt.seconds:.2f} s"
