"""What fifty times as many patients change: the same loads on 1,000 and on 50,000, each told as a ratio."""

from __future__ import annotations

from bench.figures import Row
from bench.scenarios import decision, http
from bench.world import World

SMALL, LARGE = 1_000, 50_000
COVERS = ("read", "list", "decision", "observation")
"""Scenarios that are measured here already."""
Rows = dict[str, tuple[Row, Row]]


def small(world: World) -> Rows:
    """The loads on 1,000 patients."""
    world.grow(SMALL)
    return {
        "guarded read": http.read(world, ", 1 k patients"),
        "list of 50": http.listing(world, ", 1 k patients"),
        "access decision": decision.decide(world, ", 1 k patients"),
        "observation published": http.observation(world, ", 1 k patients"),
    }


def large(world: World, before: Rows) -> None:
    """The same on 50,000, and how the processor time of each grew."""
    world.grow(LARGE)
    after = {
        "guarded read": http.read(world),
        "list of 50": http.listing(world),
        "access decision": decision.decide(world),
        "observation published": http.observation(world),
    }
    grown = {what: _ratio(before[what][1], after[what][1]) for what in before}
    world.report.facts["cpu_ratio_50k_to_1k"] = grown
    told = ", ".join(f"{what} × {ratio:.2f} (as measured × {raw:.2f})" for what, (ratio, raw) in grown.items())
    world.report.notes.append(
        f"CPU each at 50,000 patients against 1,000, at full load, per CPU of the generator: {told}. The generator "
        "does the same work in both: what changed in its own time is the machine, not the platform."
    )


def _ratio(before: Row, after: Row) -> tuple[float, float]:
    """How the processor time grew, with the machine's own changes taken out, and without."""
    raw = after.cpu / before.cpu
    machine = after.measured.outcome.cpu / after.measured.job.plan.count
    machine /= before.measured.outcome.cpu / before.measured.job.plan.count
    return raw / machine, raw
