"""A correspondent asks in their browser, administrators decide in theirs, and what is suspended is out at once."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.async_api import Page, expect
from terresante_dev.browser.desk import Desk
from terresante_dev.browser.looking import accessible
from terresante_dev.browser.testing import OpenPage
from terresante_dev.portal import browser_of as browser

PASSWORD = "une phrase assez longue"
MARK = "".join(secrets.choice("abcdefghijklmnop") for _ in range(6))
"""In names that a run makes, so that it finds its own on a stack that saw others."""
pytestmark = pytest.mark.timeout(600)
Persona = Mapping[str, str]


async def made(page: Page) -> str:
    """The address of the sheet that was just made."""
    await expect(page.get_by_role("status").filter(has_text="est inscrit")).to_be_visible()
    return page.url.partition("?")[0]


async def structure(page: Page, desk: Desk) -> str:
    """A new one of 94 Ouest; gives its address."""
    await page.goto(f"{desk.url}/structures/nouvelle")
    await page.get_by_label("Nom", exact=True).fill(f"Cabinet {MARK}")
    await page.get_by_role("button", name="Inscrire").click()
    return await made(page)


async def professional(page: Page, desk: Desk, where: str, given_name: str) -> str:
    """A new one who practises there; gives their address."""
    await page.goto(f"{desk.url}/professionnels/nouveau?structure={where.rpartition('/')[2]}")
    await page.get_by_label("Nom", exact=True).fill(f"Perrin {MARK}")
    await page.get_by_label("Prénom").fill(given_name)
    await page.get_by_label("Métier").select_option(label="Sage-femme")
    await page.get_by_role("button", name="Inscrire").click()
    return await made(page)


async def with_letter(page: Page, stack: dict[str, Any]) -> Persona:
    """Whoever the letter on the page is for, after their first login."""
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ouverture de votre compte Terr-eSanté")
    username, start = [await code.inner_text() for code in await page.locator("dl.secret code").all()]
    with browser(stack, "pro") as telephone:
        secret = telephone.activate(username, start, PASSWORD)
    return {"username": username, "password": PASSWORD, "totp_secret": secret}


async def colleague(page: Page, desk: Desk, stack: dict[str, Any]) -> Persona:
    """Another administrator of 94 Ouest."""
    await page.goto(f"{desk.url}/administrateurs/nouveau")
    await page.get_by_label("Prénom").fill("Paul")
    await page.get_by_label("Nom", exact=True).fill(f"Roy {MARK}")
    for box in await page.get_by_role("group", name="Territoires").get_by_role("checkbox").all():
        await box.check()
    await page.get_by_role("button", name="Nommer").click()
    return await with_letter(page, stack)


async def signed_in(open_page: OpenPage, stack: dict[str, Any], persona: Persona) -> Page:
    page = await open_page()
    await Desk({**stack, "personas": {"one": persona}}).sign_in(page, "one")
    return page


async def sent(page: Page) -> str:
    """Sends the request on the page; gives its path for administrators."""
    await page.get_by_role("button", name="Envoyer la demande").click()
    await expect(page.get_by_text("Votre demande est envoyée")).to_be_visible()
    assert await accessible(page) == []
    return f"/demandes/{page.url.partition('?')[0].rpartition('/')[2]}"


async def test_what_a_correspondent_asks_is_decided_by_administrators_and_the_suspended_are_out(
    page: Page, open_page: OpenPage, desk: Desk, stack: dict[str, Any]
) -> None:
    await desk.sign_in(page)
    where = await structure(page, desk)
    anne = await professional(page, desk, where, "Anne")
    await page.goto(f"{anne}/compte/ouvrir")
    await page.get_by_role("button", name="Ouvrir le compte").click()
    theirs = await with_letter(page, stack)
    await page.goto(f"{where}/correspondants")
    assert await accessible(page) == []
    await page.get_by_role("button", name=f"Désigner Anne Perrin {MARK}").click()
    await expect(page.get_by_text("Le correspondant est désigné.")).to_be_visible()
    assert await accessible(page) == []
    other = await signed_in(open_page, stack, await colleague(page, desk, stack))
    asking = await signed_in(open_page, stack, theirs)
    assert await accessible(asking) == []

    await asking.get_by_role("link", name=f"Cabinet {MARK}").click()
    assert await accessible(asking) == []
    await asking.get_by_role("link", name="Demander une nouvelle offre").click()
    assert await accessible(asking) == []
    await asking.get_by_label("Nom", exact=True).fill("Suivi de grossesse")
    await asking.get_by_label("Pourquoi").fill("nous l’avons toujours fait")
    new = await sent(asking)
    await page.goto(desk.url + new)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Inscrire une offre : Suivi de grossesse")
    assert await accessible(page) == []
    await page.get_by_label("Votre réponse").fill("bienvenue")
    await page.get_by_role("button", name="Accepter").click()
    await expect(page.get_by_text("La demande est acceptée")).to_be_visible()
    await asking.reload()
    await expect(asking.get_by_text("Acceptée par")).to_be_visible()
    await expect(asking.get_by_text("bienvenue")).to_be_visible()

    await asking.goto(f"{desk.url}/ma-structure")
    await asking.get_by_role("link", name="Corriger Suivi de grossesse").click()
    await asking.get_by_label("Nom", exact=True).fill("Suivi de grossesse et du nouveau-né")
    await asking.get_by_label("Pourquoi").fill("plus complet")
    change = await sent(asking)
    await other.goto(desk.url + change)
    row = other.get_by_role("row", name=re.compile("^Nom "))
    await expect(row).to_contain_text("Suivi de grossesse et du nouveau-né")
    await other.get_by_role("button", name="Accepter").click()
    await expect(other.get_by_text("La demande est acceptée")).to_be_visible()
    await asking.goto(f"{desk.url}/ma-structure")
    await expect(asking.get_by_text("Suivi de grossesse et du nouveau-né").first).to_be_visible()

    await asking.get_by_role("link", name="Demander d’ajouter quelqu’un").click()
    await asking.get_by_label("Nom ou RPPS").fill("Morel Karim")
    await asking.get_by_role("button", name="Chercher").click()
    await asking.get_by_label(re.compile("Morel Karim")).check()
    assert await accessible(asking) == []
    await asking.get_by_label("Fonction dans cette structure").fill("remplaçant")
    await asking.get_by_label("Pourquoi").fill("congés d’été")
    joining = await sent(asking)
    await page.goto(desk.url + joining)
    await expect(page.get_by_text("il faut l’accord de deux administrateurs")).to_be_visible()
    await page.get_by_role("button", name="Accepter").click()
    await expect(page.get_by_text("Il en faut un second")).to_be_visible()
    await expect(page.get_by_role("button", name="Accepter")).to_have_count(0)
    await expect(page.get_by_text("Vous avez donné le premier accord")).to_be_visible()
    assert await accessible(page) == []
    await page.get_by_role("button", name="Refuser").evaluate("button => { button.value = 'accepter'; }")
    await page.get_by_role("button", name="Refuser").click()
    await expect(page.get_by_text("FOUR_EYES_SAME")).to_be_visible()
    await other.goto(desk.url + joining)
    await expect(other.get_by_text("a donné le premier accord")).to_be_visible()
    await other.get_by_role("button", name="Accepter").click()
    await expect(other.get_by_text("La demande est acceptée")).to_be_visible()
    await page.goto(where)
    await expect(page.get_by_role("link", name="Morel Karim")).to_be_visible()

    await page.goto(f"{anne}/compte/suspendre")
    await page.get_by_role("button", name=re.compile("Suspendre")).click()
    await asking.goto(f"{desk.url}/ma-structure")
    await expect(asking.get_by_text("CALLER_SUSPENDED")).to_be_visible()
    await asking.goto(f"{desk.url}/mes-demandes")
    await expect(asking.get_by_role("link", name="Se connecter")).to_be_visible()
