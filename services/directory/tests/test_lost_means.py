"""A lost phone, a lost card: what opens the account afterwards, what is recorded, and what a crash leaves."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante_directory.domain.accounts import LEASE, resume
from terresante_directory.settling import Settling
from terresante_directory.store import accounts
from terresante_platform.database import Database

from .counter import Counter
from .desk import CARD, Clock, Desk, reason
from .in_memory import AccountsInMemory, User

RPPS = "10002813839"


def user(keycloak: AccountsInMemory, id: str) -> User:
    return keycloak.users[UUID(id)]


async def opened(desk: Desk, keycloak: AccountsInMemory, means: Any = CARD) -> str:
    """A professional with an account in use, registered by the administrator who makes the calls that follow."""
    someone = await desk.someone(rpps=RPPS)
    await desk.open(someone.professional_id, means)
    made = user(keycloak, someone.professional_id)
    made.actions.clear()
    made.credentials |= {"otp"} if means != CARD else set()
    return someone.professional_id


async def test_a_new_phone_ends_sessions_forgets_the_codes_and_keeps_the_password(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    id = await opened(desk, keycloak, directory_pb.LOGIN_MEANS_PASSWORD_AND_CODE)
    before = user(keycloak, id).logouts

    account = await counter.replace_phone(id, "known_by_structure", "tombé dans l’eau")

    after = user(keycloak, id)
    assert (after.credentials, after.actions, after.logouts) == ({"password"}, {"CONFIGURE_TOTP"}, before + 1)
    assert (account.settled, account.state) == (True, directory_pb.ACCOUNT_STATE_OPEN)
    done = (await counter.acts(id))[-1]
    assert (done.kind, done.evidence, done.why) == ("phone_replaced", "known_by_structure", "tombé dans l’eau")
    assert (done.by is not None, sorted(done.territories)) == (True, ["94-ouest"])


async def test_a_phone_is_replaced_only_with_evidence_and_a_reason_for_who_has_one_and_is_not_suspended(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    with_card = await opened(desk, keycloak)
    other = await desk.professional((await desk.structure(name="Cabinet du Port")).structure_id)
    assert await reason(counter.replace_phone(with_card)) == "ACCOUNT_MEANS_INVALID"
    assert await reason(counter.replace_phone(with_card, "by_phone")) == "EVIDENCE_INVALID"
    assert await reason(counter.replace_phone(with_card, why="  ")) == "WHY_INVALID"
    assert await reason(counter.replace_phone(with_card, why="x" * 501)) == "WHY_INVALID"
    assert await reason(counter.replace_phone(other.professional_id)) == "ACCOUNT_UNKNOWN"
    assert await reason(counter.replace_phone("0198c5a0-0000-7000-8000-000000000000")) == "PROFESSIONAL_UNKNOWN"

    await desk.open(other.professional_id)
    await desk.suspend(other.professional_id)
    assert await reason(counter.replace_phone(other.professional_id)) == "ACCOUNT_SUSPENDED"


async def test_only_the_territory_that_answers_for_an_account_replaces_its_means_and_after_a_fresh_login(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    id = await opened(desk, keycloak, directory_pb.LOGIN_MEANS_PASSWORD_AND_CODE)
    theirs = await desk.administrator("95-sud")
    assert await reason(counter.replace_phone(id)) == "TERRITORY_NOT_YOURS"
    assert await reason(counter.card_lost(id)) == "TERRITORY_NOT_YOURS"
    desk.sit(theirs, logged_in_ago=600.0)
    assert await reason(counter.replace_phone(id)) == "LOGIN_TOO_OLD"
    assert await reason(counter.card_lost(id)) == "TERRITORY_NOT_YOURS"
    assert user(keycloak, id).credentials == {"password", "otp"}
    assert "idNat" in user(keycloak, id).attributes


async def test_a_phone_asked_while_keycloak_is_away_is_replaced_by_the_next_round(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, settling: Settling
) -> None:
    id = await opened(desk, keycloak, directory_pb.LOGIN_MEANS_PASSWORD_AND_CODE)
    keycloak.away = True
    assert await reason(counter.replace_phone(id)) == "ACCOUNTS_UNAVAILABLE"
    assert user(keycloak, id).credentials == {"password", "otp"}

    keycloak.away = False
    assert await settling.round() == 1
    assert user(keycloak, id).credentials == {"password"}
    user(keycloak, id).credentials.add("otp")
    await desk.suspend(id)
    await desk.reinstate(id)
    assert user(keycloak, id).credentials == {"password", "otp"}, "replaced once, not at each settling"


async def test_whoever_acts_on_keycloak_meanwhile_replaces_the_phone_too(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, settling: Settling, database: Database, clock: Clock
) -> None:
    id = await opened(desk, keycloak, directory_pb.LOGIN_MEANS_PASSWORD_AND_CODE)
    async with database.transaction() as transaction:
        present = await accounts.get_for_update(transaction, UUID(id))
        assert present is not None
        held = resume(present, clock.at)
        await accounts.save(transaction, held)

    waiting = await counter.replace_phone(id)
    assert not waiting.settled
    assert "otp" in user(keycloak, id).credentials
    await settling.settle(held)
    assert user(keycloak, id).credentials == {"password"}


async def test_a_lost_card_opens_nothing_from_then_on_whatever_else_is_done_to_the_account(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, settling: Settling
) -> None:
    id = await opened(desk, keycloak)
    before = user(keycloak, id).logouts

    account = await counter.card_lost(id)

    assert account.settled
    assert "idNat" not in user(keycloak, id).attributes
    assert user(keycloak, id).logouts > before
    await desk.suspend(id)
    await desk.reinstate(id)
    await desk.open(id, directory_pb.LOGIN_MEANS_PASSWORD_AND_CODE)
    assert "idNat" not in user(keycloak, id).attributes
    assert [act.kind for act in await counter.acts(id)] == [
        *("opened", "started", "card_lost", "suspended", "reinstated", "opened", "started")
    ]


async def test_the_next_card_opens_the_account_once_an_administrator_opens_it_by_card_again(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    id = await opened(desk, keycloak)
    await counter.card_lost(id)

    await desk.open(id, CARD)

    assert user(keycloak, id).attributes["idNat"] == f"8{RPPS}"
    assert [act.kind for act in await counter.acts(id)] == [
        *("opened", "started", "card_lost", "opened", "card_seen", "started")
    ]


async def test_a_card_is_declared_lost_without_a_fresh_login_and_while_keycloak_is_away_or_somebody_acts_on_it(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, settling: Settling, database: Database, clock: Clock
) -> None:
    administrator = await desk.administrator("94-ouest")
    someone = await desk.professional((await desk.structure()).structure_id, rpps=RPPS)
    id = someone.professional_id
    await desk.open(id, CARD)
    async with database.transaction() as transaction:
        present = await accounts.get_for_update(transaction, UUID(id))
        assert present is not None
        await accounts.save(transaction, resume(present, clock.at))
    keycloak.away = True
    desk.sit(administrator, logged_in_ago=3000.0)

    waiting = await counter.card_lost(id)

    assert not waiting.settled
    assert "idNat" in user(keycloak, id).attributes
    keycloak.away = False
    clock.at += LEASE + timedelta(seconds=1)
    before = user(keycloak, id).logouts
    assert await settling.round() == 1
    assert "idNat" not in user(keycloak, id).attributes
    assert user(keycloak, id).logouts == before + 1


async def test_a_card_cannot_be_lost_by_who_has_none(desk: Desk, counter: Counter) -> None:
    someone = await desk.someone(profession="NPS-ASS")
    assert await reason(counter.card_lost(someone.professional_id)) == "ACCOUNT_UNKNOWN"
    await desk.open(someone.professional_id)
    assert await reason(counter.card_lost(someone.professional_id)) == "ACCOUNT_MEANS_INVALID"
    assert await reason(counter.card_lost(someone.professional_id, "")) == "WHY_INVALID"


@pytest.mark.parametrize("kind", ["professional", "patient", "system"])
async def test_only_administrators_touch_the_means_of_others(counter: Counter, kind: str) -> None:
    counter.calling_as(kind, UUID(int=7))
    assert await reason(counter.replace_phone(str(UUID(int=8)))) == "KIND_NOT_ALLOWED"
    assert await reason(counter.card_lost(str(UUID(int=8)))) == "KIND_NOT_ALLOWED"
