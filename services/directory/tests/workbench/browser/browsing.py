"""A real Chromium at the workbench: the pages' own listener over the test's service, the session made beforehand.

Real logins are played on the whole platform (`tests/workbench`); what a page looks like does not hang on them.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import BrowserContext, Page
from terresante_directory.workbench import app, server
from terresante_directory.workbench.visits import COOKIE, Workbench
from terresante_platform.tls import Identity

from services.directory.tests.workbench.visitor import Visitor

from .inhabited import Territory


@dataclass(frozen=True, slots=True)
class Standing:
    """The pages of an inhabited territory, and who is signed in there."""

    origin: str
    territory: Territory
    claire: Visitor
    nadia: Visitor
    anne: Visitor

    def named(self, pages: dict[str, list[str]]) -> list[tuple[str, str]]:
        """A name for the drawing, and the address."""
        found = []
        for route, addresses in pages.items():
            name = route.strip("/").replace("/", "-").replace("{", "").replace("}", "") or "accueil"
            found += [(f"{name}-{at}" if at else name, self.territory.at(one)) for at, one in enumerate(addresses)]
        return found


@asynccontextmanager
async def served(workbench: Workbench, identity: Identity) -> AsyncIterator[str]:
    """Serves the pages until left; gives their origin. From then on forms of the `Visitor` are another site's."""
    async with server.serving(app.door(workbench), "127.0.0.1:0", identity, 1.0) as port:
        workbench.origin = f"https://127.0.0.1:{port}"
        yield workbench.origin


async def signed_in(context: BrowserContext, origin: str, visitor: Visitor) -> None:
    """The browser goes on with the visitor's session."""
    cookie: Any = {"name": COOKIE, "value": visitor.cookie, "url": origin, "secure": True, "httpOnly": True}
    await context.add_cookies([cookie])


class Scale:
    """Counts the bytes that travel to a page that keeps nothing: files included, heads aside."""

    def __init__(self) -> None:
        self._received = 0

    async def under(self, page: Page) -> None:
        """Counts for this page from now on."""
        session = await page.context.new_cdp_session(page)
        session.on("Network.loadingFinished", self._finished)
        await session.send("Network.enable")
        await session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def read(self) -> int:
        """Bytes since it was last read."""
        read, self._received = self._received, 0
        return read

    def _finished(self, told: Any) -> None:
        self._received += int(told["encodedDataLength"])
