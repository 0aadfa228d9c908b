"""How a territory is doing, week by week."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.rpc.allow import allow

from terresante_directory.domain.care import CountCircles, CountMessages
from terresante_directory.domain.enrolment import Rules
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.domain.indicators import Series, counts, masked, of_care, of_messages, parts, whole
from terresante_directory.domain.professionals import Profession
from terresante_directory.domain.territories import Territory, known_territory
from terresante_directory.domain.weeks import last_moments, weeks
from terresante_directory.rpc.callers import administrator
from terresante_directory.store import indicators
from terresante_directory.store import territories as kept_territories
from terresante_directory.store.indicators import Found
from terresante_directory.wire.enrolment import optional_moment
from terresante_directory.wire.indicators import series_to_proto


class IndicatorCalls:
    """See the module."""

    _database: Database
    _territories: Mapping[TerritoryCode, Territory]
    _professions: Mapping[str, Profession]
    _rules: Rules
    _circles: CountCircles
    _messages: CountMessages
    _now: Callable[[], datetime]

    @allow("administrator")
    async def GetIndicators(self, request: pb.GetIndicatorsRequest, _: Any) -> pb.GetIndicatorsResponse:
        now = self._now()
        first = optional_moment(getattr(request, "from"), request.HasField("from"), now)
        last = optional_moment(request.to, request.HasField("to"), now)
        asked = weeks(first, last, now)
        moments = last_moments(asked, now)
        stale = timedelta(days=self._rules.stale_days)
        async with self._database.reading() as connection:
            by = await administrator(connection)
            known = await kept_territories.known(connection, self._territories)
            code = known_territory(request.territory_code, known)
            by.must_administer(code)
            found = await indicators.by_week(connection, code, asked, moments, stale)
        circles, messages = await asyncio.gather(
            self._circles([*found.structures, *found.people], moments), self._messages(found.people, asked)
        )
        told = masked(_series(asked, found), self._rules.masked, self._rules.smallest_count)
        told += [*of_care(asked, circles), of_messages(asked, messages)]
        return pb.GetIndicatorsResponse(series=[series_to_proto(one, self._professions) for one in told])


def _series(asked: Sequence[datetime], found: Found) -> list[Series]:
    """Who practises in two places is enrolled once."""
    return [
        counts("active_users", asked, found.active),
        *parts("enrolled", asked, found.people),
        whole("offers", asked, found.offers),
        whole("offers_stale", asked, found.stale),
        whole("places", asked, found.places),
        whole("structures", asked, found.structures),
    ]
