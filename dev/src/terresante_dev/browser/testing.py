"""Pages in a real Chromium, as fixtures.

authorities  PEM files of authorities that the browser trusts; none unless a suite's conftest says so
page         a page in a context of its own, at desktop width, in French, at Paris time
open_page    await open_page(**options of Playwright's new_context) -> one more, in a context of its own
watched      Watched: what the pages of this test asked for, and what went wrong in them
browser      the Chromium they are in, one for the session for each set of authorities

A test fails when a page of it asked for anything outside this machine, breached its content security policy or left an
error of a script uncaught. It fails as well, and is not skipped, where there is no Chromium.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from terresante_dev.browser import chromium, windows
from terresante_dev.browser.windows import Browsers, Watched

OpenPage = Callable[..., Awaitable[Page]]
FIRST_USE = 400
"""Seconds that the first test of a session may take: it may have to fetch Chromium."""


@pytest.fixture(scope="session")
def programs() -> chromium.Programs:
    """Chromium and certutil, fetched if this machine has none."""
    try:
        return chromium.programs()
    except chromium.ChromiumError as error:
        pytest.fail(str(error), pytrace=False)


@pytest_asyncio.fixture(scope="session")
async def browsers(programs: chromium.Programs) -> AsyncIterator[Browsers]:
    """The Chromiums of the session."""
    async with windows.running(programs) as running:
        yield running


@pytest.fixture
def authorities() -> tuple[Path, ...]:
    """Whom the browser trusts."""
    return ()


@pytest_asyncio.fixture
async def browser(browsers: Browsers, authorities: tuple[Path, ...]) -> Browser:
    """The Chromium of the session that trusts them."""
    return await browsers.trusting(*authorities)


@pytest.fixture
def watched() -> Watched:
    """What the pages of this test did."""
    return Watched()


@pytest_asyncio.fixture
async def open_page(browser: Browser, watched: Watched) -> AsyncIterator[OpenPage]:
    """Opens pages; at the end of the test they are closed, and must have behaved."""
    async with AsyncExitStack() as stack:
        yield partial(windows.opened, browser, watched, stack)
    if watched.outside():
        pytest.fail(f"Pages asked outside this machine: {sorted(watched.outside())}")
    if watched.complaints:
        pytest.fail("\n".join(["Pages complained:", *watched.complaints]))


@pytest_asyncio.fixture
async def page(open_page: OpenPage) -> Page:
    """A page at desktop width."""
    return await open_page()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a browser has the time to fetch it."""
    for item in items:
        if "programs" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(FIRST_USE))
