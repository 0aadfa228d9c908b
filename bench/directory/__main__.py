"""`python -m bench.directory [parts…] [--small] [--seconds N] [--anew]`: measures the directory at the size of a region.

Fills a directory once through its own acts and keeps it (`region.py`); prints a line for each figure, beside the same
SQL bare. Parts: reads desk pages split import; none named: all. `--small`: a twentieth of the region.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from terresante_dev.territory_work import annuaire
from terresante_dev.territory_work.model import Directory
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_platform.database import Database, connected
from terresante_platform.testing.postgres import Server

from bench.directory import desk, filling, importing, pages, reads, region, splitting, using
from bench.directory.measuring import Alone, Load, alone, at_rate
from bench.directory.reads import NOW
from bench.directory.serving import services, sit

AS_OF = 2.0
"""Times that a read as of a past day may take of the same as of now."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled directory. `national`: all that the national directory knows; `made`: what ours holds of it."""

    server: Server
    database: str
    national: Directory
    made: Directory
    seconds: int

    @property
    def url(self) -> str:
        return self.server.url(self.database)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.directory", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seconds", type=int, default=20, help="of each load at a rate; 0: none")
    parser.add_argument("--anew", action="store_true", help="fill it again")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    size = filling.SMALL if given.small else filling.WHOLE
    print(
        f"python -m bench.directory {' '.join(sys.argv[1:])}  ({platform.machine()}, Python {platform.python_version()})"
    )
    print("load average before:", *(f"{one:.1f}" for one in os.getloadavg()))
    national = filling.national(size)
    made = filling.enrolled(national)
    with region.running() as server:
        database = region.named(size)
        if given.anew or not region.is_filled(server, database):
            _fill(server, database, made)
        _tell(server, database, made)
        filled = Filled(server, database, national, made, given.seconds)
        missed = [PARTS[name](filled) for name in given.parts or PARTS]
    return int(any(missed))


def _fill(server: Server, database: str, made: Directory) -> None:
    region.anew(server, database)
    codes = [TerritoryCode(one.code) for one in made.territories]

    async def fill() -> float:
        async with connected(f"{server.url(database)}", pool=4) as kept:
            took = await filling.fill(kept, made)
            await using.leave(kept, codes, NOW)
            return took

    took = asyncio.run(fill())
    region.filled(server, database)
    print(f"filled through its own acts in {took:.0f} s")


def _tell(server: Server, database: str, made: Directory) -> None:
    counted = ("fact", "act", "account", "account_week", "change_request", "source_record", "word")
    rows = {table: server.sql(f"select count(*) from {table}", database) for table in counted}  # noqa: S608
    size = server.sql(f"select pg_size_pretty(pg_database_size('{database}'))")
    told = ", ".join(f"{rows[table]} {table}" for table in counted)
    print(
        f"{made.structures} structures, {len(made.professionals)} professionals, {len(made.offers)} offers,"
        f" {len(made.places)} places, {len(made.territories)} territories: {told}; {size}",
        flush=True,
    )


def _measured(filled: Filled, loads: Callable[[Database], Sequence[Load]]) -> tuple[bool, list[Alone]]:
    """Whether a budget was missed, and what one call at a time took."""

    async def run() -> tuple[bool, list[Alone]]:
        missed, told = False, []
        async with connected(filled.url, pool=8) as kept:
            caller = sit()
            for load in loads(kept):
                one = await alone(load, kept, filled.url)
                told.append(one)
                print(one.line(), flush=True)
                missed |= load.median is not None and one.median > load.median
                if load.budget is not None and filled.seconds:
                    loaded = await at_rate(load, caller, filled.seconds)
                    print(loaded.line(), flush=True)
                    missed |= loaded.is_missed
        return missed, told

    return asyncio.run(run())


def _reads(filled: Filled) -> bool:
    missed, told = _measured(filled, lambda kept: reads.loads(services(kept, lambda: NOW).ror, filled.made))
    by_name = {one.what: one for one in told}
    for then in (one for one in told if reads.PAST in one.what):
        now = by_name[then.what.partition(reads.PAST)[0]]
        times = (
            then.median / now.median,
            (then.ours + then.postgres) / (now.ours + now.postgres),
            then.bare / now.bare,
        )
        missed |= times[0] > AS_OF
        verdict = "NOT REACHED" if times[0] > AS_OF else "reached"
        print(
            f"{then.what:<52} × {times[0]:.2f} of now (processor × {times[1]:.2f}, bare × {times[2]:.2f}) ≤ 2: {verdict}"
        )
    return missed


def _desk(filled: Filled) -> bool:
    def loads(kept: Database) -> Sequence[Load]:
        of = services(kept, lambda: NOW)
        return desk.loads(of.enrolment, of.ror, filled.made)

    return _measured(filled, loads)[0]


def _pages(filled: Filled) -> bool:
    async def run() -> bool:
        async with connected(filled.url, pool=8) as kept:
            largest = desk.largest_territory(filled.made)
            return await pages.measured(filled.server, filled.database, kept, NOW, largest)

    return asyncio.run(run())


def _split(filled: Filled) -> bool:
    with region.copy(filled.server, filled.database) as url:
        return asyncio.run(splitting.measured(url, filled.made))


def _import(filled: Filled) -> bool:
    """In a process of its own: this one holds the made-up directory, which is not the service's."""
    with region.copy(filled.server, filled.database) as url, TemporaryDirectory() as folder:
        file = Path(folder) / "annuaire.txt"
        annuaire.write(filled.national, file)
        done = subprocess.run(
            [sys.executable, "-m", "bench.directory.importing", url, str(file)], check=True, stdout=subprocess.PIPE
        )
    told = json.loads(done.stdout.splitlines()[-1])
    for what, value in told.items():
        print(f"import: {what}: {value}", flush=True)
    return bool(
        max(told["previewed first, s"], told["previewed again, s"]) > importing.BUDGET_SECONDS
        or max(told["most memory of the service, MB"], told["most memory of a reader, MB"]) > importing.MOST_MEGABYTES
    )


PARTS: dict[str, Callable[[Filled], bool]] = {
    "reads": _reads,
    "desk": _desk,
    "pages": _pages,
    "split": _split,
    "import": _import,
}

if __name__ == "__main__":
    sys.exit(main())
