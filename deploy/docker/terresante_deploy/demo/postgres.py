"""The demo's PostgreSQL: as the one-machine runner makes it, but reached from other pods.

In the clear: the wheel that it comes from is built without TLS. One more reason why this is no production.
"""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from terresante_dev import postgres
from terresante_dev.stack import Stack

DISK = Path("/var/lib/terresante")
SECRETS = Path("/run/terresante/postgres")
PORT = 5432
PATIENCE = 300.0
"""Seconds for the server to answer: it may replay a log first."""
MORE = "listen_addresses = '*'\n"
WHO_MAY_FIRST = "host all all 127.0.0.1/32 scram-sha-256\n"
WHO_MAY = "host replication postgres 127.0.0.1/32 scram-sha-256\nhost all all all scram-sha-256\n"
"""Base backups are taken from inside the pod."""


def prepared() -> tuple[Stack, postgres.Cluster]:
    """The server's files, made the first time."""
    stack = Stack("demo", DISK / "stack", 1, {"postgres": PORT})
    stack.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    if not stack.secrets.is_symlink():
        stack.secrets.symlink_to(SECRETS)
    cluster = postgres.cluster(stack)
    (cluster.data / "pg_hba.conf").write_text(WHO_MAY_FIRST)
    with (cluster.data / "terresante.conf").open("a") as settings:
        settings.write(MORE)
    return stack, cluster


async def provided(stack: Stack) -> None:
    """Databases and roles, once the server answers. Until then `pg_hba.conf` lets in this pod alone: a migration that
    came between a database and its grants would make tables that nobody may read.
    """
    until = time.monotonic() + PATIENCE
    while True:
        if await postgres.ready(stack):
            break
        if time.monotonic() > until:
            raise SystemExit(f"The server did not answer for {PATIENCE:.0f} s.")
        await asyncio.sleep(0.2)
    await postgres.provide(stack)
    sys.stdout.write("databases and roles are there\n")
    sys.stdout.flush()


def main() -> int:
    """Runs the server until told to stop; its way to stop at once is SIGINT."""
    stack, cluster = prepared()
    server = subprocess.Popen(cluster.command())  # noqa: S603 - our own program

    def leave(*_: object) -> None:
        server.send_signal(signal.SIGINT)

    leaving: Callable[..., None] = leave
    signal.signal(signal.SIGTERM, leaving)
    asyncio.run(provided(stack))
    (cluster.data / "pg_hba.conf").write_text(WHO_MAY)
    server.send_signal(signal.SIGHUP)
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
