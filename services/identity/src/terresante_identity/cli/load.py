"""`terresante-identity load`: a file of people into an empty region, each line a person of their own."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import NoReturn
from uuid import UUID

from terresante_platform.refusals import Refusal
from tqdm import tqdm

from terresante_identity.cli import filling
from terresante_identity.cli.columns import Columns, columns_of
from terresante_identity.cli.reading import FileUnreadable, Line, Rejected, about, opened
from terresante_identity.cli.rows import Chunk, Feed, Rows, rows
from terresante_identity.cli.writing import write_rejected
from terresante_identity.domain.sources import require_issuer
from terresante_identity.matching.people import TRAITS

CHUNK = 20_000
AHEAD = 2
"""Chunks made while another is copied."""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments."""
    load = commands.add_parser("load", help="fills an empty region with the people of a file")
    load.add_argument("file", type=Path, metavar="FILE", help="those to register, by person_id (the issuer's number)")
    load.add_argument("--database-url", required=True, help="postgresql://… of identity, as the owner of its tables")
    load.add_argument("--issuer", required=True, type=_issuer, metavar="OID", help="authority that gives the numbers")
    load.add_argument("--structure", type=UUID, help="id of the structure that feeds them")
    load.add_argument("--territory", default="", help="code of the territory")
    load.add_argument("--fed-by", type=UUID, default=UUID(int=0), help="opaque id of the feeder (nobody's)")
    load.add_argument("--workers", type=int, default=1, help="processes that read lines, beside the database")
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
    feed = Feed(given.issuer, given.structure, given.territory, given.fed_by, datetime.now(UTC))
    rejected = asyncio.run(_loaded(given, feed))
    path = given.rejected or given.file.with_suffix(".rejected.csv")
    if write_rejected(path, [(given.file, sorted(rejected, key=lambda one: one.line))]):
        print(f"terresante-identity: {len(rejected)} lines left out, see {path}", file=sys.stderr)  # noqa: T201
    return len(rejected)


async def _loaded(given: argparse.Namespace, feed: Feed) -> list[Rejected]:
    header, lines = opened(given.file, given.encoding)
    rejected: list[Rejected] = []
    wanted = _wanted(given.file, header, columns_of(given.columns, "file"))
    with (
        tqdm(total=about(given.file), unit=" lines", desc=given.file.name, disable=given.quiet, unit_scale=True) as bar,
        ProcessPoolExecutor(given.workers, get_context("spawn")) as processes,
    ):
        async with filling.connected(given.database_url) as connection:
            first = await filling.next_place(connection)
            chunks = _chunks(wanted, lines, len(header), first, rejected, bar)
            await filling.filled(connection, _made(processes, chunks, feed, rejected), bar.set_postfix_str)
    return rejected


async def _made(
    processes: ProcessPoolExecutor, chunks: Iterator[Chunk], feed: Feed, rejected: list[Rejected]
) -> AsyncIterator[Rows]:
    """Rows in the order of the file; the next ones are made while these are copied."""
    loop = asyncio.get_running_loop()
    under_way: list[asyncio.Future[Rows]] = []
    for chunk in chunks:
        under_way.append(loop.run_in_executor(processes, rows, chunk, feed))
        if len(under_way) > AHEAD:
            made = await under_way.pop(0)
            rejected.extend(made.rejected)
            yield made
    for future in under_way:
        made = await future
        rejected.extend(made.rejected)
        yield made


def _wanted(path: Path, header: Sequence[str], columns: Columns) -> list[list[int]]:
    """Where the file has the identifier, then each trait."""
    places = [columns.places(name, header) for name in ("person_id", *TRAITS)]
    if not places[0]:
        raise FileUnreadable(f"{path}: no column {columns.of('person_id')[0]} (person_id); it has {', '.join(header)}")
    return places


def _chunks(
    wanted: list[list[int]], lines: Iterator[Line], width: int, place: int, rejected: list[Rejected],
    bar: "tqdm[NoReturn]",
) -> Iterator[Chunk]:  # fmt: skip
    seen = set[str]()
    traits = [(places, "-" if trait == "birth_date" else " ") for places, trait in zip(wanted[1:], TRAITS, strict=True)]
    kept: list[tuple[int, str, tuple[str, ...], str]] = []
    for line in lines:
        bar.update()
        fields = line.fields
        fault = line.fault or (f"{len(fields)} fields where the header has {width}" if len(fields) != width else "")
        local_id = "" if fault else fields[wanted[0][0]].strip()
        fault = fault or ("no identifier" if not local_id else "")
        fault = fault or ("identifier already used by a line above" if local_id in seen else "")
        if fault:
            rejected.append(Rejected(line.number, fault, line.text))
            continue
        seen.add(local_id)
        kept.append((line.number, local_id, tuple([_joined(fields, *one) for one in traits]), line.text))
        if len(kept) == CHUNK:
            yield Chunk(place, kept)
            place += len(kept)
            kept = []
    if kept:
        yield Chunk(place, kept)


def _joined(fields: Sequence[str], places: list[int], between: str) -> str:
    if len(places) == 1:
        return fields[places[0]].strip()
    return between.join(part for part in (fields[place].strip() for place in places) if part)
