"""Acts in the order of time, and what each did."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, Uuid, any_, bindparam, column, func, or_, select, true, tuple_, union
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
ACTS = bindparam("acts", type_=ARRAY(Uuid))
_act = func.unnest(ACTS).table_valued(column("id", Uuid), name="wanted").render_derived()
_sides = [
    select(fact.c.kind, fact.c.subject).where(side == _act.c.id).limit(ROWS_LOOKED_AT).correlate(_act).subquery()
    for side in (fact.c.act, fact.c.ended_by)
]
_first = union(*(select(side.c.kind, side.c.subject) for side in _sides)).subquery("first").lateral()
FIRST_SUBJECTS = select(_act.c.id, _first.c.kind, _first.c.subject).select_from(_act.join(_first, true()))
_pair = (
    func.unnest(ACTS, bindparam("subjects", type_=ARRAY(Text)))
    .table_valued(column("act", Uuid), column("subject", Text), name="wanted")
    .render_derived()
)
FACTS = select(fact, _pair.c.act.label("by_act")).join(
    _pair, (fact.c.subject == _pair.c.subject) & or_(fact.c.act == _pair.c.act, fact.c.ended_by == _pair.c.act)
)


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
    ids = [one.id for one in acts]
    subjects = {id: [only] for id in ids} if only else await _first_subjects(connection, ids)
    facts = await _facts(connection, subjects)
    told: dict[ActId, list[Change]] = {}
    for id in ids:
        found = [
            change
            for subject in subjects.get(id, [])
            for change in changes(subject, *facts.get((id, subject), ([], [])))
        ]
        told[id] = found[:MOST_CHANGES]
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


async def _first_subjects(connection: AsyncConnection, acts: Sequence[ActId]) -> dict[ActId, list[Subject]]:
    """Of each act, in the order in which they are told."""
    found: dict[ActId, set[Subject]] = {}
    for row in await connection.execute(FIRST_SUBJECTS, {"acts": list(acts)}):
        found.setdefault(ActId(row.id), set()).add(Subject(SubjectKind(row.kind), row.subject))
    order = list(SubjectKind)
    return {
        id: sorted(of, key=lambda subject: (order.index(subject.kind), subject.id))[:MOST_CHANGES]
        for id, of in found.items()
    }


async def _facts(
    connection: AsyncConnection, subjects: Mapping[ActId, Sequence[Subject]]
) -> dict[tuple[ActId, Subject], tuple[list[Fact], list[Fact]]]:
    """What each act ended and wrote of its subjects."""
    pairs = [(id, subject) for id, of in subjects.items() for subject in of]
    asked = {"acts": [id for id, _ in pairs], "subjects": [subject.id for _, subject in pairs]}
    found: dict[tuple[ActId, Subject], tuple[list[Fact], list[Fact]]] = {}
    for row in await connection.execute(FACTS, asked):
        one = fact_of(row)
        ended, written = found.setdefault((ActId(row.by_act), one.subject), ([], []))
        if row.act == row.by_act:
            written.append(one)
        if row.ended_by == row.by_act:
            ended.append(one)
    return found
