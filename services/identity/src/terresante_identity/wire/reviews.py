"""Pairs that wait for a human: filters, pages, numbers."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.ids import IdInvalid, parsed

from terresante_identity.domain.linkage import ReviewId
from terresante_identity.domain.quality import Count, Quality
from terresante_identity.domain.reviews import (
    AssigneeInvalid,
    Review,
    ReviewState,
    Verdict,
    VerdictInvalid,
    Wanted,
)
from terresante_identity.wire.linkage import evidence_to_proto
from terresante_identity.wire.persons import timestamp
from terresante_identity.wire.sources import invalid_cursor, page_size

STATES: dict[ReviewState, pb.ReviewState.ValueType] = {
    ReviewState.WAITING: pb.REVIEW_STATE_WAITING,
    ReviewState.CONFIRMED: pb.REVIEW_STATE_CONFIRMED,
    ReviewState.REFUSED: pb.REVIEW_STATE_REFUSED,
    ReviewState.OVERTAKEN: pb.REVIEW_STATE_OVERTAKEN,
}
VERDICTS = {pb.REVIEW_VERDICT_SAME: Verdict.SAME, pb.REVIEW_VERDICT_DISTINCT: Verdict.DISTINCT}
ME, NOBODY = "me", "nobody"
DEFAULT_PAGE, LARGEST_PAGE = 20, 100
RISKS = frozenset("123")
TERRITORY = re.compile(r"[0-9A-Za-z_.-]{1,40}")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wanted(request: pb.ListReviewsRequest, me: UUID) -> Wanted:
    """Which pairs are asked for; one more than a page. Refuses with LIMIT_INVALID, CURSOR_INVALID, ID_INVALID."""
    known = {int(theirs): ours for ours, theirs in STATES.items()}
    return Wanted(
        state=known.get(request.state, ReviewState.WAITING),
        structure=parsed(request.structure_id, "structure_id") if request.structure_id else None,
        territory=_territory(request.territory_code),
        assigned_to=_filter(request.assigned_to, me),
        least_risk=request.least_risk,
        after=_position(request.cursor),
        limit=page_size(request.limit, DEFAULT_PAGE, LARGEST_PAGE) + 1,
    )


def assignee(text: str, me: UUID) -> UUID | None:
    """Who shall look after a pair; None for nobody. Refuses with ASSIGNEE_INVALID."""
    if text in {"", ME}:
        return me if text else None
    try:
        return parsed(text, "assigned_to")
    except IdInvalid:
        raise AssigneeInvalid(
            "Ce n’est pas l’identifiant d’un professionnel.",
            "Donnez l’identifiant d’un identitovigilant, « me » pour vous, ou rien.",
            field="assigned_to",
        ) from None


def verdict(value: int) -> Verdict:
    """What was found. Refuses with REVIEW_VERDICT_INVALID."""
    known = {int(theirs): ours for theirs, ours in VERDICTS.items()}
    if value not in known:
        raise VerdictInvalid("Il faut une décision.", "La même personne, ou deux personnes.", field="verdict")
    return known[value]


def page(found: Sequence[Review], limit: int) -> pb.ListReviewsResponse:
    """A page of pairs; one more than the limit was read if there are more."""
    shown = found[:limit]
    return pb.ListReviewsResponse(
        reviews=map(review_to_proto, shown), next_cursor=_cursor(shown[-1]) if len(found) > limit else ""
    )


def review_to_proto(review: Review) -> pb.Review:
    """A pair, without the traits of either side."""
    made = pb.Review(
        review_id=str(review.id),
        state=STATES[review.state],
        source_id=str(review.pair.source),
        other_source_id=str(review.pair.other),
        person_id=str(review.person),
        other_person_id=str(review.other_person),
        evidence=evidence_to_proto(review.evidence),
        created_at=timestamp(review.created_at),
        assigned_to=str(review.assigned_to) if review.assigned_to else "",
        structure_ids=map(str, review.structures),
        territory_codes=review.territories,
        risk=review.risk,
        decided_by=str(review.decided_by) if review.decided_by else "",
        comment=review.comment,
        act_id=str(review.act) if review.act else "",
    )
    if review.decided_at is not None:
        made.decided_at.CopyFrom(timestamp(review.decided_at))
    return made


def counts_to_proto(counts: Sequence[Count]) -> pb.CountReviewsResponse:
    """How many wait."""
    made = pb.CountReviewsResponse(
        counts=[
            pb.ReviewCount(
                structure_id=str(one.structure) if one.structure else "",
                territory_code=one.territory,
                today=one.today,
                this_week=one.this_week,
                this_month=one.this_month,
                older=one.older,
            )
            for one in counts
        ]
    )
    if counts:
        made.oldest.CopyFrom(timestamp(min(one.oldest for one in counts)))
    return made


def quality_to_proto(some: Sequence[Quality]) -> pb.GetMatchingQualityResponse:
    """How matching did."""
    return pb.GetMatchingQualityResponse(
        feeders=[
            pb.FeederQuality(
                structure_id=str(one.structure) if one.structure else "",
                received=one.received,
                created=one.created,
                linked=one.linked,
                doubtful=one.doubtful,
                undone=one.undone,
                waiting=one.waiting,
                oldest_waiting=timestamp(one.oldest_waiting) if one.oldest_waiting else None,
                flawed_traits=one.flawed,
            )
            for one in some
        ]
    )


def _filter(text: str, me: UUID) -> UUID | bool | None:
    if text in {"", NOBODY}:
        return False if text else None
    return me if text == ME else parsed(text, "assigned_to")


def _territory(text: str) -> str:
    if text and TERRITORY.fullmatch(text) is None:
        raise IdInvalid("Ce n’est pas le code d’un territoire.", "Reprenez-le de l’annuaire.", field="territory_code")
    return text


def _cursor(review: Review) -> str:
    microseconds = (review.created_at - EPOCH) // timedelta(microseconds=1)
    return f"{review.risk}.{microseconds}.{review.id}"


def _position(text: str) -> tuple[int, datetime, ReviewId] | None:
    if not text:
        return None
    try:
        risk, at, id = text.split(".")
        if risk not in RISKS:
            raise ValueError("no risk")
        return int(risk), EPOCH + timedelta(microseconds=int(at)), ReviewId(UUID(id))
    except (ValueError, OverflowError):
        raise invalid_cursor() from None
