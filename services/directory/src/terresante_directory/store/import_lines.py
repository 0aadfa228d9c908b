"""Lines of imports: what each would do, and whether it is chosen."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Column as C
from sqlalchemy import Row, Table, Text, bindparam, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Boolean, SmallInteger, Uuid

from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.history import FieldChange
from terresante_directory.domain.imports.states import ImportId, ImportLine, Outcome
from terresante_directory.store.tables import metadata

line = Table(
    "import_line",
    metadata,
    C("import", Uuid, primary_key=True),
    C("number", BigInteger, primary_key=True),
    C("rank", SmallInteger, primary_key=True),
    C("outcome", Text),
    C("kind", Text),
    C("key", Text),
    C("subject", Text),
    C("label", Text),
    C("reasons", ARRAY(Text)),
    C("fields", JSONB),
    C("seen", Text),
    C("choosable", Boolean),
    C("chosen", Boolean),
)
COLUMNS = tuple(column.name for column in line.c)


async def page(
    connection: AsyncConnection, id: ImportId, outcomes: Collection[Outcome], after: tuple[int, int], limit: int
) -> list[ImportLine]:
    """In the order of the file."""
    wanted = (
        select(line)
        .where(line.c["import"] == id, line.c.outcome.in_([one.value for one in outcomes]))
        .where(tuple_(line.c.number, line.c.rank) > tuple_(*after))
        .order_by(line.c.number, line.c.rank)
        .limit(limit)
    )
    return [line_of(row) for row in await connection.execute(wanted)]


async def numbered(connection: AsyncConnection, id: ImportId, numbers: Collection[int]) -> list[ImportLine]:
    within = line.c.number == func.any(bindparam("numbers", type_=ARRAY(BigInteger)))
    rows = await connection.execute(select(line).where(line.c["import"] == id, within), {"numbers": list(numbers)})
    return [line_of(row) for row in rows]


async def chosen(transaction: AsyncConnection, id: ImportId) -> list[tuple[ImportLine, Mapping[str, str]]]:
    """With what their source says; of what it says no longer, what it said last."""
    told = text(
        """select l.*, r.content from import_line l join import i on i.id = l.import
           join source_record r on r.source = i.source and r.kind = l.kind and r.key = l.key
           where l.import = :id and l.chosen order by l.number, l.rank"""
    ).columns(*line.c, C("content", JSONB))
    return [(line_of(row), row.content) for row in await transaction.execute(told, {"id": id})]


async def copy(transaction: AsyncConnection, id: ImportId, lines: Iterable[ImportLine]) -> None:
    """Many at once. The transaction has done something already."""
    rows = [_line_row(id, one) for one in lines]
    raw: Any = (await transaction.get_raw_connection()).driver_connection
    await raw.copy_records_to_table("import_line", records=rows, columns=COLUMNS)


async def keep_outcomes(transaction: AsyncConnection, id: ImportId, lines: Collection[ImportLine]) -> None:
    """Outcome and reasons of lines that could not be applied; they are no longer chosen."""
    mine = (line.c["import"] == id) & (line.c.number == bindparam("n")) & (line.c.rank == bindparam("r"))
    values = {"outcome": bindparam("o"), "reasons": bindparam("w", type_=ARRAY(Text)), "chosen": False}
    rows = [{"n": one.number, "r": one.rank, "o": one.outcome.value, "w": list(one.reasons)} for one in lines]
    if rows:
        await transaction.execute(update(line).where(mine).values(**values), rows)


async def forget(transaction: AsyncConnection, id: ImportId) -> None:
    """None is left."""
    await transaction.execute(delete(line).where(line.c["import"] == id))


def line_of(row: Row[Any]) -> ImportLine:
    return ImportLine(
        number=row.number,
        rank=row.rank,
        outcome=Outcome(row.outcome),
        kind=SubjectKind(row.kind) if row.kind else None,
        key=row.key,
        subject=row.subject,
        label=row.label,
        reasons=tuple(row.reasons),
        fields=tuple(FieldChange(*one) for one in row.fields),
        seen=row.seen,
        choosable=row.choosable,
        chosen=row.chosen,
    )


def _line_row(id: ImportId, one: ImportLine) -> tuple[object, ...]:
    fields = json.dumps([[each.field, each.before, each.after] for each in one.fields], ensure_ascii=False)
    kind = one.kind.value if one.kind else ""
    return (
        *(id, one.number, one.rank, one.outcome.value, kind, one.key, one.subject, one.label, list(one.reasons)),
        *(fields, one.seen, one.choosable, one.chosen),
    )
