"""Who somebody may be, why, and as what they are known elsewhere, through the door."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from . import fed
from .fed import CLINIC, HOME, HOSPITAL, PRACTICE, register
from .officer import Officer, reason
from .willing_consent import WillingConsent


async def test_why_two_persons_may_be_one_is_told_of_their_most_alike_sources(officer: Officer) -> None:
    louise = await officer.sent(HOSPITAL)
    other = await officer.sent(CLINIC, **fed.DOUBTFUL)
    explained = await officer.linkage.Explain(
        pb.ExplainRequest(person_id=louise.person_id, other_person_id=other.person_id)
    )

    assert (explained.source_id, explained.other_source_id) == (louise.source.source_id, other.source.source_id)
    assert explained.evidence.score == pytest.approx(sum(one.weight for one in explained.evidence.reasons))
    itself = pb.ExplainRequest(person_id=louise.person_id, other_person_id=louise.person_id)
    assert await reason(officer.linkage.Explain(itself)) == "PERSONS_SAME"
    nobody = pb.ExplainRequest(person_id=louise.person_id, other_person_id=str(uuid4()))
    assert await reason(officer.linkage.Explain(nobody)) == "PERSON_UNKNOWN"


async def test_a_professional_who_matches_spends_searches_and_a_feeder_does_not(
    officer: Officer, calling_as: Any
) -> None:
    ask = pb.MatchRequest(traits=fed.traits())
    for _ in range(5):
        await officer.linkage.Match(ask)
    spent = await reason(officer.linkage.Match(ask))
    calling_as("system", uuid4())

    assert spent == "SEARCH_RATE_LIMITED"
    assert [await officer.linkage.Match(ask) for _ in range(6)]


async def test_a_match_is_refused_beyond_its_bounds(officer: Officer, calling_as: Any) -> None:
    calling_as("system", uuid4())
    eleven = pb.MatchRequest(traits=fed.traits(), limit=11)
    many = pb.BatchMatchRequest(lookups=[pb.MatchRequest()] * 1001)

    assert await reason(officer.linkage.Match(eleven)) == "LIMIT_INVALID"
    for batch in (many, pb.BatchMatchRequest()):
        with pytest.raises(Refusal) as refused:
            [line async for line in officer.linkage.BatchMatch(batch)]
        assert refused.value.reason == "MATCH_TOO_MANY"


async def test_an_officer_reads_traits_of_others_only_where_consent_says_so(
    officer: Officer, consent: WillingConsent
) -> None:
    louise = await officer.sent(HOSPITAL)
    by_number = pb.CrossReferenceRequest(issuer=HOSPITAL, local_id="IPP-1")
    open_ = await officer.linkage.CrossReference(by_number)
    consent.refused.add(consent_pb.ACTION_REVIEW_IDENTITY)
    closed = await officer.linkage.CrossReference(by_number)

    assert [one.HasField("traits") for one in open_.sources] == [True]
    assert [one.HasField("traits") for one in closed.sources] == [False]
    assert closed.person_id == louise.person_id
    unknown = pb.CrossReferenceRequest(issuer=HOSPITAL, local_id="nobody")
    assert await reason(officer.linkage.CrossReference(unknown)) == "SOURCE_UNKNOWN"


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


async def test_of_persons_with_several_sources_the_most_alike_two_are_explained(officer: Officer) -> None:
    paul = await officer.sent(HOSPITAL, **fed.PAUL)
    louise = await officer.sent(CLINIC)
    await officer.linked(louise.source.source_id, paul.person_id)
    await officer.sent(HOME, **fed.PAUL)
    other = await officer.sent(PRACTICE, **fed.DOUBTFUL)

    explained = await officer.linkage.Explain(
        pb.ExplainRequest(person_id=paul.person_id, other_person_id=other.person_id)
    )

    assert await officer.members(paul.person_id) == {HOSPITAL, CLINIC, HOME}
    assert (explained.source_id, explained.other_source_id) == (louise.source.source_id, other.source.source_id)


async def test_who_became_another_is_known_as_that_one(officer: Officer, louise: Any, morel: Any) -> None:
    paul = await officer.sent(PRACTICE, **fed.PAUL)
    await officer.merged(morel.person_id, louise.person_id)
    await officer.merged(louise.person_id, paul.person_id)

    found = await officer.linkage.CrossReference(pb.CrossReferenceRequest(person_id=morel.person_id))

    assert found.person_id == paul.person_id
    assert {one.issuer for one in found.sources} == {HOSPITAL, CLINIC, PRACTICE}


async def test_a_batch_of_a_professional_spends_a_search_a_line(officer: Officer) -> None:
    async def answers(lines: int) -> list[Any]:
        request = pb.BatchMatchRequest(lookups=[pb.MatchRequest(traits=fed.traits())] * lines)
        return [line async for line in officer.linkage.BatchMatch(request)]

    assert len(await answers(5)) == 5
    assert await reason(answers(1)) == "SEARCH_RATE_LIMITED"


async def test_a_source_that_is_not_findable_yet_is_explained_all_the_same(
    officer: Officer, louise: Any, morel: Any, database: Database
) -> None:
    async with database.transaction() as transaction:  # as the version before this one leaves it
        await transaction.execute(text("delete from source_features"))

    request = pb.ExplainRequest(person_id=louise.person_id, other_person_id=morel.person_id)
    explained = await officer.linkage.Explain(request)

    assert "OTHER_NAME" in explained.evidence.vetoes


async def test_a_number_is_refused_with_a_wrong_key_when_a_professional_types_it_and_read_when_a_system_sends_it(
    officer: Officer, louise: Any, calling_as: Any
) -> None:
    wrong = fed.NIR[:-2] + "01"
    match = pb.MatchRequest(traits=fed.traits(), ins_matricule=wrong, ins_oid=fed.OID)
    reference = pb.CrossReferenceRequest(ins_matricule=wrong, ins_oid=fed.OID)

    assert await reason(officer.linkage.Match(match)) == "INS_KEY_WRONG"
    assert await reason(officer.linkage.CrossReference(reference)) == "INS_KEY_WRONG"
    calling_as("system", uuid4())
    assert (await officer.linkage.Match(match)).candidates[0].person.person_id == louise.person_id
    assert await reason(officer.linkage.CrossReference(reference)) == "PERSON_UNKNOWN"


async def test_a_number_that_a_professional_types_in_groups_is_that_number_for_a_match_too(
    officer: Officer, calling_as: Any
) -> None:
    known = await officer.sent(HOSPITAL, "1", ins=fed.NIR, status=fed.QUALIFIED)
    typed = " ".join((fed.NIR[0], fed.NIR[1:3], fed.NIR[3:5], fed.NIR[5:13], fed.NIR[13:]))
    match = pb.MatchRequest(traits=fed.traits(), ins_matricule=typed, ins_oid=fed.OID)
    reference = pb.CrossReferenceRequest(ins_matricule=typed, ins_oid=fed.OID)

    best = (await officer.linkage.Match(match)).candidates[0]

    assert (best.person.person_id, best.evidence.same_ins) == (known.person_id, True)
    assert (await officer.linkage.CrossReference(reference)).person_id == known.person_id
    calling_as("system", uuid4())
    assert await reason(officer.linkage.Match(match)) == "INS_MALFORMED"
