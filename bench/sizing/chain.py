"""`python -m bench.sizing chain`: how many entries the one access journal takes from several writers at once.

Each writer is a process with consent's own journal, as a replica is; PostgreSQL is one of its own, commits forced to
the disk. `flat out`: each writer keeps 32 entries in flight. `paced`: entries come at a rate of all writers together,
independently; a latency counts from the moment an entry was due. Only the journal is in it: no decision, no gRPC.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from terresante_consent.journal.chain import Signer
from terresante_consent.journal.writer import Journal
from terresante_consent.store.line import Line
from terresante_platform import migrations
from terresante_platform.testing import postgres

from bench import accounting
from bench.messaging.measuring import p50_p99
from bench.sizing.entries import of_reads
from bench.sizing.weighing import kept

SECONDS, WARM_SECONDS = 10.0, 3.0
PATIENTS = 20_000
IN_FLIGHT = 32
"""Entries in flight, flat out, of each writer."""
WRITERS = (1, 2, 4, 13)
"""13: replicas of consent that docs/sizing.md reckons for the region."""
RATES = (350,)
"""Entries a second, paced, of all together: 350 is the mean of the region's busiest hour there."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one writer does. `rate` 0: flat out with `in_flight`."""

    url: str
    number: int
    rate: float
    in_flight: int

    def arguments(self) -> list[str]:
        return [self.url, str(self.number), str(self.rate), str(self.in_flight)]


class Forced(postgres.Server):
    """The server of tests, but that its commits are forced to the disk."""

    def __init__(self, made: postgres.Server) -> None:
        super().__init__(made.folder, made.port, made._bin.parent)

    def start(self) -> None:
        options = (
            f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c fsync=on -c max_connections=200 -c shared_buffers=128MB"
        )
        self._ctl("start", "-o", options, "-l", str(self.folder / "log"))

    @property
    def pid(self) -> int:
        """Of the server's first process."""
        return int((self._data / "postmaster.pid").read_text().splitlines()[0])


def run() -> Path:
    """Measures all numbers of writers, flat out and at each rate."""
    lines = []
    with postgres.server() as made:
        made.stop()
        forced = Forced(made)
        forced.start()
        url = _database(forced)
        for rate in (0, *RATES):
            for writers in WRITERS:
                line = _measured(url, forced.pid, writers, rate)
                print(line, flush=True)
                lines.append(line)
                file = kept("chain", "chain", lines)
    return file


def _measured(url: str, server: int, writers: int, rate: int) -> str:
    asyncio.run(_emptied(url))
    loads = [Load(url, number, rate / writers, IN_FLIGHT) for number in range(writers)]
    command = [sys.executable, "-m", "bench.sizing.chain"]
    running = [_started([*command, *load.arguments()]) for load in loads]
    for writer in running:
        _piped(writer.stdout).readline()
    for writer in running:
        print("go", file=_piped(writer.stdin), flush=True)
    time.sleep(WARM_SECONDS)
    parts = {"postgres": server, **{f"writer {number}": each.pid for number, each in enumerate(running)}}
    before = accounting.snapshot(parts)
    time.sleep(SECONDS)
    used = accounting.between(before, accounting.snapshot(parts))
    times = [seconds for each in running for seconds in json.loads(each.communicate(timeout=60)[0])]
    many, together = len(times), asyncio.run(_together(url))
    postgres, ours = used.parts["postgres"], used.total() - used.parts["postgres"]
    others = max(0.0, used.machine - used.total()) / used.seconds
    return (
        f"{writers:2} writers, {f'{rate}/s paced' if rate else 'flat out':<11} {many / SECONDS:6.0f} entries/s  "
        f"{p50_p99(times)}  {together:.1f} a batch  "
        f"writers {1000 * ours / many:.2f}  postgres {1000 * postgres / many:.2f}  (ms of processor each; others {others:.1f} processors)"
    )


def _started(command: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _piped(stream: IO[str] | None) -> IO[str]:
    """Of a process that was started with pipes."""
    return cast(IO[str], stream)


def _database(forced: Forced) -> str:
    """A database with consent's tables; its address."""
    forced.sql("create database chain")
    migrations.upgrade("terresante_consent", forced.url("chain"))
    return forced.url("chain")


async def _emptied(url: str) -> None:
    driver = await asyncpg.connect(url)
    await driver.execute("truncate journal_entry, journal_batch")
    await driver.execute("checkpoint")
    await driver.close()


async def _together(url: str) -> float:
    """Entries of a batch on average. Raises AssertionError if a batch is missing, or another number of entries kept."""
    driver = await asyncpg.connect(url)
    last, batches = await driver.fetchrow("select max(number), count(*) from journal_batch")
    entries = await driver.fetchval("select count(*) from journal_entry")
    head = await driver.fetchval("select head from journal_batch order by number desc limit 1")
    await driver.close()
    assert (last, json.loads(head)["total"]) == (batches, entries)  # noqa: S101
    return float(entries / batches)


async def _write(load: Load) -> list[float]:
    """One writer: the seconds of each entry that was due after the warm-up, within the time."""
    entry, order = of_reads(), random.Random(load.number)
    line = Line(load.url, "bench")
    journal = Journal(line, Signer(Ed25519PrivateKey.generate()))
    began = time.monotonic()
    times: list[float] = []

    async def keep(due: float) -> None:
        await journal.keep([entry(UUID(int=order.randrange(PATIENTS)))])
        if began + WARM_SECONDS <= due < began + WARM_SECONDS + SECONDS:
            times.append(time.monotonic() - due)

    async def keep_on() -> None:
        while time.monotonic() < began + WARM_SECONDS + SECONDS:
            await keep(time.monotonic())

    async with journal.running(), asyncio.TaskGroup() as group:
        for due in _arrivals(load, began, order):
            await asyncio.sleep(due - time.monotonic())
            group.create_task(keep(due))
        for _ in range(0 if load.rate else load.in_flight):
            group.create_task(keep_on())
    await line.close()
    return times


def _arrivals(load: Load, began: float, order: random.Random) -> Iterator[float]:
    """When entries are due: independent of each other, at the rate; none flat out."""
    due = began
    while load.rate and due < began + WARM_SECONDS + SECONDS:
        due += order.expovariate(load.rate)
        yield due


if __name__ == "__main__":
    url, number, rate, in_flight = sys.argv[1:]
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(asyncio.run(_write(Load(url, int(number), float(rate), int(in_flight))))))
