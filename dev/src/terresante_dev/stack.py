"""What one stack is on disk: its folder, ports and secrets, all under `.run/<name>/`, and its public file
`stack.json`.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import re
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")

# Below the range from which systems take the ports of outgoing connections, so that none is lost between
# two starts.
PORTS = range(15_000, 32_000)

# Each service and those it calls (docs/architecture.md, "Edges"), callee before caller.
SERVICES: Mapping[str, tuple[str, ...]] = {
    "directory": (),
    "consent": ("directory",),
    "identity": ("consent",),
    "records": ("consent",),
    "messaging": ("consent",),
}
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
    return Stack(name, folder, replicas, _ports(folder / "ports.json", _listeners(stack)))


def reopened(name: str) -> Stack:
    """The stack as it was last started, touching nothing. Raises NotPossible if it never was."""
    told = read(name)
    ports = json.loads((folder_of(name) / "ports.json").read_text())
    return Stack(name, folder_of(name), told["replicas"], ports)


def read(name: str) -> dict[str, Any]:
    """`stack.json`, as dev/README.md describes it."""
    file = folder_of(name) / "stack.json"
    if not file.exists():
        raise NotPossible(f"There is no stack '{name}' here yet: make up{'' if name == 'main' else f' STACK={name}'}")
    told: dict[str, Any] = json.loads(file.read_text())
    return told


def _listeners(stack: Stack) -> list[str]:
    fixed = ["postgres", "nats", "nats-monitoring", "sink", "keycloak", "keycloak-management"]
    return fixed + [name for part in (*SERVICES, "gateway") for name in stack.names(part)]


def _ports(file: Path, names: list[str]) -> dict[str, int]:
    kept: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    chosen: dict[str, int] = {}
    for name in names:
        port = kept.get(name)
        if port is None or port in chosen.values() or not _free(port):
            port = _find(set(chosen.values()) | set(kept.values()))
        chosen[name] = port
    file.write_text(json.dumps({**kept, **chosen}, indent=1))
    return chosen


def _find(taken: set[int]) -> int:
    for port in random.sample(PORTS, len(PORTS)):
        if port not in taken and _free(port):
            return port
    raise NotPossible("No free port is left on 127.0.0.1.")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


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
