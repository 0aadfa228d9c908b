"""The ports of a stack: found free on loopback, kept from one start to the next, never those of another stack.

A port that is free now may be one that another stack is about to listen on, or will when it is started again. So the
stacks of one user know of each other through a list in the user's cache, whatever folder they are in.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Below the range from which systems take the ports of outgoing connections, so that none is lost between two starts.
RANGE = range(15_000, 32_000)


class NoneFree(Exception):
    """Nearly every port of the range is taken."""


def chosen(file: Path, names: list[str], known: Path | None = None) -> dict[str, int]:
    """A port for each name: the one that `file` keeps if it is free, else a new one; `file` then holds them.

    `known`: the list of all stacks' files, of this user if not said.
    """
    kept = _read(file)
    with _listed(known or _list_of_user(), file) as others:
        taken = {port for other in others for port in _read(other).values()}
        given: dict[str, int] = {}
        for name in names:
            port = kept.get(name)
            if port is None or port in taken or not free(port):
                port = _found(taken | set(kept.values()))
            given[name] = port
            taken.add(port)
        file.write_text(json.dumps({**kept, **given}, indent=1))
    return given


def free(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _found(taken: set[int]) -> int:
    for _ in range(10_000):
        port = random.choice(RANGE)  # noqa: S311 - a port is no secret
        if port not in taken and free(port):
            return port
    raise NoneFree(f"nearly every port from {RANGE.start} to {RANGE.stop} on 127.0.0.1 is taken")


def _list_of_user() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "terresante" / "stacks.json"


@contextmanager
def _listed(known: Path, file: Path) -> Iterator[list[Path]]:
    """The other stacks' files, ours added to the list, and nobody else choosing meanwhile."""
    known.parent.mkdir(parents=True, exist_ok=True)
    with known.open("a+") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        opened.seek(0)
        listed = {Path(each) for each in json.loads(opened.read() or "[]")} - {file}
        others = sorted(each for each in listed if each.exists())
        yield others
        opened.truncate(0)
        opened.write(json.dumps(sorted(map(str, {*others, file})), indent=1))


def _read(file: Path) -> dict[str, int]:
    ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    return ports
