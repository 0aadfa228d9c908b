"""Runs one load in a generator process of its own, and looks at the system before and after."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import msgspec

from bench import accounting
from bench.load.plan import Job, Outcome

ROOT = Path(__file__).resolve().parents[2]


class LoadFailed(Exception):
    """The generator ended before it had told its outcome; its own words are on standard error."""


@dataclass(frozen=True)
class Measured:
    """A load, what came of it, and what each part of the system used meanwhile.

    `others`: how many processors were busy with what is neither the system nor the generator.
    """

    job: Job
    outcome: Outcome
    usage: accounting.Usage
    others: float

    @property
    def cpu_each(self) -> dict[str, float]:
        """Processor seconds per request, by part."""
        return {name: used / self.job.plan.count for name, used in self.usage.parts.items()}


def measure(job: Job, parts: Mapping[str, int], settled: Callable[[], None] = lambda: None) -> Measured:
    """Loads, and gives what it cost `parts` (name -> process id). Raises LoadFailed, ProcessLookupError.

    `settled` returns once the work that requests left behind is done: called after the warm-up, so that its work is not
    counted, and after the last answer, so that its work is.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "bench.load.generator"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as generator:
        try:
            return _measured(cast(IO[bytes], generator.stdin), cast(IO[bytes], generator.stdout), job, parts, settled)
        finally:
            generator.kill()


def _measured(
    told: IO[bytes], tells: IO[bytes], job: Job, parts: Mapping[str, int], settled: Callable[[], None]
) -> Measured:
    encoded = msgspec.msgpack.encode(job)
    told.write(f"{len(encoded)}\n".encode() + encoded)
    told.flush()
    if tells.readline() != b"warm\n":
        raise LoadFailed("it did not get warm")
    settled()
    before = accounting.snapshot(parts)
    told.write(b"go\n")
    told.flush()
    if tells.readline() != b"done\n":
        raise LoadFailed("it did not finish")
    settled()
    usage = accounting.between(before, accounting.snapshot(parts))
    outcome = msgspec.msgpack.decode(tells.read(), type=Outcome)
    others = max(0.0, usage.machine - usage.total() - outcome.cpu) / usage.seconds
    return Measured(job, outcome, usage, others)
