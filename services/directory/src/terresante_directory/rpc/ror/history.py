"""The history of everything: acts, what they changed, and undoing them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.ids import parsed
from terresante_platform.rpc.allow import allow

from terresante_directory import events, wire
from terresante_directory.domain.acts import Act, ActKind, ActOf, why
from terresante_directory.domain.facts import ActId, Subject, SubjectKind
from terresante_directory.domain.history import Change
from terresante_directory.domain.territories import Administrator, not_yours
from terresante_directory.rpc.callers import administrator
from terresante_directory.store import acting, acts, history
from terresante_directory.wire.acts import act_to_proto, subject


class HistoryCalls:
    """See the module."""

    _database: Database
    _now: Callable[[], datetime]

    @allow("administrator")
    async def ListActs(self, request: pb.ListActsRequest, _: Any) -> pb.ListActsResponse:
        size = wire.page_size(request.limit)
        only = subject(request.subject) if request.HasField("subject") else None
        after = wire.position(request.cursor)
        async with self._database.reading() as connection:
            by = await administrator(connection)
            if after is not None and not await history.exists(connection, after):
                raise wire.cursor_invalid()
            place = ActId(after) if after else None
            if only is None:
                found = await history.of_territories(connection, by.territories, place, size + 1)
            else:
                where = await history.territories_of(connection, only)
                if where and not where & by.territories:
                    raise not_yours()
                found = await history.of_subject(connection, only, by.territories, place, size + 1)
            told = await acts_to_proto(connection, found[:size], by, only)
        return pb.ListActsResponse(acts=told, next_cursor=str(found[size - 1].id) if len(found) > size else "")

    @allow("administrator")
    async def UndoAct(self, request: pb.UndoActRequest, _: Any) -> pb.UndoActResponse:
        id = ActId(parsed(request.act_id, "act_id"))
        async with self._database.transaction() as transaction:
            by = await administrator(transaction)
            present = await acts.get_for_update(transaction, id)
            present.must_be_undoable_by(by)
            asked = ActOf(ActKind.UNDONE, by.id, why(request.why), present.starts, present.territories)
            done = await acting.undo(transaction, present, asked, self._now())
            await events.acted(transaction, done)
            (told,) = await acts_to_proto(transaction, [done.act], by)
        return pb.UndoActResponse(act=told)


async def acts_to_proto(
    connection: AsyncConnection, told: Sequence[Act], to: Administrator, only: Subject | None = None
) -> list[pb.Act]:
    """Acts with who did them and what they changed, of one subject or of the first ones. Of an act that touched another
    territory than those of `to`, no contacts (R-ROR1).
    """
    names = await history.administrators_of(connection, told)
    changes = await history.changes_of(connection, told, only)
    places = {one.subject for of in changes.values() for one in of if one.subject.kind is SubjectKind.PLACE}
    labels = await history.labels_of_places(connection, places) if places else {}
    return [
        act_to_proto(
            act,
            names[act.by] if act.by else "",
            [
                replace(one, label=labels.get(one.subject, one.label))
                for one in (changes[act.id] if act.territories <= to.territories else _bare(changes[act.id]))
            ],
        )
        for act in told
    ]


def _bare(of: Sequence[Change]) -> list[Change]:
    return [one.without_contacts() for one in of]
