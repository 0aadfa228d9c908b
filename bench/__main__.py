"""`python -m bench [names…] [--stack bench]`: measures, prints one table, writes `.run/bench/figures.json`.

Without names: everything, from 1,000 to 50,000 patients, on a stack made anew (about ten minutes). With names: only
these, on the stack as it is. The stack is the bench's own; it is ended afterwards unless `--keep`.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from terresante_dev import running
from terresante_dev.login import LoginFailed
from terresante_dev.stack import NotPossible

from bench import accounting, seeding, stack
from bench.baselines import run as baselines
from bench.figures import Report
from bench.load.measure import ROOT, LoadFailed
from bench.scenarios import decision, events, growth, http, starting
from bench.world import World, Wrong

SCENARIOS: dict[str, Callable[[World], object]] = {
    "read": http.read,
    "list": http.listing,
    "decision": decision.decide,
    "observation": http.observation,
    "document": http.document,
    "events": events.lag,
}
NAMES = ("baselines", *SCENARIOS, "starting", "growth")
IDLE_SECONDS = 5.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(NAMES))
    parser.add_argument("--stack", default="bench")
    parser.add_argument("--patients", type=int, default=growth.SMALL, help="for scenarios named one by one")
    parser.add_argument("--keep", action="store_true", help="leave the stack running")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    report = Report(f"python -m bench {shlex.join(sys.argv[1:])}".strip(), _machine())
    try:
        _run(report, given)
    except (NotPossible, LoadFailed, LoginFailed, ProcessLookupError, Wrong) as refused:
        print(f"\n{report.text()}\n\n{type(refused).__name__}: {refused}", file=sys.stderr)
        return 1
    print("\n" + report.text())
    print(f"\n{report.write(ROOT / '.run' / 'bench').relative_to(ROOT)}")
    return 0


def _run(report: Report, given: argparse.Namespace) -> None:
    names = given.names or NAMES
    if names == ["baselines"]:
        with stack.up(given.stack, frozenset({"postgres"}), given.keep) as told:
            baselines.run(report, told)
        return
    if "growth" in names:
        _anew(given.stack)
    with stack.up(given.stack, keep=given.keep) as told:
        _measure(report, given, names, told)


def _anew(name: str) -> None:
    """Removes the bench's stack if it has grown already: what it was with few patients can't be measured on it."""
    if (ROOT / ".run" / name).exists():
        running.reset(name)


def _measure(report: Report, given: argparse.Namespace, names: Any, told: dict[str, Any]) -> None:
    if "starting" in names:
        told = starting.cold(report, given.stack)
        starting.alone(report, given.stack)
    world = World(starting.settled(given.stack), report)
    report.notes += _notes()
    _idle(world)
    if "baselines" in names:
        baselines.run(report, told)
    before: growth.Rows = {}
    if "growth" in names:
        before = growth.small(world)
        growth.large(world, before)
    else:
        world.grow(given.patients)
    for name, scenario in SCENARIOS.items():
        if name in names and name not in (growth.COVERS if before else ()):
            scenario(world)
    _against_floor(report)
    starting.memory(world)
    report.facts["patients"] = seeding.seeded(told)


def _against_floor(report: Report) -> None:
    """How far a guarded read is from what its building blocks cost bare, in the same run."""
    bare = baselines.floor(report)
    read = [row for row in report.rows if row.what == "guarded read" and row.measured.job.plan.in_flight]
    if bare is None or not read:
        return
    report.facts["guarded_read_building_blocks_ms"] = bare
    report.notes.append(
        f"A guarded read at full load takes {read[-1].cpu:.2f} ms of processor, {read[-1].cpu / bare:.1f} times its "
        f"bare building blocks ({bare:.2f} ms): one HTTPS answer with its token verified, two gRPC calls, three "
        "statements."
    )


def _idle(world: World) -> None:
    """What the stack uses while nobody asks anything: it is part of each figure of an open load."""
    before = accounting.snapshot(world.parts)
    time.sleep(IDLE_SECONDS)
    used = accounting.between(before, accounting.snapshot(world.parts))
    idle = {name: 1000 * seconds / used.seconds for name, seconds in used.parts.items() if name in world.counted}
    world.report.facts["idle_cpu_ms_per_s"] = idle
    world.report.notes.append(
        f"Idle, the counted parts use {sum(idle.values()):.0f} ms of processor a second; nothing of it is taken off."
    )


def _notes() -> list[str]:
    return [
        "CPU ms EACH: processor time per request, summed over gateway, services, PostgreSQL with its children, and "
        "NATS. Keycloak, the sink of the traces and the supervisor belong to no request: see the JSON.",
        f"Traces kept: {float(stack.TRACE_RATIO):.0%}; logs from 'warning' on; one replica of each service; every "
        "request over a TLS connection that was opened before.",
        "Latencies are counted from the moment a request was due; LATE P99 is what of it the generator itself lost. "
        "'n in flight' is a closed loop: for processor time only.",
        "OTHERS: processors that were busy with other work than the system and the generator. Well above 0, latencies "
        "tell of the neighbours; processor times still compare, with the baselines of the same run.",
    ]


def _machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if "model name" in line), platform.machine())
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1_000_000
    return {
        "machine": f"{os.cpu_count()} processors ({model}), {memory} GB",
        "python": platform.python_version(),
        "load average at start": f"{os.getloadavg()[0]:.1f}",
    }


if __name__ == "__main__":
    sys.exit(main())
