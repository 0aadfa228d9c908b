"""FINESS against what was corrected here, side by side in a real browser, by keyboard: taken, undone, kept, reopened."""

import secrets

import pytest
from playwright.async_api import Page, expect
from terresante_dev.browser.desk import Desk
from terresante_dev.browser.looking import accessible, press, reach, write

from .importing import apply_new, finess, hand_over

MARK = secrets.token_hex(3)
NUMBER = f"99{secrets.randbelow(10**7):07d}"
pytestmark = pytest.mark.timeout(300)


async def corrected(page: Page, desk: Desk, name: str, number: str) -> None:
    """A structure that FINESS names was renamed here; the extract was read again since."""
    content = finess(number, f"CENTRE {MARK}")
    await hand_over(page, desk.url, "finess", content)
    await apply_new(page)
    await page.goto(f"{desk.url}/structures?q=centre {MARK}")
    await page.get_by_role("link", name=f"CENTRE {MARK}").first.click()
    await page.get_by_role("link", name="Modifier", exact=True).click()
    await page.get_by_label("Nom", exact=True).fill(name)
    await page.get_by_role("button", name="Enregistrer").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
    await hand_over(page, desk.url, "finess", content)


async def test_a_difference_is_taken_undone_and_kept_by_keyboard_alone(page: Page, desk: Desk) -> None:
    name = f"Nom d’ici {MARK}"
    await desk.sign_in(page, path="/imports")
    await corrected(page, desk, name, NUMBER)
    await page.goto(f"{desk.url}/ecarts?source=finess&territoire=94-ouest&genre=structure")
    sheet = page.get_by_role("region", name=f"Écarts : {name}")
    await expect(sheet.get_by_role("cell", name=f"CENTRE {MARK}")).to_be_visible()
    assert await accessible(page) == []

    await reach(page, page.get_by_role("checkbox", name=f"Toute la fiche {name}"))
    await page.keyboard.press("Space")
    await write(page, page.get_by_label("Pourquoi"), "FINESS a raison")
    await press(page, page.get_by_role("button", name="Prendre FINESS"), "Enter")
    await expect(page.get_by_text("Les valeurs de la source sont prises, en un acte.")).to_be_visible()
    await expect(page.get_by_role("heading", name=name)).to_have_count(0)
    await press(page, page.get_by_role("link", name="Annuler cet acte"), "Enter")
    await press(page, page.get_by_role("button", name="Annuler l’acte"), "Enter")
    await expect(page.get_by_text("L’acte est annulé")).to_be_visible()

    await page.goto(f"{desk.url}/ecarts?source=finess&territoire=94-ouest&genre=structure")
    await reach(page, page.get_by_role("checkbox", name=f"Nom de {name}"))
    await page.keyboard.press("Space")
    await write(page, page.get_by_label("Pourquoi"), f"vu sur place {MARK}")
    await press(page, page.get_by_role("button", name="Garder ce qui est ici"), "Enter")
    await expect(page.get_by_text("Les valeurs d’ici sont gardées")).to_be_visible()
    await expect(page.get_by_role("heading", name=name)).to_have_count(0)

    await press(page, page.get_by_role("link", name="Voir ce qui est gardé"), "Enter")
    await expect(page.get_by_text(f"vu sur place {MARK}")).to_be_visible()
    assert await accessible(page) == []
    await reach(page, page.get_by_role("checkbox", name=f"Nom de {name}"))
    await page.keyboard.press("Space")
    await press(page, page.get_by_role("button", name="Décider de nouveau"), "Enter")
    await expect(page.get_by_text("Ces écarts attendent de nouveau une décision.")).to_be_visible()


async def test_what_is_shown_follows_the_choices_and_has_an_address(page: Page, desk: Desk) -> None:
    await desk.sign_in(page, path="/ecarts")
    await page.get_by_label("Source").select_option("ror")
    await expect(page).to_have_url(f"{desk.url}/ecarts?source=ror&genre=&vue=")
    await page.get_by_label("Montrer", exact=True).select_option("gardes")
    await expect(page.get_by_text("Aucune valeur d’ici n’a été gardée contre ROR")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("Source")).to_have_value("ror")
    assert await accessible(page) == []
