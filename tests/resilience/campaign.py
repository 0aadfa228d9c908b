"""A campaign of kills under load: every part, one replica, the other, both at once, and what it left behind."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import httpx2
from terresante_dev.login import LoginFailed, TokenRefused

from . import accounts
from .ground import Ground, until
from .load import Crew, Ledger, Load

SERVICES = ("directory", "identity", "consent", "records", "messaging", "gateway")
SERVICE_BACK = 30.0
"""Seconds from a kill until the part is ready again, the machine being busy with the load and with other tests."""
BUS_BACK = 15.0
DATABASE_BACK = 30.0
"""Budgets G8 and G9."""
ENOUGH = 10
"""Acts of each kind that a load has begun before it ends, however fast the parts come back."""
KINDS = ("note", "observation", "invitation", "removal")
LOGINS = 6
"""In a row."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One kill: of what, when (monotonic), seconds until it was ready again, seconds allowed."""

    what: str
    at: float
    back: float
    allowed: float


@dataclass
class Campaign:
    """What was done and seen."""

    crew: Crew
    began: datetime
    ledger: Ledger = field(default_factory=Ledger)
    strikes: list[Strike] = field(default_factory=list)
    settled: float = 0.0
    """Seconds from the end of the load until every event had been sent and applied."""

    logins: list[str] = field(default_factory=list)
    """How each login went when all was ready again."""

    def silence(self, strike: Strike) -> float:
        """Seconds from a kill until a write that was begun after it was acknowledged."""
        later = [
            one.ended for write in self.ledger.writes for one in write.attempts if one.done and one.began > strike.at
        ]
        return min(later, default=float("inf")) - strike.at


def fought(ground: Ground, crew: Crew, times: int) -> Campaign:
    """Kills each part `times` times under load, then lets all of it settle."""
    campaign = Campaign(crew, accounts.now(ground.stack))

    def strike(what: str, allowed: float, kill: Callable[[], float]) -> None:
        made = Strike(what, time.monotonic(), kill(), allowed)
        campaign.strikes.append(made)
        until(lambda: campaign.silence(made) < allowed, allowed, f"writes are acknowledged after {what} was killed")

    with Load(crew).running() as campaign.ledger:
        for number in range(times):
            for service in SERVICES:
                names = _turn(ground.replicas(service), number, times)
                strike(" and ".join(names), SERVICE_BACK, lambda: _killed(ground, names))  # noqa: B023 -- called at once
            strike("nats", BUS_BACK, lambda: _killed(ground, ["nats"]))
            strike("postgres", DATABASE_BACK, lambda: _killed(ground, ["postgres"]))
            strike("postgres, stopped at once", DATABASE_BACK, lambda: _killed(ground, ["postgres"], signal.SIGQUIT))
            strike("a backend of postgres", DATABASE_BACK, lambda: _backend_killed(ground))
        ground.ready(within=60)
        until(lambda: all(len(campaign.ledger.of(kind)) >= ENOUGH for kind in KINDS), 60, "the load did enough")
    campaign.logins = _logins(crew)
    campaign.settled = accounts.settled(ground.stack, campaign.began)
    return campaign


def _logins(crew: Crew) -> list[str]:
    """Logins by card, one after the other, until several in a row succeeded: nobody is left with a broken Keycloak."""
    outcomes: list[str] = []
    while outcomes[-LOGINS:] != ["done"] * LOGINS and len(outcomes) < 10 * LOGINS:
        try:
            crew.gp.person.log_in()
        except LoginFailed as failed:
            outcomes.append(f"HTTP {failed.page.status}")
        except (TokenRefused, httpx2.TransportError) as failed:
            outcomes.append(type(failed).__name__)
        else:
            outcomes.append("done")
    return outcomes


def _turn(replicas: list[str], number: int, times: int) -> list[str]:
    """Whom the turn kills: one replica, another, all; all in the last turn."""
    alone = number % (len(replicas) + 1)
    return replicas if alone == len(replicas) or number == times - 1 else [replicas[alone]]


def _killed(ground: Ground, names: list[str], sign: signal.Signals = signal.SIGKILL) -> float:
    return ground.back(ground.kill(*names, sign=sign), within=120)


def _backend_killed(ground: Ground) -> float:
    ground.kill_backend()
    return ground.database_answers(within=120)
