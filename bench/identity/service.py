"""Matching as the identity service does it: PostgreSQL, the real engine, gRPC; beside the engine in memory.

Rows of `python -m bench.identity service --size 60k|1m|12m [--database-url URL]`. Without a URL a region is made and
loaded; a URL names one that `terresante-identity load` has filled (`python -m bench.identity.region` keeps one). The
engine in memory is the yardstick for what else the machine does; for twelve million it holds one million.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import numpy as np
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante.identity.v1.identity_service_pb2 import SEX_FEMALE, SEX_MALE, SEX_UNSPECIFIED
from terresante.identity.v1.linkage_service_pb2_grpc import LinkageServiceStub
from terresante_identity.domain.evidence import Asked
from terresante_identity.matcher import Matcher
from terresante_identity.matching.people import TRAITS
from terresante_identity.store import rarity
from terresante_platform import calls, database
from terresante_platform.refusals import Invalid
from terresante_platform.rpc import client
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.issuer import Issuer

from bench import accounting
from bench.identity import files, ours, region
from bench.identity.loading import WITHOUT, Row, loading, postmaster
from bench.identity.serving import certificate

FEEDER = "1.2.250.1.71.4.2.8"
YARDSTICK = {"12m": "1m"}
WARMING, LOOKUPS, REGISTERED, BATCH, TOGETHER = 200, 2_000, 1_000, 250, 500
CLIENTS, SUSTAINED_SECONDS, LONGEST_SECONDS = (2, 8), 20.0, 90.0
START_SECONDS = 60.0
Columns = dict[str, list[str]]
T = TypeVar("T")


def filled(size: str, url: str | None) -> Iterator[Row]:
    """Rows of filling a region: the empty one at the URL, or one made for it."""
    with contextlib.nullcontext(url) if url is not None else _made() as empty:
        yield from loading(size, empty)


def service(size: str, url: str | None) -> Iterator[Row]:
    """All rows. Without a URL: those of filling the region too."""
    asked = files.lookups(size)
    yardstick = YARDSTICK.get(size, size)
    registered, known, _ = files.test_set(yardstick)
    memory = np.array(ours.one_by_one(registered, known))
    del registered
    yield f"{yardstick}: one look-up in memory, ms p50 / p99", quantiles(memory), "1.0"
    yield f"{size}: load average before", " ".join(f"{one:.1f}" for one in os.getloadavg()), WITHOUT
    with contextlib.nullcontext(url) if url is not None else _made() as known_url:
        if url is None:
            yield from loading(size, known_url)
        yield from asyncio.run(_through_matcher(size, known_url, asked, memory))
        with tempfile.TemporaryDirectory(prefix="terresante-bench-") as folder, asyncio.Runner() as runner:
            rows = _through_grpc(size, known_url, asked, memory, Path(folder))
            # Each row is told when it is known: what fails later does not take it away.
            while (row := runner.run(_next(rows))) is not None:
                yield row
    yield f"{size}: load average after", " ".join(f"{one:.1f}" for one in os.getloadavg()), WITHOUT


async def _next(rows: AsyncIterator[Row]) -> Row | None:
    return await anext(rows, None)


def quantiles(times: Sequence[float] | np.ndarray) -> str:
    return f"{np.quantile(times, 0.5):.2f} / {np.quantile(times, 0.99):.2f}"


@contextmanager
def _made() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="terresante-region-") as folder, region.running(Path(folder)) as url:
        yield url


def asked_row(asked: Columns, row: int) -> Asked:
    texts = [asked[trait][row] for trait in TRAITS]
    return Asked(texts[0], texts[1], texts[2], texts[3], texts[4])


async def _through_matcher(size: str, url: str, asked: Columns, memory: np.ndarray) -> list[Row]:
    some = [asked_row(asked, row) for row in range(WARMING + LOOKUPS)]
    async with database.connected(url, 2, "bench") as kept:
        start = time.perf_counter()
        await rarity.count(kept)
        counted = time.perf_counter() - start
        matcher = await Matcher.loaded(kept)
        async with kept.reading() as connection:
            times = await _timed(some, lambda one: matcher.candidates(connection, [one]))
            start = time.perf_counter()
            await matcher.candidates(connection, some[WARMING : WARMING + TOGETHER])
            together = (time.perf_counter() - start) / TOGETHER * 1000
    return [
        (f"{size}: names counted, s", f"{counted:.1f}", WITHOUT),
        (f"{size}: one look-up, matcher and PostgreSQL, ms p50 / p99", quantiles(times), _ratio(times, memory)),
        (f"{size}: {TOGETHER} look-ups at once, the same, ms each", f"{together:.2f}", WITHOUT),
    ]


async def _through_grpc(size: str, url: str, asked: Columns, memory: np.ndarray, folder: Path) -> AsyncIterator[Row]:
    issuer = Issuer("https://login.test/realms/pro", ["professional", "system"])
    authority = Authority(folder)
    for name in ("identity", "consent", "gateway"):
        authority.identity(name)
    told: dict[str, object] = {
        "issuer": issuer.url,
        "kinds": issuer.kinds,
        "keys": await issuer.fetch("keys"),
        "database_url": url,
    }
    uid = uuid4()
    calls.enter(calls.Call(caller=calls.Caller(uid, "system", 2, 0.0, 0.0, issuer.token("system", uid))))
    with (
        _serving("consent", folder, told) as consent,
        _serving("identity", folder, told | {"consent": consent.address}) as identity,
    ):
        parts = {"identity": identity.pid, "PostgreSQL": await postmaster(url)}
        async with client.connected(identity.address, "identity", certificate(folder, "gateway")) as channel:
            calling = Calling(size, LinkageServiceStub(channel), asked, parts)
            yield await calling.alone(memory)
            for clients in CLIENTS:
                yield await calling.sustained(clients)
            yield await calling.registered(uid.hex)
            yield await calling.batch()


@dataclass(frozen=True)
class Calling:
    """Calls of the identity service, and what they cost: `parts` are those whose processor time is told."""

    size: str
    stub: Any
    asked: Columns
    parts: dict[str, int]

    async def alone(self, memory: np.ndarray) -> Row:
        """Match, one after the other."""
        before = accounting.snapshot(self.parts)
        times = await _timed(self._requests(0, WARMING + LOOKUPS), self.stub.Match)
        told = f"{quantiles(times)} ({self._cost(before, len(times) + WARMING)})"
        return f"{self.size}: Match through gRPC, ms p50 / p99 (processor ms each)", told, _ratio(times, memory)

    async def sustained(self, clients: int) -> Row:
        """Match, each client one after the other, for a while."""
        until = time.perf_counter() + SUSTAINED_SECONDS
        requests = cycle(self._requests(WARMING, LOOKUPS))
        before = accounting.snapshot(self.parts)
        times = await asyncio.gather(*(_until(until, requests, self.stub.Match) for _ in range(clients)))
        every = [time for one in times for time in one]
        cost = self._cost(before, len(every))
        told = f"{len(every) / SUSTAINED_SECONDS:.0f}/s ({quantiles(every)}; processor {cost})"
        return f"{self.size}: Match, {clients} clients, look-ups/s (ms p50 / p99; processor ms each)", told, WITHOUT

    async def batch(self) -> Row:
        """BatchMatch of all look-ups of the set, in calls of `BATCH`, as many as are answered in the time given."""
        requests = self._requests(0, len(self.asked["sex"]))
        before, start, answered = accounting.snapshot(self.parts), time.perf_counter(), 0
        while answered < len(requests) and time.perf_counter() - start < LONGEST_SECONDS:
            batch = pb.BatchMatchRequest(lookups=requests[answered : answered + BATCH])
            async for _ in self.stub.BatchMatch(batch, seconds=LONGEST_SECONDS):
                answered += 1
        seconds = time.perf_counter() - start
        told = f"{seconds:.1f} ({1000 * seconds / answered:.2f}; processor {self._cost(before, answered)})"
        return f"{self.size}: BatchMatch of {answered}, s (ms each; processor ms each)", told, WITHOUT

    async def registered(self, prefix: str) -> Row:
        """RegisterIdentity of people who are looked up: some known, some not, one after the other."""
        traits = self._requests(WARMING + LOOKUPS, WARMING + REGISTERED)
        arriving = [
            pb.RegisterIdentityRequest(issuer=FEEDER, local_id=f"{prefix}-{row}", traits=one.traits)
            for row, one in enumerate(traits)
        ]
        before = accounting.snapshot(self.parts)
        times = await _timed(arriving, self.stub.RegisterIdentity)
        told = f"{quantiles(times)} ({self._cost(before, len(times) + WARMING)})"
        return f"{self.size}: RegisterIdentity through gRPC, ms p50 / p99 (processor ms each)", told, WITHOUT

    def _requests(self, first: int, many: int) -> list[pb.MatchRequest]:
        return [pb.MatchRequest(traits=_traits(self.asked, row)) for row in range(first, first + many)]

    def _cost(self, before: accounting.Snapshot, many: int) -> str:
        used = accounting.between(before, accounting.snapshot(self.parts))
        return " + ".join(f"{name} {1000 * seconds / many:.2f}" for name, seconds in used.parts.items())


def _ratio(times: Sequence[float], memory: np.ndarray) -> str:
    return f"{np.quantile(times, 0.5) / np.quantile(memory, 0.5):.2f}"


async def _timed(some: Sequence[T], act: Callable[[T], Awaitable[object]]) -> list[float]:
    """Milliseconds of each, one after the other, the first `WARMING` left out, and those whose traits are refused; as
    many as are done in the time given.
    """
    times: list[float] = []
    until = time.perf_counter() + LONGEST_SECONDS
    for one in some:
        start = time.perf_counter()
        if start > until and len(times) > 2 * WARMING:
            break
        with contextlib.suppress(Invalid):
            await act(one)
            times.append(1000 * (time.perf_counter() - start))
    return times[WARMING:]


async def _until(until: float, some: Iterator[T], act: Callable[[T], Awaitable[object]]) -> list[float]:
    times = []
    while (start := time.perf_counter()) < until:
        with contextlib.suppress(Invalid):
            await act(next(some))
            times.append(1000 * (time.perf_counter() - start))
    return times


def _traits(asked: Columns, row: int) -> pb.ReceivedTraits:
    """As a feeder sends them: what our sets write as a COG code."""
    name, first, born, sex, place = (asked[trait][row] for trait in TRAITS)
    return pb.ReceivedTraits(
        birth_name=name or "INCONNU", first_names=first or "INCONNU", birth_date=born if born[:4].isdigit() else "1950",
        sex={"M": SEX_MALE, "F": SEX_FEMALE}.get(sex, SEX_UNSPECIFIED), birth_code=place,
    )  # fmt: skip


@dataclass(frozen=True)
class Served:
    """A process that serves."""

    address: str
    pid: int


@contextmanager
def _serving(name: str, folder: Path, told: dict[str, object]) -> Iterator[Served]:
    (folder / "told.json").write_text(json.dumps(told))
    with subprocess.Popen(
        [sys.executable, "-m", "bench.identity.serving", name, str(folder)], stdout=sys.stderr
    ) as process:
        try:
            yield Served(_address(process, folder / f"{name}.address"), process.pid)
        finally:
            process.terminate()


def _address(process: subprocess.Popen[bytes], path: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{path.stem} did not start")
        time.sleep(0.05)
    return path.read_text()
