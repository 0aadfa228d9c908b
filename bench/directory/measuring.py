"""How one kind of call is measured: at a rate, one after the other, and its SQL alone.

*At a rate*: each call begins at its time whether or not earlier ones have answered (open loop); milliseconds count
from that time. *One after the other*: milliseconds and processor milliseconds of one call, by process. *Bare*: the
statements of those same calls, with their values, sent again over asyncpg alone: what PostgreSQL and the driver take.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from terresante_platform import calls
from terresante_platform.database import Database

from bench import accounting
from bench.directory.region import processes

RATE = 50
ONE_BY_ONE, FEWEST, MOST_SECONDS = 100, 10, 5.0
"""Calls of a kind, fewer if they take longer than that, but never fewer than ten."""
Ask = Callable[[], Awaitable[Any]]
Statement = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Load:
    """A kind of call. `budget`: milliseconds, p99 at a rate; None: measured one after the other only, against `median`."""

    what: str
    ask: Ask
    budget: float | None = None
    median: float | None = None
    rate: int = RATE


@dataclass(frozen=True, slots=True)
class Loaded:
    """Milliseconds of each call at a rate, in order of length. `lost`: of them, who waited for a connection in vain."""

    what: str
    budget: float
    times: Sequence[float]
    lost: int
    rate: int = RATE

    def at(self, part: float) -> float:
        return self.times[min(len(self.times) - 1, int(part * len(self.times)))]

    @property
    def is_missed(self) -> bool:
        return self.at(0.99) > self.budget

    def line(self) -> str:
        verdict = "NOT REACHED" if self.is_missed else "reached"
        figures = f"p50 {self.at(0.5):7.1f}  p99 {self.at(0.99):7.1f}  worst {self.times[-1]:7.1f}"
        lost = f"  {self.lost} lost" if self.lost else ""
        return f"{self.what:<52} {self.rate}/s {len(self.times):>6}  {figures}{lost}  p99 ≤ {self.budget:g}: {verdict}"


@dataclass(frozen=True, slots=True)
class Alone:
    """Medians of one call at a time, milliseconds; processor milliseconds are means. `statements`: of one call."""

    what: str
    median: float
    worst: float
    ours: float
    postgres: float
    bare: float
    statements: float

    def line(self) -> str:
        times = self.median / self.bare if self.bare else 0.0
        return (
            f"{self.what:<52} alone  median {self.median:7.1f}  worst {self.worst:7.1f}"
            f"  processor: service {self.ours:6.1f}, PostgreSQL {self.postgres:6.1f}"
            f"  bare SQL {self.bare:7.1f} ({self.statements:.1f} statements, × {times:.1f})"
        )


async def at_rate(load: Load, caller: calls.Caller, seconds: float) -> Loaded:
    """Open loop. One second more, the first, warms up and is not counted."""
    begun, count = time.monotonic() + 0.1, round(load.rate * seconds)
    lost = 0

    async def one(number: int) -> float:
        calls.enter(calls.Call(caller=caller, service="gateway"))
        due = begun + number / load.rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        try:
            await load.ask()
        except PoolTimeout:
            nonlocal lost
            lost += 1
        return 1000 * (time.monotonic() - due)

    times = await asyncio.gather(*(asyncio.create_task(one(number)) for number in range(count + load.rate)))
    return Loaded(load.what, load.budget or 0.0, sorted(times[load.rate :]), lost, load.rate)


async def alone(load: Load, database: Database, url: str, count: int = ONE_BY_ONE) -> Alone:
    """One call after the other, then their statements bare. The caller is who was entered."""
    await load.ask()
    taken, said = list[float](), list[Statement]()
    recorded = _recording(database, said)
    parts = {"ours": os.getpid(), "postgres": processes()}
    before = accounting.snapshot(parts)
    until = time.monotonic() + MOST_SECONDS
    try:
        while len(taken) < count and (time.monotonic() < until or len(taken) < FEWEST):
            begun = time.perf_counter()
            await load.ask()
            taken.append(1000 * (time.perf_counter() - begun))
    finally:
        recorded()
    used = accounting.between(before, accounting.snapshot(parts))
    count = len(taken)
    per_call = len(said) / count
    bare = await _bare(url, said, count)
    of = {name: 1000 * seconds / count for name, seconds in used.parts.items()}
    return Alone(load.what, median(taken), max(taken), of["ours"], of["postgres"], bare, per_call)


def _recording(database: Database, said: list[Statement]) -> Callable[[], None]:
    """Notes each statement with its values, until what is given back is called."""
    engine = database._engine.sync_engine

    def note(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: Any) -> None:
        said.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    return lambda: event.remove(engine, "before_cursor_execute", note)


async def _bare(url: str, said: Sequence[Statement], count: int) -> float:
    """Mean milliseconds of the statements of one call. They run once before, so that the plans are there."""
    connection = await asyncpg.connect(url, server_settings={"jit": "off"})
    try:
        seen: set[str] = set()
        for statement, values in said:
            if statement not in seen:
                seen.add(statement)
                await connection.fetch(statement, *values)
        begun = time.perf_counter()
        for statement, values in said:
            await connection.fetch(statement, *values)
        return 1000 * (time.perf_counter() - begun) / count
    finally:
        await connection.close()
