"""What waits for the administrator who sits down."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory import wire
from terresante_directory.domain.desk import Waiting
from terresante_directory.domain.enrolment import Rules
from terresante_directory.imports import differing
from terresante_directory.rpc.callers import administrator
from terresante_directory.store import desk

MOST_DIFFERENCES = 101
"""Differences between sources are compared one by one: beyond, there are many, whatever their number."""


class DeskCalls:
    """See the module."""

    _database: Database
    _rules: Rules
    _now: Callable[[], datetime]

    @allow("administrator")
    async def GetDesk(self, _: pb.GetDeskRequest, __: Any) -> pb.GetDeskResponse:
        stale, now = timedelta(days=self._rules.stale_days), self._now()
        async with self._database.reading() as connection:
            by = await administrator(connection)
            found = await desk.waiting(connection, by.territories, stale, now)
            today = now.date().isoformat()
            count, oldest = await differing.waiting(connection, by.territories, MOST_DIFFERENCES, today)
        if count:
            found.append(Waiting("differences", count, oldest))
        told = [
            pb.Waiting(kind=one.kind, count=one.count, oldest=wire.timestamp(one.oldest) if one.oldest else None)
            for one in found
        ]
        return pb.GetDeskResponse(waiting=told)
