"""What one stack is on disk: its folder, ports and secrets, all under `.run/<name>/`, and its public file
`stack.json`.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terresante_dev import ports

ROOT = Path(__file__).resolve().parents[3]
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")

# Each service and those it calls (docs/architecture.md, "Edges"), callee before caller.
SERVICES: Mapping[str, tuple[str, ...]] = {
    "directory": (),
    "consent": ("directory",),
    "identity": ("consent",),
    "records": ("consent",),
    "messaging": ("consent", "directory"),
}
# Calls that go against that order: whoever makes them starts first, and does without until the other is there.
BACKWARDS: Mapping[str, tuple[str, ...]] = {"consent": ("identity",), "directory": ("consent", "messaging")}
DATABASES = ("identity", "consent", "records", "messaging", "directory")


class NotPossible(Exception):
    """Why a verb cannot be done, said to the developer as it stands."""


@dataclass(frozen=True)
class Stack:
    """One running system: a name, a folder, how many of each service, a port for everything that listens."""

    name: str
    folder: Path
    replicas: int
    ports: Mapping[str, int]

    @property
    def file(self) -> Path:
        return self.folder / "stack.json"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def pki(self) -> Path:
        return self.folder / "pki"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def telemetry(self) -> Path:
        return self.folder / "telemetry"

    def names(self, part: str) -> list[str]:
        """The names of a service's processes: `consent`, then `consent-2` and so on."""
        return [part] + [f"{part}-{number}" for number in range(2, self.replicas + 1)]

    @property
    def workbench(self) -> str:
        """Where the administrators' pages are: of the first process of the directory."""
        return f"https://localhost:{self.ports['workbench']}"

    @property
    def chat(self) -> str:
        """Where the example portal is (chat/README.md)."""
        return f"http://127.0.0.1:{self.ports['chat']}"

    def address(self, service: str) -> str:
        """The gRPC target that reaches every replica of a service."""
        return "ipv4:" + ",".join(f"127.0.0.1:{self.ports[name]}" for name in self.names(service))

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_hex(24)) -> str:
        """A secret of this stack, made the first time and kept, readable by its owner only."""
        file = self.secrets / name
        if not file.exists():
            write_private(file, make())
        return file.read_text()


def write_private(file: Path, text: str) -> None:
    """Writes a file that only its owner can read, whole or not at all."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
    part.replace(file)


def folder_of(name: str) -> Path:
    if not NAME.fullmatch(name):
        raise NotPossible(f"STACK={name}: a stack's name is lower-case letters, digits and dashes, at most 31.")
    return ROOT / ".run" / name


def opened(name: str, replicas: int) -> Stack:
    """The stack of that name, its folders and ports made as needed; ports are kept while they are free."""
    if not 1 <= replicas <= 9:
        raise NotPossible(f"REPLICAS={replicas}: give a number from 1 to 9.")
    folder = folder_of(name)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)  # PostgreSQL, run as another user when we are root, must pass through
    stack = Stack(name, folder, replicas, {})
    for private in (stack.secrets, stack.pki, stack.logs, stack.telemetry):
        private.mkdir(mode=0o700, exist_ok=True)
    try:
        given = ports.chosen(folder / "ports.json", _listeners(stack))
    except ports.NoneFree as refused:
        raise NotPossible(f"{refused}.") from None
    return Stack(name, folder, replicas, given)


def reopened(name: str) -> Stack:
    """The stack as it was last started, touching nothing. Raises NotPossible if it never was."""
    told = read(name)
    kept = json.loads((folder_of(name) / "ports.json").read_text())
    return Stack(name, folder_of(name), told["replicas"], kept)


def read(name: str) -> dict[str, Any]:
    """`stack.json`, as dev/README.md describes it."""
    file = folder_of(name) / "stack.json"
    if not file.exists():
        raise NotPossible(f"There is no stack '{name}' here yet: make up{'' if name == 'main' else f' STACK={name}'}")
    told: dict[str, Any] = json.loads(file.read_text())
    return told


def _listeners(stack: Stack) -> list[str]:
    fixed = ["postgres", "nats", "nats-monitoring", "sink", "keycloak", "keycloak-management", "workbench", "chat"]
    return fixed + [name for part in (*SERVICES, "gateway") for name in stack.names(part)]


@contextmanager
def held(file: Path) -> Iterator[bool]:
    """Holds a lock file while in the block, or gives False at once when another process holds it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as opened_file:
        try:
            fcntl.flock(opened_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def supervised(name: str) -> bool:
    """Whether a supervisor runs for that stack: it holds the lock as long as it lives, however it ends."""
    file = folder_of(name) / "supervisor.lock"
    if not file.exists():
        return False
    with held(file) as ours:
        return not ours
