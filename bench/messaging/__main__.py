"""`python -m bench.messaging [parts…] [--small]`: conversations and the feed at their load.

Brings up a stack of its own with two replicas (`ground.py`), fills it (`filling.py`; kept in `.run/bench-messaging`),
prints a line for each figure and writes them to `bench/messaging/results/`. Parts: live idle pages catchup unread cut
year; none named, or `all`: all.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.messaging import catchup, cut, filling, idle, live, pages, people, unread, year
from bench.messaging.ground import PARTS, Ground, standing
from bench.messaging.measuring import Line

RESULTS = Path(__file__).parent / "results"
Part = Callable[[Ground], AsyncIterator[Line]]


def main() -> None:
    """Measures what is named."""
    parser = argparse.ArgumentParser(prog="python -m bench.messaging", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join([*ON_THE_STACK, *APART]))
    parser.add_argument("--small", action="store_true", help="100,000 messages stored instead of ten million")
    given = parser.parse_args()
    if unknown := set(given.parts) - {*ON_THE_STACK, *APART, "all"}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    parts = [*ON_THE_STACK, *APART] if not given.parts or "all" in given.parts else given.parts
    on_the_stack = [part for part in ON_THE_STACK if part in parts]
    if on_the_stack:
        with standing(PARTS) as ground:
            asyncio.run(_on_the_stack(ground, on_the_stack, filling.SMALL if given.small else filling.LARGE))
    for part in (part for part in APART if part in parts):
        APART[part](partial(tell, part))


async def _on_the_stack(ground: Ground, parts: Sequence[str], size: tuple[int, int]) -> None:
    for part in parts:
        await people.settle(ground)
        if part != "pages":
            await filling.filled(ground, size)
        lines = []
        async for line in ON_THE_STACK[part](ground):
            print(line.text(), flush=True)
            lines.append(line)
        tell(part, lines)


def tell(part: str, lines: Sequence[Line]) -> None:
    """Keeps the lines of a part in its file."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    head = (
        f"python -m bench.messaging {part}   {datetime.now(UTC):%d %B %Y %H:%M} UTC, commit {commit.stdout.strip()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}, load average {os.getloadavg()[0]:.1f}"
    )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{part}.txt").write_text("\n".join([head, *(line.text().rstrip() for line in lines)]) + "\n")


ON_THE_STACK: dict[str, Part] = {
    "pages": pages.measured,
    "unread": unread.measured,
    "catchup": catchup.measured,
    "live": live.measured,
    "cut": cut.measured,
}
"""What is measured on one running stack with two replicas, in this order."""
APART: dict[str, Callable[[Callable[[Sequence[Line]], None]], None]] = {"idle": idle.run, "year": year.run}
"""What needs a stack of its own."""

if __name__ == "__main__":
    main()
