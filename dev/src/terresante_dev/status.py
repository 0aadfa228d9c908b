"""`status` and `logs`: what each part of a stack does at this moment."""

from __future__ import annotations

import asyncio
import subprocess
import time
from pathlib import Path
from typing import Any

import asyncpg
import psutil  # type: ignore[import-untyped]

from terresante_dev import stack
from terresante_dev.running import tail
from terresante_dev.stack import DATABASES, NotPossible
from terresante_dev.supervisor import alive

UNSENT = "SELECT extract(epoch FROM now() - min(created_at))::float FROM outbox WHERE published_at IS NULL"
COLUMNS = ("PART", "STATE", "VERSION", "PID", "MEMORY", "UPTIME", "RESTARTS", "OLDEST UNSENT EVENT")


def status(name: str) -> None:
    """Prints one line per process: state, version, pid, memory of it and its children, uptime, age of its
    outbox.
    """
    told = stack.read(name)
    supervised = stack.supervised(name)
    unsent = asyncio.run(_unsent(told)) if supervised else {}
    lines: list[tuple[str, ...]] = [COLUMNS]
    for part, seen in told["parts"].items():
        if seen["kind"] == "process":
            lines.append(_line(part, seen, unsent))
        elif seen["state"] != "ready" and supervised:
            lines.append(
                (
                    part,
                    seen["state"],
                    "",
                    "",
                    "",
                    "",
                    "",
                    seen["detail"].splitlines()[0] if seen["detail"] else "",
                )
            )
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if not supervised:
        print(f"\n'{name}' is not running: make up.")


def logs(name: str, part: str | None, follow: bool) -> None:
    """Prints the last lines of one part's log, or of all; follows them until interrupted."""
    folder = Path(stack.read(name)["logs"])
    files = [folder / f"{part}.log"] if part else sorted(folder.glob("*.log"))
    for file in files:
        if not file.exists():
            known = ", ".join(sorted(file.stem for file in folder.glob("*.log")))
            raise NotPossible(f"No log of '{part}'. There are: {known}.")
    if follow:
        with subprocess.Popen(["tail", "-n", "20", "-F", *map(str, files)]) as following:
            try:
                following.wait()
            except KeyboardInterrupt:
                following.terminate()
        return
    for file in files:
        print(f"==> {file.stem} <==\n{tail(file, 50 if part else 10)}\n")


def _line(part: str, seen: dict[str, Any], unsent: dict[str, str]) -> tuple[str, ...]:
    process = alive(seen["pid"], seen["created"])
    state = seen["state"] if process or seen["pid"] is None else "gone"
    uptime = _age(time.time() - process.create_time()) if process else "-"
    memory = f"{_memory(process) / 1e6:.0f} MB" if process else "-"
    pid = str(seen["pid"]) if process else "-"
    restarts = str(max(0, seen["starts"] - 1))
    return part, state, seen["version"], pid, memory, uptime, restarts, unsent.get(part, "-")


def _memory(process: psutil.Process) -> int:
    """Bytes of a process and its children; what they share is counted once where the system tells."""
    total = 0
    for each in [process, *process.children(recursive=True)]:
        try:
            full = each.memory_full_info()
            total += getattr(full, "pss", full.rss)
        except psutil.AccessDenied:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


async def _unsent(told: dict[str, Any]) -> dict[str, str]:
    names = [name for name in DATABASES if name in told["parts"]]
    ages = await asyncio.gather(*(_oldest(told["databases"][name]["url"]) for name in names))
    return dict(zip(names, ages, strict=True))


async def _oldest(url: str) -> str:
    """`none` when every event was sent, `-` when the database cannot tell."""
    try:
        connection = await asyncpg.connect(url, timeout=2)
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return "-"
    try:
        age = await connection.fetchval(UNSENT, timeout=2)
    except (asyncpg.PostgresError, TimeoutError):
        return "-"
    finally:
        await connection.close()
    return "none" if age is None else _age(age)


def _age(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
