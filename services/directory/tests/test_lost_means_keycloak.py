"""What a lost phone and a lost card ask of Keycloak, of the fake and the real one alike; and real logins after it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from terresante_dev import pki
from terresante_dev.login import TokenRefused
from terresante_directory.accounts import Accounts, new_starting_password
from terresante_directory.domain.accounts import Login, Means
from terresante_directory.seeing import Seen

from .in_memory import AccountsInMemory
from .real_keycloak import Realm
from .test_accounts import PASSWORD, a_login, an_id_nat


@pytest_asyncio.fixture(params=["memory", pytest.param("keycloak", marks=pytest.mark.keycloak)])
async def ground(request: pytest.FixtureRequest) -> AsyncIterator[Accounts]:
    if request.param == "memory":
        yield AccountsInMemory()
        return
    accounts = request.getfixturevalue("realm").accounts()
    yield accounts
    accounts.close()


async def looked(accounts: Accounts, login: Login) -> Seen:
    user = await accounts.look(login.uid)
    assert user is not None
    return user


async def test_a_user_is_seen_as_they_are_kept(ground: Accounts) -> None:
    login = a_login(Means.CARD, an_id_nat())
    assert await ground.look(login.uid) is None
    await ground.keep(login)

    user = await looked(ground, login)

    assert (user.uid, user.kind, user.enabled, user.id_nat) == (login.uid, "professional", True, login.id_nat)
    assert (user.last_login, user.locked) == (None, False)


async def test_taking_a_card_away_leaves_the_rest_and_makes_no_user(ground: Accounts) -> None:
    login = a_login(Means.CARD, an_id_nat())
    await ground.take_card(login)
    assert await ground.look(login.uid) is None
    await ground.keep(login)

    await ground.take_card(login)

    user = await looked(ground, login)
    assert (user.id_nat, user.kind, user.enabled) == (None, "professional", True)
    await ground.keep(login)
    assert (await looked(ground, login)).id_nat == login.id_nat


async def test_shutting_a_login_that_gave_its_card_up_frees_the_card(ground: Accounts) -> None:
    login = a_login(Means.CARD, an_id_nat())
    await ground.keep(login)
    await ground.shut(login)
    assert (await looked(ground, login)).id_nat == login.id_nat

    await ground.shut(replace(login, id_nat=None))

    user = await looked(ground, login)
    assert (user.id_nat, user.kind, user.enabled) == (None, "professional", False)


async def test_users_are_told_page_by_page_each_once_and_no_client_of_keycloak(ground: Accounts) -> None:
    logins = [a_login() for _ in range(3)]
    for login in logins:
        await ground.keep(login)

    told: list[Seen] = []
    while page := await ground.page(len(told), 2):
        told += page

    assert {login.uid for login in logins} <= {one.uid for one in told}
    assert len({one.id for one in told}) == len(told)
    assert all(one.kind for one in told)


async def test_after_a_lost_phone_the_password_leads_to_another_code_and_the_old_one_opens_nothing(
    realm: Realm,
) -> None:
    accounts = realm.accounts()
    login, start = a_login(), new_starting_password()
    await accounts.start_anew(login, start)
    with realm.browser() as browser:
        old = browser.activate(login.username, start, PASSWORD)
    began = datetime.now(UTC)
    with realm.browser() as browser:
        browser.login(login.username, PASSWORD, old)
        seen = await looked(accounts, login)
        assert seen.last_login is not None
        assert abs(seen.last_login - began) < timedelta(seconds=60)

        assert await accounts.replace_phone(login) == login.username

        with pytest.raises(TokenRefused):
            browser.refresh()
    user = realm.look(login.uid)
    assert user is not None
    assert (user.credentials, user.actions) == ({"password"}, {"CONFIGURE_TOTP"})
    with realm.browser() as browser:
        new = browser.activate(login.username, PASSWORD, "n’est pas demandé")
    assert new != old
    with realm.browser() as browser:
        assert browser.login(login.username, PASSWORD, old).code is None
    with realm.browser() as browser:
        browser.login(login.username, PASSWORD, new)
        assert browser.tokens is not None
        assert browser.tokens.claims["acr"] == "2"
    accounts.close()


async def test_a_lost_card_opens_nothing_its_session_ends_and_the_next_one_opens_once_it_was_seen(
    realm: Realm,
) -> None:
    accounts = realm.accounts()
    number = an_id_nat().removeprefix("8")
    login = a_login(Means.CARD, f"8{number}")
    await accounts.start_anew(login, None)
    lost, following = (pki.issue_card(realm.server.cards, number, "LEMAIRE", "ANNE") for _ in range(2))
    with realm.browser(lost) as browser:
        browser.login()

        await accounts.take_card(login)

        with pytest.raises(TokenRefused):
            browser.refresh()
    for card in (lost, following):
        with realm.browser(card) as browser:
            assert browser.open().code is None
    await accounts.start_anew(login, None)
    with realm.browser(following) as browser:
        browser.login()
        assert browser.tokens is not None
        assert browser.tokens.claims["uid"] == str(login.uid)
    accounts.close()


async def test_too_many_wrong_passwords_are_seen_as_a_lockout(realm: Realm) -> None:
    accounts = realm.accounts()
    login, start = a_login(), new_starting_password()
    await accounts.start_anew(login, start)
    for _ in range(6):
        with realm.browser() as browser:
            assert browser.login(login.username, str(uuid4())).code is None

    assert (await looked(accounts, login)).locked
    accounts.close()
