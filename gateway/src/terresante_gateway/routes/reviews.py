"""/identity/reviews: pairs of identities that wait for a human."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.identity.v1 import linkage_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.evidence import Evidence
from terresante_gateway.names import Names, Who, named
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.acts import Act, Why
from terresante_gateway.routes.identities import Person
from terresante_gateway.routes.sources import SourceIdentity
from terresante_gateway.words import UUID_PATTERN, Input, Line, OpaqueId

router = APIRouter(prefix="/v1/identity/reviews", tags=["Identitovigilance"])

ReviewState = Literal["waiting", "confirmed", "refused", "overtaken"]
STATES = codes_of(pb.ReviewState, "REVIEW_STATE_")
Verdict = Literal["same", "distinct"]
VERDICTS = codes_of(pb.ReviewVerdict, "REVIEW_VERDICT_")
_UUID = UUID_PATTERN.strip("^$")


class Review(Struct):
    """Deux identités sources qui sont peut-être une personne. Sans traits : les lire est un accès."""

    id: str
    state: Annotated[ReviewState, Meta(description="En attente, confirmée, refusée, ou sans objet")]
    risk: Annotated[
        int, Meta(description="1 faute de frappe, à 3 jumeaux ou même INS : ce qu’une erreur coûterait", ge=1, le=3)
    ]
    source_id: str
    other_source_id: str
    person_id: str
    other_person_id: str
    evidence: Evidence | None
    created_at: datetime
    assigned_to: Annotated[Who | None, Meta(description="Qui s’en occupe ; null : personne")]
    structure_ids: list[str]
    territory_codes: Annotated[list[str], Meta(examples=[["94-ouest"]])]
    decided_by: Who | None
    decided_at: datetime | None
    comment: str | None
    act_id: Annotated[str | None, Meta(description="L’acte que la décision a été")]

    @classmethod
    def of(cls, review: pb.Review, names: Names) -> "Review":
        """From identity's message, with names where there are some."""
        return cls(
            review.review_id,
            STATES.word[review.state],
            review.risk,
            review.source_id,
            review.other_source_id,
            review.person_id,
            review.other_person_id,
            Evidence.of(review.evidence) if review.HasField("evidence") else None,
            words.read(review.created_at),
            names.professional(review.assigned_to) if review.assigned_to else None,
            list(review.structure_ids),
            list(review.territory_codes),
            names.professional(review.decided_by) if review.decided_by else None,
            words.read(review.decided_at) if review.HasField("decided_at") else None,
            review.comment or None,
            review.act_id or None,
        )


class Reviews(Struct):
    """Une page de paires, la plus risquée d’abord, puis la plus ancienne."""

    items: list[Review]
    next_cursor: str | None


class ReviewsQuery(ListQuery):
    """Quelles paires."""

    state: ReviewState = "waiting"
    structure_id: OpaqueId | None = None
    territory: Line = Field("", max_length=32, examples=["94-ouest"])
    assigned_to: Line = Field(
        "", pattern=f"^(me|nobody|{_UUID})?$", description="me, nobody, ou un professionnel", examples=["me"]
    )
    least_risk: int = Field(1, ge=1, le=3, description="Risque, au moins")


class ReviewCount(Struct):
    """Combien attendent dans une structure, selon leur âge."""

    structure_id: Annotated[str | None, Meta(description="null : identités saisies sur la plateforme")]
    territory_code: Annotated[str | None, Meta(examples=["94-ouest"])]
    today: Annotated[int, Meta(description="Moins d’un jour")]
    this_week: Annotated[int, Meta(description="Moins d’une semaine")]
    this_month: Annotated[int, Meta(description="Moins de trente jours")]
    older: int


class ReviewCounts(Struct):
    """Combien de paires attendent dans le mandat de l’appelant."""

    items: list[ReviewCount]
    oldest: Annotated[datetime | None, Meta(description="Depuis quand attend la plus ancienne")]


class ReviewedPair(Struct):
    """Une paire, avec ce que l’on sait des deux."""

    review: Review
    source: SourceIdentity
    other_source: SourceIdentity
    person: Person
    other_person: Person


class Assignment(Input):
    """Qui s’en occupe."""

    assigned_to: Line | None = Field(
        pattern=f"^(me|{_UUID})$", description="me, un professionnel, ou null : personne", examples=["me"]
    )


class NewVerdict(Input):
    """Ce qui a été constaté."""

    verdict: Verdict = Field(description="Une seule personne, ou deux")
    comment: Why


class Decided(Struct):
    """La paire après la décision, et l’acte qu’elle a été."""

    review: Review
    act: Act


_LIST = Authz("review", "list", ("professional",))
_SEE = Authz("review", "read", ("professional",))


@on(router, "GET", "", "Paires à examiner", _LIST, "CURSOR_INVALID", "LIMIT_INVALID", "ACCESS_REFUSED")
async def list_reviews(query: Annotated[ReviewsQuery, Query()], pages: Pages, peers: To) -> Reviews:
    """Celles du mandat de l’appelant, la plus risquée d’abord."""
    reply = await peers.linkage.ListReviews(
        pb.ListReviewsRequest(
            state=STATES.number[query.state],
            structure_id=query.structure_id or "",
            territory_code=query.territory,
            assigned_to=query.assigned_to,
            least_risk=query.least_risk,
            cursor=pages.open(query),
            limit=query.limit,
        )
    )
    names = await named(peers, professionals=[id for one in reply.reviews for id in (one.assigned_to, one.decided_by)])
    return Reviews([Review.of(one, names) for one in reply.reviews], pages.seal(query, reply.next_cursor))


@on(router, "GET", "/counts", "Combien de paires attendent", _LIST, "ACCESS_REFUSED")
async def count_reviews(peers: To) -> ReviewCounts:
    """Par structure et par âge."""
    reply = await peers.linkage.CountReviews(pb.CountReviewsRequest())
    items = [
        ReviewCount(
            one.structure_id or None,
            one.territory_code or None,
            one.today,
            one.this_week,
            one.this_month,
            one.older,
        )
        for one in reply.counts
    ]
    return ReviewCounts(items, words.read(reply.oldest) if reply.HasField("oldest") else None)


@on(router, "GET", "/{review}", "Examiner une paire", _SEE, "REVIEW_UNKNOWN", "ACCESS_REFUSED")
async def get_review(review: Id, peers: To) -> ReviewedPair:
    """Les traits des deux et les raisons. C’est un accès aux deux identités, inscrit à leurs journaux."""
    reply = await peers.linkage.GetReview(pb.GetReviewRequest(review_id=review))
    names = await named(peers, professionals=[reply.review.assigned_to, reply.review.decided_by])
    return ReviewedPair(
        Review.of(reply.review, names),
        SourceIdentity.of(reply.source),
        SourceIdentity.of(reply.other_source),
        Person.of(reply.person),
        Person.of(reply.other_person),
    )


@on(router, "PUT", "/{review}/assignee", "Dire qui s’occupe d’une paire", Authz("review", "assign", ("professional",)),
    "REVIEW_UNKNOWN", "REVIEW_DECIDED", "ASSIGNEE_INVALID", "ACCESS_REFUSED")  # fmt: skip
async def assign_review(review: Id, new: Assignment, peers: To) -> Review:
    """Soi-même, un autre référent, ou personne."""
    reply = await peers.linkage.AssignReview(
        pb.AssignReviewRequest(review_id=review, assigned_to=new.assigned_to or "")
    )
    return Review.of(reply.review, Names())


@on(router, "POST", "/{review}/decision", "Décider d’une paire", Authz("identity", "decide", ("professional",)),
    "REVIEW_UNKNOWN", "REVIEW_DECIDED", "REVIEW_VERDICT_INVALID", "COMMENT_INVALID", "IDENTITY_TWO_ACTIVE_INS",
    "VERSION_STALE", "ACCESS_REFUSED", status=201)  # fmt: skip
async def decide_review(review: Id, new: NewVerdict, peers: To) -> Decided:
    """Confirme (les deux deviennent une personne) ou refuse (la paire n’est plus proposée tant qu’aucun trait ne
    change).
    """
    reply = await peers.linkage.DecideReview(
        pb.DecideReviewRequest(review_id=review, verdict=VERDICTS.number[new.verdict], comment=new.comment)
    )
    return Decided(Review.of(reply.review, Names()), Act.just_done(reply.act))
