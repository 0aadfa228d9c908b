"""The directory as it stands, read in the order of ids: structures, offers, professionals, places, with their dates.

What shows no fact yet (a row of the version before that is still to be taken over) is left out.
"""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.extracts import Dated, Filter, Kind, Person, Practice, Stated
from terresante_directory.store.extract_filters import TABLES, Seen, changed_at, conditions, source
from terresante_directory.store.facts import told_of
from terresante_directory.store.offers import distance
from terresante_directory.store.tables import fact, offer, place, professional, structure

_first = fact.alias("first_said")
KNOWN_SINCE = (
    select(func.min(_first.c.known_from))
    .where(_first.c.subject == fact.c.subject, _first.c.kind == fact.c.kind)
    .correlate(fact)
    .scalar_subquery()
    .label("known_since")
)
STRUCTURE = (fact, structure.c.version, structure.c.territory.label("within"), structure.c.part_of.label("belongs_to"))
OFFER = (fact, offer.c.version, offer.c.territory.label("within"), offer.c.structure_id.label("belongs_to"))
PLACE = (place, structure.c.territory.label("within"))


async def page(
    connection: AsyncConnection, kind: Kind, asked: Filter, seen: Seen, after: UUID | None, limit: int
) -> list[Any]:
    """Up to `limit` of that kind that fit, by id, after that id: `Stated`, `Person` or `Practice`."""
    id = TABLES[kind].c.id
    columns = (id.label("row_id"), *_columns(kind, asked), changed_at(kind, seen.now).label("changed_at"), KNOWN_SINCE)
    wanted = select(*columns).select_from(source(kind, asked, rows=True)).where(*conditions(kind, asked, seen))
    if after is not None:
        wanted = wanted.where(id > after)
    rows = await connection.execute(wanted.order_by(id).limit(limit))
    return [MADE[kind](row) for row in rows]


async def count(connection: AsyncConnection, kind: Kind, asked: Filter, seen: Seen) -> int:
    """How many of that kind fit."""
    counted = select(func.count()).select_from(source(kind, asked, rows=False))
    return int(await connection.scalar(counted.where(*conditions(kind, asked, seen))) or 0)


async def ancestors(connection: AsyncConnection, structures: Collection[UUID]) -> set[UUID]:
    """All that these structures are part of, up to the roots."""
    parents = select(structure.c.part_of.label("id")).where(structure.c.id.in_(structures))
    above = parents.where(structure.c.part_of.is_not(None)).cte("above", recursive=True)
    higher = structure.alias()
    next_up = select(higher.c.part_of).join(above, above.c.id == higher.c.id).where(higher.c.part_of.is_not(None))
    return {row.id for row in await connection.execute(select(above.union(next_up).c.id))}


def _columns(kind: Kind, asked: Filter) -> tuple[Any, ...]:
    if kind is Kind.OFFERS:
        away = distance(asked.area.middle) if asked.area else literal(None)
        return (*OFFER, structure.c.name.label("structure_name"), away.label("distance"))
    return {Kind.STRUCTURES: STRUCTURE, Kind.PROFESSIONALS: (professional,), Kind.PLACES: PLACE}[kind]


def _dated(row: Row[Any]) -> Dated:
    return Dated(row.changed_at, row.known_since)


def _structure(row: Row[Any]) -> Stated:
    return Stated(row.row_id, told_of(row), row.version, row.within, row.belongs_to, _dated(row))


def _offer(row: Row[Any]) -> Stated:
    where = (row.structure_name, row.distance)
    return Stated(row.row_id, told_of(row), row.version, row.within, row.belongs_to, _dated(row), *where)


def _person(row: Row[Any]) -> Person:
    names = (row.family_name, row.given_name)
    return Person(row.row_id, row.rpps, *names, row.profession, row.version, _dated(row))


def _practice(row: Row[Any]) -> Practice:
    span = (row.since, row.until)
    return Practice(row.row_id, row.professional_id, row.structure_id, row.role, *span, row.within, _dated(row))


MADE: dict[Kind, Callable[[Row[Any]], Any]] = {
    Kind.STRUCTURES: _structure,
    Kind.OFFERS: _offer,
    Kind.PROFESSIONALS: _person,
    Kind.PLACES: _practice,
}
