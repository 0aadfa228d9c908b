"""`terresante-identity load`: a file of people into an empty region, each line a person of their own."""

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn
from uuid import UUID

from terresante_platform.refusals import Refusal
from tqdm import tqdm

from terresante_identity.cli import filling
from terresante_identity.cli.blocks import Block, FileUnreadable, about, blocks
from terresante_identity.cli.columns import Columns, columns_of
from terresante_identity.cli.reading import Rejected
from terresante_identity.cli.rows import Making, Rows
from terresante_identity.cli.tables import Feed
from terresante_identity.cli.writing import write_rejected
from terresante_identity.domain.sources import require_issuer
from terresante_identity.matching.people import TRAITS

AHEAD = 3
"""Blocks made while another is copied."""
SWITCH_SECONDS = 0.001
"""How long the thread that makes rows keeps the one that copies them waiting; Python's 5 ms would leave the database
idle.
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments."""
    load = commands.add_parser("load", help="fills an empty region with the people of a file")
    load.add_argument("file", type=Path, metavar="FILE", help="those to register, by person_id (the issuer's number)")
    load.add_argument("--database-url", required=True, help="postgresql://… of identity, as the owner of its tables")
    load.add_argument("--issuer", required=True, type=_issuer, metavar="OID", help="authority that gives the numbers")
    load.add_argument("--structure", type=UUID, help="id of the structure that feeds them")
    load.add_argument("--territory", default="", help="code of the territory")
    load.add_argument("--fed-by", type=UUID, default=UUID(int=0), help="opaque id of the feeder (nobody's)")
    load.add_argument("--columns", type=Path, metavar="MAP.toml", help='birth_name = "surname", …')
    load.add_argument("--encoding", default="utf-8", help="of a CSV file")
    load.add_argument("--rejected", type=Path, metavar="FILE", help="lines left out (FILE.rejected.csv)")
    load.add_argument("--quiet", action="store_true", help="no progress bar")


def _issuer(text: str) -> str:
    try:
        return require_issuer(text)
    except Refusal as refusal:
        raise argparse.ArgumentTypeError(refusal.sentence) from refusal


def load(given: argparse.Namespace) -> int:
    """How many lines were left out. Raises FileUnreadable, RegionHasPeople."""
    with _hurrying():
        rejected = asyncio.run(_loaded(given))
    path = given.rejected or given.file.with_suffix(".rejected.csv")
    if write_rejected(path, [(given.file, rejected)]):
        print(f"terresante-identity: {len(rejected)} lines left out, see {path}", file=sys.stderr)  # noqa: T201
    return len(rejected)


@contextmanager
def _hurrying() -> Iterator[None]:
    """Threads take turns more often; the collector, which would look through all remembered texts again and again and
    find nothing, stays out.
    """
    before, collecting = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(before)
        if collecting:
            gc.enable()


async def _loaded(given: argparse.Namespace) -> list[Rejected]:
    header, cut = blocks(given.file, given.encoding)
    places = _places(given.file, header, columns_of(given.columns, "file"))
    rejected: list[Rejected] = []
    bar = tqdm(total=about(given.file), unit=" lines", desc=given.file.name, disable=given.quiet, unit_scale=True)
    with bar, ThreadPoolExecutor(1, "rows") as thread:
        async with filling.connected(given.database_url) as connection:
            at = datetime.now(UTC)
            written = await filling.in_json(connection, at)
            feed = Feed(given.issuer, given.structure, given.territory, given.fed_by, at, written)
            making = Making(feed, len(header), places, await filling.next_place(connection))

            async def made() -> AsyncIterator[Rows]:
                async for rows in _ahead(thread, making.rows, cut):
                    bar.update(rows.lines)
                    rejected.extend(rows.rejected)
                    yield rows

            stages = Stages(bar)
            await filling.filled(connection, made(), stages)
    if not given.quiet:
        print(f"{bar.n:,} lines in {stages}", file=sys.stderr)  # noqa: T201
    return rejected


class Stages:
    """How long each stage of a load took, told beside its bar."""

    def __init__(self, bar: "tqdm[NoReturn]") -> None:
        self._bar, self._began = bar, time.perf_counter()
        self._seconds: dict[str, float] = {}
        self._now, self._since = "start", self._began

    def __call__(self, stage: str, what: str) -> None:
        at = time.perf_counter()
        self._seconds[self._now] = self._seconds.get(self._now, 0.0) + at - self._since
        self._now, self._since = stage, at
        self._bar.set_postfix_str(what or stage)

    def __str__(self) -> str:
        self(self._now, "")
        told = ", ".join([f"{stage} {seconds:.1f}" for stage, seconds in self._seconds.items()])
        return f"{time.perf_counter() - self._began:.1f} s: {told}"


async def _ahead(
    thread: ThreadPoolExecutor, rows: Callable[[Block], Rows], cut: Iterator[Block]
) -> AsyncIterator[Rows]:
    """Rows in the order of the file; the next ones are made while these are copied."""
    loop = asyncio.get_running_loop()
    under_way: list[asyncio.Future[Rows]] = []
    for block in cut:
        under_way.append(loop.run_in_executor(thread, rows, block))
        if len(under_way) > AHEAD:
            yield await under_way.pop(0)
    for future in under_way:
        yield await future


def _places(path: Path, header: Sequence[str], columns: Columns) -> list[list[int]]:
    """Where the file has the identifier, then each trait."""
    places = [columns.places(name, header) for name in ("person_id", *TRAITS)]
    if not places[0]:
        raise FileUnreadable(f"{path}: no column {columns.of('person_id')[0]} (person_id); it has {', '.join(header)}")
    return places
