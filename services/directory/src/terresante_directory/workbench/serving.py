"""Starts the workbench beside the service: its parts start in this order, and stop in reverse."""

import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from joserfc.jwk import ECKey
from terresante_platform import service
from terresante_platform.database import Database
from terresante_platform.strangers import Budget, Strangers
from terresante_platform.tokens import Verifier

from terresante_directory import valuesets
from terresante_directory.domain.professionals import Profession
from terresante_directory.gazetteer import Gazetteer
from terresante_directory.settings import Settings
from terresante_directory.workbench import app, inside, provider, server
from terresante_directory.workbench.attempts import Attempts
from terresante_directory.workbench.inside import Servicers
from terresante_directory.workbench.provider import Client
from terresante_directory.workbench.sessions import Sessions
from terresante_directory.workbench.visits import Workbench

LOGINS = (Budget(burst=120, per_hour=1200), Budget(burst=600, per_hour=12_000))
"""Logins begun and forms sent without a session, of one address and of all together, at one replica. One address may be
a whole hospital's.
"""


def marking(key: str) -> Callable[[str], str]:
    """What stands for an address, the same at every replica, made with a key that they share."""

    def mark(address: str) -> str:
        return hmac.new(key.encode(), b"address\0" + address.encode(), hashlib.sha256).hexdigest()[:32]

    return mark


@asynccontextmanager
async def served(
    settings: Settings,
    kept: Database,
    verifier: Verifier,
    servicers: Servicers,
    professions: Mapping[str, Profession],
    communes: Gazetteer,
    now: Callable[[], datetime],
) -> AsyncIterator[int]:
    """Serves the pages until left, if the settings ask for them; gives the bound port, 0 for none."""
    if not settings.workbench_listen or settings.workbench_key_file is None:
        yield 0
        return
    who = service.identity(settings)
    key = settings.workbench_key_file.read_text()
    client = Client(
        settings.administrators_issuer(), settings.workbench_client_id, ECKey.import_key(key), settings.workbench_url
    )
    async with (
        inside.desk(who, verifier, servicers) as desk,
        provider.connected(client, settings.issuers_ca_file) as keycloak,
    ):
        labels = {code: profession.label for code, profession in professions.items()}
        workbench = Workbench(
            Sessions(kept, now),
            Attempts(kept, now),
            keycloak,
            verifier,
            desk,
            settings.workbench_url,
            labels,
            valuesets.load(),
            communes,
            Strangers(
                marking(key),
                time.monotonic,
                LOGINS,
                settings.workbench_trusted_proxies,
                settings.workbench_proxy_header,
            ),
        )
        async with (
            app.forgetting(workbench),
            server.serving(app.door(workbench), settings.workbench_listen, who, settings.drain_seconds) as port,
        ):
            yield port
