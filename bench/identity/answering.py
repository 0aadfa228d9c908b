"""How right the service's matcher is in a filled region, and what many look-ups cost it: its candidates come from PostgreSQL.

Rows of `python -m bench.identity answers --size 12m --database-url URL`; the URL names a region that `load` has filled
with the set. The engine in memory (`accuracy`) tells the same of smaller sets; for twelve million it needs more memory
than there was.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import numpy as np
from terresante_identity.domain.evidence import Decision
from terresante_identity.matcher import Matcher
from terresante_platform import database
from tqdm import trange

from bench import accounting
from bench.identity import files
from bench.identity.loading import ISSUER, WITHOUT, Row, postmaster
from bench.identity.measures import Answered, decisions, hit_at, recall_at
from bench.identity.service import asked_row

TOGETHER = 500
LEVELS = {Decision.NONE: 0, Decision.REVIEW: 1, Decision.AUTO: 2}
NUMBERS = "select id, local_id from source where id = any($1::uuid[]) and issuer = $2"


def answering(size: str, url: str) -> Iterator[Row]:
    """All look-ups of the set, once."""
    _, truth = files.truth(size)
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    found, used = asyncio.run(_answers(url, files.lookups(size)))
    done, many = decisions(found, truth), len(truth.row)
    for precision in (0.99, 0.999):
        yield f"{size}: R@P≥{precision}", f"{recall_at(found, truth, precision):.4f}", WITHOUT
    for rank in (1, 5):
        yield f"{size}: hit@{rank}", f"{hit_at(found, truth, rank):.4f}", WITHOUT
    yield f"{size}: absent twins auto-linked", f"{done.twins_linked} of {done.twins}", WITHOUT
    yield f"{size}: auto precision (links)", f"{done.precision:.4f} ({done.linked})", WITHOUT
    yield f"{size}: queue, of look-ups", f"{done.queued / many:.1%}", WITHOUT
    yield f"{size}: person in it, of present", f"{done.queued_shown / max(done.queued_present, 1):.1%}", WITHOUT
    cost = " + ".join(f"{name} {seconds:.1f}" for name, seconds in used.parts.items())
    yield f"{size}: {many} look-ups, s (processor s)", f"{used.seconds:.1f} ({cost})", WITHOUT
    others = (used.machine - used.total()) / used.seconds
    yield (
        f"{size}: processors used by others; load average before",
        f"{others:.2f} of {os.cpu_count()}; {load}",
        WITHOUT,
    )


async def _answers(url: str, asked: files.Columns) -> tuple[Answered, accounting.Usage]:
    some = [asked_row(asked, row) for row in range(len(asked["sex"]))]
    told: list[tuple[int, object, float, int]] = []
    async with database.connected(url, 2, "bench") as kept:
        matcher = await Matcher.loaded(kept)
        parts = {"matcher": os.getpid(), "PostgreSQL": await postmaster(url)}
        before = accounting.snapshot(parts)
        for first in trange(0, len(some), TOGETHER, desc="look-ups", unit=f" x {TOGETHER}"):
            async with kept.reading() as connection:
                answers = await matcher.candidates(connection, some[first : first + TOGETHER])
            for row, answer in enumerate(answers, first):
                told += [(row, one.source, one.evidence.score, LEVELS[one.evidence.decision]) for one in answer.found]
        used = accounting.between(before, accounting.snapshot(parts))
        async with kept.reading() as connection:
            ids = list({source for _, source, _, _ in told})
            numbers = (await connection.exec_driver_sql(NUMBERS, (ids, ISSUER))).all()
    row_of = {found.id: int(found.local_id) for found in numbers}
    # Those that another issuer sent (a run of `service` registers some) are no answers here.
    known = [(row, row_of[source], score, level) for row, source, score, level in told if source in row_of]
    columns = [np.array(column) for column in zip(*known, strict=True)]
    return Answered(columns[0], columns[1], columns[2], columns[3]), used
