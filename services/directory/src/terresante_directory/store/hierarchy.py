"""What is above and under structures, over all times from a moment on."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Text, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.facts import Fact, Subject, SubjectKind
from terresante_directory.store.facts import fact_of
from terresante_directory.store.tables import fact

LATER = fact.c.known_to.is_(None) & or_(fact.c.valid_to.is_(None), fact.c.valid_to > bindparam("start"))
IDS = bindparam("ids", type_=ARRAY(Text))
THEMSELVES = select(fact).where(fact.c.kind == SubjectKind.STRUCTURE.value, fact.c.subject == any_(IDS), LATER)
UNDER = select(fact).where(
    fact.c.parent == any_(IDS), fact.c.kind == any_(bindparam("kinds", type_=ARRAY(Text))), LATER
)


async def above(connection: AsyncConnection, ids: Iterable[str], start: datetime) -> list[Fact]:
    """What is known of structures and of all that they are part of, from `start` on, whenever that is."""
    found: list[Fact] = []
    seen: set[str] = set()
    wanted = set(ids)
    while wanted:
        seen |= wanted
        rows = await connection.execute(THEMSELVES, {"ids": sorted(wanted), "start": start})
        level = [fact_of(row) for row in rows]
        found += level
        wanted = {str(one.content["part_of"]) for one in level if one.content["part_of"]} - seen
    return found


async def directly_under(
    connection: AsyncConnection, ids: Iterable[str], kinds: Collection[SubjectKind], start: datetime
) -> list[Fact]:
    """What is known of subjects of these kinds while they are directly under one of these structures."""
    asked = {"ids": sorted(ids), "kinds": [kind.value for kind in kinds], "start": start}
    return [fact_of(row) for row in await connection.execute(UNDER, asked)]


async def under(connection: AsyncConnection, id: str, start: datetime) -> list[Fact]:
    """What is known of all structures under one, however deep, while they are, from `start` on."""
    found: dict[Subject, list[Fact]] = {}
    seen: set[str] = set()
    wanted = {id}
    while wanted:
        seen |= wanted
        level = await directly_under(connection, wanted, [SubjectKind.STRUCTURE], start)
        for one in level:
            found.setdefault(one.subject, []).append(one)
        wanted = {one.subject.id for one in level} - seen
    return [one for facts in found.values() for one in facts]
