"""Chromium driven by Playwright: it trusts the authorities of the test, looks up no name, tells all that it asks."""

import hashlib
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, async_playwright

from terresante_dev.browser.chromium import Programs

LOOPBACK = ("127.0.0.1", "localhost")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, " + ", ".join(f"EXCLUDE {host}" for host in LOOPBACK),
)
"""Besides those that Playwright gives; the last one leaves the browser no way out of this machine."""
PATIENCE = 10_000
"""Milliseconds that a page or an element may take before a test fails."""
DESKTOP = {"width": 1280, "height": 900}


@dataclass
class Watched:
    """What pages did in one test.

    `asked`: the URL of each request, in order; `complaints`: uncaught errors of scripts and breaches of the content
    security policy. A test that provokes one clears the list.
    """

    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def origins(self) -> set[str]:
        """Scheme, host and port of whom pages asked: `{"https://127.0.0.1:8443"}`."""
        parts = [urlsplit(url) for url in self.asked]
        return {f"{part.scheme}://{part.netloc}" for part in parts if part.scheme in ("http", "https", "ws", "wss")}

    def outside(self) -> set[str]:
        """Those origins that are not on this machine. They got no answer."""
        return {origin for origin in self.origins() if urlsplit(origin).hostname not in LOOPBACK}

    def watch(self, context: BrowserContext) -> None:
        """Notes what the pages of this context do from now on."""
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: self.asked.append(socket.url)))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", self._said)

    def _said(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.complaints.append(message.text)


class Browsers:
    """The Chromiums of a session: one for each set of trusted authorities, started when it is first wanted."""

    def __init__(self, playwright: Playwright, programs: Programs, stack: AsyncExitStack) -> None:
        self._playwright = playwright
        self._programs = programs
        self._stack = stack
        self._running: dict[str, Browser] = {}

    async def trusting(self, *authorities: Path) -> Browser:
        """The one that accepts servers whose certificate these authorities (PEM files) signed for their name."""
        key = hashlib.sha256(b"".join(sorted(authority.read_bytes() for authority in authorities))).hexdigest()
        if key not in self._running:
            self._running[key] = await self._start(authorities)
        return self._running[key]

    async def _start(self, authorities: tuple[Path, ...]) -> Browser:
        home = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="terresante-chromium-")))
        self._trust(home / ".pki" / "nssdb", authorities)
        program = self._programs.chromium
        browser = await self._playwright.chromium.launch(
            executable_path=program.path,
            args=FLAGS,
            env={**program.environment(), "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)},
        )
        self._stack.push_async_callback(browser.close)
        return browser

    def _trust(self, store: Path, authorities: tuple[Path, ...]) -> None:
        """Writes the store in which Chromium looks for authorities that this user added."""
        store.mkdir(parents=True)
        program = self._programs.certutil
        steps = [["-N", "--empty-password"]]
        steps += [
            ["-A", "-n", str(one), "-t", "C,,", "-i", str(authority)] for one, authority in enumerate(authorities)
        ]
        for step in steps:
            command = [str(program.path), "-d", f"sql:{store}", *step]
            subprocess.run(command, env=program.environment(), check=True, capture_output=True, timeout=30)


@asynccontextmanager
async def running(programs: Programs) -> AsyncIterator[Browsers]:
    """Chromiums until left."""
    async with async_playwright() as playwright, AsyncExitStack() as stack:
        yield Browsers(playwright, programs, stack)


async def opened(browser: Browser, watched: Watched, stack: AsyncExitStack, **options: Any) -> Page:
    """A page in a context of its own, closed with the stack. `options`: of Playwright's new_context."""
    french: dict[str, Any] = {"locale": "fr-FR", "timezone_id": "Europe/Paris", "viewport": DESKTOP}
    context = await browser.new_context(**{**french, "reduced_motion": "reduce", **options})
    stack.push_async_callback(context.close)
    context.set_default_timeout(PATIENCE)
    watched.watch(context)
    return await context.new_page()
