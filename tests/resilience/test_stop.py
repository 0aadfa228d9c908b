"""A replica is asked to stop (SIGTERM) under load: it ends by itself in time, and nobody's request is lost with it.

Replicas stop one after the other, as in a rolling deployment: the next one when the platform has served for a while.
"""

import signal
import time
from collections.abc import Mapping, Sequence

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


@pytest.mark.parametrize("rounds", [pytest.param(1, id="once"), pytest.param(10, id="often", marks=pytest.mark.long)])
def test_replicas_that_stop_lose_no_request(rounds: int, ground: Ground, crew: Crew) -> None:
    """G11. The first replica of every service, then the second of every service. A gateway's closed door is no loss:
    nothing was sent, and the other replica's is open."""
    paths = [*(crew.path(one) for one in PATHS), crew.path(""), "/v1/notifications"]
    clients = [Client(who, crew.stack, at % 2) for at, who in enumerate([crew.gp, crew.nurse, crew.patient] * 2)]
    stops: dict[float, str] = {}
    took: dict[str, float] = {}

    with Load(crew).running() as ledger, Readers(clients, paths, pace=0.35).reading() as reads:
        for turn in (0, 1) * rounds:
            _calm(reads)
            for name in [ground.replicas(service)[turn] for service in SERVICES]:
                stops[time.monotonic()] = name
                took[name] = ground.back(ground.kill(name, sign=signal.SIGTERM), within=SERVICE_BACK)
        _calm(reads)

    attempts = ledger.attempts + list(reads)
    failed = [one for one in attempts if not one.done]
    unsent = [one for one in failed if one.fault == "ConnectError"]
    broken = [_placed(one, stops) for one in failed if one not in unsent]
    print(f"stopped and ready again after: { {name: round(seconds, 1) for name, seconds in took.items()} } s")
    print(f"{len(stops)} stops, {len(attempts)} requests, {len(unsent)} found the door closed, broken off: {broken}")
    assert broken == []


def _calm(reads: Sequence[Attempt]) -> None:
    """Waits until reads that began after this moment, for as long as CALM, were all served."""
    since = time.monotonic()

    def served() -> bool:
        nonlocal since
        since = max([since, *(one.ended for one in list(reads) if not one.done)])
        return time.monotonic() - since > CALM

    until(served, 60, "the platform serves everything for a while")


def _placed(attempt: Attempt, stops: Mapping[float, str]) -> str:
    """Which stop it met."""
    when = max((at for at in stops if at <= attempt.ended), default=attempt.ended)
    trace = attempt.answer.trace_id if attempt.answer else ""
    return f"{attempt.asked}: {attempt}, begun {attempt.began - when:+.3f} s from {stops.get(when)}, trace {trace}"
