"""What each source says, beside the directory: kept for all that a file told, matched with what stands here.

Set by set, in SQL: a national extract has half a million lines.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.facts import ActId, SubjectKind
from terresante_directory.domain.imports.comparing import Settled
from terresante_directory.domain.imports.formats import Format
from terresante_directory.domain.imports.judging import Beside
from terresante_directory.domain.imports.states import Import
from terresante_directory.store.sources.statements import (
    AGAIN,
    AGREE,
    BESIDE,
    CONTENTS_OF,
    DEEPEST,
    ELSEWHERE,
    GONE,
    INHERIT,
    KEEP,
    KINDS,
    LINK,
    PATIENCE,
    PLACE,
    ROUND,
    SAID_COLUMNS,
    SUBJECTS_OF,
    TAKE,
    TWICE,
    WHOLE,
)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Values on which both agree now; `same_as`: the fact that says nothing else than the source, blank if none."""

    kind: SubjectKind
    key: str
    values: Mapping[str, str]
    same_as: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Values of a subject that are the source's from now on."""

    kind: SubjectKind
    key: str
    values: Mapping[str, str]
    subject: str


async def patient(transaction: AsyncConnection) -> None:
    """Statements over a whole file take longer than those that somebody waits for; so does what is thought between."""
    for statement in PATIENCE:
        await transaction.execute(text(statement))


async def copy_said(transaction: AsyncConnection, rows: Sequence[tuple[object, ...]]) -> None:
    """Rows of `SAID_COLUMNS`, content as JSON text. The transaction has done something already."""
    raw: Any = (await transaction.get_raw_connection()).driver_connection
    await raw.copy_records_to_table("import_said", records=rows, columns=SAID_COLUMNS)


async def keep(transaction: AsyncConnection, of: Import, numbers: tuple[int, int], now: datetime) -> None:
    """What these lines say becomes what the source says: of two, what the first says."""
    after, until = numbers
    wanted = {"source": of.source, "import": of.id, "after": after, "until": until, "now": now}
    await transaction.execute(KEEP, wanted | {"territories": sorted(of.territories)})


async def link(transaction: AsyncConnection, of: Import, now: datetime) -> frozenset[str]:
    """Matches with what stands here, and says where it is. Gives the keys of structures above which is a circle."""
    wanted = {"import": of.id}
    for statement in WHOLE:
        await transaction.execute(text(statement))
    for statement in LINK:
        await transaction.execute(text(statement), wanted | ({"now": now} if ":now" in statement else {}))
    await transaction.execute(text(PLACE[0]), wanted)
    if of.format in (Format.OWN_TABLE, Format.ROR_FHIR):
        for _ in range(DEEPEST):
            if not (await transaction.execute(INHERIT, wanted)).rowcount:
                break
    for statement in PLACE[1:]:
        await transaction.execute(text(statement), wanted)
    await transaction.execute(AGAIN, wanted)
    if of.format is not Format.OWN_TABLE:
        return frozenset()
    await transaction.execute(TWICE, wanted | {"source": of.source})
    rows = await transaction.execute(ROUND, wanted | {"source": of.source, "deepest": DEEPEST})
    return frozenset(row.key for row in rows)


async def pass_over(transaction: AsyncConnection, of: Import, numbers: tuple[int, int]) -> None:
    """Places of a national extract that are elsewhere, or of somebody who is not enrolled: most of its lines."""
    after, until = numbers
    wanted = {"source": of.source, "import": of.id, "after": after, "until": until}
    await transaction.execute(ELSEWHERE, wanted | {"territories": sorted(of.territories)})


async def beside(
    connection: AsyncConnection, of: Import, kind: SubjectKind, after: tuple[int, int], limit: int
) -> list[Beside]:
    """Things said with what they meet here, in the order of the file."""
    statement = text(BESIDE[kind])
    wanted: dict[str, Any] = {"source": of.source, "import": of.id, "kind": kind.value, "limit": limit}
    wanted |= {"number": after[0], "rank": after[1]}
    if kind is SubjectKind.STRUCTURE:
        statement = statement.bindparams(bindparam("territories", type_=ARRAY(Text)))
        wanted["territories"] = sorted(of.territories)
    return [_beside(row, kind) for row in await connection.execute(statement, wanted)]


async def agree(transaction: AsyncConnection, source: str, agreed: Iterable[Agreed]) -> None:
    """On these values the source and the directory agree."""
    rows = list(agreed)
    if rows:
        columns = {
            "kinds": [one.kind.value for one in rows],
            "keys": [one.key for one in rows],
            "values": [json.dumps(dict(one.values), ensure_ascii=False) for one in rows],
            "same": [one.same_as for one in rows],
        }
        await transaction.execute(AGREE, columns | {"source": source})


async def take(transaction: AsyncConnection, source: str, act: ActId, taken: Iterable[Taken]) -> None:
    """These values were taken by an act. If it is undone, they were not."""
    rows = list(taken)
    if rows:
        columns = {
            "kinds": [one.kind.value for one in rows],
            "keys": [one.key for one in rows],
            "values": [json.dumps(dict(one.values), ensure_ascii=False) for one in rows],
            "subjects": [one.subject for one in rows],
        }
        await transaction.execute(TAKE, columns | {"source": source, "act": act})


async def gone(transaction: AsyncConnection, of: Import, last: int, reasons: Collection[str], now: datetime) -> None:
    """What the source says no longer in these territories, numbered after the file's last line.

    Of the kinds that the file tells of: each of our tables has its own. A structure that the annuaire tells of no
    longer has nobody left who practises there, and is not closed by that.
    """
    kinds = [row.kind for row in await transaction.execute(KINDS, {"import": of.id})]
    if of.format is Format.ANNUAIRE:
        kinds = [SubjectKind.PLACE.value]
    wanted = {"source": of.source, "import": of.id, "territories": sorted(of.territories), "last": last, "now": now}
    await transaction.execute(GONE, wanted | {"reasons": list(reasons), "kinds": kinds})


async def subjects_of(
    connection: AsyncConnection, source: str, kind: SubjectKind, keys: Collection[str]
) -> dict[str, str]:
    """Ids of what these keys are linked with, whether it stands or not."""
    rows = await connection.execute(SUBJECTS_OF, {"source": source, "kind": kind.value, "keys": list(keys)})
    return {row.key: str(row.subject) for row in rows}


async def contents_of(
    connection: AsyncConnection, source: str, kind: SubjectKind, keys: Collection[str]
) -> dict[str, tuple[Mapping[str, str], str]]:
    """What the source says under these keys, and in which territory that is; blank if nobody knows."""
    rows = await connection.execute(CONTENTS_OF, {"source": source, "kind": kind.value, "keys": list(keys)})
    return {row.key: (row.content, row.territory or "") for row in rows}


def _beside(row: Any, kind: SubjectKind) -> Beside:
    links = {name: value for name, value in row.links.items() if value}
    return Beside(
        number=row.number,
        rank=row.rank,
        kind=kind,
        key=row.key,
        content=row.content,
        reasons=tuple(row.reasons),
        again=row.again or "",
        subject=str(row.subject or ""),
        seen=str(row.seen or ""),
        here=row.here,
        territory=row.territory,
        same_as=str(row.same_as or ""),
        agreed=row.agreed,
        kept=settled(row.kept),
        links=links,
    )


def settled(kept: Mapping[str, Sequence[str]] | None) -> dict[str, Settled]:
    return {field: Settled(*values) for field, values in (kept or {}).items()}
