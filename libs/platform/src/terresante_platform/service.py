"""How a process of the platform starts and stops. A service's `__main__.py` is the table of its parts, in start
order.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import uvloop

from terresante_platform import background, telemetry, tls
from terresante_platform.measures import CERTIFICATE_END
from terresante_platform.settings import Settings
from terresante_platform.tls import Identity
from terresante_platform.tokens import Verifier, https_fetch

Kind = TypeVar("Kind", bound=Settings)


def run(name: str, settings: Kind, main: Callable[[Kind], Coroutine[Any, Any, None]]) -> None:
    """Runs `main(settings)` until it ends, with logs and traces under `name`."""
    telemetry.start(name, settings.otlp_endpoint, settings.trace_ratio, settings.log_level)
    try:
        with CERTIFICATE_END.told_by(tls.watched(identity(settings))):
            uvloop.run(main(settings))
    finally:
        telemetry.stop()


async def stop_requested() -> None:
    """Waits for SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    await stop.wait()


def identity(settings: Settings) -> Identity:
    """Who this process is to its neighbours."""
    return Identity(settings.tls_cert_file, settings.tls_key_file, settings.tls_ca_file)


@asynccontextmanager
async def verifying(settings: Settings, audience: str) -> AsyncIterator[Verifier]:
    """A verifier of people's tokens for `audience`; fetches the issuers' keys in the background until it has them."""
    authority = str(settings.issuers_ca_file) if settings.issuers_ca_file else None
    verifier = Verifier(settings.issuers, audience, https_fetch(authority))
    async with background.running(verifier.complete()):
        yield verifier
