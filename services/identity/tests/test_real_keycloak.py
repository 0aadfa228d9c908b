"""A patient's first login in a real Keycloak with the committed realm: the code, once, then a password and a device."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from terresante_dev.codes import code_at, present_step
from terresante_dev.keycloak import Keycloak
from terresante_dev.login import Browser, TokenRefused
from terresante_dev.testing import LoginService
from terresante_identity.accounts import Accounts, connected
from terresante_identity.domain.account import code_of, username_of

PASSWORD = "une phrase de passe bien à elle"


class Patients:
    """Realm `patient` of a running Keycloak, as the service and as a patient's browser see it."""

    def __init__(self, server: Keycloak, folder: Path, accounts: Accounts) -> None:
        self.accounts = accounts
        self._server = server
        self._folder = folder

    def browser(self) -> Browser:
        return Browser(
            self._server.issuer("patient"),
            self._server.pki / "ca.pem",
            self._folder / "codes.json",
            redirect_uri=self._server.redirect_uri,
        )


@pytest.fixture(scope="module")
def patients(login_service: LoginService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patients]:
    secret = login_service.platform_secret("patient")
    with connected(login_service.url, "patient", "platform", secret, str(login_service.ca_file)) as accounts:
        yield Patients(login_service.server, tmp_path_factory.mktemp("codes"), accounts)


async def test_a_patient_makes_the_account_theirs_and_the_token_says_who_they_are(patients: Patients) -> None:
    uid, code = uuid4(), code_of(os.urandom(64))
    username = await patients.accounts.begin(uid, username_of(os.urandom(64)), code)
    assert not await patients.accounts.in_use(uid)

    with patients.browser() as browser:
        secret = browser.activate(username, code, PASSWORD)
    with patients.browser() as browser:
        browser.login(username, PASSWORD, secret, acr_values="2")
        claims = browser.tokens.claims if browser.tokens else {}
    with patients.browser() as browser:
        again = browser.login(username, code, secret, acr_values="2")

    assert (claims["uid"], claims["kind"], claims["acr"]) == (str(uid), "patient", "2")
    assert "identity" in claims["aud"]
    assert again.code is None, "a starting code opens once"
    assert await patients.accounts.in_use(uid)
    await patients.accounts.close_unused(uid)
    with patients.browser() as browser:
        browser.login(username, PASSWORD, secret, acr_values="2")
        assert browser.tokens is not None, "expiry leaves an account in use alone"


async def test_who_lost_their_device_starts_again_and_nothing_old_opens_the_account(patients: Patients) -> None:
    """Password, code device, session in the browser, refresh token: in whoever's hands they are."""
    uid, first, second = uuid4(), code_of(os.urandom(64)), code_of(os.urandom(64))
    username = await patients.accounts.begin(uid, username_of(os.urandom(64)), first)
    with patients.browser() as browser:
        lost = browser.activate(username, first, PASSWORD)
    with patients.browser() as thief:
        thief.login(username, PASSWORD, lost, acr_values="2")
        assert thief.tokens is not None and thief.refresh().claims["uid"] == str(uid)

        assert await patients.accounts.begin(uid, username_of(os.urandom(64)), second, replace=True) == username

        with pytest.raises(TokenRefused) as refused:
            thief.refresh()
        assert (refused.value.status, refused.value.error) == (400, "invalid_grant")
        assert thief.open(prompt="none").error == "login_required", "the browser's session is over too"
        assert thief.login(username, PASSWORD, lost).code is None
    assert not await patients.accounts.in_use(uid)

    with patients.browser() as browser:
        found = browser.activate(username, second, f"{PASSWORD}, la nouvelle")
    with patients.browser() as browser:
        page = browser.open(acr_values="2")
        page = browser.submit(page, username=username, password=f"{PASSWORD}, la nouvelle")
        assert browser.submit(page, otp=code_at(lost, present_step())).code is None, "the lost device is no device"
    with patients.browser() as browser:
        browser.login(username, f"{PASSWORD}, la nouvelle", found, acr_values="2")
        assert browser.tokens is not None and browser.tokens.claims["acr"] == "2"


async def test_a_new_code_replaces_the_old_one_and_an_expired_one_opens_nothing(patients: Patients) -> None:
    uid, first, second = uuid4(), code_of(os.urandom(64)), code_of(os.urandom(64))
    username = await patients.accounts.begin(uid, username_of(os.urandom(64)), first)
    assert await patients.accounts.begin(uid, username_of(os.urandom(64)), second) == username

    def leads_on(code: str) -> bool:
        with patients.browser() as browser:
            page = browser.open()
            page = browser.submit(page, username=username, password=code)
            return page.asks("password-new") or page.asks("totpSecret")

    assert not leads_on(first)
    assert leads_on(second)
    await patients.accounts.close_unused(uid)
    assert not leads_on(second)
