"""consent is down or slow: everything that rests on a decision is refused in time, with a reason, and nothing opens."""

from collections import Counter
from uuid import uuid4

import pytest

from . import accounts
from .ground import Ground, until
from .load import Crew
from .people import Client
from .together import Readers, at_once

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("whole")]
DEADLINE = 6.0
"""Seconds within which a refusal must have come."""
GOES_ON = 10.0
"""Seconds after its return until every read is served again, whichever replicas it comes through."""
REASONS = {"CONSENT_UNAVAILABLE", "RECORDS_UNAVAILABLE", "IDENTITY_UNAVAILABLE", "MESSAGING_UNAVAILABLE"}


def _paths(crew: Crew, document: str) -> list[str]:
    """Everything about a patient, and what tells of their record."""
    below = ("/documents", f"/documents/{document}", f"/documents/{document}/content", "/notes", "/observations")
    return [crew.path(one) for one in (*below, "/circle", "/journal", "")] + ["/v1/notifications"]


@pytest.mark.parametrize("how", ["slow", "down"])
def test_without_consent_all_is_refused_in_time(how: str, ground: Ground, crew: Crew) -> None:
    with Client(crew.gp, crew.stack) as gp:
        paths = _paths(crew, next(accounts.listed(gp, crew.path("/documents")))["id"])
        people = (crew.gp, crew.nurse, crew.patient)
        clients = [Client(who, crew.stack, at, moves=False) for who in people for at in (0, 1)]
        both, text = ground.replicas("consent"), f"Note sans décision {uuid4()}."

        with (
            ground.paused(*both) if how == "slow" else ground.down(*both),
            Readers(clients, paths, pace=0.4).reading() as reads,
        ):
            refused = gp.send("POST", crew.path("/notes"), {"text": text}, idempotency_key=str(uuid4()))
            until(lambda: len(reads) >= 2 * len(paths), 120, "all was asked twice")
        back = ground.ready(within=60)
        goes_on = until(lambda: _all_served(crew, paths), GOES_ON, "every read is served again")
        notes = [note["text"] for note in accounts.listed(gp, crew.path("/notes"))]

    outcomes, slowest = Counter(map(str, reads)), max(one.seconds for one in reads)
    print(f"consent {how}: {dict(outcomes)}, slowest {slowest:.2f} s; ready {back:.1f} s, reads {goes_on:.1f} s after")
    assert {one.status for one in [*reads, refused]} == {503}
    assert all(one.answer and one.answer.reason in REASONS and one.answer.body["todo"] for one in reads)
    assert slowest < DEADLINE
    assert text not in notes


def _all_served(crew: Crew, paths: list[str]) -> bool:
    """Whether all that is asked at once through both gateways, four times each, is served: so each replica serves."""
    clients = [Client(crew.gp, crew.stack, at % 2, moves=False) for at in range(8)]
    return all(
        one.done for found in at_once(lambda client: [client.get(path) for path in paths], clients) for one in found
    )


@pytest.mark.long
def test_with_one_replica_hung_each_read_is_decided_or_refused(ground: Ground, crew: Crew) -> None:
    readers = Readers([Client(crew.nurse, crew.stack, at % 2) for at in range(6)], [crew.path("/documents")], pace=0.5)
    guests = Readers([Client(crew.guest, crew.stack, at % 2) for at in range(2)], [crew.path("/documents")], pace=0.5)

    with ground.paused("consent-2"), readers.reading() as reads, guests.reading() as strangers:
        until(lambda: len(reads) >= 100, 200, "a hundred reads were asked")

    print(f"one replica of consent hung: {dict(Counter(map(str, reads)))}")
    assert {one.status for one in reads} <= {200, 503}
    assert {one.status for one in strangers} <= {403, 503}
    assert max(one.seconds for one in reads) < DEADLINE
