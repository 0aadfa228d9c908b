"""A replica is asked to stop (SIGTERM) under load: it ends by itself in time, and nobody's request is lost with it."""

import signal
from collections import Counter

import pytest

from .campaign import SERVICE_BACK, SERVICES
from .ground import Ground
from .load import Crew, Load
from .people import Client
from .together import Readers

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("whole")]
PATHS = ("/documents", "/notes", "/observations", "/circle")


@pytest.mark.parametrize("service", SERVICES)
def test_a_replica_that_stops_loses_no_request(
    service: str, ground: Ground, crew: Crew, request: pytest.FixtureRequest
) -> None:
    paths = [*(crew.path(one) for one in PATHS), crew.path(""), "/v1/notifications"]
    clients = [Client(who, crew.stack, at % 2) for at, who in enumerate([crew.gp, crew.nurse, crew.patient] * 2)]
    readers = Readers(clients, paths, pace=0.35)

    with Load(crew).running() as ledger, readers.reading() as reads:
        for name in ground.replicas(service):
            took = ground.back(ground.kill(name, sign=signal.SIGTERM), within=SERVICE_BACK)
            print(f"{name}: stopped and ready again in {took:.1f} s, {ground.told()['parts'][name]['detail']}")

    attempts = ledger.attempts + list(reads)
    failed = Counter(str(one) for one in attempts if not one.done)
    print(f"{service}: {len(attempts)} requests, failed: {dict(failed)}")
    assert sum(failed.values()) == 0
