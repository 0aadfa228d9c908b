"""The workbench in Chromium, over the test's own service: an inhabited territory, and who is signed in there."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from terresante_directory.workbench import app
from terresante_directory.workbench.visits import Workbench
from terresante_platform.testing.certificates import Authority

from services.directory.tests.workbench.conftest import Appoint
from services.directory.tests.workbench.visitor import Visitor

from .browsing import Standing, served
from .inhabited import asked, made

LONG = timedelta(hours=1)
"""How long tokens last: whoever logged in last would get the next ones."""


@pytest.fixture
def authorities(certificates: Authority) -> tuple[Path, ...]:
    """Who signed the pages' certificate."""
    return (certificates.identity("directory").authority,)


@pytest_asyncio.fixture
async def standing(
    claire: Visitor, expected: UUID, appointed: Appoint, taken_over: None, workbench: Workbench, certificates: Authority
) -> AsyncIterator[Standing]:
    await claire.log_in(await appointed("94-ouest"), lasts=LONG)
    territory = await made(claire)
    territory.ids["colleague"] = str(await appointed("94-ouest", name="Paul Roy"))
    door = app.door(workbench)
    nadia, anne = Visitor(door, claire.keycloak), Visitor(door, claire.keycloak)
    await nadia.log_in(UUID(territory.ids["doctor"]), kind="professional", lasts=LONG)
    await anne.log_in(expected, kind="professional", acr=3, lasts=LONG)
    await asked(nadia, territory)
    async with served(workbench, certificates.identity("directory")) as origin:
        yield Standing(origin, territory, claire, nadia, anne)
    await nadia.http.aclose()
    await anne.http.aclose()
