"""The parts of the service and how they hang together, for `__main__` and for tests over real parts."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.resources import files
from pathlib import Path

from grpc import aio
from terresante.consent.v1.consent_service_pb2_grpc import add_ConsentServiceServicer_to_server
from terresante.consent.v1.decision_service_pb2_grpc import add_DecisionServiceServicer_to_server
from terresante.consent.v1.journal_service_pb2_grpc import add_JournalServiceServicer_to_server
from terresante.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from terresante.identity.v1.identity_service_pb2_grpc import IdentityServiceStub
from terresante_platform.database import Database

from terresante_consent.domain.policy import Policy, parse
from terresante_consent.journal.chain import Signer
from terresante_consent.journal.writer import Journal
from terresante_consent.knowing import Knowing
from terresante_consent.persons import Persons
from terresante_consent.rpc import ConsentService, DecisionService, JournalService
from terresante_consent.rpc.desk import Desk
from terresante_consent.rpc.readers import Readers
from terresante_consent.rpc.standings import Standings
from terresante_consent.store.line import Line

Register = Callable[[aio.Server], None]


@dataclass(frozen=True, slots=True)
class Choices:
    """What operators choose, as `settings.py` says."""

    facts_max_age: timedelta = timedelta(seconds=60)
    emergency_hours: float = 4.0
    smallest_count: int = 5


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs."""

    knowing: Knowing
    journal: Journal
    register: list[Register]
    """Adds the services to a server."""


def policy_of(file: Path | None) -> Policy:
    """The entitlement matrix of that file, or the committed example. Raises `PolicyInvalid` or OSError."""
    source = file or files("terresante_consent") / "data" / "entitlements.json"
    return parse(source.read_text("utf-8"))


@asynccontextmanager
async def assembled(
    database: Database,
    database_url: str,
    directory: aio.Channel,
    identity: aio.Channel,
    signer: Signer,
    policy: Policy,
    now: Callable[[], datetime],
    chosen: Choices = Choices(),
) -> AsyncIterator[Parts]:
    """Ready to be served. Left, what waits to be written down is still written down."""
    knowing = Knowing(database, DirectoryServiceStub(directory), now, chosen.facts_max_age)
    asking, writing = Line(database_url, "consent facts"), Line(database_url, "consent journal")
    audiences = Line(database_url, "consent audiences")
    journal = Journal(writing, signer)
    standings = Standings(asking, knowing, now)
    readers = Readers(audiences, policy, now)
    persons = Persons(IdentityServiceStub(identity))
    desk = Desk(database, journal, standings, knowing, persons, audiences, policy, now)
    try:
        async with (
            journal.running(),
            standings.professionals.running(),
            standings.persons.running(),
            readers.group.running(),
        ):
            yield Parts(
                knowing,
                journal,
                [
                    partial(
                        add_ConsentServiceServicer_to_server,
                        ConsentService(desk, chosen.emergency_hours, chosen.smallest_count),
                    ),
                    partial(add_DecisionServiceServicer_to_server, DecisionService(desk, readers)),
                    partial(add_JournalServiceServicer_to_server, JournalService(desk, signer)),
                ],
            )
    finally:
        await asking.close()
        await writing.close()
        await audiences.close()
