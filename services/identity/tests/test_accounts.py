"""A patient's account: begun by a code handed over in person, single use, expiring, and never issued by halves."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante_identity.accounts import Accounts
from terresante_identity.domain.account import LIFETIME, AccountsUnavailable, ActivationAlreadyDone
from terresante_identity.expiry import end_expired
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from .realm_of_patients import RealmOfPatients

BOTH = ["CONFIGURE_TOTP", "UPDATE_PASSWORD"]
TRAITS = pb.Traits(
    birth_name="Lefèvre",
    first_name="Louise",
    birth_date=pb.BirthDate(year=1951, month=5, day=12),
    sex=pb.SEX_FEMALE,
    birth_country="FR",
    birth_postal_code="94100",
)


@pytest.fixture
async def louise(service: Any, doctor: UUID) -> str:
    return str((await service.CreatePerson(pb.CreatePersonRequest(traits=TRAITS))).person.person_id)


@pytest.fixture
def issue(service: Any, louise: str) -> Callable[..., Any]:
    async def issued(replace: bool = False) -> pb.IssueActivationResponse:
        request = pb.IssueActivationRequest(person_id=louise, replace=replace)
        reply: pb.IssueActivationResponse = await service.IssueActivation(request)
        return reply

    return issued


Issue = Callable[..., Any]


async def rows(database: Database) -> list[tuple[bool, bool]]:
    """For each activation, oldest first: confirmed, ended."""
    async with database.reading() as connection:
        found = await connection.execute(
            text("select confirmed_at is not null, ended_at is not null from activation order by issued_at")
        )
        return [(row[0], row[1]) for row in found]


async def test_a_code_opens_an_account_that_still_asks_for_a_password_and_a_code_device(
    issue: Issue, louise: str, realm: RealmOfPatients, clock: Any, published: Any, database: Database
) -> None:
    reply = await issue()

    assert realm.opens(reply.username, reply.activation_code) is not None
    assert sorted(realm.opens(reply.username, reply.activation_code) or []) == BOTH
    assert [user["attributes"] for user in realm.users.values()] == [{"uid": [louise]}]
    assert reply.expires_at.ToDatetime(clock.now.tzinfo) == clock.now + LIFETIME
    assert louise.replace("-", "") not in reply.username.replace("-", "")
    assert reply.login_url == "https://portail.test/"
    assert (await published())[-1] == "identity.v1.activation_issued"
    assert await rows(database) == [(True, False)]


async def test_the_code_is_kept_nowhere_but_in_keycloak(issue: Issue, database: Database) -> None:
    reply = await issue()

    async with database.reading() as connection:
        tables = [
            row[0]
            for row in await connection.execute(
                text("select table_name from information_schema.tables where table_schema = 'public'")
            )
        ]
        kept = [
            str((await connection.execute(text(f"select string_agg(t::text, '') from \"{table}\" t"))).scalar())  # noqa: S608
            for table in tables
        ]
    assert "activation" in tables
    assert reply.activation_code not in "".join(kept)


async def test_a_second_code_replaces_the_first(
    issue: Issue, clock: Any, realm: RealmOfPatients, database: Database
) -> None:
    first = await issue()
    clock.now += timedelta(minutes=1)
    second = await issue()

    assert realm.opens(first.username, first.activation_code) is None
    assert sorted(realm.opens(second.username, second.activation_code) or []) == BOTH
    assert first.username == second.username
    assert await rows(database) == [(True, True), (True, False)]


async def test_a_fourth_code_in_a_day_is_refused_and_the_third_still_opens(
    issue: Issue, clock: Any, realm: RealmOfPatients
) -> None:
    for _ in range(3):
        last = await issue()
        clock.now += timedelta(minutes=1)

    with pytest.raises(Refusal) as refused:
        await issue()

    assert (refused.value.reason, refused.value.kind) == ("ACTIVATION_RATE_LIMITED", "TOO_MANY")
    assert realm.opens(last.username, last.activation_code) is not None


async def test_who_made_the_account_theirs_gets_no_other_code(issue: Issue, realm: RealmOfPatients, clock: Any) -> None:
    reply = await issue()
    realm.made_own(reply.username, "a password of her own")

    with pytest.raises(Refusal) as refused:
        await issue()

    assert refused.value.reason == "ACTIVATION_ALREADY_DONE"
    assert realm.opens(reply.username, "a password of her own") == []
    assert realm.sessions_of(reply.username) == 1


async def test_who_lost_their_device_starts_again_and_what_opened_the_account_does_no_more(
    issue: Issue, louise: str, realm: RealmOfPatients, clock: Any, published: Any, database: Database
) -> None:
    first = await issue()
    realm.made_own(first.username, "a password of her own")
    clock.now += timedelta(days=30)

    again = await issue(replace=True)

    assert (again.username, len(realm.users)) == (first.username, 1)
    assert realm.opens(again.username, "a password of her own") is None
    assert sorted(realm.opens(again.username, again.activation_code) or []) == BOTH
    assert [one["type"] for one in realm.credentials[next(iter(realm.users))]] == ["password"]
    assert realm.sessions_of(again.username) == 0
    assert again.expires_at.ToDatetime(clock.now.tzinfo) == clock.now + LIFETIME
    assert await rows(database) == [(True, True), (True, False)]
    assert (await published())[-2:] == ["identity.v1.activation_issued"] * 2


async def test_a_new_start_is_limited_as_any_code(issue: Issue, realm: RealmOfPatients, clock: Any) -> None:
    for _ in range(3):
        last = await issue(replace=True)
        realm.made_own(last.username, "a password of her own")
        clock.now += timedelta(minutes=1)

    with pytest.raises(Refusal) as refused:
        await issue(replace=True)

    assert refused.value.reason == "ACTIVATION_RATE_LIMITED"
    assert realm.opens(last.username, "a password of her own") == []
    assert realm.sessions_of(last.username) == 1


async def test_a_new_start_that_breaks_off_is_done_whole_by_the_next(
    issue: Issue, realm: RealmOfPatients, clock: Any, database: Database
) -> None:
    """Also if what broke off had already taken the code device away: the account does not look in use any more."""
    first = await issue()
    realm.made_own(first.username, "a password of her own")
    clock.now += timedelta(days=30)
    realm.breaks_at = "logout"
    with pytest.raises(Refusal) as refused:
        await issue(replace=True)
    assert refused.value.reason == "ACCOUNTS_UNAVAILABLE"
    assert realm.sessions_of(first.username) == 1
    assert await rows(database) == [(True, False)]

    realm.breaks_at = ""
    again = await issue()

    assert realm.sessions_of(again.username) == 0
    assert sorted(realm.opens(again.username, again.activation_code) or []) == BOTH


async def test_a_patient_who_activates_while_a_code_is_issued_keeps_the_account(
    accounts: Accounts, realm: RealmOfPatients
) -> None:
    person = uuid4()
    username = await accounts.begin(person, "patient-abcde-fghjk", "the first code")
    realm.made_own(username, "a password of her own")

    with pytest.raises(ActivationAlreadyDone):
        await accounts.begin(person, "patient-mnpqr-stvwx", "the second code")

    assert realm.opens(username, "a password of her own") == []


async def test_ten_doctors_at_once_issue_one_code(issue: Issue, realm: RealmOfPatients) -> None:
    outcomes = await asyncio.gather(*(issue() for _ in range(10)), return_exceptions=True)

    issued = [one for one in outcomes if not isinstance(one, BaseException)]
    refused = [one for one in outcomes if isinstance(one, Refusal)]
    assert len(issued) + len(refused) == 10
    assert 1 <= len(issued) <= 3
    assert {one.reason for one in refused} <= {"ACTIVATION_BUSY", "ACTIVATION_RATE_LIMITED"}
    assert [realm.opens(one.username, one.activation_code) is not None for one in issued].count(True) == 1


@pytest.mark.parametrize("trouble", ["away", "full"])
async def test_when_accounts_are_away_nothing_is_issued_and_nothing_counts(
    trouble: str, issue: Issue, realm: RealmOfPatients, clock: Any, published: Any, database: Database
) -> None:
    realm.away, realm.full = trouble == "away", trouble == "full"
    for _ in range(4):
        with pytest.raises(Refusal) as refused:
            await issue()
        assert (refused.value.reason, refused.value.kind) == ("ACCOUNTS_UNAVAILABLE", "UNAVAILABLE")
    assert await rows(database) == []
    assert await published() == ["identity.v1.person_created", "identity.v1.source_moved"]

    realm.away = realm.full = False
    assert (await issue()).activation_code


async def test_an_expired_code_opens_nothing_and_an_account_in_use_stays_open(
    issue: Issue, clock: Any, realm: RealmOfPatients, accounts: Accounts, database: Database
) -> None:
    reply = await issue()

    assert await end_expired(database, accounts, clock.now + LIFETIME - timedelta(seconds=1)) == 0
    assert realm.opens(reply.username, reply.activation_code) is not None
    assert await end_expired(database, accounts, clock.now + LIFETIME) == 1
    assert realm.opens(reply.username, reply.activation_code) is None
    assert await rows(database) == [(True, True)]
    assert await end_expired(database, accounts, clock.now + LIFETIME) == 0


async def test_expiry_leaves_an_account_in_use_alone(
    issue: Issue, clock: Any, realm: RealmOfPatients, accounts: Accounts, database: Database
) -> None:
    reply = await issue()
    realm.made_own(reply.username, "a password of her own")

    assert await end_expired(database, accounts, clock.now + LIFETIME) == 1

    assert realm.opens(reply.username, "a password of her own") == []


async def test_expiry_waits_for_accounts_that_are_away(
    issue: Issue, clock: Any, realm: RealmOfPatients, accounts: Accounts, database: Database
) -> None:
    reply = await issue()
    realm.away = True
    with pytest.raises(AccountsUnavailable):
        await end_expired(database, accounts, clock.now + LIFETIME)

    realm.away = False
    assert await end_expired(database, accounts, clock.now + LIFETIME) == 1
    assert realm.opens(reply.username, reply.activation_code) is None


async def test_nobody_has_no_account_and_closing_it_is_nothing(accounts: Accounts) -> None:
    assert not await accounts.in_use(uuid4())
    await accounts.close_unused(uuid4())


async def test_a_person_who_is_not_known_gets_no_code(service: Any, doctor: UUID, realm: RealmOfPatients) -> None:
    with pytest.raises(Refusal) as refused:
        await service.IssueActivation(pb.IssueActivationRequest(person_id=str(uuid4())))

    assert refused.value.reason == "PERSON_UNKNOWN"
    assert realm.users == {}
