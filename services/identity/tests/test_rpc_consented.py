"""Each use of linked identities is asked of consent first, as what it is; no means no, and nothing changes."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.identity.v1 import linkage_service_pb2 as pb

from . import fed
from .fed import HOSPITAL
from .officer import WHY, Officer, reason
from .willing_consent import WillingConsent

REVIEWING, DECIDING = consent_pb.ACTION_REVIEW_IDENTITY, consent_pb.ACTION_DECIDE_IDENTITY
LISTING, MATCHING = consent_pb.ACTION_LIST_REVIEWS, consent_pb.ACTION_MATCH_IDENTITY


async def refused(officer: Officer, name: str, request: Any) -> str:
    method = getattr(officer.linkage, name)

    async def called() -> Any:
        answer = method(request)
        return [one async for one in answer] if hasattr(answer, "__aiter__") else await answer

    return await reason(called())


@pytest.mark.parametrize(
    ("name", "request_", "action"),
    [
        ("ListReviews", pb.ListReviewsRequest(), LISTING),
        ("CountReviews", pb.CountReviewsRequest(), LISTING),
        ("GetMatchingQuality", pb.GetMatchingQualityRequest(), LISTING),
        ("Match", pb.MatchRequest(traits=fed.traits()), MATCHING),
        ("BatchMatch", pb.BatchMatchRequest(lookups=[pb.MatchRequest(traits=fed.traits())]), MATCHING),
        ("CrossReference", pb.CrossReferenceRequest(issuer=HOSPITAL, local_id="1"), MATCHING),
    ],
)
async def test_what_is_about_nobody_yet_is_asked_as_such(
    officer: Officer, louise: Any, consent: WillingConsent, name: str, request_: Any, action: Any
) -> None:
    consent.refused.add(action)
    consent.asked.clear()

    assert await refused(officer, name, request_) == "ACCESS_REFUSED"
    assert [(one.action, one.patient_id) for one in consent.asked] == [(action, "")]


async def test_a_feeder_that_may_not_match_reads_no_changes(
    linkage: Any, calling_as: Any, consent: WillingConsent
) -> None:
    calling_as("system", uuid4())
    consent.refused.add(MATCHING)

    assert await reason(linkage.ListChanges(pb.ListChangesRequest())) == "ACCESS_REFUSED"
    assert [one.action for one in consent.asked] == [MATCHING]


@pytest.mark.parametrize("name", ["PersonAsOf", "ListActs"])
async def test_the_past_of_a_person_is_an_access_to_them(
    officer: Officer, louise: Any, monday: Any, consent: WillingConsent, name: str
) -> None:
    at = Timestamp()
    at.FromDatetime(monday)
    requests = {
        "PersonAsOf": pb.PersonAsOfRequest(person_id=louise.person_id, at=at),
        "ListActs": pb.ListActsRequest(person_id=louise.person_id),
    }
    consent.refused.add(louise.person_id)
    consent.asked.clear()

    assert await refused(officer, name, requests[name]) == "ACCESS_REFUSED"
    assert [(one.action, one.patient_id) for one in consent.asked] == [(REVIEWING, louise.person_id)]


@pytest.mark.parametrize("whose", ["louise", "morel"])
@pytest.mark.parametrize(
    ("name", "action"),
    [("Explain", REVIEWING), ("AssignReview", REVIEWING), ("DecideReview", DECIDING), ("Undo", DECIDING)],
)
async def test_what_is_about_two_persons_is_asked_about_both(
    officer: Officer,
    louise: Any,
    morel: Any,
    consent: WillingConsent,
    published: Any,
    name: str,
    action: Any,
    whose: str,
) -> None:
    [review] = morel.review_ids
    both = [louise.person_id, morel.person_id]
    requests = {
        "Explain": pb.ExplainRequest(person_id=both[0], other_person_id=both[1]),
        "AssignReview": pb.AssignReviewRequest(review_id=review, assigned_to="me"),
        "DecideReview": pb.DecideReviewRequest(review_id=review, verdict=pb.REVIEW_VERDICT_SAME, comment=WHY),
    }
    if name == "Undo":
        refusal = (await officer.decided(review, pb.REVIEW_VERDICT_DISTINCT)).act
        requests[name] = pb.UndoRequest(act_id=refusal.act_id, comment=WHY)
    state, before = await officer.state(review), await published()
    consent.refused.add((louise if whose == "louise" else morel).person_id)
    consent.asked.clear()

    assert await refused(officer, name, requests[name]) == "ACCESS_REFUSED"
    assert {one.action for one in consent.asked} == {action}
    assert sorted(one.patient_id for one in consent.asked) == sorted(both)
    consent.refused.clear()
    assert (await officer.state(review), await published()) == (state, before)


EVERY_RPC: list[tuple[str, Any, set[str]]] = [
    ("RegisterIdentity", fed.register(), {"system"}),
    ("Match", pb.MatchRequest(traits=fed.traits()), {"system", "professional"}),
    ("CrossReference", pb.CrossReferenceRequest(person_id=str(UUID(int=0))), {"system", "professional"}),
    ("ListChanges", pb.ListChangesRequest(), {"system"}),
    *(
        (name, getattr(pb, f"{name}Request")(), {"professional"})
        for name in (
            "Explain", "Link", "Unlink", "Merge", "Split", "Undo", "ListReviews", "CountReviews", "GetReview",
            "AssignReview", "DecideReview", "PersonAsOf", "ListActs", "GetMatchingQuality",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "request_", "may"), EVERY_RPC, ids=[name for name, _, _ in EVERY_RPC])
async def test_who_may_not_call_is_refused_before_anything_is_looked_at(
    linkage: Any, calling_as: Any, consent: WillingConsent, name: str, request_: Any, may: set[str]
) -> None:
    for kind in {"system", "professional", "administrator", "patient"} - may:
        calling_as(kind, uuid4())
        assert await reason(getattr(linkage, name)(request_)) == "KIND_NOT_ALLOWED"
    calling_as(None)
    assert await reason(getattr(linkage, name)(request_)) == "LOGIN_REQUIRED"
    assert consent.asked == []
