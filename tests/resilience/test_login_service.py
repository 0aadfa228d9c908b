"""Keycloak is away: who is logged in goes on; a part that was restarted meanwhile refuses everybody."""

from collections import Counter
from collections.abc import Iterator

import pytest

from .ground import Ground, until
from .load import Crew
from .people import Attempt, Client
from .together import at_once

pytestmark = pytest.mark.timeout(400)
PATHS = ("/documents", "/notes", "/observations", "/circle")
SOON = 3.0
"""Seconds for any answer."""
KEYS_BACK = 10.0
"""Seconds after Keycloak's return until a restarted part verifies tokens."""


@pytest.fixture(scope="module", params=["killed", "hung"])
def away(request: pytest.FixtureRequest, ground: Ground, crew: Crew) -> Iterator[str]:
    """Keycloak is away as long as the tests last; people logged in just before."""
    ground.ready(within=120)
    for session in (crew.gp, crew.nurse, crew.patient):
        session.log_in()
    with ground.down("keycloak") if request.param == "killed" else ground.paused("keycloak"):
        yield request.param
    print(f"Keycloak back after {ground.ready(within=180):.1f} s")


def _reads(crew: Crew, times: int = 1) -> list[Attempt]:
    """Reads by three people through both replicas of the gateway, at once."""
    clients = [Client(who, crew.stack, n, moves=False) for who in (crew.gp, crew.nurse, crew.patient) for n in (0, 1)]

    def read(client: Client) -> list[Attempt]:
        return [client.get(crew.path(path)) for _ in range(times) for path in PATHS]

    return [one for some in at_once(read, clients) for one in some]


def test_people_who_are_logged_in_go_on(away: str, crew: Crew) -> None:
    reads = _reads(crew, times=2)
    print(f"Keycloak {away}: {len(reads)} reads, slowest {max(one.seconds for one in reads):.2f} s")

    assert Counter(map(str, reads)) == {"HTTP 200": len(reads)}


@pytest.mark.parametrize("service", ["records", "consent", "gateway"])
def test_a_part_restarted_meanwhile_refuses_and_never_opens(
    service: str, away: str, ground: Ground, crew: Crew
) -> None:
    ground.back(ground.kill(*ground.replicas(service)), within=60)

    reads = _reads(crew)
    outcomes = Counter(map(str, reads))
    slowest = max(one.seconds for one in reads)
    print(f"Keycloak {away}, {service} restarted: {dict(outcomes)}, slowest {slowest:.2f} s")

    assert {one.status for one in reads} == {503}
    assert slowest < 6
    if away == "killed":
        assert set(outcomes) == {"HTTP 503 LOGIN_SERVICE_UNAVAILABLE"}


def test_all_goes_on_when_it_is_back(ground: Ground, crew: Crew) -> None:
    ground.ready(within=180)

    took = until(lambda: {one.status for one in _reads(crew)} == {200}, KEYS_BACK, "every read is served again")

    print(f"reads served {took:.1f} s after Keycloak was ready")
