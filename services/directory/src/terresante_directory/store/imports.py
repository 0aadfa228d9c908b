"""Imports, and their bytes while they are needed."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column as C
from sqlalchemy import Row, Table, Text, bindparam, delete, func, insert, select, text, true, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Boolean, DateTime, Integer, LargeBinary, Uuid

from terresante_directory.domain.facts import ActId
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.domain.imports.formats import Format
from terresante_directory.domain.imports.states import Import, ImportId, Outcome, State, unknown_import
from terresante_directory.store import import_lines
from terresante_directory.store.import_lines import line
from terresante_directory.store.tables import administrator, metadata

LEASE = timedelta(minutes=5)
ORPHAN = timedelta(hours=2)
table = Table(
    "import",
    metadata,
    C("id", Uuid, primary_key=True),
    C("format", Text),
    C("source", Text),
    C("file_name", Text),
    C("territory", Text),
    C("territories", ARRAY(Text)),
    C("complete", Boolean),
    C("encoding", Text),
    C("state", Text),
    C("at", DateTime(timezone=True)),
    C("by", Uuid),
    C("bytes_total", BigInteger),
    C("bytes_read", BigInteger),
    C("counts", JSONB),
    C("failure", Text),
    C("act", Uuid),
    C("why", Text),
    C("version", BigInteger),
    C("leased_until", DateTime(timezone=True)),
    C("attempts", Integer),
)
piece = Table(
    "import_piece",
    metadata,
    C("import", Uuid, primary_key=True),
    C("number", Integer, primary_key=True),
    C("bytes", LargeBinary),
    C("at", DateTime(timezone=True)),
)
BUSY = (State.READING.value, State.APPLYING.value)
COUNTS = text(
    """update import set counts = coalesce((
           select jsonb_object_agg(outcome, jsonb_build_array(lines, chosen)) from (
               select outcome, count(*) as lines, count(*) filter (where chosen) as chosen
               from import_line where import = :id group by outcome) as counted), '{}')
       where id = :id"""
)


async def add_piece(transaction: AsyncConnection, id: ImportId, number: int, content: bytes) -> None:
    await transaction.execute(insert(piece).values({"import": id, "number": number, "bytes": content}))


async def add(transaction: AsyncConnection, new: Import) -> None:
    """Keeps an import whose pieces are all there."""
    await transaction.execute(
        insert(table).values(
            id=new.id,
            format=new.format.value,
            source=new.source,
            file_name=new.file_name,
            territory=new.territory,
            territories=sorted(new.territories),
            complete=new.complete,
            encoding=new.encoding,
            state=new.state.value,
            at=new.at,
            by=new.by,
            bytes_total=new.bytes_total,
        )
    )


async def waiting(
    connection: AsyncConnection, territories: Collection[TerritoryCode], lock: bool = False
) -> tuple[int, int]:
    """Files that are to be read: all, and those of the territory of these that has most.

    `lock`: no other is added before the transaction ends.
    """
    if lock:
        await connection.execute(text("select pg_advisory_xact_lock(hashtextextended('imports waiting', 0))"))
    codes = func.unnest(table.c.territories).table_valued("code").render_derived()
    reading = table.c.state == State.READING.value
    total = await connection.scalar(select(func.count()).select_from(table).where(reading))
    per = select(func.count().label("amount")).select_from(table).join(codes, true()).where(reading)
    per = per.where(codes.c.code.in_(sorted(territories))).group_by(codes.c.code)
    most = await connection.scalar(select(func.max(per.subquery().c.amount)))
    return int(total or 0), int(most or 0)


async def get(connection: AsyncConnection, id: UUID, lock: bool = False) -> Import:
    """`lock`: nobody else changes it until the transaction ends. Raises `ImportUnknown`."""
    wanted = select(table).where(table.c.id == id)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).first()
    if row is None:
        raise unknown_import()
    return import_of(row)


async def page(
    connection: AsyncConnection,
    territories: Collection[TerritoryCode],
    states: Collection[State],
    after: UUID | None,
    limit: int,
) -> list[Import]:
    """Those that concern nothing but these territories, the newest first."""
    wanted = select(table).where(table.c.territories.contained_by(sorted(territories)))
    wanted = wanted.where(table.c.state.in_([state.value for state in states]))
    if after is not None:
        last = table.alias()
        position = select(last.c.at).where(last.c.id == after).scalar_subquery()
        wanted = wanted.where(tuple_(table.c.at, table.c.id) < tuple_(position, after))
    rows = await connection.execute(wanted.order_by(table.c.at.desc(), table.c.id.desc()).limit(limit))
    return [import_of(row) for row in rows]


async def choose(
    transaction: AsyncConnection, id: ImportId, numbers: Sequence[int], outcome: Outcome | None, chosen: bool
) -> None:
    """The choosable lines of these numbers, or all of an outcome; then counts them again."""
    changed = update(line).where(line.c["import"] == id, line.c.choosable, line.c.chosen != chosen)
    if outcome is None:
        within = line.c.number == func.any(bindparam("numbers", type_=ARRAY(BigInteger)))
        await transaction.execute(changed.where(within).values(chosen=chosen), {"numbers": list(numbers)})
    else:
        await transaction.execute(changed.where(line.c.outcome == outcome.value).values(chosen=chosen))
    await count(transaction, id)


async def count(transaction: AsyncConnection, id: ImportId) -> None:
    await transaction.execute(COUNTS, {"id": id})


async def save(transaction: AsyncConnection, id: ImportId, **columns: Any) -> None:
    """Changes some of its columns; raises its version."""
    values = {name: one.value if isinstance(one, State) else one for name, one in columns.items()}
    if "state" in values:
        values["attempts"] = 0
    await transaction.execute(update(table).where(table.c.id == id).values(**values, version=table.c.version + 1))


async def take(transaction: AsyncConnection, now: datetime) -> Import | None:
    """One that is to be read or applied and that nobody works on: leased to the caller, who is its `attempts`-th."""
    free = (table.c.leased_until.is_(None)) | (table.c.leased_until < now)
    wanted = select(table).where(table.c.state.in_(BUSY), free).order_by(table.c.at).limit(1)
    row = (await transaction.execute(wanted.with_for_update(skip_locked=True))).first()
    if row is None:
        return None
    leased = update(table).where(table.c.id == row.id)
    await transaction.execute(leased.values(leased_until=now + LEASE, attempts=row.attempts + 1))
    return replace(import_of(row), attempts=row.attempts + 1)


async def hold_lease(transaction: AsyncConnection, of: Import, now: datetime) -> bool:
    """Goes on holding it; False when it is in another state by now (it was discarded), or another replica took it."""
    mine = (table.c.id == of.id) & (table.c.state == of.state.value) & (table.c.attempts == of.attempts)
    held = await transaction.execute(update(table).where(mine).values(leased_until=now + LEASE))
    return bool(held.rowcount)


async def pieces(database: Any, id: ImportId) -> AsyncIterator[bytes]:
    """Its bytes, one piece at a time."""
    number = 0
    while True:
        async with database.reading() as connection:
            mine = select(piece.c.bytes).where(piece.c["import"] == id, piece.c.number == number)
            found = (await connection.execute(mine)).first()
        if found is None:
            return
        yield bytes(found.bytes)
        number += 1


async def forget(transaction: AsyncConnection, id: ImportId, lines: bool = False, pieces: bool = False) -> None:
    """What reading left behind; its lines, its bytes."""
    await transaction.execute(text("delete from import_said where import = :id"), {"id": id})
    if lines:
        await import_lines.forget(transaction, id)
    if pieces:
        await transaction.execute(delete(piece).where(piece.c["import"] == id))


async def forget_orphans(transaction: AsyncConnection, now: datetime) -> None:
    """Pieces of uploads that never ended, once none can go on."""
    known = select(table.c.id)
    await transaction.execute(delete(piece).where(piece.c.at < now - ORPHAN, piece.c["import"].not_in(known)))


async def names(connection: AsyncConnection, found: Iterable[Import]) -> dict[AdministratorId, str]:
    """Of those who gave the files."""
    ids = {one.by for one in found}
    rows = await connection.execute(select(administrator).where(administrator.c.id.in_(ids)))
    return {AdministratorId(row.id): f"{row.given_name} {row.family_name}" for row in rows}


def import_of(row: Row[Any]) -> Import:
    return Import(
        id=ImportId(row.id),
        format=Format(row.format),
        source=row.source,
        file_name=row.file_name,
        territory=row.territory,
        territories=frozenset(map(TerritoryCode, row.territories)),
        complete=row.complete,
        encoding=row.encoding,
        state=State(row.state),
        at=row.at,
        by=AdministratorId(row.by),
        bytes_total=row.bytes_total,
        bytes_read=row.bytes_read,
        counts={Outcome(name): (lines, chosen) for name, (lines, chosen) in row.counts.items()},
        failure=row.failure,
        act=ActId(row.act) if row.act else None,
        why=row.why,
        version=row.version,
        attempts=row.attempts,
    )
