"""Who is meant, in the real tables: candidates, decisions, INS and status, one answer per person."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from terresante_identity.domain.evidence import Asked, Candidates, Decision, Evidence, Kept
from terresante_identity.matcher import Matcher
from terresante_identity.matching.people import RawTraits
from terresante_identity.matching.single import someone
from terresante_identity.store import features
from terresante_identity.store.direct import under
from terresante_identity.store.features import Wanted
from terresante_platform.database import Database

from .matching.kept import MONDAY, kept

MARIE = Asked("LEFEBVRE", "MARIE ANNE", "1980-04-12", "F", "75113")
PAUL = Asked("QUELENNEC", "PAUL", "1951-09-30", "M", "29019")
INS, OTHER_INS = "280047511300187 1.2.250.1.213.1.4.10", "151092901900146 1.2.250.1.213.1.4.10"


@pytest_asyncio.fixture
async def matcher(database: Database) -> AsyncIterator[Matcher]:
    yield await Matcher.loaded(database, lambda: MONDAY)


async def found(database: Database, matcher: Matcher, asked: Asked, policy: str = "auto") -> Candidates:
    async with database.reading() as connection:
        [answer] = await matcher.candidates(connection, [asked], policy)
    return answer


async def evidence(database: Database, matcher: Matcher, asked: Asked) -> Evidence:
    """Of the best."""
    return (await found(database, matcher, asked)).found[0].evidence


async def test_the_same_traits_written_otherwise_are_linked_with_reasons_that_sum_to_the_score(
    database: Database, matcher: Matcher
) -> None:
    [marie, _] = await kept(database, matcher, MARIE, PAUL)

    answer = await found(database, matcher, Asked("Lefèbvre", "marie", "12/04/1980", "F", "FR:75013"))

    [best] = answer.found
    assert (best.person, best.source) == (marie.person, marie.sources[0])
    assert best.evidence.decision is Decision.AUTO
    assert sum(reason.weight for reason in best.evidence.reasons) == best.evidence.score
    assert (best.evidence.model, best.evidence.policy, best.evidence.vetoes) == ("1", "auto", ())


async def test_a_stranger_is_nobody(database: Database, matcher: Matcher) -> None:
    await kept(database, matcher, MARIE, PAUL)

    assert await found(database, matcher, Asked("ZOLA", "EMILE", "1902-09-29", "M", "75102")) == Candidates((), ())


async def test_who_shares_a_key_and_is_as_good_as_nobody_is_not_told(database: Database, matcher: Matcher) -> None:
    [marie] = await kept(database, matcher, MARIE)
    unlike = Asked("LOMBARD", "MATHIEU", "1980-09-30", "M", "75113")
    who = someone(RawTraits("LOMBARD", "MATHIEU", "1980-09-30", "M", "75113"), MONDAY.year)

    async with database.reading() as connection:
        [near] = await features.candidates(await under(connection), [Wanted(who, None)])

    assert [one.source for one in near.registered] == list(marie.sources)
    assert (await found(database, matcher, unlike)).found == ()


async def test_many_are_answered_in_the_order_in_which_they_were_asked(database: Database, matcher: Matcher) -> None:
    marie, paul = await kept(database, matcher, MARIE, PAUL)
    nobody = Asked("ZOLA", "EMILE", "1902-09-29", "M", "75102")
    asked = [PAUL, nobody, MARIE] * 40

    async with database.reading() as connection:
        answers = await matcher.candidates(connection, asked)

    persons = [answer.found[0].person if answer.found else None for answer in answers]
    assert persons == [paul.person, None, marie.person] * 40


async def test_a_policy_that_only_suggests_links_nobody(database: Database, matcher: Matcher) -> None:
    await kept(database, matcher, MARIE)

    [best] = (await found(database, matcher, MARIE, "suggest")).found

    assert (best.evidence.decision, best.evidence.policy) == (Decision.REVIEW, "suggest")


async def test_a_person_of_several_sources_is_one_candidate_and_no_rival_of_themselves(
    database: Database, matcher: Matcher
) -> None:
    married = replace(MARIE, birth_name="LEFEVRE", birth_place="")
    [marie] = await kept(database, matcher, [married, MARIE, MARIE])

    [best] = (await found(database, matcher, MARIE)).found

    assert best.person == marie.person
    assert best.source in marie.sources[1:]
    assert best.evidence.decision is Decision.AUTO
    assert "rivals" not in {reason.of for reason in best.evidence.reasons}


async def test_two_persons_with_the_same_traits_are_rivals_for_a_human(database: Database, matcher: Matcher) -> None:
    await kept(database, matcher, MARIE, MARIE)

    both = (await found(database, matcher, MARIE)).found

    assert [one.evidence.decision for one in both] == [Decision.REVIEW, Decision.REVIEW]
    assert [one.evidence.vetoes for one in both] == [("RIVAL",), ("RIVAL",)]
    for one in both:
        assert one.evidence.reasons[-1].of == "rivals"
        assert sum(reason.weight for reason in one.evidence.reasons) == one.evidence.score


async def test_a_twin_is_no_rival_and_is_named(database: Database, matcher: Matcher) -> None:
    await kept(database, matcher, replace(MARIE, first_names="SOPHIE"))

    twin = await evidence(database, matcher, MARIE)

    assert twin.decision is not Decision.AUTO
    assert twin.vetoes == ("TWINS",)


async def test_a_source_is_no_candidate_for_itself(database: Database, matcher: Matcher) -> None:
    [marie] = await kept(database, matcher, MARIE)

    assert (await found(database, matcher, replace(MARIE, but_source=marie.sources[0]))).found == ()


async def test_who_is_flagged_on_either_side_goes_to_a_human(database: Database, matcher: Matcher) -> None:
    await kept(database, matcher, MARIE, replace(PAUL, flagged=True))

    for asked in (replace(MARIE, flagged=True), PAUL):
        doubtful = await evidence(database, matcher, asked)
        assert (doubtful.decision, doubtful.vetoes) == (Decision.REVIEW, ("DOUBTFUL",))


async def test_a_flag_on_another_source_of_the_person_counts_as_much(database: Database, matcher: Matcher) -> None:
    elsewhere = Asked("ZOLA", "ZOE", "1902-09-29", "F", "75102", flagged=True)
    await kept(database, matcher, [MARIE, elsewhere])

    doubtful = await evidence(database, matcher, MARIE)

    assert (doubtful.decision, doubtful.vetoes) == (Decision.REVIEW, ("DOUBTFUL",))


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_two_qualified_identities_with_different_ins_are_never_linked(
    database: Database, matcher: Matcher, elsewhere: bool
) -> None:
    qualified = replace(MARIE, ins=OTHER_INS, qualified=True)
    other = Asked("ZOLA", "ZOE", "1902-09-29", "F", "75102", ins=OTHER_INS, qualified=True)
    await kept(database, matcher, [MARIE, other] if elsewhere else qualified)

    barred = await evidence(database, matcher, replace(MARIE, ins=INS, qualified=True))

    assert (barred.decision, barred.vetoes) == (Decision.REVIEW, ("OTHER_INS",))


async def test_an_equal_ins_with_equal_strict_traits_needs_no_score(database: Database, matcher: Matcher) -> None:
    [marie, _] = await kept(database, matcher, replace(MARIE, ins=INS, qualified=True), MARIE)

    certain, other = (await found(database, matcher, replace(MARIE, ins=INS))).found

    assert certain.person == marie.person
    assert (certain.evidence.decision, certain.evidence.same_ins) == (Decision.AUTO, True)
    assert (other.evidence.decision, other.evidence.same_ins) == (Decision.REVIEW, False)
    assert sum(reason.weight for reason in certain.evidence.reasons) == certain.evidence.score


async def test_an_equal_ins_with_another_strict_trait_is_found_by_the_ins_alone_and_is_an_anomaly(
    database: Database, matcher: Matcher
) -> None:
    [paul, marie] = await kept(database, matcher, replace(PAUL, ins=INS, qualified=True), MARIE)

    anomaly, rival = (await found(database, matcher, replace(MARIE, ins=INS, qualified=True))).found

    by_person = {anomaly.person: anomaly.evidence, rival.person: rival.evidence}
    assert by_person[paul.person].decision is Decision.REVIEW
    assert "SAME_INS_OTHER_TRAITS" in by_person[paul.person].vetoes
    assert by_person[marie.person].decision is Decision.REVIEW
    assert "RIVAL" in by_person[marie.person].vetoes


async def test_an_equal_ins_of_somebody_doubtful_is_for_a_human(database: Database, matcher: Matcher) -> None:
    await kept(database, matcher, replace(MARIE, ins=INS, qualified=True))

    doubtful = await evidence(database, matcher, replace(MARIE, ins=INS, flagged=True))

    assert (doubtful.decision, doubtful.same_ins, doubtful.vetoes) == (Decision.REVIEW, True, ("DOUBTFUL",))


@pytest.mark.parametrize(
    ("changes", "equal"),
    [
        ({}, True),
        ({"birth_name": "lefèbvre", "first_names": "Marie-Anne"}, True),
        ({"first_names": "MARIE"}, True),
        ({"birth_place": "FR:75013"}, True),
        ({"first_names": "MARIE LOUISE"}, False),
        ({"first_names": "ANNE"}, False),
        ({"birth_name": "LE FEBVRE"}, False),
        ({"birth_name": ""}, False),
        ({"birth_date": "1980-04"}, False),
        ({"birth_date": ""}, False),
        ({"sex": "M"}, False),
        ({"birth_place": "13055"}, False),
        ({"birth_place": ""}, False),
    ],
)
async def test_which_strict_traits_are_equal(
    database: Database, matcher: Matcher, changes: dict[str, Any], equal: bool
) -> None:
    await kept(database, matcher, replace(MARIE, ins=INS, qualified=True))

    assert (await evidence(database, matcher, replace(MARIE, ins=INS, **changes))).same_ins is equal


async def test_two_sources_are_explained_to_each_other_as_if_there_were_nobody_else(
    database: Database, matcher: Matcher
) -> None:
    [one, other, paul] = await kept(database, matcher, MARIE, MARIE, PAUL)

    alike = matcher.explained(Kept(one.sources[0], one.person, MARIE), Kept(other.sources[0], other.person, MARIE))
    unlike = matcher.explained(Kept(one.sources[0], one.person, MARIE), Kept(paul.sources[0], paul.person, PAUL))

    assert (alike.decision, alike.vetoes) == (Decision.AUTO, ())
    assert unlike.decision is Decision.NONE
    assert "OTHER_NAME" in unlike.vetoes
    for told in (alike, unlike):
        assert sum(reason.weight for reason in told.reasons) == told.score


async def test_evidence_is_the_same_after_it_was_written_down(database: Database, matcher: Matcher) -> None:
    await kept(database, matcher, MARIE, MARIE)

    told = await evidence(database, matcher, MARIE)

    assert Evidence.of_document(told.to_document()) == told
