"""What waits for the administrator who sits down, and how their territory is doing."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory import wire
from terresante_directory.domain.desk import Point, Series, masked, week_after, weeks
from terresante_directory.domain.enrolment import Rules
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.professionals import Profession
from terresante_directory.domain.territories import Territory, known_territory
from terresante_directory.rpc.callers import administrator
from terresante_directory.store import desk
from terresante_directory.store import territories as kept_territories
from terresante_directory.wire.enrolment import optional_moment, series_to_proto

WHOLES = ("enrolled", "active_users", "structures", "offers", "offers_stale", "places")


class DeskCalls:
    """See the module."""

    _database: Database
    _territories: Mapping[TerritoryCode, Territory]
    _professions: Mapping[str, Profession]
    _rules: Rules
    _now: Callable[[], datetime]

    @allow("administrator")
    async def GetDesk(self, _: pb.GetDeskRequest, __: Any) -> pb.GetDeskResponse:
        stale = timedelta(days=self._rules.stale_days)
        async with self._database.reading() as connection:
            by = await administrator(connection)
            found = await desk.waiting(connection, by.territories, stale, self._now())
        told = [
            pb.Waiting(kind=one.kind, count=one.count, oldest=wire.timestamp(one.oldest) if one.oldest else None)
            for one in found
        ]
        return pb.GetDeskResponse(waiting=told)

    @allow("administrator")
    async def GetIndicators(self, request: pb.GetIndicatorsRequest, _: Any) -> pb.GetIndicatorsResponse:
        now = self._now()
        first = optional_moment(getattr(request, "from"), request.HasField("from"), now)
        last = optional_moment(request.to, request.HasField("to"), now)
        asked = weeks(first, last, now)
        stale = timedelta(days=self._rules.stale_days)
        async with self._database.reading() as connection:
            by = await administrator(connection)
            known = await kept_territories.known(connection, self._territories)
            code = known_territory(request.territory_code, known)
            by.must_administer(code)
            ends = [min(week_after(start), now) for start in asked]
            counts = await desk.by_week(connection, code, ends, stale)
        found = _series(counts, dict(zip(ends, asked, strict=True)))
        told = masked(found, self._rules.masked, self._rules.smallest_count)
        return pb.GetIndicatorsResponse(series=[series_to_proto(one, self._professions) for one in told])


def _series(counts: list[desk.Count], starts: Mapping[datetime, datetime]) -> list[Series]:
    """Each kind week by week, noughts included: the whole of enrolled is the sum of the professions'."""
    values: dict[tuple[str, str], dict[datetime, int]] = {(kind, ""): {} for kind in WHOLES}
    for kind, label, end, count in counts:
        of = values.setdefault((kind, label), {})
        of[end] = count
        if label:
            whole = values[kind, ""]
            whole[end] = whole.get(end, 0) + count
    return [
        Series(kind, label, tuple(Point(start, of.get(end, 0)) for end, start in starts.items()))
        for (kind, label), of in sorted(values.items())
    ]
