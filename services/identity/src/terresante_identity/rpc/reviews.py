"""Pairs that wait for an identity officer: listed, looked at, given to somebody, decided."""

from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.consent.v1 import decision_service_pb2 as consent
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import allow

from terresante_identity.domain import linkage
from terresante_identity.domain.linkage import ActId, ActKind, LinkageAct, ReviewId
from terresante_identity.domain.reviews import (
    Review,
    ReviewState,
    Verdict,
    decided,
    require_comment,
    require_may_absorb,
    require_waiting,
    survivor_of,
)
from terresante_identity.rpc.access import concerned_by_pair
from terresante_identity.rpc.desk import Desk, caller
from terresante_identity.rpc.performing import Held, hold, perform
from terresante_identity.store import acts, persons, quality, sources
from terresante_identity.store import reviews as store
from terresante_identity.wire import reviews as wire
from terresante_identity.wire.linkage import act_to_proto
from terresante_identity.wire.persons import person_to_proto
from terresante_identity.wire.sources import review_id, source_to_proto


class Reviews:
    """For identity officers: a pair is theirs when either side comes from their mandate."""

    _desk: Desk

    @allow("professional")
    async def ListReviews(self, request: pb.ListReviewsRequest, _: Any) -> pb.ListReviewsResponse:
        wanted = wire.wanted(request, caller())
        mandate = await self._desk.access.reviewing()

        async with self._desk.database.reading() as connection:
            found = await store.page(connection, mandate, wanted)

        return wire.page(found, wanted.limit - 1)

    @allow("professional")
    async def CountReviews(self, request: pb.CountReviewsRequest, _: Any) -> pb.CountReviewsResponse:
        mandate = await self._desk.access.reviewing()

        async with self._desk.database.reading() as connection:
            return wire.counts_to_proto(await quality.counts(connection, mandate, self._desk.now()))

    @allow("professional")
    async def GetReview(self, request: pb.GetReviewRequest, _: Any) -> pb.GetReviewResponse:
        review = await self._pair(review_id(request.review_id), consent.ACTION_REVIEW_IDENTITY)

        async with self._desk.database.reading() as connection:
            both = await sources.by_ids(connection, [review.pair.source, review.pair.other])
            shown = await persons.get_many(connection, [review.person, review.other_person])

        return pb.GetReviewResponse(
            review=wire.review_to_proto(review),
            source=source_to_proto(both[review.pair.source]),
            other_source=source_to_proto(both[review.pair.other]),
            person=person_to_proto(shown[review.person]),
            other_person=person_to_proto(shown[review.other_person]),
        )

    @allow("professional")
    async def AssignReview(self, request: pb.AssignReviewRequest, _: Any) -> pb.AssignReviewResponse:
        id, to = review_id(request.review_id), wire.assignee(request.assigned_to, caller())
        await self._pair(id, consent.ACTION_REVIEW_IDENTITY)

        async with self._desk.database.transaction() as transaction:
            review = await store.lock(transaction, id)
            require_waiting(review)
            assigned = replace(review, assigned_to=to)
            await store.save(transaction, assigned)

        return pb.AssignReviewResponse(review=wire.review_to_proto(assigned))

    @allow("professional")
    async def DecideReview(self, request: pb.DecideReviewRequest, _: Any) -> pb.DecideReviewResponse:
        id, why = review_id(request.review_id), require_comment(request.comment)
        verdict = wire.verdict(request.verdict)
        pair = await self._pair(id, consent.ACTION_DECIDE_IDENTITY)

        async with self._desk.database.transaction() as transaction:
            held = await hold(transaction, {pair.person, pair.other_person})
            review = await store.lock(transaction, id)
            require_waiting(review)
            linkage.require_unmoved({pair.person, pair.other_person}, {review.person, review.other_person})
            if verdict is Verdict.SAME:
                act, state = await self._confirmed(transaction, held, review, why), ReviewState.CONFIRMED
            else:
                act, state = await self._refused(transaction, review, why), ReviewState.REFUSED
            await store.save(transaction, decided(review, state, act.id, act.by, act.at, why))
            kept = await store.get(transaction, id)

        return pb.DecideReviewResponse(review=wire.review_to_proto(kept), act=act_to_proto(act))

    async def _confirmed(self, transaction: AsyncConnection, held: Held, review: Review, why: str) -> LinkageAct:
        survivor, absorbed = survivor_of(held.persons[review.person], held.persons[review.other_person])
        require_may_absorb(survivor, absorbed)
        moves = linkage.merge(absorbed.id, survivor.id, {one.id for one in held.members[absorbed.id]})
        act = replace(self._decision(ActKind.MERGED, review, why), moves=moves)
        return await perform(transaction, self._desk.matcher, held, act)

    async def _refused(self, transaction: AsyncConnection, review: Review, why: str) -> LinkageAct:
        act = self._decision(ActKind.REFUSED, review, why)
        await acts.add(transaction, act)
        return act

    def _decision(self, kind: ActKind, review: Review, why: str) -> LinkageAct:
        return LinkageAct(
            id=ActId(new_id()),
            kind=kind,
            at=self._desk.now(),
            by=caller(),
            review=review.id,
            comment=why,
            evidence=review.evidence,
        )

    async def _pair(self, id: ReviewId, action: consent.Action.ValueType) -> Review:
        """A pair that the caller may do this to: it is an access to both persons. Refuses with REVIEW_UNKNOWN."""
        async with self._desk.database.reading() as connection:
            review = await store.get(connection, id)
        await self._desk.access.require_of(action, concerned_by_pair(review))
        return review
