"""A patient's first login in a real Keycloak with the committed realm: the code, once, then a password and a device."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from terresante_dev.codes import code_at, present_step
from terresante_dev.keycloak import Keycloak
from terresante_dev.login import Browser, TokenRefused
from terresante_identity.accounts import Accounts, connected
from terresante_identity.domain.account import code_of, username_of
from terresante_platform.testing import postgres as postgres_module

pytestmark = pytest.mark.keycloak
START_SECONDS = 120
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
def patients(postgres: postgres_module.Server) -> Iterator[Patients]:
    """A Keycloak on a database of its own in the tests' PostgreSQL, ended afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="terresante-keycloak-"))
    postgres.sql("create database keycloak_of_identity")
    server = Keycloak(
        folder / "keycloak",
        host_port=postgres_module.free_port(),
        management_port=postgres_module.free_port(),
        database_url=f"postgresql://127.0.0.1:{postgres.port}/keycloak_of_identity",
        database_user="postgres",
        database_password="postgres",
        pki=folder / "pki",
        secrets={name: secrets.token_urlsafe(24) for name in ("admin", "pro-platform", "patient-platform")},
    )
    try:
        server.prepare(lambda _: None)
        with ready(server, folder / "log"):
            secret = server.environment()["TERRESANTE_KEYCLOAK_PATIENT_PLATFORM_SECRET"]
            url = server.issuer("patient").removesuffix("/realms/patient")
            with connected(url, "patient", "platform", secret, str(server.pki / "ca.pem")) as accounts:
                yield Patients(server, folder, accounts)
    finally:
        postgres.sql("drop database keycloak_of_identity with (force)")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def ready(server: Keycloak, output: Path) -> Iterator[None]:
    """Runs it, from when it is ready until left."""
    with output.open("wb") as log:
        environment = os.environ | server.environment()
        process = subprocess.Popen(server.command(), env=environment, stdout=log, stderr=log)
    try:
        end = time.monotonic() + START_SECONDS
        while not server.ready():
            assert process.poll() is None and time.monotonic() < end, output.read_text()[-3000:]
            time.sleep(0.2)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


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
