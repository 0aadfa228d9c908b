"""Rounds through Keycloak's users: last logins and lockouts are seen, and what differs from the directory is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from terresante_directory.domain.accounts import AccountsUnavailable
from terresante_directory.domain.drift import Drift
from terresante_directory.seeing import Seen
from terresante_directory.settling import Settling
from terresante_directory.store import sweeps
from terresante_directory.store.enrolment_tables import account_difference, account_seen, account_sweep, account_week
from terresante_directory.sweeping import Sweeping
from terresante_platform.database import Database

from .counter import Counter
from .desk import CARD, Clock, Desk
from .in_memory import AccountsInMemory, User


@pytest.fixture
def sweeping(database: Database, keycloak: AccountsInMemory, clock: Clock) -> Sweeping:
    return Sweeping(database, keycloak, clock.now, most=2)


async def differences(database: Database) -> dict[str, Drift]:
    async with database.reading() as connection:
        found = await connection.execute(select(account_difference))
        return {row.id: Drift(row.kind) for row in found}


async def whole(sweeping: Sweeping, keycloak: AccountsInMemory, clock: Clock) -> int:
    """A whole way through; how many differ."""
    found = 0
    for _ in range(len(keycloak.users) // 2 + 1):
        clock.at += timedelta(minutes=1)
        found += await sweeping.round()
    return found


async def three(desk: Desk) -> list[str]:
    first = await desk.someone(rpps="10002813839")
    place = first.places[0].structure_id
    others = [await desk.professional(place, family_name=name) for name in ("Morel", "Abel")]
    await desk.open(first.professional_id, CARD)
    for one in others:
        await desk.open(one.professional_id)
    return [one.professional_id for one in (first, *others)]


async def test_logins_and_lockouts_are_seen_a_page_at_a_time_and_a_login_is_not_forgotten(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, sweeping: Sweeping, clock: Clock, database: Database
) -> None:
    ids = await three(desk)
    monday_just_begun_in_paris = datetime(2025, 3, 2, 23, 30, tzinfo=UTC)
    keycloak.users[UUID(ids[0])].last_login = monday_just_begun_in_paris
    keycloak.users[UUID(ids[1])].locked = True

    assert await whole(sweeping, keycloak, clock) == 0
    keycloak.users[UUID(ids[0])].last_login = None
    keycloak.users[UUID(ids[1])].locked = False
    told = {one.professional_id: one for one in (await counter.accounts()).accounts}
    assert told[ids[0]].last_login.ToDatetime(UTC) == monday_just_begun_in_paris
    assert [told[id].locked for id in ids] == [False, True, False]
    await whole(sweeping, keycloak, clock)
    told = {one.professional_id: one for one in (await counter.accounts()).accounts}
    assert told[ids[0]].last_login.ToDatetime(UTC) == monday_just_begun_in_paris
    assert not told[ids[1]].locked
    async with database.reading() as connection:
        weeks = [(str(row.week), str(row.uid)) for row in await connection.execute(select(account_week))]
    assert weeks == [("2025-03-03", ids[0])]


class Copied(AccountsInMemory):
    """Somebody copied each user by hand, `uid` and all: the copy never logged in."""

    async def page(self, first: int, most: int) -> list[Seen]:
        users = await super().page(first, most)
        return users + [replace(user, id=f"{user.id}-copied", last_login=None) for user in users]


async def test_two_users_with_one_uid_do_not_stop_the_sweep_and_the_later_login_counts(
    clock: Clock, database: Database
) -> None:
    keycloak, uid = Copied(), uuid4()
    attributes = {"uid": str(uid), "kind": "professional"}
    keycloak.users[uid] = User("u-twice", True, attributes, set(), last_login=clock.at)

    assert await Sweeping(database, keycloak, clock.now).round() == 1

    async with database.reading() as connection:
        assert [row.last_login for row in await connection.execute(select(account_seen))] == [clock.at]


async def test_each_way_of_differing_is_found_and_shown_until_it_is_over(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, sweeping: Sweeping, clock: Clock, database: Database
) -> None:
    ids = [UUID(id) for id in await three(desk)]
    stranger = uuid4()
    attributes = {"uid": str(stranger), "kind": "professional"}
    keycloak.users[stranger] = User("u-stranger", True, attributes, set())
    keycloak.users[ids[0]].attributes.pop("idNat")
    keycloak.users[ids[1]].enabled = False
    gone = keycloak.users.pop(ids[2])

    assert await whole(sweeping, keycloak, clock) == 4
    expected = {str(stranger): Drift.UNKNOWN_HERE, str(ids[0]): Drift.CARD, str(ids[1]): Drift.STATE}
    assert await differences(database) == expected | {str(ids[2]): Drift.MISSING_THERE}
    told = await counter.accounts(differing=True)
    assert {one.professional_id: one.difference for one in told.accounts} == {
        str(ids[0]): "card",
        str(ids[1]): "state",
        str(ids[2]): "missing_there",
    }
    assert (told.strangers, (await counter.accounts()).strangers) == (1, 0)

    keycloak.users[ids[2]] = gone
    keycloak.users[ids[1]].enabled = True
    keycloak.users[ids[0]].attributes |= {"idNat": "810002813839", "kind": "administrator"}
    del keycloak.users[stranger]
    await whole(sweeping, keycloak, clock)
    await whole(sweeping, keycloak, clock)
    assert await differences(database) == {str(ids[0]): Drift.KIND}


async def test_more_accounts_without_a_user_than_a_round_looks_at_are_all_found(
    desk: Desk, keycloak: AccountsInMemory, sweeping: Sweeping, clock: Clock, database: Database
) -> None:
    ids = await three(desk)
    place = (await desk.read(ids[0]))[0].places[0].structure_id
    for name in ("Bert", "Cour", "Dumas"):
        ids.append((await desk.professional(place, family_name=name)).professional_id)
        await desk.open(ids[-1])
    keycloak.users.clear()

    found = []
    for _ in range(4):
        clock.at += timedelta(minutes=1)
        found.append(await sweeping.round())

    assert found == [2, 2, 2, 0]
    assert await differences(database) == dict.fromkeys(ids, Drift.MISSING_THERE)
    async with database.reading() as connection:
        assert (await connection.execute(select(account_sweep.c.began_at))).scalar_one() == clock.at


async def test_what_is_being_carried_out_and_a_lost_card_are_no_difference(
    desk: Desk,
    counter: Counter,
    keycloak: AccountsInMemory,
    sweeping: Sweeping,
    settling: Settling,
    clock: Clock,
    database: Database,
) -> None:
    ids = await three(desk)
    await counter.card_lost(ids[0])
    keycloak.away = True
    with pytest.raises(Exception, match="ACCOUNTS_UNAVAILABLE"):
        await desk.suspend(ids[1])
    keycloak.away = False

    assert await whole(sweeping, keycloak, clock) == 0
    assert await settling.round() == 1
    assert await whole(sweeping, keycloak, clock) == 0
    assert await differences(database) == {}


async def test_keycloak_away_leaves_the_sweep_where_it_was_and_two_processes_do_not_both_go_on(
    desk: Desk, keycloak: AccountsInMemory, sweeping: Sweeping, clock: Clock, database: Database
) -> None:
    await three(desk)
    keycloak.away = True
    with pytest.raises(AccountsUnavailable):
        await sweeping.round()
    keycloak.away = False
    async with database.transaction() as transaction:
        held = await sweeps.take(transaction, clock.at, timedelta(minutes=2))
    assert held is not None
    assert held.position == 0
    assert await sweeping.round() == 0
    async with database.reading() as connection:
        assert (await connection.execute(select(account_seen))).first() is None
    clock.at += timedelta(minutes=2)
    await sweeping.round()
    async with database.reading() as connection:
        assert len((await connection.execute(select(account_seen))).all()) == 2
