"""A stack of its own for these tests: real PostgreSQL, NATS and sink under the real supervisor, removed at the end."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Ground:
    """A running stack of PostgreSQL, NATS and sink, seen as a developer sees it: by verbs and `stack.json`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = ROOT / ".run" / name

    def verb(self, *words: str, fails: bool = False, environment: Mapping[str, str] = MappingProxyType({})) -> str:
        """What `python -m terresante_dev <words>` prints; it must succeed, or with `fails` must not."""
        command = [sys.executable, "-m", "terresante_dev", words[0], "--stack", self.name, *words[1:]]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=100, env={**os.environ, **environment}
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def up(self) -> str:
        return self.verb("up", "--only", "postgres,nats,sink")

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.folder / "stack.json").read_text())
        return told

    def part(self, name: str) -> dict[str, Any]:
        part: dict[str, Any] = self.told["parts"][name]
        return part

    def kill(self, part: str) -> None:
        """`kill -9`, then waits until the supervisor has it ready again."""
        before = self.part(part)
        os.kill(before["pid"], signal.SIGKILL)
        until(lambda: self.part(part)["starts"] > before["starts"] and self.part(part)["state"] == "ready")

    @property
    def pki(self) -> Path:
        return Path(self.told["certificates"])


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Returns as soon as the condition holds; fails if it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.05)


def remove(folder: Path) -> None:
    """Removes the folder of a stack that never ran."""
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    made = Ground(f"test-dev-{os.getpid()}")
    try:
        made.up()
        yield made
    finally:
        made.verb("reset")
