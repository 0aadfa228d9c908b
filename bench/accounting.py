"""Who used the processor and the memory: each part of a system with all of its child processes, from /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Processor seconds used so far: by each part, and by the whole machine; `at` is a monotonic time."""

    at: float
    parts: Mapping[str, float]
    machine: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds used between two snapshots, over `seconds` of wall time."""

    seconds: float
    parts: Mapping[str, float]
    machine: float

    def total(self) -> float:
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of a part with its children: resident (what is shared counted in each), proportional (counted once)."""

    resident: int
    proportional: int


def snapshot(parts: Mapping[str, int]) -> Snapshot:
    """Looks at `parts` (name -> process id) and everything they started.

    A child that ended is counted by its parent once that has reaped it, so nothing is lost between two snapshots.
    The resolution is one tick, 10 ms nearly everywhere. Raises ProcessLookupError if a part is gone.
    """
    used, family = _processes()
    found = {}
    for name, pid in parts.items():
        if pid not in used:
            raise ProcessLookupError(f"{name} (process {pid}) has ended: what was measured is worth nothing")
        found[name] = sum(used[each] for each in _with_children(pid, family) if each in used)
    return Snapshot(time.monotonic(), found, _machine())


def between(before: Snapshot, after: Snapshot) -> Usage:
    """What was used from one snapshot to the next one of the same parts."""
    parts = {name: after.parts[name] - before.parts[name] for name in before.parts}
    return Usage(after.at - before.at, parts, after.machine - before.machine)


def memory(pid: int) -> Memory:
    """Memory of a process and its children now."""
    _, family = _processes()
    resident = proportional = 0
    for each in _with_children(pid, family):
        try:
            lines = (PROC / str(each) / "smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        sizes = {words[0]: int(words[1]) * 1024 for words in map(str.split, lines) if words[-1] == "kB"}
        resident += sizes.get("Rss:", 0)
        proportional += sizes.get("Pss:", 0)
    return Memory(resident, proportional)


def _processes() -> tuple[dict[int, float], dict[int, list[int]]]:
    """Processor seconds of each process with its reaped children, and who started whom."""
    used: dict[int, float] = {}
    family: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # The name, in parentheses, may hold spaces: what follows its end has fixed places (proc(5)).
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(folder.name)
        used[pid] = sum(map(int, fields[11:15])) / TICKS
        family.setdefault(int(fields[1]), []).append(pid)
    return used, family


def _with_children(pid: int, family: Mapping[int, list[int]]) -> list[int]:
    found, look = [], [pid]
    while look:
        each = look.pop()
        found.append(each)
        look += family.get(each, ())
    return found


def _machine() -> float:
    """Processor seconds of the whole machine that were not idle."""
    user, nice, system, _, _, irq, softirq, *_ = map(int, (PROC / "stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + irq + softirq) / TICKS
