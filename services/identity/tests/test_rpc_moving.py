"""Acts of identity officers, through the door: what moves, what both persons look like, what is refused. Undoing them:
test_rpc_undoing.py.
"""

from typing import Any
from uuid import UUID, uuid4

import pytest
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante.identity.v1 import linkage_service_pb2 as linkage_pb
from terresante_platform.refusals import Refusal

from . import fed
from .fed import CLINIC, HOME, HOSPITAL, NIR, PRACTICE
from .officer import WHY, Officer
from .officer import reason as why_refused
from .willing_consent import WillingConsent

NOBODY = str(UUID(int=0))


async def test_some_sources_are_split_off(officer: Officer, louise: Any, read: Any) -> None:
    others = [await officer.sent(issuer, "1") for issuer in (CLINIC, PRACTICE)]
    reply = await officer.linkage.Split(
        linkage_pb.SplitRequest(
            person_id=louise.person_id,
            person_version=(await read(louise.person_id)).version,
            source_ids=[one.source.source_id for one in others],
            comment=WHY,
        )
    )

    assert await officer.numbers(reply.person.person_id) == {f"{CLINIC} 1", f"{PRACTICE} 1"}
    assert await officer.numbers(louise.person_id) == {f"{HOSPITAL} 1"}


async def test_the_last_source_of_a_person_moved_elsewhere_makes_both_one(
    officer: Officer, louise: Any, morel: Any, read: Any
) -> None:
    version = (await read(louise.person_id)).version
    reply = await officer.linkage.Link(
        linkage_pb.LinkRequest(
            source_id=morel.source.source_id, person_id=louise.person_id, person_version=version, comment=WHY
        )
    )

    assert (reply.act.absorbed_id, reply.act.surviving_id) == (morel.person_id, louise.person_id)
    assert (await read(morel.person_id)).merged_into == louise.person_id


async def test_two_active_numbers_are_never_one_person_and_the_survivor_is_the_more_qualified(
    officer: Officer, read: Any
) -> None:
    one = await officer.sent(HOSPITAL, "1", ins=NIR, status=fed.QUALIFIED)
    other = await officer.sent(CLINIC, "1", ins=fed.OTHER_NIR, status=fed.RETRIEVED, **fed.PAUL)
    plain = await officer.sent(PRACTICE, "1", birth_name="Zidane", first_names="Zoé", birth_date="2001-01-01")

    reasons = []
    for absorbed, surviving in ((other, one), (one, other), (one, plain)):
        with pytest.raises(Refusal) as refused:
            await officer.merged(absorbed.person_id, surviving.person_id)
        reasons.append(refused.value.reason)
    kept = (await officer.merged(plain.person_id, one.person_id)).person

    assert reasons == ["IDENTITY_TWO_ACTIVE_INS", "IDENTITY_TWO_ACTIVE_INS", "SURVIVOR_LESS_QUALIFIED"]
    assert (kept.status, kept.ins_matricule) == (fed.QUALIFIED, NIR)
    assert (await read(other.person_id)).ins_matricule == fed.OTHER_NIR


def requests(louise: Any, morel: Any, comment: str = WHY, version: int = 1) -> dict[str, Any]:
    """Each act, on persons as they are at first."""
    return {
        "Link": linkage_pb.LinkRequest(
            source_id=morel.source.source_id, person_id=louise.person_id, person_version=version, comment=comment
        ),
        "Unlink": linkage_pb.UnlinkRequest(source_id=louise.source.source_id, person_version=version, comment=comment),
        "Merge": linkage_pb.MergeRequest(
            absorbed_id=morel.person_id,
            absorbed_version=version,
            surviving_id=louise.person_id,
            surviving_version=version,
            comment=comment,
        ),
        "Split": linkage_pb.SplitRequest(
            person_id=louise.person_id,
            person_version=version,
            source_ids=[louise.source.source_id],
            comment=comment,
        ),
    }


ACTS = ["Link", "Unlink", "Merge", "Split"]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 7}, "VERSION_STALE"),
        ({"comment": ""}, "COMMENT_INVALID"),
        ({"comment": "x" * 1001}, "COMMENT_INVALID"),
        ({"comment": "a\x00"}, "COMMENT_INVALID"),
    ],
)
async def test_an_act_on_an_older_state_or_without_a_reason_changes_nothing(
    officer: Officer, louise: Any, morel: Any, published: Any, act: str, changes: dict[str, Any], reason: str
) -> None:
    before = await published()
    with pytest.raises(Refusal) as refused:
        await getattr(officer.linkage, act)(requests(louise, morel, **changes)[act])

    assert refused.value.reason == reason
    assert await published() == before


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("whose", ["louise", "morel"])
async def test_every_person_concerned_is_asked_about_and_no_means_no(
    officer: Officer, louise: Any, morel: Any, consent: WillingConsent, published: Any, act: str, whose: str
) -> None:
    refused_id = (louise if whose == "louise" else morel).person_id
    if whose == "morel" and act in {"Unlink", "Split"}:
        refused_id = louise.person_id
    before = await published()
    consent.refused.add(refused_id)
    with pytest.raises(Refusal) as refused:
        await getattr(officer.linkage, act)(requests(louise, morel)[act])

    assert refused.value.reason == "ACCESS_REFUSED"
    assert consent.asked[-1].action == consent_pb.ACTION_DECIDE_IDENTITY
    assert await published() == before


async def test_consent_is_told_where_the_sources_of_each_person_come_from(
    officer: Officer, consent: WillingConsent
) -> None:
    here, there = str(uuid4()), str(uuid4())
    consent.scope = consent_pb.Scope(feeding_policy="auto", structure_ids=[here], territory_codes=["75-1"])
    one = await officer.sent(HOSPITAL, "1")
    consent.scope = consent_pb.Scope(feeding_policy="auto", structure_ids=[there], territory_codes=["93-2"])
    other = await officer.sent(CLINIC, "1", **fed.PAUL)
    await officer.merged(other.person_id, one.person_id)

    asked = {question.patient_id: question for question in consent.asked[-2:]}
    assert list(asked[one.person_id].concerned_structure_ids) == [here]
    assert list(asked[other.person_id].concerned_structure_ids) == [there]
    assert list(asked[other.person_id].concerned_territory_codes) == ["93-2"]


async def test_what_is_not_there_is_unknown(officer: Officer, louise: Any, morel: Any) -> None:
    known = louise.person_id
    cases = [
        ("Link", linkage_pb.LinkRequest(source_id=NOBODY, person_id=known, comment=WHY), "SOURCE_UNKNOWN"),
        (
            "Link",
            linkage_pb.LinkRequest(source_id=louise.source.source_id, person_id=NOBODY, comment=WHY),
            "PERSON_UNKNOWN",
        ),
        (
            "Link",
            linkage_pb.LinkRequest(source_id=louise.source.source_id, person_id=known, person_version=1, comment=WHY),
            "ALREADY_LINKED",
        ),
        ("Unlink", linkage_pb.UnlinkRequest(source_id=NOBODY, comment=WHY), "SOURCE_UNKNOWN"),
        (
            "Unlink",
            linkage_pb.UnlinkRequest(source_id=louise.source.source_id, person_version=1, comment=WHY),
            "ONLY_SOURCE",
        ),
        ("Merge", linkage_pb.MergeRequest(absorbed_id=known, surviving_id=NOBODY, comment=WHY), "PERSON_UNKNOWN"),
        ("Merge", linkage_pb.MergeRequest(absorbed_id=known, surviving_id=known, comment=WHY), "PERSONS_SAME"),
        ("Split", linkage_pb.SplitRequest(person_id=known, person_version=1, comment=WHY), "SPLIT_TAKES_NONE"),
        ("Undo", linkage_pb.UndoRequest(act_id=NOBODY, comment=WHY), "ACT_UNKNOWN"),
        ("Undo", linkage_pb.UndoRequest(act_id="x", comment=WHY), "ID_INVALID"),
    ]
    for name, request, reason in cases:
        with pytest.raises(Refusal) as refused:
            await getattr(officer.linkage, name)(request)
        assert (name, refused.value.reason) == (name, reason)


async def test_nothing_is_done_to_who_became_another(
    service: Any, officer: Officer, louise: Any, morel: Any, read: Any
) -> None:
    await officer.merged(morel.person_id, louise.person_id)
    version = (await read(morel.person_id)).version
    flag = pb.FlagIdentityRequest(person_id=morel.person_id, version=version, flags=[pb.IDENTITY_FLAG_DOUBTFUL])
    link = linkage_pb.LinkRequest(
        source_id=louise.source.source_id, person_id=morel.person_id, person_version=version, comment=WHY
    )

    for call in (
        service.FlagIdentity(flag),
        officer.linkage.Link(link),
        officer.merged(morel.person_id, louise.person_id),
    ):
        with pytest.raises(Refusal) as refused:
            await call
        assert (refused.value.reason, refused.value.details["person"]) == ("PERSON_MERGED", louise.person_id)


async def test_who_became_another_is_told_as_such_and_found_no_more(
    service: Any, officer: Officer, louise: Any, morel: Any
) -> None:
    await officer.merged(morel.person_id, louise.person_id)
    told = await service.BatchGetPersons(pb.BatchGetPersonsRequest(person_ids=[morel.person_id]))
    traits = pb.Traits(
        birth_name=fed.DOUBTFUL["birth_name"],
        first_name="Louise",
        birth_date=pb.BirthDate(year=1951, month=5, day=12),
        sex=pb.SEX_FEMALE,
        birth_country="FR",
        birth_postal_code="94100",
    )
    found = await service.SearchPersons(pb.SearchPersonsRequest(traits=traits))

    assert told.persons[0].merged_into == louise.person_id
    assert [one.person.person_id for one in found.candidates] == [louise.person_id]


async def test_a_number_goes_where_the_source_that_claims_it_goes(officer: Officer, read: Any) -> None:
    louise = await officer.sent(HOSPITAL, "1")
    qualified = await officer.sent(CLINIC, "1", ins=NIR, status=fed.QUALIFIED)
    together = await read(louise.person_id)
    out = await officer.unlinked(qualified.source.source_id, louise.person_id)
    apart = await read(louise.person_id)
    back = await officer.linked(qualified.source.source_id, louise.person_id)

    assert qualified.person_id == louise.person_id
    assert (together.status, together.ins_matricule) == (fed.QUALIFIED, NIR)
    assert (out.person.status, out.person.ins_matricule) == (fed.QUALIFIED, NIR)
    assert (apart.status, apart.ins_matricule) == (pb.IDENTITY_STATUS_PROVISIONAL, "")
    assert (back.person.status, back.person.ins_matricule) == (fed.QUALIFIED, NIR)


async def test_a_source_with_an_active_number_is_not_linked_to_who_has_another(officer: Officer, read: Any) -> None:
    louise = await officer.sent(HOSPITAL, "1", ins=NIR, status=fed.QUALIFIED)
    paul = await officer.sent(CLINIC, "1", ins=fed.OTHER_NIR, status=fed.RETRIEVED, **fed.PAUL)

    assert await why_refused(officer.linked(paul.source.source_id, louise.person_id)) == "IDENTITY_TWO_ACTIVE_INS"
    assert (await read(paul.person_id)).ins_matricule == fed.OTHER_NIR
    assert (await read(louise.person_id)).ins_matricule == NIR


async def test_a_source_without_a_number_goes_to_whoever_has_one(officer: Officer, read: Any) -> None:
    louise = await officer.sent(HOSPITAL, "1", ins=NIR, status=fed.QUALIFIED)
    plain = await officer.sent(CLINIC, "1")
    paul = await officer.sent(PRACTICE, "1", ins=fed.OTHER_NIR, status=fed.RETRIEVED, **fed.PAUL)

    await officer.linked(plain.source.source_id, paul.person_id)

    assert plain.person_id == louise.person_id
    assert await officer.members(paul.person_id) == {PRACTICE, CLINIC}
    assert (await read(louise.person_id)).ins_matricule == NIR


@pytest.mark.parametrize("act", ["Link", "Unlink"])
async def test_a_source_that_went_elsewhere_meanwhile_is_left_there(
    officer: Officer, louise: Any, consent: WillingConsent, read: Any, act: str
) -> None:
    second, third = await officer.sent(CLINIC, "1"), await officer.sent(PRACTICE, "1")
    paul = await officer.sent(HOME, "1", **fed.PAUL)
    version = (await read(louise.person_id)).version

    async def elsewhere() -> None:
        await officer.unlinked(second.source.source_id, louise.person_id)

    consent.meanwhile = elsewhere
    requests_ = {
        "Link": linkage_pb.LinkRequest(
            source_id=second.source.source_id, person_id=paul.person_id, person_version=1, comment=WHY
        ),
        "Unlink": linkage_pb.UnlinkRequest(source_id=second.source.source_id, person_version=version, comment=WHY),
    }

    assert await why_refused(getattr(officer.linkage, act)(requests_[act])) == "VERSION_STALE"
    assert third.person_id == louise.person_id
    assert await officer.members(louise.person_id) == {HOSPITAL, PRACTICE}
    assert await officer.members(paul.person_id) == {HOME}
