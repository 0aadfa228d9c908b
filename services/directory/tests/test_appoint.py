"""Operations name the first administrators: what they are handed, and what happens when a part is away."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from terresante_directory import reference
from terresante_directory.appoint import appointed, started
from terresante_directory.domain.accounts import AccountCardTaken, AccountsUnavailable, Means, State
from terresante_directory.domain.identifiers import AdministratorId, Rpps
from terresante_directory.domain.territories import Administrator, TerritoryUnknown, appoint
from terresante_directory.domain.words import ProfessionalNameInvalid
from terresante_directory.store import accounts, administrators
from terresante_platform.database import Database
from terresante_platform.ids import new_id
from terresante_platform.testing.certificates import Authority

from .desk import Clock
from .in_memory import AccountsInMemory
from .process import environment
from .real_keycloak import Realm

PASSWORD = Means.PASSWORD_AND_CODE
TERRITORIES = reference.territories()


def claire() -> Administrator:
    return appoint(AdministratorId(new_id()), "Claire Durand-Petit", ["94-ouest", "94-est"], TERRITORIES)


def test_an_administrator_has_a_name_in_two_parts_and_territories_that_exist() -> None:
    assert claire().name == "Claire Durand-Petit"
    for name in ("", "Claire", "Claire 2"):
        with pytest.raises(ProfessionalNameInvalid):
            appoint(AdministratorId(new_id()), name, ["94-ouest"], TERRITORIES)
    with pytest.raises(TerritoryUnknown):
        appoint(AdministratorId(new_id()), "Claire Durand", ["94-nord"], TERRITORIES)


async def test_a_new_administrator_is_handed_a_username_and_a_starting_password(
    database: Database, keycloak: AccountsInMemory, clock: Clock
) -> None:
    new = claire()

    letter = await appointed(database, keycloak, clock.now, new, None, PASSWORD)

    made = keycloak.users[new.id]
    assert letter == {
        "administrator_id": str(new.id),
        "territories": ["94-est", "94-ouest"],
        "username": made.username,
        "starting_password": made.password,
    }
    assert made.attributes == {"uid": str(new.id), "kind": "administrator"}
    async with database.reading() as connection:
        assert await administrators.get(connection, new.id) == new


async def test_with_keycloak_away_the_administrator_stays_and_is_given_a_start_later(
    database: Database, keycloak: AccountsInMemory, clock: Clock
) -> None:
    new, keycloak.away = claire(), True
    with pytest.raises(AccountsUnavailable):
        await appointed(database, keycloak, clock.now, new, Rpps("10002813839"), PASSWORD)

    keycloak.away = False
    letter = await started(database, keycloak, clock.now, new.id, PASSWORD)

    assert letter["starting_password"] == keycloak.users[new.id].password
    assert keycloak.users[new.id].attributes["idNat"] == "810002813839"
    async with database.reading() as connection:
        account = await accounts.get(connection, new.id)
    assert account is not None
    assert (account.state, account.settled) == (State.OPEN, True)


async def test_a_card_administers_one_account_only_and_nothing_is_left_of_a_refused_one(
    database: Database, keycloak: AccountsInMemory, clock: Clock
) -> None:
    first, second = claire(), claire()
    letter = await appointed(database, keycloak, clock.now, first, Rpps("10002813839"), Means.CARD)

    assert letter["starting_password"] is None
    with pytest.raises(AccountCardTaken):
        await appointed(database, keycloak, clock.now, second, Rpps("10002813839"), Means.CARD)
    assert list(keycloak.users) == [first.id]


def test_what_the_command_line_must_say() -> None:
    def said(*arguments: str) -> str:
        command = [sys.executable, "-m", "terresante_directory.appoint", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
        assert (done.returncode, done.stdout) == (2, "")
        return done.stderr

    assert "--territory" in said("--name", "Claire Durand", "--means", "password")
    assert "--means" in said("--name", "Claire Durand", "--territory", "94-ouest")
    assert "--again" in said("--territory", "94-ouest", "--means", "card")


def test_the_command_prints_one_letter_and_its_holder_logs_in_as_an_administrator(
    realm: Realm, database_url: str, certificates: Authority, tmp_path: Path
) -> None:
    variables = environment(database_url, certificates, tmp_path, realm)

    def appointing(*arguments: str) -> dict[str, str]:
        command = [sys.executable, "-m", "terresante_directory.appoint", *arguments, "--means", "password"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | variables)
        assert done.returncode == 0, done.stderr
        letter: dict[str, str] = json.loads(done.stdout)
        assert letter["starting_password"] not in done.stderr
        return letter

    first = appointing("--name", "Claire Durand", "--territory", "94-ouest")
    letter = appointing("--again", first["administrator_id"])
    assert first["username"] == letter["username"]

    with realm.browser() as browser:
        secret = browser.activate(letter["username"], letter["starting_password"], "une phrase assez longue")
    with realm.browser() as browser:
        browser.login(letter["username"], "une phrase assez longue", secret)
        assert browser.tokens is not None
        claims = browser.tokens.claims
    assert (UUID(claims["uid"]), claims["kind"], claims["acr"]) == (
        UUID(letter["administrator_id"]),
        "administrator",
        "2",
    )
