"""Makes or corrects the stream of events and its consumers, as the operator's own NATS user.

`python -m terresante_deploy.streams` with TERRESANTE_STREAMS_NATS_URL (tls://host:port) and
TERRESANTE_STREAMS_REPLICAS; the certificate of `ops.svc` is in /run/terresante/tls.
`python -m terresante_deploy.streams permissions` prints, as JSON, the users that an own NATS cluster must know.
"""

import asyncio
import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path

import nats.errors
import nats.js.errors
from terresante_dev import nats as provisioning
from terresante_dev.nats import Tls
from terresante_dev.stack import SERVICES

TLS = Path("/run/terresante/tls")
PATIENCE = 600.0
"""Seconds for NATS to answer."""


def listens() -> dict[str, list[str]]:
    """Service -> the subjects that its package says it listens to."""
    return {name: list(import_module(f"terresante_{name}.events").LISTENS_TO) for name in SERVICES}


def users() -> list[dict[str, object]]:
    """The users of the platform as NATS's configuration wants them: each is the DNS name of a certificate."""
    known: list[dict[str, object]] = [
        {"user": f"{name}.svc", "permissions": provisioning.permissions(name)} for name in SERVICES
    ]
    operator: dict[str, object] = {
        "user": f"{provisioning.OPERATOR}.svc",
        "permissions": provisioning.operator_permissions(),
    }
    return [*known, operator]


async def provided(url: str, replicas: int, tls: Tls) -> list[str]:
    """What was changed, in words. Waits for NATS; raises SystemExit when it can never do."""
    until, told = time.monotonic() + PATIENCE, 0.0
    while True:
        try:
            return await provisioning.provision(url, tls, listens(), replicas)
        except (nats.js.errors.ServiceUnavailableError, nats.errors.NoRespondersError) as fault:
            reason = f"JetStream does not answer ({type(fault).__name__}); is it on, and may ops.svc use it?"
        except nats.js.errors.APIError as fault:
            raise SystemExit(f"NATS refused: {fault.description} (for {replicas} replicas).") from None
        except (nats.errors.Error, OSError, TimeoutError) as fault:
            reason = f"NATS does not answer yet ({type(fault).__name__})."
        if time.monotonic() > until:
            raise SystemExit(reason)
        if time.monotonic() - told > 10:
            told = time.monotonic()
            sys.stdout.write(reason + "\n")
            sys.stdout.flush()
        await asyncio.sleep(1)


def main() -> None:
    """See the module."""
    if sys.argv[1:] == ["permissions"]:
        sys.stdout.write(json.dumps(users(), indent=1) + "\n")
        return
    url, replicas = os.environ["TERRESANTE_STREAMS_NATS_URL"], int(os.environ["TERRESANTE_STREAMS_REPLICAS"])
    tls = Tls(TLS / "ca.crt", TLS / "tls.crt", TLS / "tls.key")
    changed = asyncio.run(provided(url, replicas, tls))
    sys.stdout.write("\n".join(changed or ["Stream and consumers are as they should be."]) + "\n")


if __name__ == "__main__":
    main()
