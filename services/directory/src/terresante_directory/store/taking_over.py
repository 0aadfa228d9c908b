"""What was there before the directory remembered in facts, and what data files say, taken over as facts.

A row is taken over when its process starts (`round`), or when an act first touches it: also the rows that the version
before this one wrote meanwhile, while both ran.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Uuid, any_, bindparam, insert, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.ids import new_id

from terresante_directory.domain.acts import Act, ActKind
from terresante_directory.domain.facts import ActId, NewFact, Revision, Span, Subject, SubjectKind
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.subjects import belonging
from terresante_directory.domain.territories import Territory
from terresante_directory.store import acts, facts
from terresante_directory.store.present import project
from terresante_directory.store.structures import structure_of
from terresante_directory.store.tables import commune, fact, place, professional, structure

MOST_AT_ONCE = 2_000
IDS = bindparam("ids", type_=ARRAY(Uuid))
TABLES: Mapping[SubjectKind, Table] = {
    SubjectKind.STRUCTURE: structure,
    SubjectKind.PROFESSIONAL: professional,
    SubjectKind.PLACE: place,
}


@dataclass(frozen=True, slots=True)
class _Past:
    """A fact as it would have been written at the time. `known_to`: set where more was learnt since."""

    subject: Subject
    span: Span
    known_from: datetime
    known_to: datetime | None
    content: Mapping[str, object]


async def take_over(transaction: AsyncConnection, subjects: Iterable[Subject], at: datetime) -> None:
    """Takes over those of these subjects, locked by the transaction, of which no fact speaks yet."""
    for kind, table in TABLES.items():
        ids = [UUID(subject.id) for subject in subjects if subject.kind is kind]
        if ids:
            wanted = select(table).where(table.c.id == any_(IDS), _untold(table)).with_for_update()
            await _take_over(transaction, kind, wanted, ids, at)


async def round(transaction: AsyncConnection, at: datetime) -> int:
    """Takes over up to 2,000 rows of each kind that nobody holds. Gives how many; 0 when nothing is left."""
    done = 0
    for kind, table in TABLES.items():
        wanted = select(table).where(_untold(table)).limit(MOST_AT_ONCE).with_for_update(skip_locked=True)
        done += await _take_over(transaction, kind, wanted, None, at)
    return done


async def take_over_territories(transaction: AsyncConnection, territories: Collection[Territory], at: datetime) -> None:
    """Those of the data file of which nothing was ever said begin, since ever."""
    said = {
        Subject(SubjectKind.TERRITORY, one.code): {
            "name": one.name,
            "department": one.department,
            "started": one.started,
        }
        for one in territories
    }
    await _take_over_areas(transaction, said, at)


async def take_over_communes(
    transaction: AsyncConnection,
    covers: Mapping[str, TerritoryCode],
    centres: Mapping[str, tuple[float, float]],
    at: datetime,
) -> None:
    """Which territory covers a commune (COG), where nothing was ever said of it. `centres`: latitude, longitude."""
    rows = [{"code": code, "latitude": north, "longitude": east} for code, (north, east) in centres.items()]
    if rows:
        keep = upsert(commune)
        where = {name: keep.excluded[name] for name in ("latitude", "longitude")}
        await transaction.execute(keep.on_conflict_do_update(index_elements=[commune.c.code], set_=where), rows)
    said = {Subject(SubjectKind.COMMUNE, code): {"territory_code": territory} for code, territory in covers.items()}
    await _take_over_areas(transaction, said, at)


async def _take_over_areas(
    transaction: AsyncConnection, said: Mapping[Subject, Mapping[str, object]], at: datetime
) -> None:
    told = select(fact.c.kind, fact.c.subject).where(fact.c.kind.in_({subject.kind.value for subject in said}))
    already = {Subject(SubjectKind(row.kind), row.subject) for row in await transaction.execute(told.distinct())}
    new = {subject: content for subject, content in said.items() if subject not in already}
    if new:
        id = await _begin(transaction, at, len(new))
        written = [NewFact(subject, Span(), content, id) for subject, content in new.items()]
        await facts.write(transaction, Revision((), tuple(written)), id, at)
        await project(transaction, new, at)


async def _take_over(
    transaction: AsyncConnection, kind: SubjectKind, wanted: Any, ids: list[UUID] | None, at: datetime
) -> int:
    table = TABLES[kind]
    since: ColumnElement[datetime] = literal_column("null" if table is place else f"{table.name}.created_at")
    rows = (await transaction.execute(wanted.add_columns(since.label("created_at")), {"ids": ids} if ids else {})).all()
    if not rows:
        return 0
    act = await _begin(transaction, at, len(rows))
    past = [one for row in rows for one in _past(kind, row)]
    written = [_row(one, act) for one in past]
    await transaction.execute(insert(fact), written)
    lasting = [{"of": UUID(row["subject"]), "now": row["id"]} for row in written if row["known_to"] is None]
    show = update(table).where(table.c.id == bindparam("of")).values(shown=bindparam("now"))
    await transaction.execute(show, lasting)
    return len(rows)


async def _begin(transaction: AsyncConnection, at: datetime, subjects: int) -> ActId:
    id = ActId(new_id())
    await acts.add(transaction, Act(id, ActKind.TAKEN_OVER, at, None, None, "", frozenset(), subjects))
    return id


def _untold(table: Table) -> Any:
    return table.c.shown.is_(None) & table.c.stands if "stands" in table.c else table.c.shown.is_(None)


def _past(kind: SubjectKind, row: Any) -> list[_Past]:
    subject = Subject(kind, str(row.id))
    if kind is SubjectKind.STRUCTURE:
        content = StructureContent.of_structure(structure_of(row)).content()
        return [_Past(subject, Span(row.created_at), row.created_at, None, content)]
    if kind is SubjectKind.PROFESSIONAL:
        names = ("rpps", "family_name", "given_name", "profession")
        content = {name: getattr(row, name) or "" for name in names}
        return [_Past(subject, Span(row.created_at), row.created_at, None, content)]
    content = {
        "professional_id": str(row.professional_id),
        "structure_id": str(row.structure_id),
        "role": row.role,
        "continues_since": "",
    }
    begun = _Past(subject, Span(row.since), row.since, row.until, content)
    if row.until is None:
        return [begun]
    return [begun, _Past(subject, Span(row.since, row.until), row.until, None, content)]


def _row(one: _Past, act: ActId) -> dict[str, Any]:
    belongs = belonging(one.subject, one.content)
    return {
        "id": new_id(),
        "kind": one.subject.kind.value,
        "subject": one.subject.id,
        "valid_from": one.span.start,
        "valid_to": one.span.end,
        "known_from": one.known_from,
        "known_to": one.known_to,
        "act": act,
        "said_by": act,
        "ended_by": act if one.known_to else None,
        "content": one.content,
        "parent": belongs.parent,
        "territory": belongs.territory,
        "key": belongs.key,
    }
