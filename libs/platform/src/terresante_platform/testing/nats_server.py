"""A throw-away NATS server with JetStream on loopback, power-safe as in production."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from terresante_platform.testing.postgres import free_port

START_SECONDS = 20.0


class Server:
    """A running server; may be killed, wiped and started again on the same port."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.url = f"nats://127.0.0.1:{port}"
        self.more = ""
        """What its configuration says besides."""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it answers."""
        settings = self.folder / "nats.conf"
        store = f'jetstream {{ store_dir: "{self.folder}/store", sync_interval: always }}'
        settings.write_text(f'listen: "127.0.0.1:{self.port}"\n{store}\n{self.more}\n')
        binary = Path(sys.executable).parent / "nats-server"
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([binary, "-c", str(settings)], stdout=log, stderr=log)  # noqa: S603
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def wipe(self) -> None:
        """Loses everything it stored. Only while it is not running."""
        shutil.rmtree(self.folder / "store", ignore_errors=True)


@contextmanager
def server() -> Iterator[Server]:
    """A new server in a temporary folder, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="terresante-nats-"))
    running = Server(folder, free_port())
    try:
        running.start()
        yield running
    finally:
        running.kill()
        shutil.rmtree(folder, ignore_errors=True)
