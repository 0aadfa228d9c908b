"""What waits for the administrator who sits down: only what does, and only in their territories."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import text
from terresante_directory.sweeping import Sweeping
from terresante_platform.database import Database

from .counter import Counter
from .desk import CARD, Clock, Desk, reason
from .in_memory import AccountsInMemory, User
from .offering import confirm, enrol
from .tree import Tree


async def test_accounts_that_are_locked_differ_or_are_not_settled_wait_at_the_desk_of_their_territory(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, clock: Clock, database: Database
) -> None:
    someone = await desk.someone(rpps="10002813839")
    other = await desk.professional(someone.places[0].structure_id, family_name="Morel")
    assert await counter.waiting() == {}
    await desk.open(someone.professional_id, CARD)
    await desk.open(other.professional_id)
    keycloak.users[UUID(someone.professional_id)].locked = True
    keycloak.users[UUID(other.professional_id)].enabled = False
    stranger = uuid4()
    keycloak.users[stranger] = User("u-stranger", True, {"uid": str(stranger), "kind": "professional"}, set())
    await Sweeping(database, keycloak, clock.now).round()
    assert await counter.waiting() == {"locked_accounts": 1, "account_differences": 2}
    keycloak.away = True
    await counter.card_lost(someone.professional_id)

    assert await counter.waiting() == {"locked_accounts": 1, "account_differences": 2, "unsettled_accounts": 1}
    await desk.administrator("95-sud")
    assert await counter.waiting() == {"account_differences": 1}


async def test_a_desk_is_an_administrators(desk: Desk, counter: Counter) -> None:
    desk.sit(uuid4())
    assert await reason(counter.waiting()) == "ADMINISTRATOR_UNKNOWN"
    counter.calling_as("professional", uuid4())
    assert await reason(counter.waiting()) == "KIND_NOT_ALLOWED"


async def test_a_file_that_was_read_waits_for_its_decision(
    desk: Desk, counter: Counter, clock: Clock, database: Database
) -> None:
    me = await desk.administrator("94-ouest")
    said = text(
        "insert into import (id, format, source, file_name, territory, territories, complete, encoding, state, at, by, "
        "bytes_total) values (gen_random_uuid(), 'own', 'own:94-ouest', 'a.csv', '94-ouest', '{94-ouest}', false, "
        "'utf-8', 'ready', :at, :by, 1)"
    )
    async with database.transaction() as transaction:
        await transaction.execute(said, {"at": clock.at, "by": me})
    assert await counter.waiting() == {"imports": 1}
    await desk.administrator("95-sud")
    assert await counter.waiting() == {}


async def test_offers_that_nobody_confirmed_for_six_months_wait_until_they_are(
    desk: Desk, counter: Counter, tree: Tree, clock: Clock
) -> None:
    await desk.administrator("94-ouest")
    site = await tree.enrol()
    sheet = await enrol(tree, site.structure_id)
    clock.at += timedelta(days=183)
    assert await counter.waiting() == {}
    clock.at += timedelta(seconds=1)
    assert await counter.waiting() == {"stale_offers": 1}
    await confirm(tree, sheet.offer_id)
    assert await counter.waiting() == {}
