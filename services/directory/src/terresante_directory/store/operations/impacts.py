"""What an operation that was worked out touches, counted."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Subquery, Text, Uuid, any_, bindparam, distinct, func, or_, select, union
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.care import Standing
from terresante_directory.domain.facts import Moment, SubjectKind
from terresante_directory.domain.nodes import Node
from terresante_directory.domain.operations.impacts import MOST_EXAMPLES, Impacts
from terresante_directory.domain.operations.plan import Plan
from terresante_directory.store import nodes
from terresante_directory.store.facts import holds
from terresante_directory.store.tables import account, administrator_territory, fact, place

TEXTS = bindparam("texts", type_=ARRAY(Text))
IDS = bindparam("ids", type_=ARRAY(Uuid))
PLACES = bindparam("places", type_=ARRAY(Uuid))
_counted = fact.c.content["professional_id"].astext
_theirs = place.alias("theirs")
HOMES = (
    select(place.c.id, place.c.structure_id, place.c.professional_id)
    .ext(distinct_on(place.c.professional_id))
    .where(
        place.c.until.is_(None),
        place.c.professional_id.in_(
            select(_theirs.c.professional_id).where(
                or_(_theirs.c.structure_id == any_(IDS), _theirs.c.id == any_(PLACES))
            )
        ),
    )
    .order_by(place.c.professional_id, func.coalesce(place.c.continues_since, place.c.since), place.c.id)
    .subquery()
)
HANDED_OVER = (
    select(func.count())
    .select_from(HOMES)
    .join(account, account.c.uid == HOMES.c.professional_id)
    .where(or_(HOMES.c.structure_id == any_(IDS), HOMES.c.id == any_(PLACES)))
)
"""Accounts whose home, the oldest lasting place (`Professional.home`), is among what goes to another territory."""


async def counted(connection: AsyncConnection, plan: Plan, start: datetime) -> Impacts:
    """What the plan touches, as it is known now."""
    offers, _ = await _of(connection, SubjectKind.OFFER, plan.offers, plan, start)
    places, professionals = await _of(connection, SubjectKind.PLACE, plan.places, plan, start)
    return Impacts(
        structures=len(plan.structures),
        offers=offers,
        places=places,
        professionals=professionals,
        accounts=await _accounts(connection, plan),
        administrators=await _administrators(connection, plan.passed),
        communes=len(plan.communes),
        population=plan.inhabitants,
        examples=await _examples(connection, plan, start),
    )


async def _of(
    connection: AsyncConnection, kind: SubjectKind, ids: Iterable[str], plan: Plan, start: datetime
) -> tuple[int, int]:
    """Subjects of this kind that are these or directly under the plan's structures, and the persons they are of."""
    sides = _sides(kind, start)
    wanted = select(func.count(distinct(sides.c.subject)), func.count(distinct(sides.c.person)))
    row = (await connection.execute(wanted, {"texts": sorted(plan.structures), "subjects": sorted(ids)})).one()
    return int(row[0]), int(row[1])


def _sides(kind: SubjectKind, start: datetime) -> Subquery:
    here = (fact.c.kind == kind.value, holds(Moment(start)))
    return union(
        select(fact.c.subject, _counted.label("person")).where(fact.c.parent == any_(TEXTS), *here),
        select(fact.c.subject, _counted.label("person")).where(
            fact.c.subject == any_(bindparam("subjects", type_=ARRAY(Text))), *here
        ),
    ).subquery()


async def caring(connection: AsyncConnection, plan: Plan, start: datetime) -> list[Standing]:
    """The structures that the plan changes, and who has a place that it changes or that is theirs when it starts."""
    persons = select(_sides(SubjectKind.PLACE, start).c.person).distinct()
    rows = await connection.execute(persons, {"texts": sorted(plan.structures), "subjects": sorted(plan.places)})
    return [Standing(UUID(id), "", 0, 1) for id in (*sorted(plan.structures), *(row[0] for row in rows))]


async def _accounts(connection: AsyncConnection, plan: Plan) -> int:
    asked = {"ids": [UUID(id) for id in plan.goes], "places": [UUID(id) for id in plan.handed_over]}
    return int(await connection.scalar(HANDED_OVER, asked) or 0)


async def _administrators(connection: AsyncConnection, passed: Iterable[tuple[str, str]]) -> int:
    """Who administers just one of two territories between which something goes."""
    pairs = list(passed)
    theirs = administrator_territory.c
    wanted = select(theirs.administrator_id, theirs.territory).where(
        theirs.territory == any_(bindparam("codes", type_=ARRAY(Text)))
    )
    having: dict[str, set[UUID]] = {}
    for row in await connection.execute(wanted, {"codes": sorted({code for pair in pairs for code in pair})}):
        having.setdefault(row.territory, set()).add(row.administrator_id)
    return len({one for pair in pairs for one in having.get(pair[0], set()) ^ having.get(pair[1], set())})


async def _examples(connection: AsyncConnection, plan: Plan, start: datetime) -> tuple[Node, ...]:
    said: dict[str, Any] = {
        one.subject.id: one.content
        for one in reversed(plan.statements)
        if one.subject.kind is SubjectKind.STRUCTURE and one.content
    }
    first: Sequence[Node] = sorted((_node(id, content) for id, content in said.items()), key=lambda node: node.place)
    first = first[:MOST_EXAMPLES]
    children = await nodes.children(connection, [node.id for node in first], Moment(start))
    return tuple(replace(node, children=children.get(node.id, 0)) for node in first)


def _node(id: str, said: Any) -> Node:
    return Node(SubjectKind.STRUCTURE.value, id, said["name"], said["level"], said["closed"], said["commune"])
