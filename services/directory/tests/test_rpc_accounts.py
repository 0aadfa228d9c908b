"""Accounts as administrators keep them: opened, lost and found again, suspended at once; Keycloak away or slow."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_directory.domain.accounts import LEASE
from terresante_platform.database import Database

from .desk import CARD, CallingAs, Clock, Desk, Published, reason
from .in_memory import AccountsInMemory


def user(keycloak: AccountsInMemory, professional: pb.Professional) -> Any:
    return keycloak.users[UUID(professional.professional_id)]


async def test_an_account_is_opened_with_a_username_that_says_nothing_and_a_starting_password(
    desk: Desk, keycloak: AccountsInMemory, published: Published
) -> None:
    someone = await desk.someone(rpps="10002813839")

    opened = await desk.open(someone.professional_id)

    made = user(keycloak, someone)
    assert (made.username, made.password) == (opened.username, opened.starting_password)
    assert made.attributes == {"uid": someone.professional_id, "kind": "professional", "idNat": "810002813839"}
    assert "10002813839" not in opened.username
    assert (opened.professional.account_state, opened.professional.version) == (pb.ACCOUNT_STATE_OPEN, 3)
    assert (await published())[-2:] == ["directory.v1.professional_changed"] * 2


async def test_a_card_account_has_no_password_and_needs_an_rpps(desk: Desk, keycloak: AccountsInMemory) -> None:
    with_card = await desk.someone(rpps="10002813839")
    without = await desk.professional(with_card.places[0].structure_id, profession="NPS-ASS")

    opened = await desk.open(with_card.professional_id, CARD)

    assert opened.starting_password == ""
    assert user(keycloak, with_card).credentials == set()
    assert await reason(desk.open(without.professional_id, CARD)) == "ACCOUNT_MEANS_INVALID"
    assert await reason(desk.open(without.professional_id, pb.LOGIN_MEANS_UNSPECIFIED)) == "ACCOUNT_MEANS_INVALID"
    assert (await desk.open(without.professional_id)).starting_password
    assert "idNat" not in user(keycloak, without).attributes


async def test_a_lost_letter_is_replaced_and_the_first_one_is_worth_nothing(
    desk: Desk, keycloak: AccountsInMemory
) -> None:
    someone = await desk.someone()

    first = await desk.open(someone.professional_id)
    second = await desk.open(someone.professional_id)

    assert first.username == second.username
    assert first.starting_password != second.starting_password
    assert user(keycloak, someone).password == second.starting_password
    assert user(keycloak, someone).logouts == 2
    assert second.professional.version == first.professional.version


async def test_no_starting_password_is_ever_kept(desk: Desk, database: Database) -> None:
    id = await desk.administrator("94-ouest")
    someone = await desk.professional((await desk.structure()).structure_id)
    desk.sit(id, key="k1")

    opened = await desk.open(someone.professional_id)

    async with database.reading() as connection:
        tables = await connection.execute(text("select tablename from pg_tables where schemaname = 'public'"))
        for table in [row.tablename for row in tables]:
            rows = await connection.execute(text(f"select t::text as row from {table} t"))  # noqa: S608 - ours
            assert not any(opened.starting_password in row.row for row in rows), table


async def test_with_keycloak_away_the_account_waits_and_a_retry_gives_the_password(
    desk: Desk, keycloak: AccountsInMemory
) -> None:
    someone = await desk.someone()
    keycloak.away = True

    assert await reason(desk.open(someone.professional_id)) == "ACCOUNTS_UNAVAILABLE"
    (waiting,) = await desk.read(someone.professional_id)
    assert waiting.account_state == pb.ACCOUNT_STATE_PENDING

    keycloak.away = False
    opened = await desk.open(someone.professional_id)
    assert opened.professional.account_state == pb.ACCOUNT_STATE_OPEN
    assert user(keycloak, someone).password == opened.starting_password


async def test_two_administrators_at_once_get_one_password_and_a_clear_refusal(
    desk: Desk, keycloak: AccountsInMemory
) -> None:
    someone = await desk.someone()
    keycloak.gate = asyncio.Event()

    first = asyncio.create_task(desk.open(someone.professional_id))
    await asyncio.wait_for(keycloak.arrived.wait(), 5)
    assert await reason(desk.open(someone.professional_id)) == "ACCOUNT_BUSY"
    keycloak.gate.set()
    opened = await first

    assert user(keycloak, someone).password == opened.starting_password


async def test_a_suspension_closes_the_account_in_both_places_and_refuses_the_next_request(
    desk: Desk, keycloak: AccountsInMemory, calling_as: CallingAs, published: Published
) -> None:
    someone = await desk.someone()
    await desk.open(someone.professional_id)
    before = len(await published())

    suspended = await desk.suspend(someone.professional_id)

    assert suspended.account_state == pb.ACCOUNT_STATE_SUSPENDED
    assert not user(keycloak, someone).enabled
    assert (await published())[before:] == ["directory.v1.professional_changed"]
    assert await reason(desk.open(someone.professional_id)) == "ACCOUNT_SUSPENDED"
    calling_as("professional", UUID(someone.professional_id))
    assert await reason(desk.read(someone.professional_id)) == "CALLER_SUSPENDED"
    search = pb.SearchProfessionalsRequest()
    assert await reason(desk.stub.SearchProfessionals(search)) == "CALLER_SUSPENDED"


async def test_suspending_again_changes_nothing_and_reinstating_opens_as_before(
    desk: Desk, keycloak: AccountsInMemory
) -> None:
    someone = await desk.someone()
    opened = await desk.open(someone.professional_id)
    suspended = await desk.suspend(someone.professional_id)

    assert await desk.suspend(someone.professional_id) == suspended
    reinstated = await desk.reinstate(someone.professional_id)
    assert reinstated.account_state == pb.ACCOUNT_STATE_OPEN
    assert user(keycloak, someone).enabled
    assert user(keycloak, someone).password == opened.starting_password
    assert await desk.reinstate(someone.professional_id) == reinstated


async def test_a_suspension_stands_though_keycloak_is_away_and_a_round_finishes_it(
    desk: Desk, keycloak: AccountsInMemory
) -> None:
    someone = await desk.someone()
    await desk.open(someone.professional_id)
    keycloak.away = True

    assert await reason(desk.suspend(someone.professional_id)) == "ACCOUNTS_UNAVAILABLE"
    (standing,) = await desk.read(someone.professional_id)
    assert standing.account_state == pb.ACCOUNT_STATE_SUSPENDED
    assert user(keycloak, someone).enabled

    keycloak.away = False
    assert await desk.settling.round() == 1
    assert not user(keycloak, someone).enabled


async def test_a_reinstatement_that_keycloak_missed_is_finished_by_a_retry(
    desk: Desk, keycloak: AccountsInMemory
) -> None:
    someone = await desk.someone()
    await desk.open(someone.professional_id)
    await desk.suspend(someone.professional_id)
    keycloak.away = True
    assert await reason(desk.reinstate(someone.professional_id)) == "ACCOUNTS_UNAVAILABLE"

    keycloak.away = False
    assert (await desk.reinstate(someone.professional_id)).account_state == pb.ACCOUNT_STATE_OPEN
    assert user(keycloak, someone).enabled


async def test_a_suspension_in_the_middle_of_an_opening_wins(desk: Desk, keycloak: AccountsInMemory) -> None:
    someone = await desk.someone()
    keycloak.gate = asyncio.Event()
    opening = asyncio.create_task(desk.open(someone.professional_id))
    await asyncio.wait_for(keycloak.arrived.wait(), 5)

    suspended = await desk.suspend(someone.professional_id)
    keycloak.gate.set()

    assert suspended.account_state == pb.ACCOUNT_STATE_SUSPENDED
    assert await reason(opening) == "ACCOUNT_SUSPENDED"
    assert not user(keycloak, someone).enabled
    assert (await desk.read(someone.professional_id))[0].account_state == pb.ACCOUNT_STATE_SUSPENDED
    assert await desk.settling.round() == 0


async def test_who_asks_about_an_account_that_is_not_there_is_told(desk: Desk) -> None:
    someone = await desk.someone()

    assert await reason(desk.suspend(someone.professional_id)) == "ACCOUNT_UNKNOWN"
    assert await reason(desk.reinstate(someone.professional_id)) == "ACCOUNT_UNKNOWN"
    assert await reason(desk.open(str(uuid4()))) == "PROFESSIONAL_UNKNOWN"
    assert await reason(desk.suspend(str(uuid4()))) == "PROFESSIONAL_UNKNOWN"


async def test_adding_a_place_elsewhere_gives_no_power_over_the_account(
    desk: Desk, keycloak: AccountsInMemory, clock: Clock
) -> None:
    someone = await desk.someone()
    opened = await desk.open(someone.professional_id)
    await desk.administrator("95-sud")
    there = pb.NewPlace(structure_id=(await desk.structure(territory_code="95-sud")).structure_id)
    clock.at += timedelta(days=1)

    await desk.stub.AddPlace(
        pb.AddPlaceRequest(professional_id=someone.professional_id, version=opened.professional.version, place=there)
    )

    assert await reason(desk.open(someone.professional_id)) == "TERRITORY_NOT_YOURS"
    assert await reason(desk.suspend(someone.professional_id)) == "TERRITORY_NOT_YOURS"
    assert user(keycloak, someone).password == opened.starting_password


async def test_after_a_crash_in_the_middle_a_lease_ends_and_the_next_request_goes_through(
    desk: Desk, keycloak: AccountsInMemory, clock: Clock
) -> None:
    someone = await desk.someone()
    keycloak.gate = asyncio.Event()
    begun = asyncio.create_task(desk.open(someone.professional_id))
    await asyncio.wait_for(keycloak.arrived.wait(), 5)
    begun.cancel()
    await asyncio.gather(begun, return_exceptions=True)
    keycloak.gate = None

    clock.at += LEASE
    assert (await desk.open(someone.professional_id)).starting_password == user(keycloak, someone).password
