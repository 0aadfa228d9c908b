"""Which subjects an operation concerns: whatever its rules look at, over all times from its start on."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Select, Text, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.facts import Subject, SubjectKind
from terresante_directory.domain.operations.asked import (
    MergeStructures,
    MergeTerritories,
    MoveCommunes,
    MoveStructures,
    Operation,
    SplitStructure,
    SplitTerritory,
)
from terresante_directory.store.tables import fact

STRUCTURE, OFFER, PLACE = SubjectKind.STRUCTURE.value, SubjectKind.OFFER.value, SubjectKind.PLACE.value
START = bindparam("start", type_=DateTime(timezone=True))
IDS = bindparam("ids", type_=ARRAY(Text))
CODES = bindparam("codes", type_=ARRAY(Text))
_professional = fact.c.content["professional_id"].astext
_commune = fact.c.content["commune_code"].astext


def _later(of: Any = fact) -> Any:
    """The condition for what is known now and lasts beyond the operation's start."""
    return of.c.known_to.is_(None) & or_(of.c.valid_to.is_(None), of.c.valid_to > START)


CHILDREN = select(fact.c.subject).where(fact.c.parent == any_(IDS), fact.c.kind == STRUCTURE, _later())
PARENTS = select(fact.c.parent).where(
    fact.c.subject == any_(IDS), fact.c.kind == STRUCTURE, fact.c.parent.is_not(None), _later()
)
DIRECTLY_UNDER = select(fact.c.kind, fact.c.subject).where(
    fact.c.parent == any_(IDS), fact.c.kind.in_([OFFER, PLACE]), _later()
)
_other = fact.alias("other")
ALSO_AT = select(fact.c.subject).where(
    fact.c.parent == bindparam("into"),
    fact.c.kind == PLACE,
    _later(),
    _professional.in_(
        select(_other.c.content["professional_id"].astext).where(
            _other.c.parent == any_(IDS), _other.c.kind == PLACE, _later(_other)
        )
    ),
)
IN_TERRITORIES = select(fact.c.kind, fact.c.subject).where(
    fact.c.territory == any_(CODES), fact.c.kind.in_([STRUCTURE, SubjectKind.COMMUNE.value]), _later()
)
COVERS = select(fact.c.territory).where(fact.c.kind == SubjectKind.COMMUNE.value, fact.c.subject == any_(IDS), _later())
ROOTS_OF_COMMUNES = select(fact.c.subject).where(
    fact.c.territory == any_(CODES), fact.c.kind == STRUCTURE, fact.c.parent.is_(None), _commune == any_(IDS), _later()
)


async def subjects(connection: AsyncConnection, asked: Operation, start: datetime) -> set[Subject]:
    """All that the operation names, would change or must look at."""
    match asked:
        case MoveStructures():
            found = await _trees(connection, asked.structures, start)
            found |= await _above(connection, [*asked.structures, asked.part_of], start)
            return found | _territories(asked.territory)
        case MergeStructures():
            return await _merged(connection, asked, start)
        case SplitStructure():
            found = await _trees(connection, asked.structures, start)
            found |= await _above(connection, [asked.structure, str(asked.content["part_of"])], start)
            found |= {Subject(SubjectKind.OFFER, id) for id in asked.offers}
            found |= {Subject(SubjectKind.PLACE, id) for id in asked.places}
            return found | _territories(str(asked.content["territory_code"]))
        case MoveCommunes():
            return await _communes(connection, asked.communes, start) | _territories(asked.territory)
        case SplitTerritory():
            found = await _in(connection, [asked.territory], start)
            covered = {one for one in found if one.kind is SubjectKind.COMMUNE}
            found = covered | await _communes(connection, asked.communes, start)
            return found | _territories(asked.territory, asked.new_code)
        case MergeTerritories():
            found = await _in(connection, asked.territories, start)
            return found | _territories(asked.into, *asked.territories)


async def _merged(connection: AsyncConnection, asked: MergeStructures, start: datetime) -> set[Subject]:
    ids = {"ids": list(asked.structures), "start": start}
    children = [row.subject for row in await connection.execute(CHILDREN, ids)]
    found = await _trees(connection, children, start)
    found |= await _above(connection, [*asked.structures, asked.into], start)
    rows = await connection.execute(DIRECTLY_UNDER, ids)
    found |= {Subject(SubjectKind(row.kind), row.subject) for row in rows}
    also = await connection.execute(ALSO_AT, {**ids, "into": asked.into})
    return found | {Subject(SubjectKind.PLACE, row.subject) for row in also}


async def _communes(connection: AsyncConnection, codes: Collection[str], start: datetime) -> set[Subject]:
    """Communes, the roots that may follow them, and what is under these."""
    asked = {"ids": list(codes), "start": start}
    covering = {row.territory for row in await connection.execute(COVERS, asked)}
    rows = await connection.execute(ROOTS_OF_COMMUNES, {**asked, "codes": sorted(covering)})
    roots = {row.subject for row in rows}
    return {Subject(SubjectKind.COMMUNE, code) for code in codes} | await _trees(connection, roots, start)


async def _trees(connection: AsyncConnection, ids: Collection[str], start: datetime) -> set[Subject]:
    """The structures, and all that are under them at some time."""
    return await _from_level_to_level(connection, CHILDREN, ids, start)


async def _above(connection: AsyncConnection, ids: Collection[str], start: datetime) -> set[Subject]:
    """The structures, and all that they are part of at some time."""
    return await _from_level_to_level(connection, PARENTS, ids, start)


async def _from_level_to_level(
    connection: AsyncConnection, step: Select[Any], ids: Collection[str], start: datetime
) -> set[Subject]:
    """One statement a level, by an index whatever the planner believes: right after an import it knows nothing."""
    seen: set[str] = set()
    wanted = {id for id in ids if id}
    while wanted:
        seen |= wanted
        rows = await connection.execute(step, {"ids": sorted(wanted), "start": start})
        wanted = {str(row[0]) for row in rows} - seen
    return {Subject(SubjectKind.STRUCTURE, id) for id in seen}


async def _in(connection: AsyncConnection, codes: Collection[str], start: datetime) -> set[Subject]:
    rows = await connection.execute(IN_TERRITORIES, {"codes": list(codes), "start": start})
    return {Subject(SubjectKind(row.kind), row.subject) for row in rows}


def _territories(*codes: str) -> set[Subject]:
    return {Subject(SubjectKind.TERRITORY, code) for code in codes if code}
