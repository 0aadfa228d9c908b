"""Accounts and administrators in a real browser, with what the real Keycloak does of it at the next login."""

import re
import secrets
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from terresante_dev.browser.desk import Desk
from terresante_dev.browser.looking import accessible
from terresante_dev.browser.testing import OpenPage
from terresante_dev.login import LoginFailed
from terresante_dev.portal import browser_of as browser

PASSWORD = "une phrase assez longue"
MARK = "".join(secrets.choice("abcdefghijklmnop") for _ in range(6))
"""In names that a run makes, so that it finds its own on a stack that saw others."""
CODE = re.compile(r"[2-9a-z]{5}(?:-[2-9a-z]{5})+")
pytestmark = pytest.mark.timeout(400)


async def enrolled(page: Page, desk: Desk, name: str) -> str:
    """A new professional; gives the address of their page."""
    await page.goto(f"{desk.url}/professionnels/nouveau")
    await page.get_by_label("Nom", exact=True).fill(name)
    await page.get_by_label("Prénom").fill("Agathe")
    await page.get_by_label("Métier").select_option(label="Sage-femme")
    await page.locator("#structure").select_option(index=1)
    await page.get_by_role("button", name="Inscrire").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Agathe {name}")
    return page.url.partition("?")[0]


async def told(page: Page) -> tuple[str, str]:
    """The username and the starting password of the letter on the page."""
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ouverture de votre compte Terr-eSanté")
    username, password = [await code.inner_text() for code in await page.locator("dl.secret code").all()]
    return username, password


async def saved(page: Page, link: str) -> bytes:
    """What a link downloads."""
    async with page.expect_download() as started:
        await page.get_by_role("link", name=link).click()
    return Path(await (await started.value).path()).read_bytes()


async def test_a_lost_phone_is_replaced_and_the_next_login_really_asks_for_another(
    page: Page, desk: Desk, stack: dict[str, Any]
) -> None:
    await desk.sign_in(page)
    address = await enrolled(page, desk, f"Perdu {MARK}")
    await page.goto(f"{address}/compte/ouvrir")
    await page.get_by_role("button", name="Ouvrir le compte").click()
    username, start = await told(page)
    with browser(stack, "pro") as telephone:
        old = telephone.activate(username, start, PASSWORD)
    with browser(stack, "pro") as telephone:
        telephone.login(username, PASSWORD, old)
        assert telephone.tokens is not None

    await page.goto(f"{address}/compte")
    assert await accessible(page) == []
    await page.get_by_role("link", name="Téléphone perdu").click()
    assert await accessible(page) == []
    await page.get_by_label("Vu en personne").check()
    await page.get_by_label("Motif").fill("tombé dans l’eau")
    await page.get_by_role("button", name="Remplacer le téléphone").click()
    await expect(page.get_by_text("Les anciens codes ne valent plus.")).to_be_visible()
    await expect(page.get_by_text("« tombé dans l’eau »")).to_be_visible()

    with browser(stack, "pro") as telephone:
        stopped = telephone.login(username, PASSWORD, old)
        assert (stopped.code, stopped.asks("totpSecret")) == (None, True), "another phone is asked for"
    with browser(stack, "pro") as telephone:
        new = telephone.activate(username, PASSWORD, "n’est pas demandé")
    assert new != old
    with browser(stack, "pro") as telephone:
        assert telephone.login(username, PASSWORD, old).code is None
    with browser(stack, "pro") as telephone:
        telephone.login(username, PASSWORD, new)
        assert telephone.tokens is not None
        assert telephone.tokens.claims["acr"] == "2"


async def test_many_accounts_are_opened_with_their_letters_in_one_pdf_and_the_codes_serve(
    page: Page, desk: Desk, stack: dict[str, Any]
) -> None:
    await desk.sign_in(page)
    for name in ("Premier", "Second"):
        await enrolled(page, desk, f"{name} {MARK}")
    await page.goto(f"{desk.url}/comptes?etat=aucun&q={MARK}")
    await expect(page.get_by_role("link", name=f"Agathe Premier {MARK}", exact=True)).to_be_visible()
    assert await accessible(page) == []
    await page.get_by_role("link", name="Ouvrir des comptes").click()
    await page.get_by_label("Nom ou prénom").fill(MARK)
    await page.get_by_role("button", name="Réduire la liste").click()
    assert await accessible(page) == []
    await page.get_by_role("link", name="Cocher toute la liste").click()
    await expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    await page.get_by_role("button", name="Continuer").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ouvrir 2 comptes ?")
    assert await accessible(page) == []

    await page.get_by_role("button", name="Ouvrir ces comptes").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("2 comptes ouverts")
    assert await accessible(page) == []
    row = page.get_by_role("row", name=f"Agathe Second {MARK}")
    username, start = [await code.inner_text() for code in await row.locator("code").all()]
    assert CODE.fullmatch(start)
    assert (await saved(page, "Télécharger les 2 lettres en PDF")).startswith(b"%PDF-")
    await page.reload()
    await expect(page.locator("body")).not_to_contain_text(start)
    with browser(stack, "pro") as telephone:
        assert telephone.activate(username, start, PASSWORD)
    with browser(stack, "pro") as telephone, pytest.raises(LoginFailed):
        telephone.activate(username, start, PASSWORD)


async def test_a_named_administrator_logs_in_raises_no_rights_and_is_out_once_ended(
    page: Page, open_page: OpenPage, desk: Desk, stack: dict[str, Any]
) -> None:
    await desk.sign_in(page, path="/administrateurs")
    assert await accessible(page) == []
    await page.get_by_role("link", name="Nommer un administrateur").click()
    assert await accessible(page) == []
    await page.get_by_label("Prénom").fill("Paul")
    await page.get_by_label("Nom", exact=True).fill(f"Roy {MARK}")
    for box in await page.get_by_role("group", name="Territoires").get_by_role("checkbox").all():
        await box.check()
    await page.get_by_role("button", name="Nommer").click()
    username, start = await told(page)
    assert (await saved(page, "Télécharger en PDF")).startswith(b"%PDF-")
    with browser(stack, "pro") as telephone:
        secret = telephone.activate(username, start, PASSWORD)

    persona = {"username": username, "password": PASSWORD, "totp_secret": secret}
    theirs = Desk({**stack, "personas": {"paul": persona}})
    other = await open_page()
    await theirs.sign_in(other, "paul", "/administrateurs/nouveau")
    await other.get_by_label("Prénom").fill("Eve")
    await other.get_by_label("Nom", exact=True).fill(f"Roy {MARK}")
    box = other.get_by_role("group", name="Territoires").get_by_role("checkbox").first
    await box.check()
    await box.evaluate("box => { box.value = '92-nord'; }")
    await other.get_by_role("button", name="Nommer").click()
    await expect(other.get_by_text("TERRITORY_NOT_YOURS")).to_be_visible()

    await page.goto(f"{desk.url}/administrateurs")
    await expect(page.get_by_role("link", name=f"Eve Roy {MARK}")).to_have_count(0)
    await page.get_by_role("link", name=f"Paul Roy {MARK}", exact=True).click()
    assert await accessible(page) == []
    await page.get_by_role("link", name="Terminer ses droits").click()
    assert await accessible(page) == []
    await page.get_by_label("Motif").fill("essai fini")
    await page.get_by_role("button", name="Terminer ces droits").click()
    await expect(page.get_by_text("Ses droits sont terminés")).to_be_visible()
    await other.goto(f"{desk.url}/structures")
    await expect(other.get_by_role("button", name="Se déconnecter")).to_have_count(0)
    with browser(stack, "pro") as telephone:
        assert telephone.login(username, PASSWORD, secret).code is None
