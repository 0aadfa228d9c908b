"""A professional comes in by card and leaves, on a real Keycloak; the card of somebody else opens nothing."""

import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Error, Page, expect
from terresante_dev import personas, pki
from terresante_dev.browser.desk import Desk
from terresante_dev.browser.looking import accessible
from terresante_dev.browser.testing import OpenPage
from terresante_dev.personas import numbers

from .importing import annuaire, apply_new, finess, hand_over

MARK = secrets.token_hex(3)
SURNAME = "LEMAIRE " + "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(6))
NUMBER = f"98{secrets.randbelow(10**7):07d}"
RPPS, OTHER = (f"997{secrets.randbelow(10**8):08d}" for _ in range(2))
TRIES = 24
pytestmark = pytest.mark.timeout(500)


@pytest.fixture
def cards(stack: dict[str, Any]) -> Path:
    return Path(stack["folder"]) / "pki" / "cards"


async def with_card(open_page: OpenPage, desk: Desk, cards: Path, rpps: str) -> Page:
    """A browser whose reader holds the card of this number."""
    card = pki.issue_card(cards, rpps, "LEMAIRE", "ANNE")
    shown = {"origin": desk.keycloak, "certPath": card.certificate, "keyPath": card.key}
    return await open_page(client_certificates=[shown], ignore_https_errors=True)


async def enter(page: Page, desk: Desk, tries: int = TRIES) -> bool:
    """Logs in by card, as often as it takes for the account to be made; whether the workbench lets in.

    Not too often: logins of one address are counted.
    """
    for left in reversed(range(tries)):
        with suppress(Error):  # Keycloak closes the connection of a card that it does not take
            await page.goto(f"{desk.url}/connexion?avec=carte&vers=/mon-inscription")
        if page.url.startswith(f"{desk.url}/mon-inscription"):
            return True
        if left:
            await page.wait_for_timeout(8_000)
    return False


async def test_a_professional_enrols_with_their_card_and_leaves_again(
    page: Page, open_page: OpenPage, desk: Desk, cards: Path
) -> None:
    await desk.sign_in(page, path="/imports")
    await hand_over(page, desk.url, "finess", finess(NUMBER, f"CABINET {MARK}"))
    await apply_new(page)
    await hand_over(page, desk.url, "annuaire", annuaire(RPPS, (NUMBER, f"CABINET {MARK}"), SURNAME, "ANNE"))

    comer = await with_card(open_page, desk, cards, RPPS)
    await comer.goto(f"{desk.url}/inscription")
    assert await accessible(comer) == []
    await comer.get_by_label("Numéro RPPS").fill(f"{RPPS[:4]} {RPPS[4:]}")
    await comer.get_by_role("button", name="Demander mon inscription").click()
    await expect(comer.get_by_role("heading", level=1)).to_have_text("Votre demande est enregistrée")
    assert await accessible(comer) == []
    assert RPPS not in comer.url

    thief = await with_card(open_page, desk, cards, OTHER)
    assert await enter(comer, desk), f"{comer.url.partition('?')[0]}: {await comer.locator('body').inner_text()}"
    assert not await enter(thief, desk, tries=1)
    assert not thief.url.startswith(desk.url)

    await expect(comer.get_by_role("heading", level=1)).to_have_text("Terminer mon inscription")
    await expect(comer.get_by_text(f"CABINET {MARK}")).to_be_visible()
    assert await accessible(comer) == []
    await comer.get_by_label("Ma fonction dans ce lieu").fill("infirmière")
    await comer.get_by_role("button", name="M’inscrire").click()
    await expect(comer.get_by_role("alert")).to_contain_text("conditions n’ont pas été acceptées")
    await comer.get_by_label("J’ai lu ces conditions").check()
    await comer.get_by_role("button", name="M’inscrire").click()
    await expect(comer.get_by_role("heading", level=1)).to_have_text("Vous êtes inscrit")
    assert await accessible(comer) == []

    await page.goto(f"{desk.url}/comptes?etat=nouveau")
    await expect(page.get_by_text(re.compile(SURNAME, re.IGNORECASE)).first).to_be_visible()

    await comer.goto(f"{desk.url}/mon-depart")
    await expect(comer.get_by_text("reste dans les dossiers des patients")).to_be_visible()
    assert await accessible(comer) == []
    await comer.get_by_role("button", name="Quitter la plateforme").click()
    await expect(comer.get_by_role("heading", level=1)).to_have_text("Votre compte est fermé")
    await comer.goto(f"{desk.url}/mon-depart")
    await expect(comer.get_by_role("link", name="Se connecter")).to_be_visible()
    assert not await enter(comer, desk, tries=1)


async def test_the_door_is_the_same_for_a_number_that_nobody_has(page: Page, desk: Desk) -> None:
    seen = []
    known = next(one.rpps for one in personas.sandbox().professionals if one.rpps)
    for number in (known, numbers.rpps(99_999)):
        await page.goto(f"{desk.url}/inscription")
        await page.get_by_label("Numéro RPPS").fill(number)
        await page.get_by_role("button", name="Demander mon inscription").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Votre demande est enregistrée")
        seen.append(await page.locator("main section").all_inner_texts())
    assert seen[0] == seen[1]
