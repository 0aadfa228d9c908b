"""How long a region takes to fill: rows of `python -m bench.identity load --size 12m [--database-url URL]`.

The command runs as an operator runs it, in a process of its own; processor time is read from /proc, so that it can be
told apart from what else ran.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from bench import accounting
from bench.identity import files

Row = tuple[str, str, str]
ISSUER = "1.2.250.1.71.4.2.7"
WITHOUT = "–"


def loading(size: str, url: str) -> Iterator[Row]:
    """Fills the empty region at this URL with the set's registry."""
    path = files.FOLDER / "test" / size / "registry.csv"
    yield (
        f"{size}: others on the machine before, load average",
        " ".join(f"{one:.1f}" for one in os.getloadavg()),
        WITHOUT,
    )
    parts = {"PostgreSQL": asyncio.run(postmaster(url))}
    before = accounting.snapshot(parts)
    said, seconds, memory = _command(path, url)
    used = accounting.between(before, accounting.snapshot(parts))
    lines = int(said.split(" ", 1)[0].replace(",", ""))
    yield f"{size}: loaded, s (lines/s)", f"{used.seconds:.0f} ({lines / used.seconds:.0f})", WITHOUT
    yield f"{size}: of which", said, WITHOUT
    server = used.parts["PostgreSQL"]
    each = f"{seconds / lines * 1e6:.1f} + {server / lines * 1e6:.1f}"
    yield f"{size}: processor of the command and of PostgreSQL, µs a line", each, WITHOUT
    yield f"{size}: memory of the command at most, MB", f"{memory / 1e6:.0f}", WITHOUT
    others = (used.machine - server - seconds) / used.seconds
    yield f"{size}: processors used by others meanwhile", f"{others:.2f} of {os.cpu_count()}", WITHOUT
    yield f"{size}: database, GB", f"{asyncio.run(_size(url)) / 1e9:.1f}", WITHOUT


def _command(path: Path, url: str) -> tuple[str, float, int]:
    """What it said last, its processor seconds, and the most memory it held, in bytes."""
    arguments = ["load", str(path), "--database-url", url, "--issuer", ISSUER]
    with subprocess.Popen(
        [sys.executable, "-m", "terresante_identity.cli", *arguments], stderr=subprocess.PIPE, text=True
    ) as process:
        last = ""
        for line in process.stderr or ():
            last = line.rsplit("\r", 1)[-1].strip() or last
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"not loaded: {last}")
    return last, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


async def postmaster(url: str) -> int:
    connection = await asyncpg.connect(url)
    folder = await connection.fetchval("show data_directory")
    await connection.close()
    return int((Path(folder) / "postmaster.pid").read_text().split("\n", 1)[0])


async def _size(url: str) -> int:
    connection = await asyncpg.connect(url)
    size: int = await connection.fetchval("select pg_database_size(current_database())")
    await connection.close()
    return size
