"""What is told at the end: one table for people, one JSON for programs, and each budget reached or not."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.load.measure import Measured

CLIENT = "client"
"""The part of a measure that is the generator itself: what is measured is a library, which it uses."""
COLUMNS = (
    "WHAT", "LOAD", "N", "FAILED", "P50 ms", "P99 ms", "LATE P99", "CPU ms EACH", "EACH PER CPU s", "GENERATOR ms",
    "OTHERS", "CPU ms EACH, BY PART",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Budget:
    """A promise (architecture.md, "Budgets") and what was found. At most `limit` is reached."""

    what: str
    found: float
    limit: float
    unit: str
    goal: float | None = None

    @property
    def reached(self) -> bool:
        return self.found <= self.limit

    def line(self) -> str:
        verdict = "reached" if self.reached else "NOT REACHED"
        if self.goal is not None and self.reached:
            verdict += " (goal too)" if self.found <= self.goal else f" (goal {self.goal:g} {self.unit}: NOT REACHED)"
        return f"{self.what:<64} {shown(self.found):>9} {self.unit:<6} budget {self.limit:g} {self.unit}: {verdict}"


@dataclass(frozen=True)
class Row:
    """One load: what it was, what it cost. `counted`: the parts whose processor time belongs to a request."""

    what: str
    measured: Measured
    counted: Sequence[str] = ()

    @property
    def each(self) -> dict[str, float]:
        """Processor milliseconds per request of each counted part."""
        measured = self.measured
        found = {name: 1000 * seconds for name, seconds in measured.cpu_each.items() if name in self.counted}
        if CLIENT in self.counted:
            found[CLIENT] = 1000 * measured.outcome.cpu / measured.job.plan.count
        return found

    @property
    def cpu(self) -> float:
        return sum(self.each.values())

    def ms(self, share: float) -> float:
        return 1000 * self.measured.outcome.percentile(share)

    @property
    def load(self) -> str:
        plan = self.measured.job.plan
        if plan.in_flight:
            return f"{plan.in_flight} in flight"
        return f"{plan.rate:g}/s"

    def cells(self) -> tuple[str, ...]:
        outcome, plan = self.measured.outcome, self.measured.job.plan
        closed = plan.in_flight > 0
        late = 1000 * sorted(outcome.late)[int(0.99 * len(outcome.late))]
        by_part = "  ".join(f"{name} {used:.2f}" for name, used in sorted(self.each.items(), key=lambda each: -each[1]))
        return (
            self.what,
            self.load,
            str(plan.count),
            str(plan.count - outcome.good),
            "-" if closed else shown(self.ms(0.5)),
            "-" if closed else shown(self.ms(0.99)),
            "-" if closed else shown(late),
            shown(self.cpu),
            f"{1000 / self.cpu:.0f}" if self.cpu else "-",
            shown(1000 * outcome.cpu / plan.count) if CLIENT not in self.counted else "-",
            f"{self.measured.others:.1f}",
            by_part,
        )

    def told(self) -> dict[str, Any]:
        outcome = self.measured.outcome
        plan = self.measured.job.plan
        return {
            "what": self.what,
            "load": self.load,
            "count": plan.count,
            "outcomes": outcome.outcomes,
            "seconds": outcome.seconds,
            "latency_ms": None if plan.in_flight else {f"p{100 * share:g}": self.ms(share) for share in SHARES},
            "late_ms_p99": 1000 * sorted(outcome.late)[int(0.99 * len(outcome.late))],
            "cpu_ms_each": self.cpu,
            "cpu_ms_each_by_part": self.each,
            "generator_cpu_ms_each": 1000 * outcome.cpu / plan.count,
            "uncounted_cpu_s": {n: s for n, s in self.measured.usage.parts.items() if n not in self.counted},
            "other_processors_busy": self.measured.others,
        }


SHARES = (0.5, 0.9, 0.99, 0.999)


@dataclass
class Report:
    """Everything that was found in one run."""

    command: str
    machine: Mapping[str, Any]
    rows: list[Row] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def add(self, row: Row) -> Row:
        """Keeps a row, and says at once that there is one."""
        self.rows.append(row)
        print(f"  {row.what}, {row.load}: {shown(row.cpu)} ms of processor each", flush=True)
        return row

    def add_budget(self, what: str, found: float, limit: float, unit: str = "ms", goal: float | None = None) -> None:
        """Keeps what was found against what was promised."""
        self.budgets.append(Budget(what, found, limit, unit, goal))

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "figures.json"
        told = {
            "command": self.command,
            "machine": self.machine,
            "rows": [row.told() for row in self.rows],
            "budgets": [
                {
                    "what": each.what,
                    "found": each.found,
                    "limit": each.limit,
                    "unit": each.unit,
                    "reached": each.reached,
                }
                for each in self.budgets
            ],
            "facts": self.facts,
            "notes": self.notes,
        }
        file.write_text(json.dumps(told, indent=1, ensure_ascii=False))
        return file

    def text(self) -> str:
        lines = [f"{name}: {value}" for name, value in self.machine.items()]
        lines += ["", *_aligned([COLUMNS, *(row.cells() for row in self.rows)])] if self.rows else []
        lines += ["", *(budget.line() for budget in self.budgets)] if self.budgets else []
        return "\n".join([*lines, "", *(f"- {note}" for note in self.notes)])


def shown(value: float) -> str:
    """A figure with as many digits as it deserves."""
    if not math.isfinite(value):
        return "never"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _aligned(lines: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    last = len(widths) - 1
    return [
        "  ".join(
            cell.ljust(width) if column in (0, 1, last) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
