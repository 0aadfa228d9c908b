"""How somebody of a sandbox gets into its workbench: their password and a one-time code, typed on Keycloak's pages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from terresante_dev import codes


class Desk:
    """The workbench of a stack, told by its `stack.json`."""

    def __init__(self, stack: Mapping[str, Any]) -> None:
        self.url: str = stack["workbench"]["url"]
        self.keycloak: str = "/".join(stack["issuers"]["pro"].split("/")[:3])
        self._stack = stack

    async def sign_in(self, page: Page, who: str = "admin-94-ouest", path: str = "/") -> None:
        """From a page that asks for it to that page."""
        await page.goto(self.url + path)
        await page.get_by_role("link", name="Se connecter").click()
        await self.prove(page, who)
        await expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()

    async def prove(self, page: Page, who: str = "admin-94-ouest") -> None:
        """Password and code, on Keycloak's pages."""
        persona = self._stack["personas"][who]
        await page.locator("#password").wait_for()
        if await page.locator("#username").is_visible():
            await page.locator("#username").fill(persona["username"])
        await page.locator("#password").fill(persona["password"])
        await page.locator("#password").press("Enter")
        ledger = codes.ledger(Path(self._stack["folder"]))
        await page.locator("#otp").fill(codes.next_code(persona["totp_secret"], ledger))
        await page.locator("#otp").press("Enter")
