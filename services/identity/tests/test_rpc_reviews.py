"""Pairs that wait for an identity officer, through the door: who sees which, in what order, and what deciding does."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from . import fed
from .fed import CLINIC, HOSPITAL, PRACTICE, register
from .officer import WHY, Officer, reason
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


async def test_two_persons_found_to_be_two_are_not_proposed_again_by_other_sources_of_theirs(
    officer: Officer, consent: WillingConsent
) -> None:
    review = await doubt(officer, consent)
    other = await officer.sent(PRACTICE)
    await officer.decided(review, pb.REVIEW_VERDICT_DISTINCT)

    newer = await officer.sent(PRACTICE, first_names="Louise Anne Marie")

    assert newer.person_id == other.person_id
    assert newer.outcome == fed.UPDATED
    assert list(newer.review_ids) == []
    assert await listed(officer) == []


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


async def test_who_feeds_sees_the_numbers_of_others_and_the_traits_of_its_own(
    linkage: Any, calling_as: Any, officer: Officer
) -> None:
    feeder, stranger = uuid4(), uuid4()
    calling_as("system", feeder)
    mine = await linkage.RegisterIdentity(register(HOSPITAL))
    calling_as("system", stranger)
    await linkage.RegisterIdentity(register(PRACTICE))
    calling_as("system", feeder)

    found = await linkage.CrossReference(pb.CrossReferenceRequest(issuer=PRACTICE, local_id="IPP-1"))

    assert found.person_id == mine.person_id
    told = {source.issuer: source.HasField("traits") for source in found.sources}
    assert told == {HOSPITAL: True, PRACTICE: False}
    both = pb.CrossReferenceRequest(person_id=mine.person_id, issuer=PRACTICE, local_id="IPP-1")
    assert await reason(linkage.CrossReference(both)) == "REFERENCE_INVALID"


async def test_a_batch_answers_each_line_and_a_bad_one_with_its_reason(linkage: Any, calling_as: Any) -> None:
    calling_as("system", uuid4())
    known = await linkage.RegisterIdentity(register(HOSPITAL))
    lookups = [pb.MatchRequest(traits=fed.traits()), pb.MatchRequest(traits=fed.traits(birth_name="Dur4nd"))]

    lines = [line async for line in linkage.BatchMatch(pb.BatchMatchRequest(lookups=lookups))]

    assert [line.index for line in lines] == [0, 1]
    assert lines[0].candidates[0].person.person_id == known.person_id
    assert lines[0].candidates[0].person.ins_matricule == ""
    assert (lines[1].reason, bool(lines[1].sentence)) == ("IDENTITY_NAME_CHARACTER", True)
    assert UUID(lines[0].candidates[0].source_id)
