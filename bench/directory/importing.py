"""An extract of the national directory into a filled directory: handed over, read, compared, previewed; then again.

In a process of its own (`python -m bench.directory.importing URL FILE`), so that its memory is the service's. Beside it the
same lines kept by one bare COPY.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text
from terresante_directory import reference
from terresante_directory.domain.imports.formats import MAX_PIECE_BYTES, Arriving, Format, source_of
from terresante_directory.domain.imports.states import Import, ImportId, State
from terresante_directory.domain.territories import Administrator
from terresante_directory.imports.importing import Importing
from terresante_directory.store import administrators, imports
from terresante_platform.database import Database, connected

from bench.directory.using import ADMINISTRATOR

BUDGET_SECONDS = 300
MOST_MEGABYTES = 512
"""Of the service, and of a reader: an extract of any length must fit (our bound)."""
APPLIED_LINES = 5_000
now = partial(datetime.now, UTC)


async def measured(url: str, file: Path) -> dict[str, object]:
    """Seconds, lines by outcome, and most megabytes."""
    figures: dict[str, object] = {}
    async with connected(url, 8, "bench") as database:
        importing = Importing(database, reference.territories(), now)
        async with database.reading() as connection:
            by = await administrators.get(connection, ADMINISTRATOR)
        for name in ("first", "again"):
            begun, processor = time.perf_counter(), time.process_time()
            id = await _handed_over(database, by, file)
            await importing.round()
            figures[f"previewed {name}, s"] = round(time.perf_counter() - begun, 1)
            figures[f"previewed {name}, processor of the service, s"] = round(time.process_time() - processor, 1)
            figures[f"lines {name}"] = await _counts(database, id)
        begun = time.perf_counter()
        figures["applied lines"] = await _applied(database, importing, id)
        figures["applied, s"] = round(time.perf_counter() - begun, 1)
        begun = time.perf_counter()
        await _bare(database, file)
        figures["bare COPY of the same lines, s"] = round(time.perf_counter() - begun, 1)
    figures["most memory of the service, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures["most memory of a reader, MB"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return figures


async def _handed_over(database: Database, by: Administrator, file: Path) -> ImportId:
    """Its bytes are kept, as UploadFile keeps them."""
    id, arriving = ImportId(uuid4()), Arriving(Format.ANNUAIRE)
    for number, piece in enumerate(_pieces(file)):
        arriving.feed(piece)
        async with database.transaction() as transaction:
            await imports.add_piece(transaction, id, number, piece)
    new = Import(
        id=id,
        format=Format.ANNUAIRE,
        source=source_of(Format.ANNUAIRE, by.territories),
        file_name=file.name,
        territory="",
        territories=by.territories,
        complete=False,
        encoding=arriving.finish(),
        state=State.READING,
        at=now(),
        by=by.id,
        bytes_total=arriving.size,
    )
    async with database.transaction() as transaction:
        await imports.add(transaction, new)
    return id


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        yield from iter(lambda: opened.read(MAX_PIECE_BYTES), b"")


async def _counts(database: Database, id: ImportId) -> dict[str, int]:
    async with database.reading() as connection:
        of = await imports.get(connection, id)
    told = {outcome.value: lines for outcome, (lines, _) in of.counts.items()}
    return told if not of.failure else {of.failure: 0, **told}


async def _applied(database: Database, importing: Importing, id: ImportId) -> int:
    """Chooses the first lines that are new or changed, and applies them."""
    first = text(
        "update import_line set chosen = true where (import, number, rank) in (select import, number, rank from import_line"
        " where import = :id and outcome in ('new', 'changed') and choosable order by number, rank limit :many)"
    )
    async with database.transaction() as transaction:
        chosen = (await transaction.execute(first, {"id": id, "many": APPLIED_LINES})).rowcount
        await imports.save(transaction, id, state=State.APPLYING)
    await importing.apply(id)
    return chosen


async def _bare(database: Database, file: Path) -> None:
    async with database.transaction() as transaction:
        await transaction.execute(text("create table bare (line text)"))
        await transaction.execute(text("set local statement_timeout = '300s'"))
        raw = (await transaction.get_raw_connection()).driver_connection
        with file.open(encoding="utf-8") as opened:
            await raw.copy_records_to_table("bare", records=((line,) for line in opened))  # type: ignore[union-attr]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measured(sys.argv[1], Path(sys.argv[2]))), ensure_ascii=False))
