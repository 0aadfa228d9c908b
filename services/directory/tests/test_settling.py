"""Rounds that bring Keycloak to agree: after a crash, twice without harm, past what it refuses, until it is back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from terresante_directory.domain.accounts import LEASE, Account, Kind, Means, State, ask, carried_out, released, suspend
from terresante_directory.domain.professionals import Professional
from terresante_directory.domain.structures import Structure
from terresante_directory.settling import Settling
from terresante_directory.store import accounts, professionals
from terresante_platform.database import Database

from .desk import Clock, Published
from .enrolling import enrolled
from .in_memory import AccountsInMemory


def asked(at: datetime, professional: Professional | None = None) -> Account:
    """An account as it is after a decision, before anything was done about it."""
    uid, kind = (professional.id, Kind.PROFESSIONAL) if professional else (uuid4(), Kind.ADMINISTRATOR)
    username = f"u-{uid.hex[-8:]}"
    return ask(None, uid=uid, kind=kind, rpps=None, means=Means.PASSWORD_AND_CODE, username=username, at=at)


async def kept(database: Database, *left: Account) -> None:
    async with database.transaction() as transaction:
        for account in left:
            await accounts.save(transaction, account)


async def found(database: Database, account: Account) -> Account:
    async with database.reading() as connection:
        present = await accounts.get(connection, account.uid)
    assert present is not None
    return present


async def test_an_opening_that_a_crash_interrupted_is_finished_once_its_lease_is_over(
    database: Database,
    settling: Settling,
    keycloak: AccountsInMemory,
    clock: Clock,
    a_structure: Callable[..., Structure],
    a_professional: Callable[..., Professional],
    published: Published,
) -> None:
    here = a_structure()
    someone = a_professional(here)
    account = asked(clock.at, someone)
    async with database.transaction() as transaction:
        await enrolled(transaction, here, someone)
    await kept(database, account)

    assert await settling.round() == 0
    assert keycloak.users == {}
    clock.at += LEASE
    assert await settling.round() == 1

    assert keycloak.users[account.uid].credentials == set()
    done = await found(database, account)
    assert (done.state, done.settled, done.leased_until) == (State.OPEN, True, None)
    async with database.reading() as connection:
        assert (await professionals.get_many(connection, [someone.id]))[someone.id].account is State.OPEN
    assert await published() == ["directory.v1.professional_changed"]
    assert await settling.round() == 0


async def test_what_was_done_before_the_crash_is_done_again_without_harm(
    database: Database, settling: Settling, keycloak: AccountsInMemory, clock: Clock
) -> None:
    account = asked(clock.at)
    await keycloak.start_anew(account.login(), "a starting password")
    await kept(database, released(account))

    assert await settling.round() == 1

    assert list(keycloak.users) == [account.uid]
    assert keycloak.users[account.uid].password == "a starting password"


async def test_an_account_that_keycloak_refuses_does_not_stop_the_others(
    database: Database, settling: Settling, keycloak: AccountsInMemory, clock: Clock
) -> None:
    refused, good = released(asked(clock.at)), released(asked(clock.at))
    await kept(database, refused, good)
    keycloak.refuses.add(refused.uid)

    assert await settling.round() == 1

    assert (await found(database, good)).state is State.OPEN
    assert (await found(database, refused)).state is State.PENDING


async def test_with_keycloak_away_everything_waits_and_is_done_when_it_is_back(
    database: Database, settling: Settling, keycloak: AccountsInMemory, clock: Clock
) -> None:
    pending, opened = asked(clock.at), asked(clock.at)
    await keycloak.keep(opened.login())
    await kept(database, released(pending), suspend(carried_out(opened, opened.turn)))
    keycloak.away = True

    assert await settling.round() == 0
    keycloak.away = False
    assert await settling.round() == 2

    assert keycloak.users[pending.uid].enabled
    assert not keycloak.users[opened.uid].enabled


async def test_two_processes_never_work_on_one_account_together(
    database: Database, settling: Settling, keycloak: AccountsInMemory, clock: Clock
) -> None:
    await kept(database, asked(clock.at))
    clock.at += LEASE - timedelta(microseconds=1)

    assert await Settling(database, keycloak, clock.now).round() == 0
    clock.at += timedelta(microseconds=1)
    assert await Settling(database, keycloak, clock.now).round() == 1
    assert await settling.round() == 0
