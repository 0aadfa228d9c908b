"""Many accounts opened at once: what befalls one of them costs no other their password."""

from uuid import UUID, uuid4

from sqlalchemy import select
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_directory.store.tables import professional
from terresante_platform.database import Database

from .counter import Counter
from .desk import Desk, reason
from .in_memory import AccountsInMemory


async def test_a_row_that_somebody_holds_too_long_is_told_of_its_line_and_the_others_keep_their_passwords(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, database: Database
) -> None:
    first = await desk.someone()
    held, last = [await desk.professional(first.places[0].structure_id, family_name=one) for one in ("Morel", "Roy")]
    ids = [first.professional_id, held.professional_id, last.professional_id]

    async with database.transaction() as holding:
        row = select(professional.c.id).where(professional.c.id == UUID(held.professional_id))
        await holding.execute(row.with_for_update())
        opened = await counter.open_all(ids, within=30.0)

    _must_have_missed_only_the_second(opened, keycloak)
    assert "peut-être ouvert" in opened[1].sentence
    states = [one.account_state for one in await desk.read(*ids)]
    assert states == [
        directory_pb.ACCOUNT_STATE_OPEN,
        directory_pb.ACCOUNT_STATE_NONE,
        directory_pb.ACCOUNT_STATE_OPEN,
    ]


def _must_have_missed_only_the_second(opened: list[pb.OpenedAccount], keycloak: AccountsInMemory) -> None:
    assert [one.reason for one in opened] == ["", "ACCOUNTS_UNAVAILABLE", ""]
    assert opened[0].opened.starting_password
    for one in (opened[0], opened[2]):
        assert keycloak.users[UUID(one.professional_id)].password == one.opened.starting_password


async def test_many_accounts_are_opened_and_each_says_why_not(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    await desk.administrator("95-sud")
    theirs = await desk.professional((await desk.structure(territory_code="95-sud")).structure_id)
    good = await desk.someone()
    again = await desk.professional(good.places[0].structure_id)
    await desk.open(again.professional_id)
    await desk.suspend(again.professional_id)
    ids = [good.professional_id, theirs.professional_id, again.professional_id, "x", good.professional_id]

    opened = await counter.open_all(ids)

    reasons = ["", "TERRITORY_NOT_YOURS", "ACCOUNT_SUSPENDED", "ID_INVALID", ""]
    assert [one.reason for one in opened] == reasons
    assert all(one.sentence for one in opened[1:4])
    assert opened[0] == opened[4]
    assert keycloak.users[UUID(good.professional_id)].password == opened[0].opened.starting_password
    assert await reason(counter.open_all([str(uuid4())] * 101)) == "TOO_MANY_IDS"


async def test_once_keycloak_is_away_the_others_of_many_are_left_as_they_are(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    first = await desk.someone()
    second = await desk.professional(first.places[0].structure_id, family_name="Morel")
    keycloak.away = True

    opened = await counter.open_all([first.professional_id, second.professional_id])

    assert [one.reason for one in opened] == ["ACCOUNTS_UNAVAILABLE"] * 2
    states = [one.account_state for one in await desk.read(first.professional_id, second.professional_id)]
    assert states == [directory_pb.ACCOUNT_STATE_PENDING, directory_pb.ACCOUNT_STATE_NONE]


async def test_who_has_an_open_account_keeps_the_letter_they_were_given_when_many_are_opened(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    someone = (await desk.someone()).professional_id
    (first,) = await counter.open_all([someone])

    (second,) = await counter.open_all([someone])

    assert (second.reason, second.opened.starting_password) == ("ACCOUNT_ALREADY", "")
    assert keycloak.users[UUID(someone)].password == first.opened.starting_password


async def test_many_accounts_end_before_the_callers_deadline_so_that_no_password_is_lost(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    first = await desk.someone()
    second = await desk.professional(first.places[0].structure_id, family_name="Morel")
    keycloak.takes = 1.5

    opened = await counter.open_all([first.professional_id, second.professional_id], within=4.0)

    assert [one.reason for one in opened] == ["", "ACCOUNTS_UNAVAILABLE"]
    assert keycloak.users[UUID(first.professional_id)].password == opened[0].opened.starting_password
    states = [one.account_state for one in await desk.read(first.professional_id, second.professional_id)]
    assert states == [directory_pb.ACCOUNT_STATE_OPEN, directory_pb.ACCOUNT_STATE_NONE]
