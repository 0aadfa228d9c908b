"""`python -m bench.sizing weigh`: bytes on disk of what no other bench weighs, written by the services' own code.

One entry of the access journal, what consent and records keep of a patient, and one event in NATS. Sizes are of new
tables: no dead rows, indexes as they grew. WAL is what each wrote, without the full pages after a checkpoint.
"""

from __future__ import annotations

import asyncio
import base64
import os
import platform
import random
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nats.js.api import StreamConfig
from terresante.records.v1 import records_events_pb2 as records_pb
from terresante_consent.journal.chain import Signer
from terresante_consent.journal.check import Checker, check
from terresante_consent.journal.writer import Journal
from terresante_consent.store.line import Line
from terresante_platform import bus, database, migrations, outbox
from terresante_platform.ids import new_id
from terresante_platform.testing import nats_server, postgres
from terresante_records.events import DOCUMENT_PUBLISHED

from bench import seeding
from bench.sizing.entries import of_reads

RESULTS = Path(__file__).parent / "results"
SERVICES = ("consent", "records")
PATIENTS, ENTRIES, TOGETHER, EVENTS = 2_000, 8_000, 8, 4_000
"""`TOGETHER`: entries that share a batch under load."""
SIGNER = Signer(Ed25519PrivateKey.generate())
SIZE = "select pg_table_size($1::regclass)::bigint as rows, pg_indexes_size($1::regclass)::bigint as indexes"
WRITTEN = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes that one thing takes on disk, of `many` that were written; `wal` 0 where it was not looked at."""

    what: str
    many: int
    rows: float
    indexes: float = 0.0
    wal: float = 0.0

    def text(self) -> str:
        wal = f"; WAL {self.wal:.0f}" if self.wal else ""
        parts = f"rows {self.rows:.0f} + indexes {self.indexes:.0f}{wal}; of {self.many}"
        return f"{self.what:<44} {self.rows + self.indexes:.0f} bytes each  ({parts})"


def run() -> Path:
    """Weighs everything; gives the file that tells it."""
    with postgres.server() as made, nats_server.server() as nats, tempfile.TemporaryDirectory() as folder:
        urls = {}
        for service in SERVICES:
            made.sql(f"create database {service}")
            urls[service] = made.url(service)
            migrations.upgrade(f"terresante_{service}", urls[service])
        weights = [*_of_patients(urls, Path(folder)), *asyncio.run(_of_flows(urls, nats.url))]
        checked = asyncio.run(_checked(urls["consent"]))
    return kept("weigh", "rows", [*(weight.text() for weight in weights), checked])


def kept(part: str, name: str, lines: Iterable[str]) -> Path:
    """Keeps what a part of the bench tells, below the command that made it."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    head = (
        f"python -m bench.sizing {part}   {datetime.now(UTC):%d %B %Y %H:%M} UTC, commit {commit.stdout.strip()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}, load average {os.getloadavg()[0]:.1f}"
    )
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.txt"
    file.write_text("\n".join([head, *lines]) + "\n")
    return file


def _of_patients(urls: dict[str, str], folder: Path) -> Iterable[Weight]:
    """What `seeding` makes: consent, circle of four, documents, observations, sealed with real keys."""
    (folder / "secrets").mkdir()
    key = base64.b64encode(random.randbytes(32)).decode()
    (folder / "secrets" / "records.master.key").write_text(f"bench {key}\n")
    told = {"folder": str(folder), "databases": {name: {"url": url, "owner_url": url} for name, url in urls.items()}}
    before = asyncio.run(_wal(urls["consent"]))
    seeding.grow(told, [seeding.Author(uuid4(), uuid4()) for _ in range(2)], PATIENTS)
    wal = asyncio.run(_wal(urls["consent"])) - before
    shared = asyncio.run(
        _each(urls["consent"], "consent, circle of four", ("consent", "circle", "circle_member"), PATIENTS)
    )
    yield replace(shared, what="consent, circle of four (WAL: with the record)", wal=wal / PATIENTS)
    yield asyncio.run(_each(urls["records"], "key of a patient", ("patient_key",), PATIENTS))
    yield asyncio.run(_each(urls["records"], "document, without its content", ("document",)))
    yield asyncio.run(_each(urls["records"], "observation", ("observation",)))


async def _of_flows(urls: dict[str, str], nats: str) -> list[Weight]:
    weights = [
        await _journal(urls["consent"], f"journal entry, {TOGETHER} in a batch", TOGETHER),
        await _journal(urls["consent"], "journal entry, alone in its batch", 1),
    ]
    async with (
        database.connected(urls["records"], 2, "bench") as kept,
        bus.connected(nats, "bench", None) as lines,
    ):
        await lines.connected.wait()
        await lines.stream.add_stream(StreamConfig(name=bus.STREAM, subjects=["terresante.>"]))
        relay = outbox.Relay(kept, lines)
        for _ in range(EVENTS // outbox.BATCH):
            async with kept.transaction() as transaction:
                await outbox.add_all(transaction, [(DOCUMENT_PUBLISHED, _published()) for _ in range(outbox.BATCH)])
            await relay.publish_batch()
        state = (await lines.stream.stream_info(bus.STREAM)).state
        weights.append(Weight("event in the stream", state.messages, state.bytes / state.messages))
        weights.append(await _each(urls["records"], "event in the outbox, published", ("outbox",)))
    return weights


async def _journal(url: str, what: str, together: int) -> Weight:
    """Entries written by consent's own journal, so many at once."""
    entry, patients = of_reads(), [uuid4() for _ in range(ENTRIES // 10)]
    async with _emptied(url, ("journal_entry", "journal_batch")) as line:
        journal, before = Journal(line, SIGNER), await _wal(url)
        async with journal.running():
            for start in range(0, ENTRIES, together):
                await journal.keep([entry(patients[n % len(patients)]) for n in range(start, start + together)])
        wal = (await _wal(url) - before) / ENTRIES
        found = await _each(url, what, ("journal_entry", "journal_batch"), ENTRIES)
    return Weight(what, ENTRIES, found.rows, found.indexes, wal)


async def _checked(url: str) -> str:
    """The check of the whole journal, of those entries that are alone in their batch: of this process only."""
    checker, began = Checker({SIGNER.id: SIGNER.public}, None), time.process_time()
    await check(url, checker)
    assert checker.total == ENTRIES  # noqa: S101
    used = 1e6 * (time.process_time() - began) / ENTRIES
    return f"{'journal entry checked, alone in its batch':<44} {used:.0f} µs of processor each  (of {ENTRIES})"


@asynccontextmanager
async def _emptied(url: str, tables: Sequence[str]) -> AsyncIterator[Line]:
    """A line to these tables, empty."""
    await _asked(url, lambda driver: driver.execute(f"truncate {', '.join(tables)}"))
    line = Line(url, "bench")
    try:
        yield line
    finally:
        await line.close()


async def _each(url: str, what: str, tables: Sequence[str], many: int | None = None) -> Weight:
    """What the tables take by thing; `many`: their rows, if they are not one row each."""

    async def read(driver: Any) -> tuple[int, int, int]:
        sizes = [await driver.fetchrow(SIZE, table) for table in tables]
        rows = many or await driver.fetchval(f"select count(*) from {tables[0]}")  # noqa: S608  # our own words
        return sum(size["rows"] for size in sizes), sum(size["indexes"] for size in sizes), rows

    rows, indexes, count = await _asked(url, read)
    return Weight(what, count, rows / count, indexes / count)


async def _wal(url: str) -> int:
    """Bytes of WAL that the server has written so far, of all its databases."""
    return int(await _asked(url, lambda driver: driver.fetchval(WRITTEN)))


async def _asked(url: str, ask: Callable[[Any], Any]) -> Any:
    driver = await asyncpg.connect(url)
    try:
        return await ask(driver)
    finally:
        await driver.close()


def _published() -> records_pb.DocumentPublished:
    def id() -> str:
        return str(new_id())

    event = records_pb.DocumentPublished(
        patient_id=id(), document_id=id(), author_id=id(), version=1, decision_id=str(UUID(int=random.getrandbits(128)))
    )
    event.at.FromDatetime(datetime.now(UTC))
    return event
