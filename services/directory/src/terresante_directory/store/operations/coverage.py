"""Who covered communes on any day, as known on any day."""

from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.facts import Moment, Span, SubjectKind
from terresante_directory.domain.operations.coverage import Coverage, coverage
from terresante_directory.store.tables import fact

COMMUNE = SubjectKind.COMMUNE.value


async def covered(
    connection: AsyncConnection, moment: Moment, commune: str = "", territory: str = ""
) -> dict[str, Coverage]:
    """By commune (COG), the territory that covered it; those that none did are left out.

    `commune`: that one only. `territory`: those only that it ever covered. Blank: all.
    """
    begun = or_(fact.c.valid_from.is_(None), fact.c.valid_from <= moment.at)
    columns = (fact.c.subject, fact.c.territory, fact.c.valid_from, fact.c.valid_to)
    wanted = select(*columns).where(fact.c.kind == COMMUNE, begun, _known(moment.known_at))
    if commune:
        wanted = wanted.where(fact.c.subject == commune)
    if territory:
        ever = fact.alias("ever")
        theirs = select(ever.c.subject).where(ever.c.kind == COMMUNE, ever.c.territory == territory)
        wanted = wanted.where(fact.c.subject.in_(theirs))
    ordered = wanted.order_by(fact.c.subject, fact.c.valid_from.asc().nulls_first())
    found: dict[str, Coverage] = {}
    for code, rows in groupby(await connection.execute(ordered), key=lambda row: str(row.subject)):
        told = coverage(((row.territory or "", Span(row.valid_from, row.valid_to)) for row in rows), moment.at)
        if told is not None:
            found[code] = told
    return found


def _known(at: datetime | None) -> ColumnElement[bool]:
    if at is None:
        return fact.c.known_to.is_(None)
    return (fact.c.known_from <= at) & or_(fact.c.known_to.is_(None), fact.c.known_to > at)
