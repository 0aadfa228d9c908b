"""Matching as the identity service does it: PostgreSQL, the real engine, gRPC; beside the engine in memory.

Rows of `python -m bench.identity service --size 60k|1m [--database-url URL]`. Without a URL a region is made and loaded;
a URL names one that `terresante-identity load` has filled.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import numpy as np
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante.identity.v1.identity_service_pb2 import SEX_FEMALE, SEX_MALE, SEX_UNSPECIFIED
from terresante.identity.v1.linkage_service_pb2_grpc import LinkageServiceStub
from terresante_identity.cli.main import main as command
from terresante_identity.domain.evidence import Asked
from terresante_identity.matcher import Matcher
from terresante_identity.matching.people import TRAITS
from terresante_identity.store import rarity
from terresante_platform import calls, database, migrations
from terresante_platform.refusals import Invalid
from terresante_platform.rpc import client
from terresante_platform.testing import postgres
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.issuer import Issuer

from bench.identity import files, ours
from bench.identity.serving import certificate

Row = tuple[str, str, str]
ISSUER, FEEDER = "1.2.250.1.71.4.2.7", "1.2.250.1.71.4.2.8"
SHARED = "2GB"
WARMING, LOOKUPS, TOGETHER, REGISTERED = 200, 2_000, 50, 500
START_SECONDS = 60.0
WITHOUT = "–"
Columns = dict[str, list[str]]
T = TypeVar("T")


def service(size: str, url: str | None) -> Iterator[Row]:
    registered, asked, _ = files.test_set(size)
    memory = np.array(ours.one_by_one(registered, asked))
    yield f"{size}: one look-up in memory, ms p50 / p99", quantiles(memory), "1.0"
    with contextlib.nullcontext(url) if url is not None else region() as filled:
        if url is None:
            start = time.perf_counter()
            path = files.FOLDER / "test" / size / "registry.csv"
            if command(["load", str(path), "--database-url", filled, "--issuer", ISSUER, "--quiet"]) != 0:
                raise RuntimeError("lines were left out")
            seconds = time.perf_counter() - start
            yield f"{size}: loaded, s (lines/s)", f"{seconds:.1f} ({len(registered['sex']) / seconds:.0f})", WITHOUT
        yield from asyncio.run(_through_matcher(size, filled, asked, memory))
        with tempfile.TemporaryDirectory(prefix="terresante-bench-") as folder:
            yield from asyncio.run(_through_grpc(size, filled, asked, memory, Path(folder)))


def quantiles(times: Sequence[float] | np.ndarray) -> str:
    return f"{np.quantile(times, 0.5):.2f} / {np.quantile(times, 0.99):.2f}"


@contextmanager
def region() -> Iterator[str]:
    """An empty region on a PostgreSQL of its own, with memory for a million."""
    with postgres.server() as running:
        options = f"-h 127.0.0.1 -p {running.port} -k {running.folder} -c fsync=off -c shared_buffers={SHARED}"
        running._ctl("restart", "-o", f"{options} -c max_wal_size=8GB", "-l", str(running.folder / "log"))
        running.sql("create database region")
        for extension in ("pg_trgm", "unaccent", "btree_gin"):
            running.sql(f"create extension if not exists {extension}", "region")
        migrations.upgrade("terresante_identity", running.url("region"))
        yield running.url("region")


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
            await matcher.candidates(connection, some[WARMING:])
            together = (time.perf_counter() - start) / LOOKUPS * 1000
    return [
        (f"{size}: names counted, s", f"{counted:.1f}", WITHOUT),
        (f"{size}: one look-up, matcher and PostgreSQL, ms p50 / p99", quantiles(times), _ratio(times, memory)),
        (f"{size}: {LOOKUPS} look-ups at once, the same, ms each", f"{together:.2f}", WITHOUT),
    ]


async def _through_grpc(size: str, url: str, asked: Columns, memory: np.ndarray, folder: Path) -> list[Row]:
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
    with _serving("consent", folder, told) as consent, _serving("identity", folder, told | {"consent": consent}) as at:
        async with client.connected(at, "identity", certificate(folder, "gateway")) as channel:
            stub: Any = LinkageServiceStub(channel)
            requests = [pb.MatchRequest(traits=_traits(asked, row)) for row in range(WARMING + LOOKUPS)]
            alone = await _timed(requests, stub.Match)
            start = time.perf_counter()
            await asyncio.gather(*(_one_by_one(requests[WARMING + turn :: 2], stub.Match) for turn in (0, 1)))
            rate = LOOKUPS / (time.perf_counter() - start)
            start = time.perf_counter()
            batch = pb.BatchMatchRequest(lookups=requests[WARMING : WARMING + 1_000])
            answers = [answer async for answer in stub.BatchMatch(batch, seconds=START_SECONDS)]
            each = (time.perf_counter() - start) / len(answers) * 1000
            arriving = [
                pb.RegisterIdentityRequest(issuer=FEEDER, local_id=f"{uid}-{row}", traits=_traits(asked, row))
                for row in range(WARMING + LOOKUPS, 2 * WARMING + LOOKUPS + REGISTERED)
            ]
            taken = await _timed(arriving, stub.RegisterIdentity)
    return [
        (f"{size}: Match through gRPC, ms p50 / p99", quantiles(alone), _ratio(alone, memory)),
        (f"{size}: Match through gRPC, two clients, look-ups/s", f"{rate:.0f}", WITHOUT),
        (f"{size}: BatchMatch of 1,000, ms each", f"{each:.2f}", WITHOUT),
        (f"{size}: RegisterIdentity through gRPC, ms p50 / p99", quantiles(taken), WITHOUT),
    ]


def _ratio(times: Sequence[float], memory: np.ndarray) -> str:
    return f"{np.quantile(times, 0.5) / np.quantile(memory, 0.5):.2f}"


async def _timed(some: Sequence[T], act: Callable[[T], Awaitable[object]]) -> list[float]:
    """Milliseconds of each, one after the other, the first `WARMING` left out, and those whose traits are refused."""
    times = []
    for one in some:
        start = time.perf_counter()
        with contextlib.suppress(Invalid):
            await act(one)
            times.append(1000 * (time.perf_counter() - start))
    return times[WARMING:]


async def _one_by_one(some: Sequence[T], act: Callable[[T], Awaitable[object]]) -> None:
    for one in some:
        with contextlib.suppress(Invalid):
            await act(one)


def _traits(asked: Columns, row: int) -> pb.ReceivedTraits:
    """As a feeder sends them: what our sets write as a COG code."""
    name, first, born, sex, place = (asked[trait][row] for trait in TRAITS)
    return pb.ReceivedTraits(
        birth_name=name or "INCONNU", first_names=first or "INCONNU", birth_date=born if born[:4].isdigit() else "1950",
        sex={"M": SEX_MALE, "F": SEX_FEMALE}.get(sex, SEX_UNSPECIFIED), birth_code=place,
    )  # fmt: skip


@contextmanager
def _serving(name: str, folder: Path, told: dict[str, object]) -> Iterator[str]:
    (folder / "told.json").write_text(json.dumps(told))
    with subprocess.Popen(
        [sys.executable, "-m", "bench.identity.serving", name, str(folder)], stdout=sys.stderr
    ) as process:
        try:
            yield _address(process, folder / f"{name}.address")
        finally:
            process.terminate()


def _address(process: subprocess.Popen[bytes], path: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{path.stem} did not start")
        time.sleep(0.05)
    return path.read_text()
