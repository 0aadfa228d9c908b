"""The workbench as people use it: several tabs, a keyboard, a phone, no script, a slow line."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Route, expect
from terresante_dev.browser.looking import accessible, overflows, press, reach, write
from terresante_dev.browser.testing import OpenPage

from .browsing import Standing, signed_in

pytestmark = pytest.mark.timeout(300)
ZOOMED = {"width": 640, "height": 450}
"""What 200 % leaves of 1280 by 900."""
PHONE = {"width": 390, "height": 844}
PATIENCE = 10.0
NEW_TERRITORY = re.compile("94[ -]essai", re.IGNORECASE)
SAMPLES = Path(__file__).parents[2] / "samples"
WATCHING = """() => new MutationObserver(() => {
    if ("waiting" in document.documentElement.dataset) window.told(document.getElementById("annonce").textContent);
}).observe(document.documentElement, { attributes: true })"""
"""Tells when the bar appears, and what is announced then. (Nothing can be asked of a page that is being left.)"""


async def test_links_opened_in_tabs_keep_each_its_own_state(standing: Standing, open_page: OpenPage) -> None:
    page = await open_page()
    await signed_in(page.context, standing.origin, standing.claire)
    await page.goto(f"{standing.origin}/structures?q=coteaux")
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Hôpital des Coteaux", exact=True).click(modifiers=["ControlOrMeta"])
    hospital = await opened.value
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Groupe hospitalier des Coteaux").click(modifiers=["ControlOrMeta"])
    group = await opened.value

    await hospital.get_by_role("link", name="Modifier", exact=True).click()
    await hospital.get_by_label("Code postal").fill("94276")
    await group.get_by_role("link", name="Historique", exact=True).first.click()
    await group.go_back()
    await expect(group.get_by_role("heading", level=1)).to_have_text("Groupe hospitalier des Coteaux")
    await expect(page.get_by_label("Nom ou commune")).to_have_value("coteaux")
    await expect(hospital.get_by_label("Code postal")).to_have_value("94276")

    await hospital.get_by_role("button", name="Enregistrer").click()
    await expect(hospital.get_by_text("94276", exact=False).first).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("link", name="Hôpital des Coteaux", exact=True)).to_be_visible()


async def test_a_whole_task_at_200_percent_by_keyboard_alone_and_its_undoing(
    standing: Standing, open_page: OpenPage
) -> None:
    page = await open_page(viewport=ZOOMED)
    await signed_in(page.context, standing.origin, standing.claire)
    await page.goto(standing.origin)
    await press(page, page.locator("nav summary"), "Enter")
    await press(page, page.get_by_role("link", name="Structures", exact=True), "Enter")
    await write(page, page.get_by_label("Nom ou commune"), "lilas")
    await press(page, page.get_by_role("link", name="Cabinet des Lilas"), "Enter")
    await press(page, page.get_by_role("link", name="Fermer", exact=True), "Enter")
    await expect(page.get_by_text("1 professionnel y perd son lieu d’exercice", exact=False)).to_be_visible()
    assert not await overflows(page)
    await press(page, page.get_by_role("button", name="Fermer", exact=True), "Enter")
    await expect(page.get_by_text("La structure est fermée.", exact=False)).to_be_visible()

    await press(page, page.get_by_role("link", name="Historique", exact=True).last, "Enter")
    await press(page, page.get_by_role("link", name="Annuler cet acte").first, "Enter")
    await expect(page.get_by_role("heading", name="Ce qui redeviendra vrai")).to_be_visible()
    assert not await overflows(page)
    await press(page, page.get_by_role("button", name="Annuler l’acte"), "Enter")
    await expect(page.get_by_text("L’acte est annulé", exact=False)).to_be_visible()
    await page.goto(standing.territory.at(standing.origin + "/structures/{other}"))
    await expect(page.get_by_role("link", name="Fermer", exact=True)).to_be_visible()


async def test_without_scripts_the_menu_of_a_phone_leads_to_every_section(
    standing: Standing, open_page: OpenPage
) -> None:
    page = await open_page(java_script_enabled=False, viewport=PHONE)
    await signed_in(page.context, standing.origin, standing.claire)
    await page.goto(standing.origin)
    await page.locator("nav summary").click()
    links = await page.locator("nav.narrow a").all()
    places = [(await link.inner_text(), await link.get_attribute("href") or "") for link in links]
    assert len(places) > 15

    for label, href in places:
        answer = await page.goto(standing.origin + href)

        assert answer is not None
        assert answer.status == 200, href
        await page.locator("nav summary").click()
        await expect(page.locator("nav.narrow [aria-current]")).to_have_text(label)


async def test_what_takes_long_shows_and_is_told_until_it_is_there(standing: Standing, open_page: OpenPage) -> None:
    page = await open_page()
    await signed_in(page.context, standing.origin, standing.claire)
    told: asyncio.Queue[str] = asyncio.Queue()
    await page.expose_function("told", told.put_nowait)
    going = asyncio.Event()

    async def late(route: Route) -> None:
        await going.wait()
        await route.continue_()

    await page.goto(f"{standing.origin}/structures")
    await page.evaluate(WATCHING)
    await page.route("**/structures?*", late)
    await page.get_by_label("Nom ou commune").press_sequentially("lilas")
    assert await asyncio.wait_for(told.get(), PATIENCE) == "Chargement en cours…"
    going.set()
    await expect(page.get_by_role("link", name="Hôpital des Coteaux", exact=True)).to_have_count(0)
    await expect(page.locator("html[data-waiting]")).to_have_count(0)

    going.clear()
    await page.route("**/professionnels", late)
    await page.get_by_role("link", name="Personnes", exact=True).click(no_wait_after=True)
    assert await asyncio.wait_for(told.get(), PATIENCE) == "Chargement en cours…"
    going.set()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Professionnels")
    await expect(page.locator("html[data-waiting]")).to_have_count(0)


async def test_a_refresh_asks_before_what_was_typed_is_lost(standing: Standing, open_page: OpenPage) -> None:
    page = await open_page()
    await signed_in(page.context, standing.origin, standing.claire)
    await page.goto(f"{standing.origin}/structures/nouvelle")
    await page.get_by_label("Nom", exact=True).press_sequentially("Cabinet du Port")

    async with page.expect_event("dialog") as asked:
        await page.evaluate("() => void setTimeout(() => location.reload())")
    dialog = await asked.value
    await dialog.dismiss()

    assert dialog.type == "beforeunload"
    await expect(page.get_by_label("Nom", exact=True)).to_have_value("Cabinet du Port")
    await page.get_by_role("button", name="Inscrire").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Cabinet du Port")


async def test_escape_shuts_the_menu_and_gives_the_focus_back(standing: Standing, open_page: OpenPage) -> None:
    page = await open_page(viewport=PHONE)
    await signed_in(page.context, standing.origin, standing.claire)
    await page.goto(standing.origin)
    menu = page.locator("nav summary")
    await press(page, menu, "Enter")
    assert await accessible(page) == []
    await reach(page, page.get_by_role("link", name="Arbre"))

    await page.keyboard.press("Escape")

    await expect(page.get_by_role("link", name="Arbre")).to_be_hidden()
    await expect(menu).to_be_focused()


async def test_structures_are_merged_as_it_was_shown_and_parted_again_in_one_action(
    standing: Standing, open_page: OpenPage
) -> None:
    page = await open_page()
    await signed_in(page.context, standing.origin, standing.claire)
    await page.goto(f"{standing.origin}/operations/fusionner?chercher=des")
    goes = page.get_by_role("checkbox", name="Cabinet des Lilas")
    await reach(page, goes)
    await page.keyboard.press("Space")
    await page.get_by_role("checkbox", name="Hôpital des Coteaux").check()
    stays = page.get_by_label("Vers la structure qui reste")
    label = await stays.locator("option", has_text="Hôpital des Coteaux").first.inner_text()
    await stays.select_option(label=label)
    await press(page, page.get_by_role("button", name="Voir les effets"), "Enter")
    await expect(page.get_by_role("heading", name="Ce que cela ferait")).to_be_visible()
    await write(page, page.get_by_label("Pourquoi"), "Une seule équipe")
    await press(page, page.get_by_role("button", name="Faire cette opération"), "Enter")

    await expect(page.get_by_role("heading", name="Ce que cela ferait")).to_have_count(0)
    lilas = standing.territory.at(standing.origin + "/structures/{other}")
    await page.goto(lilas)
    await expect(page.get_by_role("link", name="Fermer", exact=True)).to_have_count(0)

    await page.goto(f"{standing.origin}/historique")
    await expect(page.get_by_text("Une seule équipe").first).to_be_visible()
    await press(page, page.get_by_role("link", name="Annuler cet acte").first, "Enter")
    await press(page, page.get_by_role("button", name="Annuler l’acte"), "Enter")
    await expect(page.get_by_text("L’acte est annulé", exact=False)).to_be_visible()
    await page.goto(lilas)
    await expect(page.get_by_role("link", name="Fermer", exact=True)).to_be_visible()


async def test_a_file_is_compared_applied_and_taken_back_whole(standing: Standing, open_page: OpenPage) -> None:
    page = await open_page()
    await signed_in(page.context, standing.origin, standing.claire)
    head, *_ = (SAMPLES / "structures.csv").read_text().splitlines()
    line = (
        "EG-7;EG;Maison de santé des Tilleuls;;;;13000000000010;;;;94-ouest;2 R DES TILLEULS;94800;94076;;2020-01-01;"
    )
    await page.goto(f"{standing.origin}/imports/nouveau")
    await page.get_by_label("Territoire concerné").select_option("94-ouest")
    await page.get_by_label("Fichier").set_input_files(
        {"name": "structures.csv", "mimeType": "text/csv", "buffer": f"{head}\n{line}\n".encode()}
    )
    await page.get_by_role("button", name="Envoyer et comparer").click()
    await expect(page.get_by_text("à regarder", exact=True)).to_be_visible(timeout=60_000)
    await page.get_by_role("link", name="Nouvelles").click()
    await page.get_by_role("button", name="Choisir toutes les lignes de cette sorte").click()
    await page.get_by_role("button", name="Appliquer").click()
    await expect(page.get_by_text("Appliqué en un acte.")).to_be_visible(timeout=60_000)
    back = await page.get_by_role("link", name="Annuler tout l’import").get_attribute("href")

    await page.goto(f"{standing.origin}/structures?q=tilleuls")
    await expect(page.get_by_role("link", name="Maison de santé des Tilleuls")).to_be_visible()
    await page.goto(f"{standing.origin}{back}")
    await press(page, page.get_by_role("button", name="Annuler l’acte"), "Enter")
    await expect(page.get_by_text("L’acte est annulé", exact=False)).to_be_visible()
    await page.goto(f"{standing.origin}/structures?q=tilleuls")
    await expect(page.get_by_role("link", name="Maison de santé des Tilleuls")).to_have_count(0)


async def test_an_offer_is_written_and_corrected_from_a_day_on(standing: Standing, open_page: OpenPage) -> None:
    page = await open_page()
    await signed_in(page.context, standing.origin, standing.claire)
    await page.goto(standing.territory.at(standing.origin + "/offres/nouvelle?structure={site}"))
    await write(page, page.get_by_label("Nom", exact=True), "Consultation mémoire")
    await write(page, page.get_by_label("Âge minimal"), "65 ans")
    await press(page, page.get_by_role("button", name="Inscrire", exact=True), "Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Consultation mémoire")

    await press(page, page.get_by_role("link", name="Modifier", exact=True), "Enter")
    await page.get_by_label("Âge minimal").fill("60 ans")
    await press(page, page.get_by_role("button", name="Enregistrer"), "Enter")
    await expect(page.get_by_text("60 ans", exact=False).first).to_be_visible()
    await page.goto(f"{standing.origin}/offres?q=memoire")
    await expect(page.get_by_role("link", name="Consultation mémoire").first).to_be_visible()


async def test_a_territory_is_divided_on_a_later_day_and_each_day_says_who_covers_what(
    standing: Standing, open_page: OpenPage
) -> None:
    page = await open_page()
    await signed_in(page.context, standing.origin, standing.claire)
    later = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    then, now = (f"{standing.origin}/carte?territoire=tous&le={day}" for day in (later, ""))
    await page.goto(f"{standing.origin}/operations/diviser-territoire")
    await page.get_by_label("Territoire à diviser").select_option("94-ouest")
    await page.get_by_label("Code du nouveau territoire").fill("94-essai")
    await page.get_by_label("Nom du nouveau territoire").fill("94 Essai")
    await page.get_by_label("Codes des communes").fill("94041")
    await page.get_by_label("À partir du").fill(later)
    await page.get_by_role("button", name="Voir les effets").click()
    await expect(page.get_by_role("heading", name="Ce que cela ferait")).to_be_visible()
    await page.get_by_label("Pourquoi").fill("Essai d’un jour")
    await page.get_by_role("button", name="Faire cette opération").click()
    await expect(page.get_by_role("heading", name="Ce que cela ferait")).to_have_count(0)

    await page.goto(then)
    await expect(page.get_by_role("link", name=NEW_TERRITORY)).to_be_visible()
    await page.goto(now)
    await expect(page.get_by_role("link", name=NEW_TERRITORY)).to_have_count(0)

    await page.goto(f"{standing.origin}/historique")
    await page.get_by_role("link", name="Annuler cet acte").first.click()
    await page.get_by_role("button", name="Annuler l’acte").click()
    await expect(page.get_by_text("L’acte est annulé", exact=False)).to_be_visible()
    await page.goto(then)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Carte des territoires")
    await expect(page.get_by_role("link", name=NEW_TERRITORY)).to_have_count(0)


async def test_a_structure_is_moved_under_another_and_back(standing: Standing, open_page: OpenPage) -> None:
    page = await open_page()
    await signed_in(page.context, standing.origin, standing.claire)
    await page.goto(f"{standing.origin}/operations/deplacer?chercher=des")
    await page.get_by_role("checkbox", name="Cabinet des Lilas").check()
    under = page.get_by_label("Sous la structure")
    label = await under.locator("option", has_text="Groupe hospitalier des Coteaux").first.inner_text()
    await under.select_option(label=label)
    await page.get_by_role("button", name="Voir les effets").click()
    await expect(page.get_by_role("heading", name="Ce que cela ferait")).to_be_visible()
    await page.get_by_role("button", name="Faire cette opération").click()
    await expect(page.get_by_text("L’opération est faite.", exact=False)).to_be_visible()
    lilas = standing.territory.at(standing.origin + "/structures/{other}")
    await page.goto(lilas)
    await expect(page.locator("main").get_by_role("link", name="Groupe hospitalier des Coteaux").first).to_be_visible()

    await page.goto(f"{standing.origin}/historique")
    await page.get_by_role("link", name="Annuler cet acte").first.click()
    await page.get_by_role("button", name="Annuler l’acte").click()
    await expect(page.get_by_text("L’acte est annulé", exact=False)).to_be_visible()
    await page.goto(lilas)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Cabinet des Lilas")
    await expect(page.locator("main").get_by_role("link", name="Groupe hospitalier des Coteaux")).to_have_count(0)
