"""A structure divided in a browser: shown before, done on a later day, undone in one action."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect
from terresante_dev.browser.looking import accessible, press, write
from terresante_dev.browser.testing import OpenPage

from .browsing import Standing, signed_in

pytestmark = pytest.mark.timeout(300)
NEW = "Centre des consultations"


async def test_a_structure_is_divided_on_a_later_day_as_it_was_shown_and_whole_again_in_one_action(
    standing: Standing, open_page: OpenPage
) -> None:
    page = await open_page()
    await signed_in(page.context, standing.origin, standing.claire)
    later = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    unit = standing.territory.at(standing.origin + "/structures/{unit}")
    inside = page.get_by_role("main").get_by_role("link", name=NEW)

    await page.goto(standing.territory.at(standing.origin + "/operations/diviser?structure={site}"))
    await page.get_by_role("checkbox", name="Consultations externes").check()
    await write(page, page.get_by_label("Nom de la nouvelle structure"), NEW)
    await page.get_by_label("Territoire", exact=True).select_option("94-ouest")
    await page.get_by_label("À partir du").fill(later)
    await press(page, page.get_by_role("button", name="Voir les effets"), "Enter")
    effects = page.get_by_role("region", name="Ce que cela ferait")
    await expect(effects).to_be_visible()
    await expect(effects.locator("dl div", has_text="Structures").locator("dd").first).to_have_text("2")
    assert await accessible(page) == []
    await write(page, page.get_by_label("Pourquoi"), "Les consultations prennent leur indépendance")
    await press(page, page.get_by_role("button", name="Faire cette opération"), "Enter")
    await expect(effects).to_have_count(0)

    await page.goto(unit)
    await expect(inside).to_have_count(0)
    await page.goto(f"{unit}?le={later}")
    await expect(inside.first).to_be_visible()

    await page.goto(f"{standing.origin}/historique")
    await expect(page.get_by_text("Les consultations prennent leur indépendance").first).to_be_visible()
    await press(page, page.get_by_role("link", name="Annuler cet acte").first, "Enter")
    await press(page, page.get_by_role("button", name="Annuler l’acte"), "Enter")
    await expect(page.get_by_text("L’acte est annulé", exact=False)).to_be_visible()
    await page.goto(f"{unit}?le={later}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Consultations externes")
    await expect(inside).to_have_count(0)
