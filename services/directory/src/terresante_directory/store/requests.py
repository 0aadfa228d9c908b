"""Requests of correspondents and their threads."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Row, Select, func, insert, literal_column, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain.identifiers import AdministratorId, ProfessionalId, StructureId, TerritoryCode
from terresante_directory.domain.requests import ChangeKind, ChangeRequest, Comment, RequestState, Shown
from terresante_directory.store.enrolment_tables import change_request, request_comment
from terresante_directory.store.tables import act, administrator, offer, professional, structure

IS_CLOSED = change_request.c.decided_at.is_not(None)
OF_THIS_TRANSACTION: ColumnElement[bool] = literal_column("act.xmin = pg_current_xact_id()::xid")
POSITION = (IS_CLOSED, change_request.c.at, change_request.c.id)


async def add(transaction: AsyncConnection, new: ChangeRequest) -> None:
    """Keeps a new request."""
    await transaction.execute(
        insert(change_request).values(
            id=new.id,
            structure_id=new.structure,
            kind=new.kind.value,
            change=dict(new.change),
            why=new.why,
            asked_by=new.asked_by,
            at=new.at,
            state=new.state.value,
        )
    )


async def save(transaction: AsyncConnection, changed: ChangeRequest) -> None:
    """Keeps a request that this transaction has locked."""
    await transaction.execute(
        update(change_request)
        .where(change_request.c.id == changed.id)
        .values(
            state=changed.state.value,
            assignee=changed.assignee,
            first_by=changed.first_by,
            decided_by=changed.decided_by,
            decided_at=changed.decided_at,
            act_id=changed.act,
        )
    )


async def comment(transaction: AsyncConnection, new: Comment) -> None:
    """Adds a line to its thread."""
    await transaction.execute(
        insert(request_comment).values(
            id=new.id,
            request_id=new.request,
            author=new.author,
            author_name=new.author_name,
            at=new.at,
            text=new.text,
        )
    )


async def open_in(connection: AsyncConnection, structure_id: StructureId) -> int:
    """How many wait in a structure."""
    wanted = select(func.count()).where(change_request.c.structure_id == structure_id, ~IS_CLOSED)
    return int(await connection.scalar(wanted) or 0)


async def get(connection: AsyncConnection, id: UUID, lock: bool = False) -> Shown | None:
    """A request. `lock`: it stays as it is until the transaction ends."""
    if lock:
        locked = select(change_request.c.id).where(change_request.c.id == id).with_for_update()
        await connection.execute(locked)
    row = (await connection.execute(_all(change_request.c.change).where(change_request.c.id == id))).first()
    return _shown(row, row.change, await _comments(connection, id)) if row else None


async def page(
    connection: AsyncConnection, wanted_ones: Collection[ColumnElement[bool]], after: UUID | None, limit: int
) -> list[Shown]:
    """Up to `limit` requests without what is asked and said, the oldest open one first; those after `after`."""
    wanted = _all().where(*wanted_ones).order_by(*POSITION).limit(limit)
    if after is not None:
        last = change_request.alias()
        position = select(last.c.decided_at.is_not(None), last.c.at, last.c.id).where(last.c.id == after)
        wanted = wanted.where(tuple_(*POSITION) > position.scalar_subquery())
    return [_shown(row, {}, ()) for row in await connection.execute(wanted)]


def asked_by(id: UUID) -> ColumnElement[bool]:
    return change_request.c.asked_by == id


def assigned_to(id: UUID) -> ColumnElement[bool]:
    return change_request.c.assignee == id


def of_structure(id: UUID) -> ColumnElement[bool]:
    return change_request.c.structure_id == id


def waits() -> ColumnElement[bool]:
    return ~IS_CLOSED


def in_territories(codes: Collection[TerritoryCode]) -> ColumnElement[bool]:
    return structure.c.territory.in_(codes)


async def structure_of_offer(connection: AsyncConnection, id: UUID) -> StructureId | None:
    """Where an offer is given now; None if there is none."""
    found = await connection.scalar(select(offer.c.structure_id).where(offer.c.id == id, offer.c.stands))
    return StructureId(found) if found else None


async def own_act(transaction: AsyncConnection, by: UUID, since: datetime) -> UUID | None:
    """What an administrator did in this very transaction, whatever else they do meanwhile. `since`: when it began."""
    wanted = select(act.c.id).where(act.c.by == by, act.c.at >= since, OF_THIS_TRANSACTION)
    return (await transaction.execute(wanted.order_by(act.c.at.desc(), act.c.id.desc()).limit(1))).scalar()


def _all(*more: ColumnElement[Any]) -> Select[Any]:
    of = change_request.c
    assignee, first, decider = (administrator.alias() for _ in range(3))
    said = select(func.count()).where(request_comment.c.request_id == of.id).scalar_subquery()
    return (
        select(
            *(column for column in of if column.name != "change"),
            *more,
            structure.c.name.label("structure_name"),
            structure.c.territory,
            (professional.c.given_name + " " + professional.c.family_name).label("asked_by_name"),
            _name(assignee).label("assignee_name"),
            _name(first).label("first_by_name"),
            _name(decider).label("decided_by_name"),
            said.label("comment_count"),
        )
        .select_from(change_request)
        .join(structure, structure.c.id == of.structure_id)
        .join(professional, professional.c.id == of.asked_by)
        .outerjoin(assignee, assignee.c.id == of.assignee)
        .outerjoin(first, first.c.id == of.first_by)
        .outerjoin(decider, decider.c.id == of.decided_by)
    )


def _name(of: FromClause) -> ColumnElement[Any]:
    written: ColumnElement[Any] = func.coalesce(of.c.given_name + " " + of.c.family_name, "")
    return written


async def _comments(connection: AsyncConnection, id: UUID) -> list[Comment]:
    of = request_comment.c
    rows = await connection.execute(select(request_comment).where(of.request_id == id).order_by(of.at, of.id))
    return [Comment(row.id, row.request_id, row.author, row.author_name, row.at, row.text) for row in rows]


def _shown(row: Row[Any], change: Mapping[str, Any], comments: Sequence[Comment]) -> Shown:
    return Shown(
        _request(row, change),
        TerritoryCode(row.territory),
        structure_name=row.structure_name,
        asked_by_name=row.asked_by_name,
        assignee_name=row.assignee_name,
        first_by_name=row.first_by_name,
        decided_by_name=row.decided_by_name,
        comment_count=row.comment_count,
        comments=tuple(comments),
    )


def _request(row: Row[Any], change: Mapping[str, Any]) -> ChangeRequest:
    return ChangeRequest(
        id=row.id,
        structure=StructureId(row.structure_id),
        kind=ChangeKind(row.kind),
        change=change,
        why=row.why,
        asked_by=ProfessionalId(row.asked_by),
        at=row.at,
        state=RequestState(row.state),
        assignee=AdministratorId(row.assignee) if row.assignee else None,
        first_by=AdministratorId(row.first_by) if row.first_by else None,
        decided_by=AdministratorId(row.decided_by) if row.decided_by else None,
        decided_at=row.decided_at,
        act=row.act_id,
    )
