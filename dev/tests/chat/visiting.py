"""How the tests come to a page of the example portal."""

from playwright.async_api import Page, expect

from .conftest import Standing

PHONE = {"width": 390, "height": 844}


async def signed_in(page: Page, standing: Standing, who: str, path: str = "/") -> Page:
    """Logged in by a link of the login page, and at that page."""
    await page.goto(standing.origin + path)
    await page.get_by_role("link", name="Je suis patient" if who == "patient" else "Je suis professionnel").click()
    await page.get_by_role("link", name=who, exact=True).click()
    await expect(page.locator("#direct")).to_have_text("En direct")
    return page
