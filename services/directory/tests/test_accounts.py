"""What the directory asks of whoever keeps logins, of the fake and of the real Keycloak alike; and real logins."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from terresante_dev import pki
from terresante_dev.login import LoginFailed, TokenRefused
from terresante_directory.accounts import (
    Accounts,
    KeycloakAccounts,
    new_starting_password,
    new_username,
)
from terresante_directory.domain.accounts import AccountsUnavailable, Kind, Login, Means
from terresante_platform.testing import postgres as postgres_module

from .in_memory import AccountsInMemory, User
from .real_keycloak import Realm

PASSWORD = "une phrase assez longue"


@dataclass
class Ground:
    """The accounts under test, and what they know of a user."""

    accounts: Accounts
    look: Callable[[UUID], User | None]

    def seen(self, login: Login) -> User:
        user = self.look(login.uid)
        assert user is not None
        return user


@pytest.fixture
def real(realm: Realm) -> Iterator[KeycloakAccounts]:
    accounts = realm.accounts()
    yield accounts
    accounts.close()


@pytest_asyncio.fixture(params=["memory", pytest.param("keycloak", marks=pytest.mark.keycloak)])
async def ground(request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    if request.param == "memory":
        fake = AccountsInMemory()
        yield Ground(fake, fake.users.get)
    else:
        yield Ground(request.getfixturevalue("real"), request.getfixturevalue("realm").look)


def a_login(means: Means = Means.PASSWORD_AND_CODE, id_nat: str | None = None) -> Login:
    return Login(uuid4(), Kind.PROFESSIONAL, new_username(), id_nat, means, True)


def an_id_nat() -> str:
    return f"8{uuid4().int % 10**11:011d}"


async def test_a_user_is_made_as_said_with_the_steps_of_a_first_login(ground: Ground) -> None:
    login = a_login(id_nat=an_id_nat())

    assert await ground.accounts.keep(login) == login.username

    user = ground.seen(login)
    assert (user.username, user.enabled, user.credentials) == (login.username, True, set())
    assert user.attributes == {"uid": str(login.uid), "kind": "professional", "idNat": login.id_nat}
    assert user.actions == {"UPDATE_PASSWORD", "CONFIGURE_TOTP"}


async def test_a_card_user_has_no_password_and_no_first_steps(ground: Ground) -> None:
    login = a_login(Means.CARD, an_id_nat())

    await ground.accounts.start_anew(login, None)

    assert (ground.seen(login).actions, ground.seen(login).credentials) == (set(), set())


async def test_a_machine_has_its_certificates_subject_and_nothing_to_begin_with(ground: Ground) -> None:
    login = Login(uuid4(), Kind.SYSTEM, new_username(), None, Means.CERTIFICATE, True, f"cn={uuid4()},o=ho\u0302pital")

    await ground.accounts.keep(login)

    user = ground.seen(login)
    assert (user.actions, user.credentials) == (set(), set())
    assert user.attributes == {"uid": str(login.uid), "kind": "system", "certificateSubject": login.certificate}


async def test_keeping_twice_makes_one_user_and_changes_nothing(ground: Ground) -> None:
    login = a_login()

    await ground.accounts.keep(login)
    first = ground.seen(login)
    await ground.accounts.keep(login)

    assert ground.seen(login) == first


async def test_a_user_made_before_keeps_the_username_they_were_told(ground: Ground) -> None:
    login = a_login()
    await ground.accounts.keep(login)

    assert await ground.accounts.keep(replace(login, username=new_username())) == login.username


async def test_disabling_and_enabling_leave_the_rest_as_it_was(ground: Ground) -> None:
    login = a_login(id_nat=an_id_nat())
    await ground.accounts.start_anew(login, new_starting_password())
    before = ground.seen(login)

    await ground.accounts.keep(replace(login, enabled=False))
    assert replace(ground.seen(login), logouts=0, password=None) == replace(
        before, enabled=False, logouts=0, password=None
    )
    await ground.accounts.keep(login)
    assert ground.seen(login).enabled
    assert ground.seen(login).credentials == {"password"}


async def test_starting_anew_forgets_what_was_and_asks_for_the_first_steps_again(ground: Ground) -> None:
    login = a_login(Means.CARD, an_id_nat())
    await ground.accounts.start_anew(login, None)

    await ground.accounts.start_anew(replace(login, means=Means.PASSWORD_AND_CODE), new_starting_password())
    assert ground.seen(login).actions == {"UPDATE_PASSWORD", "CONFIGURE_TOTP"}
    assert ground.seen(login).credentials == {"password"}

    await ground.accounts.start_anew(login, None)
    assert (ground.seen(login).actions, ground.seen(login).credentials) == (set(), set())


async def test_shutting_makes_no_user_and_disables_the_one_there_is(ground: Ground) -> None:
    login = a_login()

    await ground.accounts.shut(login)
    assert ground.look(login.uid) is None

    await ground.accounts.keep(login)
    await ground.accounts.shut(login)
    assert not ground.seen(login).enabled


async def test_a_keycloak_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    accounts = KeycloakAccounts(f"https://127.0.0.1:{postgres_module.free_port()}", "pro", "platform", secret, None)

    with pytest.raises(AccountsUnavailable):
        await accounts.keep(a_login())
    accounts.close()


def test_starting_passwords_and_usernames_are_long_enough_and_never_the_same() -> None:
    passwords = {new_starting_password() for _ in range(1000)}

    assert len(passwords) == len({new_username() for _ in range(1000)}) == 1000
    assert all(len(password.replace("-", "")) == 20 for password in passwords)
    assert not set("01loi") & set("".join(passwords))


async def test_a_starting_password_leads_to_password_and_code_and_a_suspension_ends_the_session(
    realm: Realm, real: KeycloakAccounts
) -> None:
    login, start = a_login(), new_starting_password()
    await real.start_anew(login, start)
    with realm.browser() as browser:
        secret = browser.activate(login.username, start, PASSWORD)
    with realm.browser() as browser:
        browser.login(login.username, PASSWORD, secret)
        assert browser.tokens is not None
        claims = browser.tokens.claims
        assert (claims["uid"], claims["kind"], claims["acr"]) == (str(login.uid), "professional", "2")

        await real.shut(login)
        with pytest.raises(TokenRefused):
            browser.refresh()
    with realm.browser() as browser:
        assert browser.login(login.username, PASSWORD, secret).code is None

    await real.keep(login)
    with realm.browser() as browser:
        assert browser.login(login.username, PASSWORD, secret).code


async def test_a_starting_password_serves_once(realm: Realm, real: KeycloakAccounts) -> None:
    login, start = a_login(), new_starting_password()
    await real.start_anew(login, start)
    with realm.browser() as browser:
        browser.activate(login.username, start, PASSWORD)

    with realm.browser() as browser, pytest.raises(LoginFailed):
        browser.activate(login.username, start, PASSWORD)


async def test_a_new_start_ends_sessions_and_the_old_password_and_code_open_nothing(
    realm: Realm, real: KeycloakAccounts
) -> None:
    login, start = a_login(), new_starting_password()
    await real.start_anew(login, start)
    with realm.browser() as browser:
        secret = browser.activate(login.username, start, PASSWORD)
    with realm.browser() as browser:
        browser.login(login.username, PASSWORD, secret)
        again = new_starting_password()
        await real.start_anew(login, again)
        with pytest.raises(TokenRefused):
            browser.refresh()
    with realm.browser() as browser:
        assert browser.activate(login.username, again, f"{PASSWORD}, une autre") != secret
    with realm.browser() as browser:
        assert browser.login(login.username, PASSWORD, secret).code is None


async def test_a_card_opens_the_account_of_its_number_at_level_3(realm: Realm, real: KeycloakAccounts) -> None:
    number = an_id_nat().removeprefix("8")
    login = a_login(Means.CARD, f"8{number}")
    await real.start_anew(login, None)
    card = pki.issue_card(realm.server.cards, number, "LEMAIRE", "ANNE")

    with realm.browser(card) as browser:
        browser.login()
        assert browser.tokens is not None
        assert (browser.tokens.claims["uid"], browser.tokens.claims["acr"]) == (str(login.uid), "3")


async def test_a_wrong_secret_is_unavailable_and_a_renewed_one_is_read_without_a_restart(
    realm: Realm, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("wrong")
    accounts = KeycloakAccounts(realm.url, "pro", "platform", secret, realm.ca_file)
    login = a_login()

    with pytest.raises(AccountsUnavailable):
        await accounts.keep(login)
    secret.write_text(realm.secret_file.read_text())
    assert await accounts.keep(login) == login.username
    accounts.close()
