"""The example portal over a platform in miniature, both on ports of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp
from terresante_dev.chat.app import portal
from terresante_dev.chat.where import Where
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.postgres import free_port

from .small_api import Api
from .small_platform import Platform, realms


def pytest_configure(config: pytest.Config) -> None:
    """Chromium's fixtures, and certificates."""
    for plugin in ("terresante_platform.testing.plugin", "terresante_dev.browser.testing"):
        config.pluginmanager.import_plugin(plugin)


@dataclass
class Clock:
    """Seconds that a test adds to."""

    at: float = 1_000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Standing:
    """A portal that people may use."""

    origin: str
    platform: Platform
    clock: Clock = field(default_factory=Clock)


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    """Some authority's file: nothing here speaks TLS."""
    return Authority(tmp_path).identity("gateway").authority


@pytest_asyncio.fixture
async def standing(trusted: Path) -> AsyncIterator[Standing]:
    platform, clock = Platform(), Clock()
    platform.origin, origin = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    issuers = {realm: f"{platform.origin}/realms/{realm}" for realm in ("pro", "patient")}
    where = Where(origin, platform.origin, issuers, "portal", trusted)
    v1 = Route("/v1/{rest:path}", Api(platform).answer, methods=["GET", "POST", "PUT", "DELETE"])
    async with served(Starlette(routes=[*realms(platform), v1]), platform.origin), served(portal(where, clock), origin):
        yield Standing(origin, platform, clock)


@asynccontextmanager
async def served(app: ASGIApp, origin: str) -> AsyncIterator[None]:
    """The application at that origin until left; streams are cut then."""
    port = urlsplit(origin).port or 0
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", timeout_graceful_shutdown=1)
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await serving
