"""Whoever knows a public number and asks with it keeps its card from nobody whom an administrator vouches for."""

import asyncio
from uuid import UUID

from sqlalchemy import text
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import ror_service_pb2 as ror_pb
from terresante_directory.appoint import appointed
from terresante_directory.domain.accounts import Kind, Means, ask
from terresante_directory.domain.enrolment import WAITING
from terresante_directory.domain.identifiers import AdministratorId, Rpps
from terresante_directory.domain.territories import appoint
from terresante_directory.joining import Joining
from terresante_directory.reference import territories
from terresante_directory.settling import Settling
from terresante_directory.store import accounts, known_people
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .counter import Counter
from .desk import CARD, Clock, Desk, reason
from .in_memory import AccountsInMemory
from .joining import RPPS, invited, known
from .tree import Tree

ID_NAT = f"8{RPPS}"
WAITS_FOR_THE_CARD = (
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)
ASKED = "select count(*) from enrolment_ask"


async def until(database: Database, counted: str, number: int) -> None:
    """Until a statement counts so many."""
    async with asyncio.timeout(10), database.reading() as connection:
        while await connection.scalar(text(counted)) != number:
            await asyncio.sleep(0.01)


async def holders(database: Database) -> list[UUID]:
    """Whose account has the card."""
    async with database.reading() as connection:
        rows = await connection.execute(text("select uid from account where id_nat = :card"), {"card": ID_NAT})
        return [row.uid for row in rows]


async def test_an_administrator_is_named_by_the_card_of_a_number_that_somebody_asked_with(
    desk: Desk,
    counter: Counter,
    joining: Joining,
    settling: Settling,
    database: Database,
    keycloak: AccountsInMemory,
) -> None:
    uid = await invited(counter, joining, settling, database)
    await desk.administrator("94-ouest")

    assert await reason(counter.name("95-sud", means=CARD, rpps=RPPS)) == "TERRITORY_NOT_YOURS"
    assert await holders(database) == [uid]
    named = await counter.name("94-ouest", means=CARD, rpps=RPPS)

    assert await holders(database) == [UUID(named.administrator.administrator_id)]
    await settling.round()
    assert (keycloak.users[uid].enabled, "idNat" in keycloak.users[uid].attributes) == (False, False)


async def test_operations_appoint_by_the_card_of_a_number_that_somebody_asked_with(
    desk: Desk,
    counter: Counter,
    joining: Joining,
    settling: Settling,
    database: Database,
    keycloak: AccountsInMemory,
    clock: Clock,
) -> None:
    await invited(counter, joining, settling, database)
    new = appoint(AdministratorId(new_id()), "Claire Durand", ["94-ouest"], territories())

    await appointed(database, keycloak, clock.now, new, Rpps(RPPS), Means.CARD)

    assert await holders(database) == [new.id]


async def test_a_number_is_corrected_to_one_that_somebody_asked_with(
    desk: Desk, tree: Tree, counter: Counter, joining: Joining, settling: Settling, database: Database
) -> None:
    await invited(counter, joining, settling, database)
    someone = await desk.someone(rpps="10003461033")
    opened = (await desk.open(someone.professional_id, CARD)).professional

    await tree.stub.CorrectProfessional(
        ror_pb.CorrectProfessionalRequest(
            professional_id=opened.professional_id,
            version=opened.version,
            rpps=RPPS,
            family_name=opened.family_name,
            given_name=opened.given_name,
            profession=opened.profession,
        )
    )

    assert await holders(database) == [UUID(opened.professional_id)]


async def test_an_account_is_opened_at_once_for_somebody_who_was_asked_for_and_is_enrolled(
    desk: Desk, counter: Counter, joining: Joining, settling: Settling, database: Database
) -> None:
    await invited(counter, joining, settling, database)
    someone = await desk.someone(rpps=RPPS)

    opened = await desk.open(someone.professional_id, CARD)

    assert opened.professional.account_state == directory_pb.ACCOUNT_STATE_OPEN
    assert await holders(database) == [UUID(someone.professional_id)]


async def test_an_account_that_waited_in_vain_has_its_card_no_more(
    counter: Counter, joining: Joining, settling: Settling, database: Database, clock: Clock
) -> None:
    uid = await invited(counter, joining, settling, database)
    clock.at += WAITING
    await joining.round()
    assert await holders(database) == []

    await counter.ask_to_enrol(RPPS)
    await joining.round()

    assert await holders(database) == [uid]


async def test_a_card_that_is_taken_while_it_is_asked_with_stops_no_round(
    counter: Counter, database: Database, clock: Clock
) -> None:
    await known(database, RPPS)
    counter.calling_as(None)
    await counter.ask_to_enrol(RPPS)
    uid, kind = new_id(), Kind.ADMINISTRATOR
    taken = ask(None, uid=uid, kind=kind, rpps=Rpps(RPPS), means=Means.CARD, username="un", at=clock.now())
    async with database.transaction() as transaction:
        await accounts.save(transaction, taken)
        rounds = asyncio.create_task(Joining(database, known_people, clock.now, every=0.01).run())
        await until(database, WAITS_FOR_THE_CARD, 1)

    await until(database, ASKED, 0)

    assert not rounds.done()
    rounds.cancel()
    assert await holders(database) == [uid]
