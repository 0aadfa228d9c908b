"""What every part tells: latencies, processor time by part, and how busy the machine was."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench import accounting
from bench.messaging.ground import Ground

LOOK = 0.05
"""Seconds between two looks."""
REST = 10
"""Seconds of rest that are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `limit`: what is to be reached, in the same unit; `found` beyond it is said."""

    what: str
    told: str
    found: float | None = None
    limit: float | None = None

    def text(self) -> str:
        verdict = ""
        if self.found is not None and self.limit is not None:
            verdict = f"   [{self.limit:g}: {'reached' if self.found <= self.limit else 'NOT REACHED'}]"
        return f"{self.what:<78} {self.told}{verdict}"


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed (nearest rank). Raises ValueError for none."""
    if not values:
        raise ValueError("nothing was measured")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def p50_p99(seconds: Sequence[float]) -> str:
    """Milliseconds at both."""
    return f"p50 {1000 * quantile(seconds, 0.5):.1f}  p99 {1000 * quantile(seconds, 0.99):.1f} ms"


@dataclass
class Cost:
    """Processor milliseconds by service, replicas together, and how busy others kept the machine meanwhile."""

    parts: dict[str, float] = field(default_factory=dict)
    others: float = 0.0
    """Processors, on average."""
    seconds: float = 0.0
    """How long it took: what runs beside the calls, polls among it, is in what is counted (`at_rest`)."""

    def each(self, many: int) -> str:
        shares = sorted(((used / many, name) for name, used in self.parts.items()), reverse=True)
        told = "  ".join(f"{name} {used:.2f}" for used, name in shares if used >= 0.01)
        return f"{told}  (ms of processor each, over {self.seconds:.1f} s; others {self.others:.1f} processors, load {os.getloadavg()[0]:.0f})"


@contextmanager
def counted(ground: Ground) -> Iterator[Cost]:
    """What the stack and this process (`bench`) use inside of the block."""
    cost, before, own = Cost(), accounting.snapshot(ground.parts), time.process_time()
    yield cost
    used, own = accounting.between(before, accounting.snapshot(ground.parts)), time.process_time() - own
    for name, seconds in used.parts.items():
        service = name.partition("-")[0]
        cost.parts[service] = cost.parts.get(service, 0.0) + 1000 * seconds
    cost.parts["bench"] = 1000 * own
    cost.seconds = used.seconds
    cost.others = max(0.0, used.machine - used.total() - own) / used.seconds


async def at_rest(ground: Ground, what: str) -> Line:
    """What the stack uses while nobody asks it anything: to be taken off, by the second, from what a call costs."""
    with counted(ground) as cost:
        await asyncio.sleep(REST)
    return Line(f"{what}: a second at rest, two replicas", cost.each(REST))


async def given_time(holds: Callable[[], bool], seconds: float) -> None:
    """Until it holds, or that time is over: what has not come by then is missing in what is counted."""
    for _ in range(int(seconds / LOOK)):
        if holds():
            return
        await asyncio.sleep(LOOK)


async def one_by_one(calls: Sequence[Callable[[], Awaitable[object]]]) -> list[float]:
    """Seconds of each, one after the other."""
    times = []
    for call in calls:
        began = time.perf_counter()
        await call()
        times.append(time.perf_counter() - began)
    return times
