"""Structures and territories are moved, split and merged as one dated act, shown before it is done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.idempotency import once
from terresante_platform.rpc.allow import allow

from terresante_directory import events
from terresante_directory.domain.acts import ActOf, why
from terresante_directory.domain.care import CountCircles
from terresante_directory.domain.operations.impacts import Circles
from terresante_directory.gazetteer import Gazetteer
from terresante_directory.rpc.callers import administrator
from terresante_directory.rpc.ror.history import acts_to_proto
from terresante_directory.store import acting
from terresante_directory.store.operations.impacts import caring
from terresante_directory.store.operations.performing import Asked, give, held, preview
from terresante_directory.wire.moments import starting
from terresante_directory.wire.operations import impacts_to_proto, operation


class OperationCalls:
    """See the module."""

    _database: Database
    _gazetteer: Gazetteer
    _circles: CountCircles
    _now: Callable[[], datetime]

    @allow("administrator")
    async def PreviewOperation(self, request: pb.PreviewOperationRequest, _: Any) -> pb.PreviewOperationResponse:
        now = self._now()
        async with self._database.reading() as connection:
            asked = await self._asked(connection, request.operation, now)
            shown = await preview(connection, asked)
            standing = await caring(connection, shown.plan, asked.start)
        counted = await self._circles(standing, [now])
        impacts = replace(shown.impacts, circles=Circles.of(counted))
        return pb.PreviewOperationResponse(impacts=impacts_to_proto(impacts), preview=shown.token)

    @allow("administrator")
    async def PerformOperation(self, request: pb.PerformOperationRequest, _: Any) -> pb.PerformOperationResponse:
        now = self._now()
        reason = why(request.why)
        async with (
            self._database.transaction() as transaction,
            once(transaction, request, pb.PerformOperationResponse) as use,
        ):
            if use.reply:
                return use.reply
            asked = await self._asked(transaction, request.operation, now)
            shown = await held(transaction, asked, request.preview, now)
            act = ActOf(shown.plan.kind, asked.by.id, reason, asked.start, shown.plan.territories)
            done = await acting.act(transaction, act, shown.plan.statements, now)
            await events.acted(transaction, done)
            if shown.plan.grant:
                await give(transaction, shown.plan.grant)
            (told,) = await acts_to_proto(transaction, [done.act], asked.by)
            return use.keep(pb.PerformOperationResponse(act=told, impacts=impacts_to_proto(shown.impacts)))

    async def _asked(self, connection: AsyncConnection, told: pb.Operation, now: datetime) -> Asked:
        return Asked(
            operation=operation(told),
            by=await administrator(connection),
            start=starting(told, now),
            dated=told.HasField("from"),
            communes={code: one.population for code, one in self._gazetteer.communes.items()},
        )
