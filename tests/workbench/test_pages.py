"""Each page in a real browser: accessible, no wider than the window, readable on a phone; drawn for whoever looks."""

import pytest
from playwright.async_api import Page, expect
from terresante_dev.browser.looking import DESKTOP, accessible, overflows, screenshot
from terresante_dev.browser.testing import OpenPage
from terresante_dev.browser.windows import Watched

from .signing_in import Desk

pytestmark = pytest.mark.timeout(400)
PHONE = 390
PAGES = {
    "accueil": "/",
    "structures": "/structures",
    "structures-rien": "/structures?q=zzzz",
    "structure-nouvelle": "/structures/nouvelle",
    "professionnels": "/professionnels",
    "professionnel-nouveau": "/professionnels/nouveau",
    "referents": "/referents",
    "systemes": "/systemes",
    "systeme-nouveau": "/systemes/nouveau",
    "recherche": "/recherche?q=hopital",
    "arbre": "/arbre",
    "carte": "/carte",
    "offres": "/offres",
    "offre-nouvelle": "/offres/nouvelle",
    "offres-a-confirmer": "/offres/a-confirmer",
    "operations": "/operations",
    "operation-deplacer": "/operations/deplacer",
    "operation-diviser": "/operations/diviser",
    "operation-territoire": "/operations/diviser-territoire?territoire=94-ouest",
    "imports": "/imports",
    "import-nouveau": "/imports/nouveau",
    "historique": "/historique",
    "introuvable": "/nulle-part",
}


async def is_right(page: Page, name: str) -> None:
    """Draws the page at both widths, then fails if axe or the width finds fault with it."""
    for width in (DESKTOP, PHONE):
        await screenshot(page, f"atelier-{name}", width)
    assert await accessible(page) == [], name
    await page.set_viewport_size({"width": PHONE, "height": 844})
    assert not await overflows(page), name
    await page.set_viewport_size({"width": 640, "height": 450})  # 1280 × 900 at 200 %
    assert not await overflows(page), name
    await page.set_viewport_size({"width": DESKTOP, "height": 900})


async def test_every_page_is_accessible_and_fits_a_phone(page: Page, desk: Desk, watched: Watched) -> None:
    await page.goto(desk.url)
    await is_right(page, "connexion")
    await desk.sign_in(page)
    for name, path in PAGES.items():
        await page.goto(desk.url + path)
        if path == "/carte":
            await page.get_by_role("button", name="Agrandir la carte").wait_for()
        await is_right(page, name)
    await page.goto(f"{desk.url}/structures")
    await page.get_by_role("link", name="Hôpital des Coteaux", exact=True).click()
    await is_right(page, "structure")
    for name, link in (("structure-modifier", "Modifier"), ("structure-fermer", "Fermer")):
        await page.get_by_role("link", name=link, exact=True).click()
        await is_right(page, name)
        await page.go_back()
    await page.get_by_role("link", name="Baron Nadia").click()
    await is_right(page, "professionnel")
    for name, link in (
        ("corriger", "Corriger"),
        ("lieu", "Ajouter un lieu"),
        ("compte-lettre", "Refaire la lettre d’activation"),
        ("compte-suspendre", "Suspendre le compte"),
        ("mandat", "Modifier le mandat"),
        ("mandat-fin", "Terminer le mandat"),
    ):
        await page.get_by_role("link", name=link).click()
        await is_right(page, name)
        await page.go_back()
    await page.goto(f"{desk.url}/systemes")
    await page.get_by_role("link", name="Hôpital des Coteaux (DPI)").first.click()
    await is_right(page, "systeme")
    await page.get_by_role("button", name="Se déconnecter").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Vous êtes déconnecté")
    await is_right(page, "deconnecte")
    assert watched.origins() <= {desk.url, desk.keycloak}


async def test_the_dark_theme_is_accessible_too(open_page: OpenPage, desk: Desk) -> None:
    page = await open_page(color_scheme="dark")
    await desk.sign_in(page)
    for name in ("accueil", "professionnels", "structure-nouvelle"):
        await page.goto(desk.url + PAGES[name])
        await screenshot(page, f"atelier-sombre-{name}", DESKTOP)
        assert await accessible(page) == [], name
