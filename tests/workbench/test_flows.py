"""What administrators do, in a real browser with real logins: by keyboard alone, in two tabs, back and forth."""

import re
import secrets
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from terresante_dev.browser.desk import Desk
from terresante_dev.browser.looking import accessible, press, reach, write
from terresante_dev.browser.testing import OpenPage

MARK = secrets.token_hex(3)
"""In names that a run makes, so that it finds its own on a stack that saw others."""
pytestmark = pytest.mark.timeout(300)


async def test_a_professional_is_enrolled_and_gets_a_letter_by_keyboard_alone(page: Page, desk: Desk) -> None:
    await page.goto(desk.url)
    await press(page, page.get_by_role("link", name="Se connecter"), "Enter")
    await desk.prove(page)
    await press(page, page.get_by_role("link", name="Inscrire un professionnel"), "Enter")
    await write(page, page.get_by_label("Nom", exact=True), "Delorme")
    await write(page, page.get_by_label("Prénom"), "Agathe")
    await reach(page, page.get_by_label("Métier"))
    await page.keyboard.type("Sage-femme")
    await write(page, page.get_by_label("Structure", exact=True), "lilas")
    await expect(page.locator("#structure option", has_text="Hôpital")).to_have_count(0)
    await reach(page, page.locator("#structure"))
    await page.keyboard.type("Cabinet infirmier")
    await write(page, page.get_by_label("Fonction dans cette structure"), "sage-femme")
    await press(page, page.get_by_role("button", name="Inscrire"), "Enter")
    await expect(page.get_by_role("heading", name="Agathe Delorme")).to_be_visible()
    await press(page, page.get_by_role("link", name="Ouvrir le compte"), "Enter")
    await press(page, page.get_by_role("button", name="Ouvrir le compte"), "Enter")

    await expect(page.get_by_role("heading", name="Ouverture de votre compte Terr-eSanté")).to_be_visible()
    assert await accessible(page) == []
    async with page.expect_download() as started:
        await press(page, page.get_by_role("link", name="Télécharger en PDF"), "Enter")
    letter = Path(await (await started.value).path())
    assert letter.read_bytes().startswith(b"%PDF-")
    await press(page, page.get_by_role("link", name="Terminé"), "Enter")
    await expect(page.get_by_text("ouvert", exact=True).first).to_be_visible()


async def test_a_search_as_one_types_has_an_address_that_back_and_refresh_keep(page: Page, desk: Desk) -> None:
    await desk.sign_in(page, path="/structures")
    await page.get_by_label("Nom ou commune").press_sequentially("laborat", delay=40)

    await expect(page.get_by_role("link", name="Hôpital des Coteaux", exact=True)).to_have_count(0)
    await expect(page).to_have_url(re.compile(r"[?&]q=laborat"))
    await page.get_by_role("link", name="Laboratoire de biologie du Val de Bièvre", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Laboratoire de biologie du Val de Bièvre")
    await page.go_back()
    await expect(page.get_by_label("Nom ou commune")).to_have_value("laborat")
    await page.reload()
    await expect(page.get_by_role("link", name="Laboratoire de biologie du Val de Bièvre", exact=True)).to_be_visible()


async def test_leaving_the_words_typed_for_a_result_asks_nothing_again(page: Page, desk: Desk) -> None:
    """Else the list is made anew between press and release, and the click falls into the void."""
    await desk.sign_in(page, path="/structures")
    await page.get_by_label("Nom ou commune").press_sequentially("laborat", delay=40)
    await expect(page).to_have_url(re.compile(r"[?&]q=laborat"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    link = page.get_by_role("link", name="Laboratoire de biologie du Val de Bièvre", exact=True)
    await link.hover()
    await page.mouse.down()
    await expect(page.get_by_label("Nom ou commune")).not_to_be_focused()
    await page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert [url for url in asked if "/static/" not in url] == []
    await page.mouse.up()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Laboratoire de biologie du Val de Bièvre")


async def test_what_was_typed_outlives_the_session(page: Page, desk: Desk) -> None:
    await desk.sign_in(page, path="/structures/nouvelle")
    await page.get_by_label("Nom", exact=True).fill("Cabinet des Oliviers")
    await page.context.clear_cookies(name="__Host-workbench")

    await page.get_by_role("button", name="Inscrire").click()

    await expect(page.get_by_text("Ce que vous avez saisi est gardé")).to_be_visible()
    assert await accessible(page) == []
    await page.get_by_role("link", name="Se connecter").click()
    await expect(page.get_by_label("Nom", exact=True)).to_have_value("Cabinet des Oliviers")
    await page.get_by_role("button", name="Inscrire").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Cabinet des Oliviers")


async def test_two_tabs_on_one_structure_the_second_is_shown_the_difference(page: Page, desk: Desk) -> None:
    await desk.sign_in(page, path="/structures")
    await page.get_by_role("link", name="Cabinet médical de la Plaine", exact=True).click()
    await page.get_by_role("link", name="Modifier", exact=True).click()
    other = await page.context.new_page()
    await other.goto(page.url)
    await page.get_by_label("Adresse", exact=False).first.fill(f"1 rue des Lilas {MARK}")
    await page.get_by_role("button", name="Enregistrer").click()
    await expect(page.get_by_text("Le changement est enregistré.")).to_be_visible()

    await other.get_by_label("Adresse", exact=False).first.fill(f"2 rue des Roses {MARK}")
    await other.get_by_role("button", name="Enregistrer").click()

    await expect(other.get_by_role("heading", level=1)).to_have_text("La fiche a changé entre-temps")
    for words in (f"1 rue des Lilas {MARK}", f"2 rue des Roses {MARK}"):
        await expect(other.get_by_role("cell", name=words)).to_be_visible()
    assert await accessible(other) == []
    await other.get_by_role("button", name="Appliquer ma saisie à la fiche actuelle").click()
    await expect(other.get_by_text(f"2 rue des Roses {MARK}", exact=False).first).to_be_visible()


async def test_signing_out_ends_the_login_at_keycloak_too(page: Page, desk: Desk) -> None:
    await desk.sign_in(page)
    await page.get_by_role("button", name="Se déconnecter").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Vous êtes déconnecté")

    await page.get_by_role("link", name="Se reconnecter").click()

    await expect(page.locator("#password")).to_be_visible()


async def test_the_tree_is_walked_by_arrows_and_a_refresh_keeps_it_open(page: Page, desk: Desk) -> None:
    await desk.sign_in(page, path="/structures/nouvelle")
    await page.get_by_label("Nom", exact=True).fill(f"Groupe hospitalier {MARK}")
    await page.get_by_label("Niveau").select_option("legal_entity")
    await page.get_by_role("button", name="Inscrire").click()
    await page.get_by_role("link", name="Inscrire une structure qui en fait partie").click()
    await page.get_by_label("Nom", exact=True).fill(f"Site {MARK}")
    await page.get_by_label("Niveau").select_option("site")
    await page.get_by_role("button", name="Inscrire").click()
    await page.goto(f"{desk.url}/arbre")
    tree = page.get_by_role("tree")
    await expect(tree).to_be_visible()
    group = page.get_by_role("treeitem", name=f"Groupe hospitalier {MARK}")
    await reach(page, tree.locator("[tabindex='0']").first)
    for _ in range(await page.get_by_role("treeitem", name="Groupe hospitalier").count()):
        await page.keyboard.press("g")
        if await group.evaluate("item => item === document.activeElement"):
            break
    await expect(group).to_be_focused()

    await page.keyboard.press("ArrowRight")

    site = page.get_by_role("treeitem", name=f"Site {MARK}")
    await expect(site).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(site).to_be_focused()
    assert await accessible(page) == []
    await page.reload()
    await expect(site).to_be_visible()
    await page.keyboard.press("Tab")
    await group.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(site).to_be_hidden()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Groupe hospitalier {MARK}")


async def test_pages_work_without_scripts(open_page: OpenPage, desk: Desk) -> None:
    page = await open_page(java_script_enabled=False)
    await desk.sign_in(page, path="/structures")

    await page.get_by_label("Nom ou commune").fill("hopital")
    await page.get_by_role("button", name="Chercher").click()

    await expect(page.get_by_role("link", name="Hôpital des Coteaux", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="Cabinet médical de la Plaine", exact=True)).to_have_count(0)


async def test_an_administrator_suspends_and_the_professionals_next_request_is_refused(
    page: Page, desk: Desk, told: Any
) -> None:
    doctor = told.who("emergency-physician")
    doctor.log_in()
    assert doctor.get("/v1/me").status == 200
    await desk.sign_in(page, path=f"/professionnels/{doctor.login.uid}")
    await page.get_by_role("link", name="Suspendre le compte").click()
    await page.get_by_role("button", name="Suspendre maintenant").click()
    await expect(page.get_by_text("Le compte est suspendu")).to_be_visible()
    try:
        assert doctor.get("/v1/professionals").status in (401, 403)
    finally:
        await page.get_by_role("link", name="Rétablir le compte").click()
        await page.get_by_role("button", name="Rétablir").click()
        await expect(page.get_by_text("Le compte est rétabli.")).to_be_visible()
