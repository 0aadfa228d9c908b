"""Acts in the order of time, and what each did."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, Uuid, any_, bindparam, or_, select, tuple_, union
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.acts import Act
from terresante_directory.domain.facts import ActId, Fact, Subject, SubjectKind
from terresante_directory.domain.history import MOST_CHANGES, Change, changes
from terresante_directory.domain.identifiers import AdministratorId, TerritoryCode
from terresante_directory.store.acts import WITH_UNDOING, act_of
from terresante_directory.store.facts import fact_of
from terresante_directory.store.tables import act, administrator, fact, place, professional, structure

ROWS_LOOKED_AT = 2 * MOST_CHANGES
"""Of an act's facts, to choose the subjects that are told: an operation has thousands."""
IDS = bindparam("ids", type_=ARRAY(Uuid))


async def territories_of(connection: AsyncConnection, subject: Subject) -> frozenset[TerritoryCode]:
    """Those that a subject is or was in: its own, its structure's, or where a professional practises."""
    of_it = (fact.c.kind == subject.kind.value) & (fact.c.subject == subject.id)
    parent = select(fact.c.parent).where(of_it, fact.c.parent.is_not(None))
    wanted = [
        select(fact.c.territory).where(of_it, fact.c.territory.is_not(None)),
        select(structure.c.territory).where(structure.c.id.cast(Text).in_(parent)),
    ]
    if subject.kind is SubjectKind.PROFESSIONAL:
        theirs = place.c.professional_id == UUID(subject.id)
        wanted.append(select(structure.c.territory).join(place, place.c.structure_id == structure.c.id).where(theirs))
    return frozenset(TerritoryCode(row.territory) for row in await connection.execute(union(*wanted)))


async def of_subject(
    connection: AsyncConnection,
    subject: Subject,
    territories: Collection[TerritoryCode],
    after: ActId | None,
    limit: int,
) -> list[Act]:
    """The acts that touched a subject in these territories, and those that took it over, the newest first."""
    of_it = (fact.c.kind == subject.kind.value) & (fact.c.subject == subject.id)
    touching = union(
        select(fact.c.act).where(of_it), select(fact.c.ended_by).where(of_it, fact.c.ended_by.is_not(None))
    )
    theirs = or_(act.c.territories.overlap(sorted(territories)), act.c.territories == [])
    return await _newest(connection, WITH_UNDOING.where(act.c.id.in_(touching), theirs), after, limit)


async def of_territories(
    connection: AsyncConnection, territories: Collection[TerritoryCode], after: ActId | None, limit: int
) -> list[Act]:
    """The acts that touched these territories, the newest first."""
    return await _newest(connection, WITH_UNDOING.where(act.c.territories.overlap(sorted(territories))), after, limit)


async def exists(connection: AsyncConnection, id: UUID) -> bool:
    return bool(await connection.scalar(select(act.c.id).where(act.c.id == id)))


async def changes_of(
    connection: AsyncConnection, acts: Sequence[Act], only: Subject | None = None
) -> dict[ActId, list[Change]]:
    """What each act did to its first subjects, or to one."""
    told: dict[ActId, list[Change]] = {}
    for one in acts:
        subjects = [only] if only else await _first_subjects(connection, one.id)
        written, ended = await _facts(connection, one.id, subjects)
        found = [
            change
            for subject in subjects
            for change in changes(subject, ended.get(subject, []), written.get(subject, []))
        ]
        told[one.id] = found[:MOST_CHANGES]
    return told


async def administrators_of(connection: AsyncConnection, acts: Iterable[Act]) -> dict[AdministratorId, str]:
    """The names of those who did them."""
    wanted = select(administrator).where(administrator.c.id == any_(IDS))
    rows = await connection.execute(wanted, {"ids": list({one.by for one in acts if one.by})})
    return {AdministratorId(row.id): f"{row.given_name} {row.family_name}" for row in rows}


async def labels_of_places(connection: AsyncConnection, places: Iterable[Subject]) -> dict[Subject, str]:
    """Who practises where, of places that have a row still."""
    wanted: Select[Any] = (
        select(place.c.id, professional.c.given_name, professional.c.family_name, structure.c.name)
        .join(professional, professional.c.id == place.c.professional_id)
        .join(structure, structure.c.id == place.c.structure_id)
        .where(place.c.id == any_(IDS))
    )
    rows = await connection.execute(wanted, {"ids": [UUID(one.id) for one in places]})
    return {Subject(SubjectKind.PLACE, str(row.id)): f"{row.given_name} {row.family_name}, {row.name}" for row in rows}


async def _newest(connection: AsyncConnection, wanted: Select[Any], after: ActId | None, limit: int) -> list[Act]:
    ordered = wanted.order_by(act.c.at.desc(), act.c.id.desc()).limit(limit)
    if after is not None:
        last = act.alias("last")
        position = select(last.c.at).where(last.c.id == after).scalar_subquery()
        ordered = ordered.where(tuple_(act.c.at, act.c.id) < tuple_(position, after))
    return [act_of(row) for row in await connection.execute(ordered)]


async def _first_subjects(connection: AsyncConnection, act_id: ActId) -> list[Subject]:
    sides = [
        select(fact.c.kind, fact.c.subject).where(side == act_id).limit(ROWS_LOOKED_AT).subquery()
        for side in (fact.c.act, fact.c.ended_by)
    ]
    rows = await connection.execute(union(*(select(side.c.kind, side.c.subject) for side in sides)))
    order = list(SubjectKind)
    found = [Subject(SubjectKind(row.kind), row.subject) for row in rows]
    return sorted(found, key=lambda subject: (order.index(subject.kind), subject.id))[:MOST_CHANGES]


async def _facts(
    connection: AsyncConnection, act_id: ActId, subjects: Sequence[Subject]
) -> tuple[Mapping[Subject, list[Fact]], Mapping[Subject, list[Fact]]]:
    written: dict[Subject, list[Fact]] = {}
    ended: dict[Subject, list[Fact]] = {}
    wanted = select(fact).where(
        fact.c.subject == any_(bindparam("subjects", type_=ARRAY(Text))),
        or_(fact.c.act == act_id, fact.c.ended_by == act_id),
    )
    rows = await connection.execute(wanted, {"subjects": [subject.id for subject in subjects]})
    for row in rows:
        one = fact_of(row)
        if row.act == act_id:
            written.setdefault(one.subject, []).append(one)
        if row.ended_by == act_id:
            ended.setdefault(one.subject, []).append(one)
    return written, ended
