"""Facts: read as of a moment and as known at another, written and ended by acts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Text,
    Uuid,
    any_,
    bindparam,
    column,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.ids import new_id

from terresante_directory.domain.facts import ActId, Fact, Moment, Revision, Span, Subject, SubjectKind, Told
from terresante_directory.domain.subjects import belonging, key_taken
from terresante_directory.store.tables import fact

_wanted = (
    func.unnest(bindparam("kinds", type_=ARRAY(Text)), bindparam("subjects", type_=ARRAY(Text)))
    .table_valued(column("kind", Text), column("subject", Text), name="wanted")
    .render_derived()
)
OF = select(fact).join(_wanted, (fact.c.subject == _wanted.c.subject) & (fact.c.kind == _wanted.c.kind))
KNOWN_OF = OF.where(fact.c.known_to.is_(None))
END = update(fact).where(fact.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))


def asked(subjects: Iterable[Subject]) -> dict[str, list[str]]:
    """The parameters of `OF`."""
    wanted = sorted(set(subjects))
    return {"kinds": [one.kind.value for one in wanted], "subjects": [one.id for one in wanted]}


def holds(moment: Moment, of: FromClause = fact) -> ColumnElement[bool]:
    """The condition on `fact` (or an alias) for what was said of that moment, as known then."""
    begun = or_(of.c.valid_from.is_(None), of.c.valid_from <= moment.at)
    lasts = or_(of.c.valid_to.is_(None), of.c.valid_to > moment.at)
    if moment.known_at is None:
        return begun & lasts & of.c.known_to.is_(None)
    learnt = of.c.known_from <= moment.known_at
    return begun & lasts & learnt & or_(of.c.known_to.is_(None), of.c.known_to > moment.known_at)


async def known_of(connection: AsyncConnection, subjects: Iterable[Subject]) -> list[Fact]:
    """All that is known now of these subjects, whenever it holds."""
    return [fact_of(row) for row in await connection.execute(KNOWN_OF, asked(subjects))]


async def as_of(connection: AsyncConnection, subjects: Iterable[Subject], moment: Moment) -> dict[Subject, Told]:
    """What was said of each at that moment; those of whom nothing was are left out."""
    rows = await connection.execute(OF.where(holds(moment)), asked(subjects))
    told = [told_of(row) for row in rows]
    return {one.fact.subject: one for one in told}


async def written_by(connection: AsyncConnection, act: ActId) -> list[Fact]:
    """What an act wrote, known still or not."""
    rows = await connection.execute(select(fact).where(fact.c.act == act).order_by(fact.c.id))
    return [fact_of(row) for row in rows]


async def ended_by(connection: AsyncConnection, act: ActId) -> list[Fact]:
    """What an act ended."""
    rows = await connection.execute(select(fact).where(fact.c.ended_by == act).order_by(fact.c.id))
    return [fact_of(row) for row in rows]


async def write(transaction: AsyncConnection, revision: Revision, act: ActId, at: datetime) -> None:
    """Ends and writes, as of `at`. The caller has locked the subjects, and their keys (`taken`)."""
    if revision.ended:
        ended = END.values(known_to=at, ended_by=act)
        await transaction.execute(ended, {"ids": [one.id for one in revision.ended]})
    rows = []
    for one in revision.written:
        belongs = belonging(one.subject, one.content)
        rows.append(
            {
                "id": new_id(),
                "kind": one.subject.kind.value,
                "subject": one.subject.id,
                "valid_from": one.span.start,
                "valid_to": one.span.end,
                "known_from": at,
                "act": act,
                "said_by": one.said_by,
                "content": one.content,
                "parent": belongs.parent,
                "territory": belongs.territory,
                "key": belongs.key,
            }
        )
    if rows:
        await transaction.execute(insert(fact), rows)


async def taken(transaction: AsyncConnection, keys: Sequence[str]) -> SubjectKind | None:
    """The kind of a subject that has one of these keys at a time at which another has it too; None if none does."""
    other = fact.alias()
    span = func.tstzrange(fact.c.valid_from, fact.c.valid_to)
    doubled = (
        select(fact.c.kind)
        .join(other, other.c.key == fact.c.key)
        .where(
            fact.c.key == any_(bindparam("keys", type_=ARRAY(Text))),
            fact.c.known_to.is_(None),
            other.c.known_to.is_(None),
            other.c.subject != fact.c.subject,
            span.op("&&")(func.tstzrange(other.c.valid_from, other.c.valid_to)),
        )
        .limit(1)
    )
    row = (await transaction.execute(doubled, {"keys": list(keys)})).first()
    return SubjectKind(row.kind) if row else None


async def must_be_free(transaction: AsyncConnection, keys: Sequence[str]) -> None:
    """Raises the refusal of its kind if two subjects have one of these keys at the same time."""
    kind = await taken(transaction, keys) if keys else None
    if kind is not None:
        raise key_taken(kind)


def fact_of(row: Row[Any]) -> Fact:
    """From a row with all columns of `fact`."""
    return Fact(
        id=row.id,
        subject=Subject(SubjectKind(row.kind), row.subject),
        span=Span(row.valid_from, row.valid_to),
        content=row.content,
        act=ActId(row.act),
        said_by=ActId(row.said_by),
    )


def told_of(row: Row[Any]) -> Told:
    return Told(fact_of(row), row.known_from)
