"""Keycloak is away: who is logged in goes on; a part that was restarted meanwhile refuses everybody, and in time."""

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from .ground import Ground, until
from .load import Crew
from .people import Attempt, Client
from .together import at_once

pytestmark = pytest.mark.timeout(600)
ROUTES = {"records": "/notes", "consent": "/circle", "gateway": "/documents"}
"""What rests on each of the parts that are restarted, in this order: none of them asks one restarted before it."""
DEADLINE = 6.0
"""Seconds within which a refusal must have come."""
CONNECTED = 5.0
"""Seconds that its callers may take to reach a part again after its start."""
LONGEST = 150.0
"""Seconds that the absence may last: for so long the tokens of before must hold."""
CONNECTIONS = 6
"""As many as Keycloak is made to hold to its database."""
KEYS_BACK = 15.0
"""Seconds after Keycloak's return until every read is served again."""


@dataclass
class Absence:
    """What was seen while Keycloak was away, and after."""

    how: str
    logged_in: list[Attempt] = field(default_factory=list)
    restarted: dict[str, list[Attempt]] = field(default_factory=dict)
    after: float = float("inf")
    """Seconds from Keycloak's return until every read was served."""


@pytest.fixture(scope="module", params=["killed", "hung"])
def absence(request: pytest.FixtureRequest, ground: Ground, crew: Crew) -> Absence:
    ground.ready(within=120)
    seen = Absence(request.param)
    people = (crew.gp, crew.nurse, crew.patient)
    with ExitStack() as held:
        for session in people:
            session.log_in(lasting=LONGEST)
            held.enter_context(session.kept())
        until(lambda: _served(_asked(crew, *ROUTES.values())), KEYS_BACK, "every read is served before")
        with ground.down("keycloak") if seen.how == "killed" else ground.paused("keycloak"):
            seen.logged_in = _asked(crew, *ROUTES.values()) + _asked(crew, *ROUTES.values())
            for service, route in ROUTES.items():
                ground.back(ground.kill(*ground.replicas(service)), within=60)
                seen.restarted[service] = _until_reached(crew, service, route) + _asked(crew, route)
        ground.ready(within=180)
        seen.after = until(lambda: _served(_asked(crew, *ROUTES.values())), 60, "every read is served after")
    return seen


def _asked(crew: Crew, *routes: str) -> list[Attempt]:
    """Reads by three people through both replicas of the gateway, all at once; three of each route."""
    people = (crew.gp, crew.nurse, crew.patient)
    paths = {
        Client(who, crew.stack, at, moves=False): crew.path(one) for one in routes for at in (0, 1) for who in people
    }
    return at_once(lambda client: client.get(paths[client]), list(paths))


def _served(reads: list[Attempt]) -> bool:
    return all(one.done for one in reads)


def _until_reached(crew: Crew, service: str, route: str) -> list[Attempt]:
    """Reads that rest on a restarted part, until its callers have found it again. One that hangs is found at once."""
    reads: list[Attempt] = []
    end = time.monotonic() + CONNECTED
    while time.monotonic() < end:
        last = _asked(crew, route)
        reads += last
        if not any(str(one).endswith(f"{service.upper()}_UNAVAILABLE") for one in last):
            break
    return reads


def test_people_who_are_logged_in_go_on(absence: Absence) -> None:
    reads = absence.logged_in
    print(f"Keycloak {absence.how}: {len(reads)} reads, slowest {max(one.seconds for one in reads):.2f} s")

    assert Counter(map(str, reads)) == {"HTTP 200": len(reads)}


@pytest.mark.parametrize("service", ROUTES)
def test_a_part_restarted_meanwhile_refuses_and_never_opens(service: str, absence: Absence) -> None:
    reads = absence.restarted[service]
    slowest = max(one.seconds for one in reads)
    print(f"Keycloak {absence.how}, {service} restarted: {dict(Counter(map(str, reads)))}, slowest {slowest:.2f} s")

    assert {one.status for one in reads} == {503}
    assert all(one.answer and one.answer.body["todo"] for one in reads)
    assert slowest < DEADLINE


@pytest.mark.parametrize("service", ROUTES)
def test_a_part_restarted_meanwhile_says_why_it_refuses(service: str, absence: Absence) -> None:
    last = absence.restarted[service][-6:]
    reasons = {one.answer.reason for one in last if one.answer}

    if absence.how == "killed":
        assert reasons == {"LOGIN_SERVICE_UNAVAILABLE"}
    else:  # who waits for keys may be given up by the caller first
        assert reasons <= {"LOGIN_SERVICE_UNAVAILABLE", f"{service.upper()}_UNAVAILABLE"}


def test_all_goes_on_when_it_is_back(absence: Absence) -> None:
    print(f"Keycloak {absence.how}: every read served {absence.after:.1f} s after it was ready")

    assert absence.after < KEYS_BACK


def test_nobody_meets_a_broken_login_page_once_the_database_is_back(ground: Ground, crew: Crew) -> None:
    """Keycloak held connections to it, which are all dead then."""
    ground.ready(within=180)
    at_once(_login_page, [Client(crew.gp, crew.stack) for _ in range(CONNECTIONS)])
    ground.back(ground.kill("postgres"), within=60)

    pages = [_login_page(client) for client in [Client(crew.gp, crew.stack)] for _ in range(2 * CONNECTIONS)]
    print(f"login pages after PostgreSQL was back: {dict(Counter(pages))}")

    until(lambda: _login_page(Client(crew.gp, crew.stack)) < 400, 60, "the platform is left whole")
    assert [page for page in pages if page >= 400] == []


def _login_page(client: Client) -> int:
    """The status of what a browser is shown that comes to log in."""
    client.close()
    with client.session.person.browser() as browser:
        return browser.open().status
