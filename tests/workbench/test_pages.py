"""Pages of the running platform in a real browser: nobody else is asked for anything, in light and dark.

Each page of the application, in each of its states, is looked at in `services/directory/tests/workbench/browser`.
"""

import pytest
from playwright.async_api import Page, expect
from terresante_dev.browser.desk import Desk
from terresante_dev.browser.looking import DESKTOP, accessible, overflows, screenshot
from terresante_dev.browser.testing import OpenPage
from terresante_dev.browser.windows import Watched

pytestmark = pytest.mark.timeout(400)
PHONE = 390
PAGES = {
    "accueil": "/",
    "structures": "/structures",
    "professionnels": "/professionnels",
    "carte": "/carte",
    "comptes": "/comptes",
    "indicateurs": "/indicateurs",
    "historique": "/historique",
    "introuvable": "/nulle-part",
}


async def is_right(page: Page, name: str) -> None:
    """Draws the page at both widths, then fails if axe or the width finds fault with it."""
    for width in (DESKTOP, PHONE):
        await screenshot(page, f"sandbox-{name}", width)
    assert await accessible(page) == [], name
    await page.set_viewport_size({"width": PHONE, "height": 844})
    assert not await overflows(page), name
    await page.set_viewport_size({"width": DESKTOP, "height": 900})


async def test_pages_ask_nobody_but_the_workbench_and_the_login_service(
    page: Page, desk: Desk, watched: Watched
) -> None:
    await page.goto(desk.url)
    await is_right(page, "connexion")
    await desk.sign_in(page)
    for name, path in PAGES.items():
        await page.goto(desk.url + path)
        if path == "/carte":
            await page.get_by_role("button", name="Agrandir la carte").wait_for()
        await is_right(page, name)
    await page.goto(f"{desk.url}/professionnels")
    await page.get_by_role("link", name="Baron Nadia").click()
    await is_right(page, "professionnel")
    await page.get_by_role("button", name="Se déconnecter").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Vous êtes déconnecté")
    await is_right(page, "deconnecte")

    assert watched.origins() <= {desk.url, desk.keycloak}


async def test_the_dark_theme_is_accessible_too(open_page: OpenPage, desk: Desk) -> None:
    page = await open_page(color_scheme="dark")
    await desk.sign_in(page)
    for name in ("accueil", "professionnels", "carte"):
        await page.goto(desk.url + PAGES[name])
        await screenshot(page, f"sandbox-sombre-{name}", DESKTOP)
        assert await accessible(page) == [], name
