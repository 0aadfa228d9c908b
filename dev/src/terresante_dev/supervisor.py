"""Keeps the parts of a stack running: starts each when what it needs is ready, restarts what dies, stops all
in reverse.

It knows nothing of what the parts are (`parts.py` does). It tells what it sees through one callback.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil  # type: ignore[import-untyped]

POLL = 0.1  # seconds between two looks at a part that is starting
PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)  # seconds before a restart: the longer, the more often it died
CALM = 1.0  # seconds of being ready after which a part's earlier deaths are forgotten
LOG_SIZE = 20_000_000  # bytes past which a log is put aside at the next start


@dataclass(frozen=True)
class Part:
    """A process to keep alive. `ready` says whether it does its work; it may be asked at any time."""

    name: str
    needs: tuple[str, ...]
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]]
    environment: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    user: str | None = None
    folder: Path | None = None
    stop: signal.Signals = signal.SIGTERM
    patience: float = 15.0  # seconds between the stop signal and the end by force


@dataclass(frozen=True)
class Step:
    """Work done once what it needs is ready; done again every `every` seconds, and at once after a part of
    `after` came back, if given. It must be harmless to repeat. What it returns is told in the supervisor's
    log."""

    name: str
    needs: tuple[str, ...]
    run: Callable[[], Awaitable[Sequence[str]]]
    every: float | None = None
    after: tuple[str, ...] = ()


@dataclass
class Seen:
    """What is known of a part or a step at this moment."""

    state: str = "waiting"  # waiting, starting, ready, failing, stopping, stopped
    pid: int | None = None
    created: float | None = None  # the process's own start time: with the pid it names one process for ever
    since: float = 0.0  # Unix time of the last change of state
    began: float = 0.0  # Unix time of the last start
    starts: int = 0
    failures: int = 0  # in a row
    detail: str = ""


class Supervisor:
    """Runs parts and steps until `stop()`; calls `told` after each change."""

    def __init__(self, rows: Sequence[Part | Step], logs: Path, told: Callable[[], None]) -> None:
        self.rows = {row.name: row for row in rows}
        self._parts = {row.name: row for row in rows if isinstance(row, Part)}
        self.seen = {row.name: Seen() for row in rows}
        self._ready = {row.name: asyncio.Event() for row in rows}
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._again = {row.name: asyncio.Event() for row in rows}
        self._stopping = asyncio.Event()
        self._logs = logs
        self._told = told

    async def run(self) -> None:
        """Returns when everything has stopped after `stop()`."""
        try:
            async with asyncio.TaskGroup() as group:
                for row in self.rows.values():
                    keep = self._keep(row) if isinstance(row, Part) else self._repeat(row)
                    group.create_task(self._until_stop(keep), name=row.name)
        finally:
            await self._stop_all()

    def stop(self) -> None:
        self._stopping.set()

    async def _until_stop(self, work: Any) -> None:
        """Lets work go on until a stop is asked, then drops it."""
        doing = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if doing.done():
            doing.result()
        doing.cancel()
        with suppress(asyncio.CancelledError):
            await doing

    async def _keep(self, part: Part) -> None:
        await self._needed(part)
        while True:
            try:
                process = await self._start(part)
            except OSError as broken:
                self._failed(part.name, f"cannot start: {broken.strerror}: {part.command[0]}")
            else:
                await self._watch(part, process)
                await _end_group(process.pid)
            await asyncio.sleep(_pause(self.seen[part.name].failures))

    def _failed(self, name: str, why: str) -> None:
        self.seen[name].failures += 1
        self._change(name, "failing", why)

    async def _needed(self, row: Part | Step) -> None:
        for need in row.needs:
            if need in self._ready:
                await self._ready[need].wait()

    async def _start(self, part: Part) -> asyncio.subprocess.Process:
        rights: dict[str, Any] = {}
        if part.user is not None:
            rights = {"user": part.user, "group": pwd.getpwnam(part.user).pw_gid, "extra_groups": []}
        with _log(self._logs / f"{part.name}.log") as log:
            process = await asyncio.create_subprocess_exec(
                *part.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=part.folder or "/",
                env=dict(part.environment),
                start_new_session=True,
                **rights,
            )
        self._processes[part.name] = process
        seen = self.seen[part.name]
        seen.pid, seen.starts = process.pid, seen.starts + 1
        seen.created = created(process.pid)
        self._change(part.name, "starting")
        return process

    async def _watch(self, part: Part, process: asyncio.subprocess.Process) -> None:
        """Until the process ends."""
        began: float | None = None
        ended = asyncio.ensure_future(process.wait())
        try:
            while not ended.done() and not await part.ready():
                await asyncio.wait({ended}, timeout=POLL)
            if not ended.done():
                began = time.monotonic()
                self._change(part.name, "ready")
                self._ready[part.name].set()
                self._wake(part.name)
            code = await ended
        finally:
            ended.cancel()
        del self._processes[part.name]
        self.seen[part.name].pid = None
        if began is not None and time.monotonic() - began > CALM:
            self.seen[part.name].failures = 0
        self._failed(part.name, _how(code))

    def _wake(self, name: str) -> None:
        for row in self.rows.values():
            if isinstance(row, Step) and name in row.after:
                self._again[row.name].set()

    async def _repeat(self, step: Step) -> None:
        await self._needed(step)
        seen = self.seen[step.name]
        while True:
            self._again[step.name].clear()
            if seen.state != "ready":
                self._change(step.name, "starting")
            try:
                done = await step.run()
            except Exception as broken:  # a step's failure is told and tried again, whatever it is
                self._failed(step.name, f"{type(broken).__name__}: {broken}"[:2000])
                await self._rest(step, _pause(seen.failures))
                continue
            seen.failures = 0
            for words in done:
                print(f"{time.strftime('%H:%M:%S')} {step.name}: {words}", flush=True)
            if seen.state != "ready":
                self._change(step.name, "ready")
            self._ready[step.name].set()
            if step.every is None and not step.after:
                return
            await self._rest(step, step.every)

    async def _rest(self, step: Step, seconds: float | None) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._again[step.name].wait(), seconds)

    async def _stop_all(self) -> None:
        """Those that nobody needs any more first, together; then those that they needed; and so on."""
        left = dict(self._processes)
        while left:
            needed = {need for name in left for need in self._all_needs(name)}
            going = {name: process for name, process in left.items() if name not in needed}
            await asyncio.gather(*(self._stop_one(name, process) for name, process in going.items()))
            left = {name: process for name, process in left.items() if name not in going}

    def _all_needs(self, name: str) -> set[str]:
        found: set[str] = set()
        for need in self.rows[name].needs if name in self.rows else ():
            found |= {need} | self._all_needs(need)
        return found

    async def _stop_one(self, name: str, process: asyncio.subprocess.Process) -> None:
        part = self._parts[name]
        self._change(name, "stopping")
        with suppress(ProcessLookupError):
            process.send_signal(part.stop)
        try:
            await asyncio.wait_for(process.wait(), part.patience)
        except TimeoutError:
            self._change(name, "stopping", f"did not stop within {part.patience:.0f} s: killed")
        await _end_group(process.pid)
        await process.wait()
        self.seen[name].pid = None
        self._change(name, "stopped", self.seen[name].detail)

    def _change(self, name: str, state: str, detail: str = "") -> None:
        seen = self.seen[name]
        seen.state, seen.since, seen.detail = state, time.time(), detail
        if state == "starting":
            seen.began = seen.since
        print(f"{time.strftime('%H:%M:%S')} {name}: {state}{' - ' if detail else ''}{detail}", flush=True)
        self._told()


def _pause(failures: int) -> float:
    return PAUSES[min(failures, len(PAUSES)) - 1]


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def _log(file: Path) -> IO[bytes]:
    if file.exists() and file.stat().st_size > LOG_SIZE:
        file.replace(file.with_suffix(".log.1"))
    return file.open("ab")


async def _end_group(pid: int) -> None:
    """Ends what a dead part left behind (each part leads a process group of its own)."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def created(pid: int | None = None) -> float | None:
    """When a process (this one, if not said) was started, Unix time; None if it has ended."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def alive(pid: int | None, created: float | None) -> psutil.Process | None:
    """The process that was started as `pid` at that time, unless it has ended (a dead one may wait to be reaped)."""
    if pid is None or created is None:
        return None
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if same else None


def end_leftover(seen: Mapping[str, Any], with_signal: signal.Signals, patience: float) -> bool:
    """Ends a part whose supervisor died. False if it had ended already."""
    process = alive(seen["pid"], seen["created"])
    if process is None:
        return False
    with suppress(psutil.NoSuchProcess):
        process.send_signal(with_signal)
    end = time.monotonic() + patience
    while alive(seen["pid"], seen["created"]) is not None:
        if time.monotonic() > end:
            with suppress(ProcessLookupError):
                os.killpg(seen["pid"], signal.SIGKILL)
        time.sleep(0.05)
    return True
