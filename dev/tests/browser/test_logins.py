"""Logging in with a real browser at the real Keycloak: its certificate is verified, cards are shown."""

import secrets
import uuid
from pathlib import Path

import pytest
from keycloak import KeycloakAdmin
from playwright.async_api import Error, Page, expect
from terresante_dev import pki
from terresante_dev.browser.testing import OpenPage
from terresante_dev.browser.windows import Watched
from terresante_dev.login import start_page
from terresante_dev.personas.numbers import rpps
from terresante_dev.testing import LoginService

CARD = rpps(51_000)


@pytest.fixture
def authorities(login_service: LoginService) -> tuple[Path, ...]:
    return (login_service.ca_file,)


@pytest.fixture
def start(login_service: LoginService) -> str:
    """Where a login at the professionals' portal begins."""
    return start_page(login_service.server.issuer("pro"), redirect_uri=login_service.server.redirect_uri)


async def test_the_login_page_of_keycloak_opens_and_asks_nobody_else(
    page: Page, login_service: LoginService, start: str, watched: Watched
):
    await page.goto(start)

    await expect(page.locator("input[name=username]")).to_be_visible()
    assert watched.origins() == {login_service.url}


async def test_a_card_in_the_browser_logs_in(
    open_page: OpenPage, login_service: LoginService, start: str, watched: Watched
):
    server = login_service.server
    _account(login_service)
    card = pki.issue_card(server.cards, CARD, "DONNET", "ISABELLE")
    shown = {"origin": login_service.url, "certPath": card.certificate, "keyPath": card.key}
    page = await open_page(client_certificates=[shown], ignore_https_errors=True)

    with pytest.raises(Error, match="net::ERR"):  # nobody is at the portal's address
        await page.goto(start)

    assert watched.asked[-1].startswith(f"{server.redirect_uri}?")
    assert "code=" in watched.asked[-1]


def _account(service: LoginService) -> None:
    admin = KeycloakAdmin(
        server_url=f"{service.url}/",
        realm_name="pro",
        client_id="platform",
        client_secret_key=service.platform_secret("pro"),
        verify=str(service.ca_file),
    )
    known = {"uid": [str(uuid.uuid4())], "kind": ["professional"], "idNat": [f"8{CARD}"]}
    admin.create_user({"username": f"u{secrets.token_hex(6)}", "enabled": True, "attributes": known})
