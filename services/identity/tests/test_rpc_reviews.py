"""Pairs that wait for an identity officer, through the door: who sees which, in what order, and what deciding does."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from . import fed
from .fed import CLINIC, HOSPITAL, PRACTICE
from .officer import WHY, Officer, reason, refusal
from .willing_consent import WillingConsent

HERE, THERE = uuid4(), uuid4()


async def doubt(officer: Officer, consent: WillingConsent, **change: Any) -> str:
    """A pair that waits: the clinic's identity comes from the structure HERE in the territory here."""
    consent.scope = consent_pb.Scope(feeding_policy="auto", structure_ids=[str(HERE)], territory_codes=["here"])
    await officer.sent(HOSPITAL)
    made = await officer.sent(CLINIC, **{**fed.DOUBTFUL, **change})
    assert made.outcome == fed.IN_DOUBT
    return made.review_ids[0]


async def listed(officer: Officer, **filters: Any) -> list[str]:
    reply = await officer.linkage.ListReviews(pb.ListReviewsRequest(**filters))
    return [one.review_id for one in reply.reviews]


async def test_an_officer_sees_the_pairs_of_the_mandate_that_consent_names(
    officer: Officer, consent: WillingConsent
) -> None:
    review = await doubt(officer, consent)
    seen = {}
    for name, scope in {
        "structure": consent_pb.Scope(structure_ids=[str(HERE)]),
        "territory": consent_pb.Scope(territory_codes=["elsewhere", "here"]),
        "elsewhere": consent_pb.Scope(structure_ids=[str(THERE)], territory_codes=["elsewhere"]),
        "none": consent_pb.Scope(),
    }.items():
        consent.scope = scope
        counts = await officer.linkage.CountReviews(pb.CountReviewsRequest())
        seen[name] = (await listed(officer), sum(one.today for one in counts.counts))

    assert seen == {"structure": ([review], 1), "territory": ([review], 1), "elsewhere": ([], 0), "none": ([], 0)}


async def test_filters_narrow_and_pages_follow_each_other(officer: Officer, consent: WillingConsent) -> None:
    first = await doubt(officer, consent)
    second = (await officer.sent(PRACTICE, local_id="9", birth_name="Besnard")).review_ids[0]
    await officer.linkage.AssignReview(pb.AssignReviewRequest(review_id=second, assigned_to="me"))

    page = await officer.linkage.ListReviews(pb.ListReviewsRequest(limit=1))
    rest = await officer.linkage.ListReviews(pb.ListReviewsRequest(limit=50, cursor=page.next_cursor))
    everything = [one.review_id for one in (*page.reviews, *rest.reviews)]

    assert {first, second} <= set(everything)
    assert len(everything) == len(set(everything))
    assert await listed(officer, assigned_to="me") == [second]
    assert second not in await listed(officer, assigned_to="nobody")
    assert await listed(officer, assigned_to=str(uuid4())) == []
    assert await listed(officer, structure_id=str(THERE)) == []
    assert await listed(officer, least_risk=3) == []
    assert await reason(officer.linkage.ListReviews(pb.ListReviewsRequest(cursor="x"))) == "CURSOR_INVALID"


async def test_what_is_worst_decided_wrongly_comes_first_wherever_it_comes_from(
    officer: Officer, consent: WillingConsent
) -> None:
    consent.scope = consent_pb.Scope(feeding_policy="auto", territory_codes=["here"])
    await officer.sent(HOSPITAL, ins=fed.NIR, status=fed.QUALIFIED)
    [name] = (await officer.sent(CLINIC, **fed.DOUBTFUL)).review_ids
    consent.scope = consent_pb.Scope(feeding_policy="auto", territory_codes=["there"])
    [number] = (await officer.sent(PRACTICE, ins=fed.NIR, status=fed.RETRIEVED, **fed.PAUL)).review_ids
    consent.scope = consent_pb.Scope(territory_codes=["here", "there"])

    assert await listed(officer) == [number, name]
    assert await listed(officer, limit=1) == [number]
    assert await listed(officer, least_risk=3) == [number]
    assert await listed(officer, territory_code="there") == [number]


async def test_a_pair_is_looked_after_by_one_by_nobody_and_by_none_once_it_is_decided(
    officer: Officer, consent: WillingConsent
) -> None:
    review, colleague = await doubt(officer, consent), str(uuid4())

    async def assigned(to: str) -> str:
        request = pb.AssignReviewRequest(review_id=review, assigned_to=to)
        return str((await officer.linkage.AssignReview(request)).review.assigned_to)

    given = [await assigned(to) for to in (colleague, "", colleague)]
    refused = await reason(assigned("somebody"))
    await officer.decided(review, pb.REVIEW_VERDICT_DISTINCT)

    assert given == [colleague, "", colleague]
    assert refused == "ASSIGNEE_INVALID"
    assert await reason(assigned("me")) == "REVIEW_DECIDED"


async def test_looking_at_a_pair_is_an_access_to_both_persons(officer: Officer, consent: WillingConsent) -> None:
    review = await doubt(officer, consent)
    consent.asked.clear()

    pair = await officer.linkage.GetReview(pb.GetReviewRequest(review_id=review))

    asked = {q.patient_id for q in consent.asked if q.action == consent_pb.ACTION_REVIEW_IDENTITY}
    assert asked == {pair.person.person_id, pair.other_person.person_id}
    assert {pair.source.traits.birth_name, pair.other_source.traits.birth_name} == {"Lefèvre", "Moreau"}
    assert pair.review.evidence.score == pytest.approx(sum(one.weight for one in pair.review.evidence.reasons))
    consent.refused.add(pair.person.person_id)
    assert await reason(officer.linkage.GetReview(pb.GetReviewRequest(review_id=review))) == "ACCESS_REFUSED"
    unknown = pb.GetReviewRequest(review_id=str(uuid4()))
    assert await reason(officer.linkage.GetReview(unknown)) == "REVIEW_UNKNOWN"


async def test_a_confirmed_pair_is_one_person_until_that_is_undone(
    officer: Officer, consent: WillingConsent, published: Any
) -> None:
    review = await doubt(officer, consent)

    made = await officer.decided(review, pb.REVIEW_VERDICT_SAME)

    assert (made.review.state, made.review.comment) == (pb.REVIEW_STATE_CONFIRMED, WHY)
    assert (made.act.kind, made.act.review_id) == (pb.ACT_KIND_MERGED, review)
    assert await officer.members(made.act.surviving_id) == {HOSPITAL, CLINIC}
    assert (await published()).count("identity.v1.persons_merged") == 1
    again = officer.decided(review, pb.REVIEW_VERDICT_DISTINCT)
    assert await reason(again) == "REVIEW_DECIDED"
    await officer.undo(made.act.act_id)
    assert await listed(officer) == [review]


async def test_a_refused_pair_is_not_proposed_again_while_no_trait_changes(
    officer: Officer, consent: WillingConsent, database: Database
) -> None:
    review = await doubt(officer, consent)
    made = await officer.decided(review, pb.REVIEW_VERDICT_DISTINCT)
    same = await officer.sent(CLINIC, status=fed.VALIDATED, **fed.DOUBTFUL)
    changed = await officer.sent(CLINIC, status=fed.VALIDATED, birth_name="Moreaux")

    assert (made.act.kind, made.review.state) == (pb.ACT_KIND_REFUSED, pb.REVIEW_STATE_REFUSED)
    assert list(same.review_ids) == []
    assert len(changed.review_ids) == 1
    async with database.reading() as connection:
        moves = await connection.execute(text("select count(*) from linkage_move where from_person_id is not null"))
        assert moves.scalar_one() == 0


async def test_a_decision_is_not_brought_back_over_the_one_that_was_made_since(
    officer: Officer, consent: WillingConsent
) -> None:
    review = await doubt(officer, consent)
    undone = await officer.undo((await officer.decided(review, pb.REVIEW_VERDICT_DISTINCT)).act.act_id)
    since = (await officer.decided(review, pb.REVIEW_VERDICT_DISTINCT)).act

    refused = await refusal(officer.undo(undone.act_id))

    assert (refused.reason, refused.details["acts"]) == ("ACT_OVERTAKEN", since.act_id)
    assert await officer.state(review) == "REFUSED"


async def test_a_pair_whose_traits_changed_while_it_was_one_person_is_no_question_any_more(
    officer: Officer, louise: Any, morel: Any
) -> None:
    merge = (await officer.merged(morel.person_id, louise.person_id)).act
    await officer.sent(CLINIC, "1", birth_name="Moreaux")
    await officer.undo(merge.act_id)

    assert await officer.state(morel.review_ids[0]) == "OVERTAKEN"


async def test_nothing_is_decided_on_a_pair_whose_source_went_elsewhere_meanwhile(
    officer: Officer, consent: WillingConsent, louise: Any, morel: Any
) -> None:
    paul = await officer.sent(PRACTICE, "1", **fed.PAUL)
    consent.meanwhile = lambda: officer.linked(morel.source.source_id, paul.person_id)

    assert await reason(officer.decided(morel.review_ids[0], pb.REVIEW_VERDICT_SAME)) == "VERSION_STALE"
    assert await officer.members(louise.person_id) == {HOSPITAL}


async def test_two_who_decide_at_once_do_it_once(officer: Officer, consent: WillingConsent) -> None:
    review = await doubt(officer, consent)
    outcomes = await asyncio.gather(
        *(officer.decided(review, pb.REVIEW_VERDICT_SAME) for _ in range(4)), return_exceptions=True
    )

    done = [one for one in outcomes if isinstance(one, pb.DecideReviewResponse)]
    refused = {one.reason for one in outcomes if isinstance(one, Refusal)}
    assert len(done) == 1
    assert refused <= {"REVIEW_DECIDED", "VERSION_STALE"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"verdict": pb.REVIEW_VERDICT_UNSPECIFIED}, "REVIEW_VERDICT_INVALID"),
        ({"verdict": 99}, "REVIEW_VERDICT_INVALID"),
        ({"comment": " "}, "COMMENT_INVALID"),
        ({"review_id": "x"}, "ID_INVALID"),
    ],
)
async def test_a_decision_that_says_nothing_is_refused(
    officer: Officer, consent: WillingConsent, change: dict[str, Any], expected: str
) -> None:
    whole = {"review_id": await doubt(officer, consent), "verdict": pb.REVIEW_VERDICT_SAME, "comment": WHY}
    request = pb.DecideReviewRequest(**{**whole, **change})

    assert await reason(officer.linkage.DecideReview(request)) == expected


async def test_quality_counts_what_came_and_what_became_of_it(officer: Officer, consent: WillingConsent) -> None:
    await doubt(officer, consent)
    await officer.sent(PRACTICE, birth_date="1951-06-31")

    told = await officer.linkage.GetMatchingQuality(pb.GetMatchingQualityRequest())

    ours = next(one for one in told.feeders if one.structure_id == str(HERE))
    assert (ours.received, ours.waiting) == (3, 1)
    assert ours.created + ours.linked == 3
    assert 1 <= ours.doubtful <= ours.created
    assert ours.flawed_traits
