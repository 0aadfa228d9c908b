"""Consent is told of a suspension before it is acknowledged, when it is kept, and is never waited for in vain."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub, add_ConsentServiceServicer_to_server
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_directory import towards
from terresante_directory.domain.identifiers import ProfessionalId
from terresante_directory.joining import Joining
from terresante_directory.settling import Settling
from terresante_directory.store import accounts, professionals
from terresante_directory.telling import Tell, Telling, nobody, telling
from terresante_platform.database import Database
from terresante_platform.rpc import client
from terresante_platform.testing.certificates import Authority

from .counter import Counter
from .desk import Clock, Desk, Published, reason
from .in_memory import AccountsInMemory
from .joining import FINESS, invited
from .small_consent import SmallConsent

SUSPENDED = pb.ACCOUNT_STATE_SUSPENDED


@pytest.fixture
def consent() -> SmallConsent:
    return SmallConsent()  # type: ignore[abstract]  # what the directory never asks is left unanswered


@pytest_asyncio.fixture
async def tell(consent: SmallConsent, serve: Any, dial: Any) -> Tell:
    address = await serve("consent", partial(add_ConsentServiceServicer_to_server, consent))
    return Telling(ConsentServiceStub(await dial(address, "consent", as_="directory"))).changed


@pytest.fixture
def settling(database: Database, keycloak: AccountsInMemory, clock: Clock, tell: Tell) -> Settling:
    return Settling(database, keycloak, clock.now, tell)


class Asking:
    """What consent does when it is told: it reads the professional, who must be neither locked nor changing."""

    def __init__(self, as_consent: Desk, database: Database) -> None:
        self._as_consent = as_consent
        self._database = database
        self.found: list[tuple[str, int]] = []

    async def __call__(self, id: UUID) -> None:
        async with self._database.transaction() as transaction:
            await professionals.get_for_update(transaction, ProfessionalId(id))
            await accounts.get_for_update(transaction, id)
        (read,) = await self._as_consent.read(str(id))
        self.found.append((read.professional_id, read.account_state))


@pytest.fixture
def asking(consent_stub: Desk, database: Database, consent: SmallConsent) -> Asking:
    consent.renews = Asking(consent_stub, database)
    return consent.renews


async def test_consent_reads_that_the_account_is_suspended_before_the_administrator_is_answered(
    desk: Desk, consent: SmallConsent, asking: Asking, keycloak: AccountsInMemory
) -> None:
    someone = await desk.someone()
    await desk.open(someone.professional_id)
    assert asking.found == []

    await desk.suspend(someone.professional_id)

    assert asking.found == [(someone.professional_id, SUSPENDED)]
    assert "authorization" not in consent.told
    assert not keycloak.users[UUID(someone.professional_id)].enabled


async def test_consent_is_told_though_keycloak_is_away(desk: Desk, asking: Asking, keycloak: AccountsInMemory) -> None:
    someone = await desk.someone()
    await desk.open(someone.professional_id)
    keycloak.away = True

    assert await reason(desk.suspend(someone.professional_id)) == "ACCOUNTS_UNAVAILABLE"
    assert asking.found == [(someone.professional_id, SUSPENDED)]


async def test_a_suspension_stands_and_is_announced_though_consent_is_away(
    desk: Desk, consent: SmallConsent, keycloak: AccountsInMemory, published: Published
) -> None:
    someone = await desk.someone()
    await desk.open(someone.professional_id)
    before = len(await published())
    consent.away = True

    assert (await desk.suspend(someone.professional_id)).account_state == SUSPENDED
    assert (await published())[before:] == ["directory.v1.professional_changed"]
    assert not keycloak.users[UUID(someone.professional_id)].enabled


async def test_consent_is_told_of_who_leaves_too(
    desk: Desk, counter: Counter, joining: Joining, settling: Settling, database: Database, asking: Asking
) -> None:
    await desk.administrator("94-ouest")
    structure = (await desk.structure(finess=FINESS)).structure_id
    uid = await invited(counter, joining, settling, database)
    counter.calling_as("professional", uid, acr=3)
    me = await counter.complete(structure)

    await counter.leave(me.version)

    assert asking.found == [(str(uid), SUSPENDED)]


async def test_a_directory_that_stands_alone_tells_nobody_and_one_whose_consent_is_not_there_goes_on(
    certificates: Authority,
) -> None:
    who = certificates.identity("directory")
    async with towards.consent("", who) as alone:
        assert telling(alone) is nobody
        await telling(alone)(UUID(int=1))
    async with towards.consent("ipv4:127.0.0.1:1", who) as away:
        await telling(away)(UUID(int=1))


async def test_a_consent_of_the_version_before_breaks_nothing(serve: Any, certificates: Authority) -> None:
    address = await serve("consent")
    async with client.connected(address, "consent", certificates.identity("directory")) as channel:
        await Telling(ConsentServiceStub(channel)).changed(UUID(int=1))
