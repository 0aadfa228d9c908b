"""What a person was, what was done to them, and how well matching does."""

from datetime import timedelta
from typing import Any

from terresante.consent.v1 import decision_service_pb2 as consent
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.rpc.allow import allow

from terresante_identity.domain.identity import PersonId
from terresante_identity.rpc.desk import Desk
from terresante_identity.store import acts, persons, quality, reviews, sources
from terresante_identity.wire import linkage as wire
from terresante_identity.wire.persons import person_id, person_to_proto
from terresante_identity.wire.reviews import quality_to_proto
from terresante_identity.wire.sources import moment, page_size, required_moment, sources_to_proto

DEFAULT_ACTS, MOST_ACTS = 50, 100
LOOK_BACK = timedelta(days=30)


class Past:
    """For identity officers."""

    _desk: Desk

    @allow("professional")
    async def PersonAsOf(self, request: pb.PersonAsOfRequest, _: Any) -> pb.PersonAsOfResponse:
        id, at = person_id(request.person_id), required_moment(request, "at", self._desk.now())
        await self._may_review(id)

        async with self._desk.database.reading() as connection:
            shown = await persons.as_of(connection, id, at)
            linked = await acts.linked_as_of(connection, id, at)
            were = await sources.as_of(connection, linked, at)

        into = shown.merged_into if shown else None
        return pb.PersonAsOfResponse(
            person=person_to_proto(shown) if shown and into is None else None,
            sources=sources_to_proto(were),
            merged_into=str(into) if into else "",
        )

    @allow("professional")
    async def ListActs(self, request: pb.ListActsRequest, _: Any) -> pb.ListActsResponse:
        id, before = person_id(request.person_id), wire.place(request.cursor)
        limit = page_size(request.limit, DEFAULT_ACTS, MOST_ACTS)
        await self._may_review(id)

        async with self._desk.database.reading() as connection:
            ever = await acts.ever_linked(connection, id)
            pairs = await reviews.of_sources(connection, ever)
            found = await acts.of_person(connection, id, pairs, before, limit + 1)

        return wire.acts_page(found, limit)

    @allow("professional")
    async def GetMatchingQuality(self, request: pb.GetMatchingQualityRequest, _: Any) -> pb.GetMatchingQualityResponse:
        now = self._desk.now()
        since = moment(request, "since", now) or now - LOOK_BACK
        mandate = await self._desk.access.reviewing()

        async with self._desk.database.reading() as connection:
            return quality_to_proto(await quality.quality(connection, mandate, since))

    async def _may_review(self, id: PersonId) -> None:
        await self._desk.access.require_of(consent.ACTION_REVIEW_IDENTITY, await self._desk.concerned([id]))
