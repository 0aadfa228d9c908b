"""The tree of structures and offers at a moment, as known at another."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, any_, bindparam, distinct, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.facts import Moment, Subject, SubjectKind, Told
from terresante_directory.domain.nodes import Counts, Node
from terresante_directory.store import facts
from terresante_directory.store.tables import fact

DEEPEST = 30
STRUCTURE, OFFER, PLACE = SubjectKind.STRUCTURE.value, SubjectKind.OFFER.value, SubjectKind.PLACE.value
OPEN: ColumnElement[bool] = fact.c.content["closed"].astext == "false"


async def chain(connection: AsyncConnection, id: str, moment: Moment) -> list[Told]:
    """What was said of a structure, then of what it was part of, up to the root; empty if nothing was said of it."""
    found: list[Told] = []
    wanted = id
    while wanted and len(found) < DEEPEST:
        subject = Subject(SubjectKind.STRUCTURE, wanted)
        told = (await facts.as_of(connection, [subject], moment)).get(subject)
        if told is None:
            break
        found.append(told)
        wanted = str(told.fact.content["part_of"])
    return found


async def counts(connection: AsyncConnection, id: str, moment: Moment) -> Counts:
    """What was directly under a structure."""
    under = fact.c.parent == id
    wanted = select(
        func.count().filter((fact.c.kind == STRUCTURE) & OPEN).label("structures"),
        func.count().filter((fact.c.kind == OFFER) & OPEN).label("offers"),
        func.count(distinct(fact.c.content["professional_id"].astext)).filter(fact.c.kind == PLACE).label("people"),
    ).where(under, facts.holds(moment))
    row = (await connection.execute(wanted)).one()
    return Counts(row.structures, row.offers, row.people)


async def under(connection: AsyncConnection, parent: str, moment: Moment, with_closed: bool) -> list[Node]:
    """The nodes directly under a structure, in their order, without their children's counts."""
    return await _nodes(connection, [fact.c.parent == parent, fact.c.kind.in_([STRUCTURE, OFFER])], moment, with_closed)


async def roots(connection: AsyncConnection, territory: str, moment: Moment, with_closed: bool) -> list[Node]:
    """The structures of a territory that are part of nothing there."""
    above = fact.alias("above")
    part_of_one = exists().where(
        above.c.kind == STRUCTURE,
        above.c.subject == fact.c.parent,
        above.c.territory == territory,
        facts.holds(moment, above),
    )
    return await _nodes(
        connection, [fact.c.territory == territory, fact.c.kind == STRUCTURE, ~part_of_one], moment, with_closed
    )


async def children(connection: AsyncConnection, ids: Sequence[str], moment: Moment) -> Mapping[str, int]:
    """How many open nodes were directly under each."""
    wanted = (
        select(fact.c.parent, func.count().label("many"))
        .where(
            fact.c.parent == any_(bindparam("ids", type_=ARRAY(Text))),
            fact.c.kind.in_([STRUCTURE, OFFER]),
            OPEN,
            facts.holds(moment),
        )
        .group_by(fact.c.parent)
    )
    return {row.parent: row.many for row in await connection.execute(wanted, {"ids": list(ids)})}


async def _nodes(
    connection: AsyncConnection, conditions: Sequence[ColumnElement[bool]], moment: Moment, with_closed: bool
) -> list[Node]:
    said: Any = fact.c.content
    wanted = select(
        fact.c.kind,
        fact.c.subject,
        said["name"].astext.label("name"),
        said["level"].astext.label("level"),
        said["closed"].astext.label("closed"),
        said["commune"].astext.label("commune"),
    ).where(*conditions, facts.holds(moment))
    rows = await connection.execute(wanted if with_closed else wanted.where(OPEN))
    found = [
        Node(row.kind, row.subject, row.name, row.level or "", row.closed == "true", row.commune or "") for row in rows
    ]
    return sorted(found, key=lambda node: node.place)
