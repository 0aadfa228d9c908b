"""How a territory is doing, in a real browser on the running platform: charts, tables and files, consent counted too."""

import csv
import re
from io import StringIO
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect
from terresante_dev.browser.desk import Desk
from terresante_dev.browser.looking import accessible, overflows, press, screenshot
from terresante_dev.browser.testing import OpenPage

pytestmark = pytest.mark.timeout(300)
CIRCLES = "Cercles de soins"


def section(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


async def test_a_territory_is_read_by_keyboard_as_charts_tables_and_files(page: Page, desk: Desk) -> None:
    await desk.sign_in(page, path="/indicateurs")
    assert await accessible(page) == []
    for title in ("Professionnels inscrits", CIRCLES, "Patients consentants", "Structures", "Offres à confirmer"):
        await expect(section(page, title).get_by_role("img", name=f"{title} par semaine")).to_be_visible()
    await expect(page.get_by_text("Pas connu en ce moment")).to_have_count(0)

    circles = section(page, CIRCLES)
    await press(page, circles.locator("summary"), "Enter")
    cells = circles.get_by_role("cell")
    await expect(cells).to_have_count(12)
    assert await accessible(page) == []
    async with page.expect_download() as started:
        await press(page, circles.get_by_role("link", name="Télécharger le tableau"), "Enter")
    file = Path(await (await started.value).path()).read_text(encoding="utf-8-sig")
    rows = list(csv.reader(StringIO(file), delimiter=";"))
    assert rows[0] == ["Semaine du", CIRCLES]
    assert [row[1] for row in rows[1:13]] == await cells.all_inner_texts()


async def test_weeks_have_an_address_that_back_and_refresh_keep_and_bad_ones_say_why(page: Page, desk: Desk) -> None:
    await desk.sign_in(page, path="/indicateurs")
    whole = page.url
    await page.get_by_label("De la semaine du").fill("2026-01-05")
    await page.get_by_label("À la semaine du").fill("2026-01-20")
    await page.get_by_role("button", name="Afficher").click()

    await section(page, "Structures").locator("summary").click()
    await expect(section(page, "Structures").get_by_role("rowheader")).to_have_text(
        ["5 janvier 2026", "12 janvier 2026", "19 janvier 2026"]
    )
    await page.reload()
    await expect(page.get_by_label("De la semaine du")).to_have_value("2026-01-05")
    await page.get_by_label("À la semaine du").fill("2025-12-01")
    await page.get_by_role("button", name="Afficher").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_label("À la semaine du")).to_have_value("2025-12-01")
    assert await accessible(page) == []
    await page.go_back()
    await page.go_back()
    await expect(page).to_have_url(whole)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_charts_are_told_apart_on_a_phone_and_by_dark(open_page: OpenPage, desk: Desk, scheme: str) -> None:
    page = await open_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    await desk.sign_in(page, path="/indicateurs")
    await expect(section(page, CIRCLES)).to_be_visible()
    assert not await overflows(page)
    assert await accessible(page) == []
    await screenshot(page, f"indicateurs-{scheme}", 390)


async def test_a_preview_says_how_many_circles_an_operation_concerns(page: Page, desk: Desk) -> None:
    await desk.sign_in(page, path="/operations/fusionner")
    for name in ("Cabinet médical de la Plaine", "Cabinet infirmier des Lilas"):  # one after the other: 20 are shown
        await page.get_by_label("Chercher d’autres structures").fill(name)
        await page.get_by_role("button", name="Chercher", exact=True).click()
        await page.get_by_role("checkbox", name=re.compile(rf"^{name}, ")).check()
    stays = page.get_by_label("Vers la structure qui reste")
    await stays.select_option(label="Cabinet médical de la Plaine, Villejuif")
    await press(page, page.get_by_role("button", name="Voir les effets"), "Enter")

    told = page.locator("dt", has_text="Cercles de soins concernés").locator("xpath=following-sibling::dd")
    await expect(told).to_have_text(re.compile(r"^(moins de 5|\d+ à \d+)$"))
    assert await accessible(page) == []
