"""A national extract into a filled directory: `python -m bench.scenarios.directory_import [--professionals N …]`.

On a PostgreSQL of its own, made and ended here. The directory is filled by imports of our own tables (20,000 structures,
150,000 professionals); then the extract is read, compared and previewed. Baseline in the same run: the same bytes kept
by one bare COPY of their lines.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import text
from terresante_dev.territory_work import annuaire, own
from terresante_dev.territory_work.making import Size, directory
from terresante_directory import gazetteer, reference
from terresante_directory.domain.identifiers import AdministratorId
from terresante_directory.domain.imports.formats import MAX_PIECE_BYTES, Arriving, Format, source_of
from terresante_directory.domain.imports.states import Import, ImportId, Outcome, State
from terresante_directory.domain.territories import Administrator
from terresante_directory.imports.importing import Importing
from terresante_directory.store import administrators, imports
from terresante_directory.turning import Given, Turning
from terresante_platform import migrations
from terresante_platform.database import Database, connected
from terresante_platform.testing import postgres

DAY = date(2026, 1, 5)
Figures = dict[str, float | int | dict[str, int]]


def now() -> datetime:
    return datetime.now(UTC)


class World:
    """A directory with one administrator of all its territories."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.by = Administrator(AdministratorId(uuid4()), "Claire", "Durand", frozenset(reference.territories()))
        self.importing = Importing(database, reference.territories(), now)

    async def begin(self) -> None:
        async with self.database.transaction() as transaction:
            await administrators.add(transaction, self.by)
        centres = {one.code: (one.latitude, one.longitude) for one in gazetteer.load().communes.values()}
        given = Given(tuple(reference.territories().values()), gazetteer.load_territories(), centres)
        await Turning(self.database, given, now).take_over()

    async def hand_over(self, file: Path, format: Format) -> ImportId:
        """Keeps its bytes, as UploadFile does."""
        id, arriving = ImportId(uuid4()), Arriving(format)
        with file.open("rb") as opened:
            for number, piece in enumerate(iter(lambda: opened.read(MAX_PIECE_BYTES), b"")):
                arriving.feed(piece)
                async with self.database.transaction() as transaction:
                    await imports.add_piece(transaction, id, number, piece)
        scope = self.by.territories
        names = {"source": source_of(format, scope), "file_name": file.name, "territory": ""}
        new = Import(
            id=id,
            format=format,
            territories=scope,
            complete=False,
            encoding=arriving.finish(),
            state=State.READING,
            at=now(),
            by=self.by.id,
            bytes_total=arriving.size,
            **names,  # type: ignore[arg-type]
        )
        async with self.database.transaction() as transaction:
            await imports.add(transaction, new)
        return id

    async def preview(self, file: Path, format: Format) -> ImportId:
        id = await self.hand_over(file, format)
        await self.importing.round()
        return id

    async def take(self, id: ImportId) -> None:
        """All that is new or changed."""
        async with self.database.transaction() as transaction:
            for outcome in (Outcome.NEW, Outcome.CHANGED):
                await imports.choose(transaction, id, [], outcome, True)
            await imports.save(transaction, id, state=State.APPLYING)
        await self.importing.apply(id)

    async def counts(self, id: ImportId) -> dict[str, int]:
        async with self.database.reading() as connection:
            of = await imports.get(connection, id)
        told = {outcome.value: lines for outcome, (lines, _) in of.counts.items()}
        return told if not of.failure else {of.failure: 0, **told}


async def measured(url: str, folder: Path, enrolled: int) -> Figures:
    figures: Figures = {}
    async with connected(url, 8, "bench") as database:
        world = World(database)
        await world.begin()
        for name in ("structures.csv", "professionnels.csv"):
            begun = time.perf_counter()
            id = await world.preview(folder / name, Format.OWN_TABLE)
            figures[f"{name} previewed, s"] = round(time.perf_counter() - begun, 1)
            begun = time.perf_counter()
            await world.take(id)
            figures[f"{name} applied, s"] = round(time.perf_counter() - begun, 1)
            figures[f"{name} lines"] = await world.counts(id)
        begun = time.perf_counter()
        id = await world.preview(folder / "annuaire.txt", Format.ANNUAIRE)
        figures["extract previewed, s"] = round(time.perf_counter() - begun, 1)
        figures["extract lines"] = await world.counts(id)
        begun = time.perf_counter()
        again = await world.preview(folder / "annuaire.txt", Format.ANNUAIRE)
        figures["extract previewed again, s"] = round(time.perf_counter() - begun, 1)
        figures["extract again lines"] = await world.counts(again)
        begun = time.perf_counter()
        await bare(database, folder / "annuaire.txt")
        figures["bare COPY of its lines, s"] = round(time.perf_counter() - begun, 1)
    figures["most memory of the service, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures["most memory of a reader, MB"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    figures["enrolled"] = enrolled
    return figures


async def bare(database: Database, file: Path) -> None:
    async with database.transaction() as transaction:
        await transaction.execute(text("create table bare (line text)"))
        await transaction.execute(text("set local statement_timeout = '300s'"))
        raw = (await transaction.get_raw_connection()).driver_connection
        with file.open(encoding="utf-8") as opened:
            await raw.copy_records_to_table("bare", records=((line,) for line in opened))  # type: ignore[union-attr]


def written(folder: Path, size: Size, enrolled: int) -> None:
    made = directory(size, seed=1, day=DAY)
    annuaire.write(made, folder / "annuaire.txt")
    own._write(folder / "structures.csv", own.STRUCTURES, own.structures(made))
    people: Iterator[own.Row] = (row for row in own.professionals(made) if int(str(row[0])[3:]) < enrolled)
    own._write(folder / "professionnels.csv", own.PROFESSIONALS, people)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--structures", type=int, default=20_000)
    parser.add_argument("--professionals", type=int, default=440_000, help="of the extract: 440,000 give 500,000 lines")
    parser.add_argument("--enrolled", type=int, default=150_000)
    given = parser.parse_args()
    with TemporaryDirectory() as name, postgres.server() as server:
        folder = Path(name)
        sizes: Callable[..., Size] = Size
        written(folder, sizes(given.structures, given.professionals, 15_000, 22), given.enrolled)
        server.sql("create database bench")
        for extension in ("pg_trgm", "unaccent", "btree_gin"):
            server.sql(f"create extension if not exists {extension}", "bench")
        migrations.upgrade("terresante_directory", server.url("bench"))
        figures = asyncio.run(measured(server.url("bench"), folder, given.enrolled))
    out = io.StringIO()
    json.dump(figures, out, ensure_ascii=False, indent=1)
    print(out.getvalue())


if __name__ == "__main__":
    main()
