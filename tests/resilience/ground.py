"""The running platform as something to break: kills, pauses and holds down its processes, and sees them come back.

Only processes of the stack under test are touched, each by the pid and start time that `stack.json` tells.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil  # type: ignore[import-untyped]
from terresante_dev import stack as stacks
from terresante_dev.supervisor import alive

POLL = 0.05
"""Seconds between two looks."""


def until(holds: Callable[[], object], seconds: float, words: str) -> float:
    """Waits until it holds; gives the seconds that took. Fails with `words` and what was last seen to be missing."""
    began = time.monotonic()
    while not (seen := holds()):
        assert time.monotonic() - began < seconds, f"not within {seconds:.0f} s: {words} ({seen!r})"
        time.sleep(POLL)
    return time.monotonic() - began


class Ground:
    """A stack that runs with two of each service."""

    def __init__(self, stack: Mapping[str, Any]) -> None:
        self.name = str(stack["stack"])
        self.stack = stack

    def told(self) -> dict[str, Any]:
        """`stack.json` as it is now."""
        return stacks.read(self.name)

    def replicas(self, service: str) -> list[str]:
        """The process names of a service."""
        return [name for name in self.told()["parts"] if name == service or name.startswith(f"{service}-")]

    def process(self, name: str) -> psutil.Process | None:
        """A part's process, if it lives."""
        part = self.told()["parts"][name]
        return alive(part["pid"], part["created"])

    def starts(self, *names: str) -> dict[str, int]:
        """How often each was started so far."""
        parts = self.told()["parts"]
        return {name: parts[name]["starts"] for name in names}

    def kill(self, *names: str, sign: signal.Signals = signal.SIGKILL) -> dict[str, int]:
        """Ends them at one moment; gives how often each had been started, for `back`."""
        before = self.starts(*names)
        for process in [self.process(name) for name in names]:
            assert process is not None, f"one of {names} does not run"
            process.send_signal(sign)
        return before

    def kill_backend(self) -> None:
        """Kills one of PostgreSQL's own children: the server drops everybody and recovers by itself."""
        server = self.process("postgres")
        assert server is not None, "postgres does not run"
        backends = [one for one in server.children() if any("idle" in word for word in one.cmdline())]
        assert backends, "PostgreSQL serves nobody"
        backends[0].send_signal(signal.SIGKILL)

    def back(self, before: Mapping[str, int], within: float) -> float:
        """Waits until all were started anew and are ready; gives the seconds."""

        def ready() -> bool:
            parts = self.told()["parts"]
            return all(
                parts[name]["starts"] > many and parts[name]["state"] == "ready" for name, many in before.items()
            )

        return until(ready, within, f"ready again: {', '.join(before)}")

    def database_answers(self, within: float) -> float:
        """Waits until PostgreSQL answers a question; gives the seconds."""

        async def answered() -> bool:
            try:
                connection = await asyncpg.connect(self.stack["postgres"]["url"], timeout=2)
            except (OSError, TimeoutError, asyncpg.PostgresError):
                return False
            await connection.close()
            return True

        return until(lambda: asyncio.run(answered()), within, "PostgreSQL answers")

    def ready(self, within: float) -> float:
        """Waits until every part is ready; gives the seconds."""
        return until(lambda: self.told()["state"] == "ready", within, "every part ready")

    @contextmanager
    def paused(self, *names: str) -> Iterator[None]:
        """They do nothing and answer nothing, yet live (SIGSTOP), until the block ends."""
        held = [process for name in names if (process := self.process(name)) is not None]
        assert len(held) == len(names), f"one of {names} does not run"
        try:
            for process in held:
                process.suspend()
            yield
        finally:
            for process in held:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    @contextmanager
    def down(self, *names: str) -> Iterator[None]:
        """They are killed, and again each time the supervisor starts them, until the block ends."""
        over = threading.Event()
        keeping = threading.Thread(target=self._keep_down, args=(names, over), daemon=True)
        self.kill(*names)
        keeping.start()
        try:
            yield
        finally:
            over.set()
            keeping.join()

    def _keep_down(self, names: tuple[str, ...], over: threading.Event) -> None:
        while not over.wait(POLL):
            for name in names:
                process = self.process(name)
                if process is not None:
                    with suppress(psutil.NoSuchProcess):
                        process.send_signal(signal.SIGKILL)

    @contextmanager
    def unsupervised(self) -> Iterator[None]:
        """Nothing is started anew until the block ends."""
        supervisor = alive(**self.told()["supervisor"])
        assert supervisor is not None, "nobody supervises the stack"
        supervisor.suspend()
        try:
            yield
        finally:
            supervisor.resume()

    def wipe_bus(self) -> None:
        """Deletes all that NATS keeps. It must be dead."""
        assert self.process("nats") is None, "NATS lives"
        store = Path(self.stack["nats"]["store"])
        assert store.is_relative_to(Path(self.stack["folder"])), "not a store of this stack"
        shutil.rmtree(store)

    def busy(self) -> str:
        """What the machine was doing, for those who read figures."""
        return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
