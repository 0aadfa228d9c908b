"""The acts that link source identities to persons: added, never changed. Their order is `linkage_act.place`."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_identity.domain.evidence import Evidence
from terresante_identity.domain.identity import PersonId
from terresante_identity.domain.linkage import (
    ActId,
    ActKind,
    Change,
    LinkageAct,
    Move,
    Placed,
    ReviewId,
    unknown_act,
)
from terresante_identity.domain.sources import SourceId
from terresante_identity.store import gauges
from terresante_identity.store.direct import under
from terresante_identity.store.tables import linkage_act, linkage_move, source

# Who adds an act holds the lock with others until the transaction ends; who lists what is new takes it alone for a
# moment, so that no act of a lower place can appear after the page was read.
ADDING = "select pg_advisory_xact_lock_shared(hashtextextended('linkage acts', 5))"
ADD = (
    "with act as (insert into linkage_act (id, kind, at, by_id, undoes, review_id, absorbed_id, surviving_id, comment, "
    "evidence) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id, place) "
    "insert into linkage_move (act_id, place, source_id, from_person_id, to_person_id) "
    "select act.id, act.place, move.source, move.before, move.after "
    "from act, unnest($11::uuid[], $12::uuid[], $13::uuid[]) as move (source, before, after)"
)
LISTING = text("select pg_advisory_xact_lock(hashtextextended('linkage acts', 5))")


async def add(transaction: AsyncConnection, act: LinkageAct) -> None:
    """Keeps an act and its moves. The last thing that a transaction waits for."""
    direct = await under(transaction)
    await direct.rows(ADDING)
    await direct.rows(
        ADD,
        act.id,
        act.kind.value,
        act.at,
        act.by,
        act.undoes,
        act.review,
        act.absorbed,
        act.surviving,
        act.comment,
        json.dumps(act.evidence.to_document()) if act.evidence else None,
        [move.source for move in act.moves],
        [move.before for move in act.moves],
        [move.after for move in act.moves],
    )
    arrived = any(move.before is None for move in act.moves)
    # What a human typed of a person who is known is linked to them as well, without anything having been compared.
    by_rule = arrived and (act.kind is not ActKind.LINKED or act.evidence is not None)
    gauges.ACTS.add(kind=act.kind.value, by="rule" if by_rule else "officer")


async def get(connection: AsyncConnection, id: ActId) -> Placed:
    """An act. Refuses with ACT_UNKNOWN."""
    found = await _read(connection, select(linkage_act).where(linkage_act.c.id == id))
    if not found:
        raise unknown_act()
    return found[0]


async def since(connection: AsyncConnection, placed: Placed) -> list[LinkageAct]:
    """The later acts, oldest first, that moved one of its sources, or undo it, or undo what undid it."""
    sources = [move.source for move in placed.act.moves]
    undoing = select(linkage_act.c.id).where(linkage_act.c.undoes == placed.act.id).cte("undoing", recursive=True)
    undoing = undoing.union_all(select(linkage_act.c.id).join(undoing, linkage_act.c.undoes == undoing.c.id))
    moved = select(linkage_move.c.act_id).where(
        linkage_move.c.source_id.in_(sources), linkage_move.c.place > placed.place
    )
    wanted = select(linkage_act).where(or_(linkage_act.c.id.in_(moved), linkage_act.c.id.in_(select(undoing.c.id))))
    return [one.act for one in await _read(connection, wanted.order_by(linkage_act.c.place))]


async def emptied_by(connection: AsyncConnection, persons: Collection[PersonId]) -> dict[PersonId, ActId]:
    """The last act that took something from each of these persons: of who has nothing left, the one that ended them."""
    rows = await connection.execute(
        select(linkage_move.c.from_person_id, linkage_move.c.act_id)
        .where(linkage_move.c.from_person_id.in_(persons))
        .order_by(linkage_move.c.from_person_id, linkage_move.c.place.desc())
        .distinct(linkage_move.c.from_person_id)
    )
    return {PersonId(row.from_person_id): ActId(row.act_id) for row in rows}


async def of_person(
    connection: AsyncConnection, person: PersonId, reviews: Collection[ReviewId], before: int | None, limit: int
) -> list[Placed]:
    """Acts that moved something to or from a person, or decided one of these pairs; newest first, below a place."""
    touched = exists().where(
        linkage_move.c.act_id == linkage_act.c.id,
        or_(linkage_move.c.from_person_id == person, linkage_move.c.to_person_id == person),
    )
    wanted = select(linkage_act).where(or_(touched, linkage_act.c.review_id.in_(reviews)))
    if before is not None:
        wanted = wanted.where(linkage_act.c.place < before)
    return await _read(connection, wanted.order_by(linkage_act.c.place.desc()).limit(limit))


async def linked_as_of(connection: AsyncConnection, person: PersonId, at: datetime) -> set[SourceId]:
    """The sources that were linked to a person at that moment: the replay of the moves of all that ever were."""
    ever = select(linkage_move.c.source_id).where(linkage_move.c.to_person_id == person)
    last = (
        select(linkage_move.c.source_id, linkage_move.c.to_person_id)
        .join(linkage_act, linkage_act.c.id == linkage_move.c.act_id)
        .where(linkage_move.c.source_id.in_(ever), linkage_act.c.at <= at)
        .order_by(linkage_move.c.source_id, linkage_move.c.place.desc())
        .distinct(linkage_move.c.source_id)
        .subquery()
    )
    rows = await connection.execute(select(last.c.source_id).where(last.c.to_person_id == person))
    return {SourceId(row.source_id) for row in rows}


async def ever_linked(connection: AsyncConnection, person: PersonId) -> set[SourceId]:
    """The sources that are or once were a person's."""
    rows = await connection.execute(
        select(linkage_move.c.source_id).distinct().where(linkage_move.c.to_person_id == person)
    )
    return {SourceId(row.source_id) for row in rows}


async def changes(
    transaction: AsyncConnection, feeder: UUID, after: tuple[int, SourceId] | None, limit: int
) -> list[Change]:
    """What became of the sources that a feeder feeds, oldest first, after a place and source; none is ever missed."""
    await transaction.execute(LISTING)
    position = tuple_(linkage_move.c.place, linkage_move.c.source_id)
    wanted = (
        select(linkage_act.c.id, linkage_act.c.kind, linkage_act.c.at, linkage_move, source.c.issuer, source.c.local_id)
        .join(linkage_move, linkage_move.c.act_id == linkage_act.c.id)
        .join(source, source.c.id == linkage_move.c.source_id)
        .where(source.c.fed_by == feeder)
    )
    if after is not None:
        wanted = wanted.where(position > tuple_(*after))
    rows = await transaction.execute(wanted.order_by(linkage_move.c.place, linkage_move.c.source_id).limit(limit))
    return [
        Change(ActId(row.id), ActKind(row.kind), _move_of(row), row.issuer, row.local_id, row.at, row.place)
        for row in rows
    ]


async def _read(connection: AsyncConnection, wanted: Select[Any]) -> list[Placed]:
    rows = (await connection.execute(wanted)).all()
    ids = [row.id for row in rows]
    moves: dict[UUID, list[Move]] = {id: [] for id in ids}
    of_acts = select(linkage_move).where(linkage_move.c.act_id.in_(ids)).order_by(linkage_move.c.source_id)
    for row in await connection.execute(of_acts):
        moves[row.act_id].append(_move_of(row))
    undone = {
        row.undoes: ActId(row.id)
        for row in await connection.execute(
            select(linkage_act.c.id, linkage_act.c.undoes).where(linkage_act.c.undoes.in_(ids))
        )
    }
    return [Placed(_act_of(row, moves[row.id]), row.place, undone.get(row.id)) for row in rows]


def _move_of(row: Row[Any]) -> Move:
    before = PersonId(row.from_person_id) if row.from_person_id else None
    return Move(SourceId(row.source_id), before, PersonId(row.to_person_id))


def _act_of(row: Row[Any], moves: Sequence[Move]) -> LinkageAct:
    return LinkageAct(
        id=ActId(row.id),
        kind=ActKind(row.kind),
        at=row.at,
        by=row.by_id,
        moves=tuple(moves),
        undoes=ActId(row.undoes) if row.undoes else None,
        review=ReviewId(row.review_id) if row.review_id else None,
        comment=row.comment,
        evidence=Evidence.of_document(row.evidence) if row.evidence else None,
        absorbed=PersonId(row.absorbed_id) if row.absorbed_id else None,
        surviving=PersonId(row.surviving_id) if row.surviving_id else None,
    )
