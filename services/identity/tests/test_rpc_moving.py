"""Acts of identity officers, through the door: what moves, what both persons look like, what is announced, what is
refused.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante.identity.v1 import linkage_service_pb2 as linkage_pb
from terresante_platform.refusals import Refusal

from . import fed
from .fed import CLINIC, HOSPITAL, NIR, PRACTICE, register
from .willing_consent import WillingConsent

NOBODY = str(UUID(int=0))
WHY = "Vu avec la patiente, pièce d’identité présentée."
Feed = Callable[..., Any]


class Officer:
    """An identity officer with the feeders they look after: what is sent comes from a feeder, the rest is theirs."""

    def __init__(self, linkage: Any, calling_as: Callable[..., Any]) -> None:
        self.linkage = linkage
        self._calling_as = calling_as
        self._feeder, self._officer = uuid4(), uuid4()
        calling_as("professional", self._officer)

    async def sent(self, *arguments: Any, **changes: Any) -> linkage_pb.RegisterIdentityResponse:
        """What became of an identity; the calls that follow are the officer's."""
        self._calling_as("system", self._feeder)
        request = register(*arguments, **changes)
        reply: linkage_pb.RegisterIdentityResponse = await self.linkage.RegisterIdentity(request)
        self._calling_as("professional", self._officer)
        return reply

    async def members(self, person: str) -> set[str]:
        """The issuers by which a person is known."""
        reply = await self.linkage.CrossReference(linkage_pb.CrossReferenceRequest(person_id=person))
        return {one.issuer for one in reply.sources} if reply.person_id == person else set()

    async def undo(self, act: str) -> linkage_pb.Act:
        """The act that undid it."""
        made: linkage_pb.Act = (await self.linkage.Undo(linkage_pb.UndoRequest(act_id=act, comment=WHY))).act
        return made


async def reason(call: Awaitable[Any]) -> str:
    """Why a call is refused."""
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason


@pytest.fixture
def officer(linkage: Any, calling_as: Any) -> Officer:
    return Officer(linkage, calling_as)


@pytest.fixture
def feed(officer: Officer) -> Feed:
    """Takes an identity in as a feeder; the calls that follow are an officer's."""
    return officer.sent


@pytest.fixture
async def louise(feed: Feed) -> Any:
    return await feed(HOSPITAL, "1")


@pytest.fixture
async def morel(feed: Feed, louise: Any) -> Any:
    """Another person, who may be Louise."""
    return await feed(CLINIC, "1", **fed.DOUBTFUL)


@pytest.fixture
def merged(linkage: Any, read: Any) -> Callable[..., Any]:
    async def merge(absorbed: str, surviving: str) -> Any:
        return await linkage.Merge(
            linkage_pb.MergeRequest(
                absorbed_id=absorbed,
                absorbed_version=(await read(absorbed)).version,
                surviving_id=surviving,
                surviving_version=(await read(surviving)).version,
                comment=WHY,
            )
        )

    return merge


@pytest.fixture
def undo(officer: Officer) -> Callable[..., Any]:
    return officer.undo


@pytest.fixture
def sources(linkage: Any) -> Callable[..., Any]:
    """The numbers by which a person is known."""

    async def known(person: str) -> set[str]:
        reply = await linkage.CrossReference(linkage_pb.CrossReferenceRequest(person_id=person))
        return {f"{one.issuer} {one.local_id}" for one in reply.sources} if reply.person_id == person else set()

    return known


async def test_a_merge_makes_one_person_of_two_and_undoing_it_two_again(
    linkage: Any, louise: Any, morel: Any, merged: Any, undo: Any, read: Any, sources: Any, published: Any
) -> None:
    before = len(await published())
    merge = (await merged(morel.person_id, louise.person_id)).act
    absorbed = await read(morel.person_id)
    together = await sources(louise.person_id)
    undone = await undo(merge.act_id)

    assert (merge.kind, merge.absorbed_id, merge.surviving_id) == (
        linkage_pb.ACT_KIND_MERGED,
        morel.person_id,
        louise.person_id,
    )
    assert absorbed.merged_into == louise.person_id
    assert absorbed.traits.birth_name == fed.DOUBTFUL["birth_name"]
    assert together == {f"{HOSPITAL} 1", f"{CLINIC} 1"}
    assert (undone.kind, undone.undoes) == (linkage_pb.ACT_KIND_UNDONE, merge.act_id)
    assert (await read(morel.person_id)).merged_into == ""
    assert await sources(morel.person_id) == {f"{CLINIC} 1"}
    assert (await published())[before:] == [
        "identity.v1.person_changed",
        "identity.v1.persons_merged",
        "identity.v1.source_moved",
        "identity.v1.person_changed",
        "identity.v1.persons_separated",
        "identity.v1.source_moved",
    ]


async def test_a_merge_ends_the_question_and_undoing_it_asks_again(
    linkage: Any, louise: Any, morel: Any, merged: Any, undo: Any, state: Any
) -> None:
    merge = (await merged(morel.person_id, louise.person_id)).act
    united = await state(morel.review_ids[0])
    undone = await undo(merge.act_id)
    apart = await state(morel.review_ids[0])
    again = await undo(undone.act_id)

    assert (united, apart) == ("OVERTAKEN", "WAITING")
    assert await state(morel.review_ids[0]) == "OVERTAKEN"
    assert {move.to_person_id for move in again.moves} == {louise.person_id}


@pytest.fixture
def state(database: Any) -> Callable[..., Any]:
    """How far a pair is, as kept."""
    from sqlalchemy import text

    async def kept(review: str) -> str:
        async with database.reading() as connection:
            wanted = text("select state from review where id = cast(:id as uuid)")
            return str((await connection.execute(wanted, {"id": review})).scalar_one())

    return kept


async def test_a_source_is_taken_out_and_put_back(
    linkage: Any, feed: Feed, louise: Any, read: Any, undo: Any, sources: Any, published: Any
) -> None:
    second = await feed(CLINIC, "1")
    version = (await read(louise.person_id)).version
    before = len(await published())
    out = await linkage.Unlink(
        linkage_pb.UnlinkRequest(source_id=second.source.source_id, person_version=version, comment=WHY)
    )
    apart = await sources(louise.person_id), await sources(out.person.person_id)
    await undo(out.act.act_id)

    assert apart == ({f"{HOSPITAL} 1"}, {f"{CLINIC} 1"})
    assert await sources(louise.person_id) == {f"{HOSPITAL} 1", f"{CLINIC} 1"}
    assert (await read(out.person.person_id)).merged_into == louise.person_id
    assert (await published())[before:] == [
        "identity.v1.person_created",
        "identity.v1.persons_separated",
        "identity.v1.source_moved",
        "identity.v1.person_changed",
        "identity.v1.persons_merged",
        "identity.v1.source_moved",
    ]


async def test_a_link_made_by_a_machine_is_undone_into_a_person_of_its_own(
    linkage: Any, feed: Feed, louise: Any, undo: Any, acts: Any, read: Any
) -> None:
    second = await feed(CLINIC, "1")
    [linked] = [act for act in await acts(louise.person_id) if act.kind == linkage_pb.ACT_KIND_LINKED]
    undone = await undo(linked.act_id)

    [move] = undone.moves
    assert linked.evidence.decision == linkage_pb.MATCH_DECISION_AUTO
    assert (move.source_id, move.from_person_id) == (second.source.source_id, louise.person_id)
    assert move.to_person_id not in {louise.person_id, ""}
    assert (await read(move.to_person_id)).traits.birth_name == "Lefèvre"


@pytest.fixture
def acts(linkage: Any) -> Callable[..., Any]:
    async def listed(person: str) -> list[linkage_pb.Act]:
        return list((await linkage.ListActs(linkage_pb.ListActsRequest(person_id=person))).acts)

    return listed


async def test_some_sources_are_split_off(linkage: Any, feed: Feed, louise: Any, read: Any, sources: Any) -> None:
    others = [await feed(issuer, "1") for issuer in (CLINIC, PRACTICE)]
    reply = await linkage.Split(
        linkage_pb.SplitRequest(
            person_id=louise.person_id,
            person_version=(await read(louise.person_id)).version,
            source_ids=[one.source.source_id for one in others],
            comment=WHY,
        )
    )

    assert await sources(reply.person.person_id) == {f"{CLINIC} 1", f"{PRACTICE} 1"}
    assert await sources(louise.person_id) == {f"{HOSPITAL} 1"}


async def test_the_last_source_of_a_person_moved_elsewhere_makes_both_one(
    linkage: Any, louise: Any, morel: Any, read: Any
) -> None:
    version = (await read(louise.person_id)).version
    reply = await linkage.Link(
        linkage_pb.LinkRequest(
            source_id=morel.source.source_id, person_id=louise.person_id, person_version=version, comment=WHY
        )
    )

    assert (reply.act.absorbed_id, reply.act.surviving_id) == (morel.person_id, louise.person_id)
    assert (await read(morel.person_id)).merged_into == louise.person_id


async def test_two_active_numbers_are_never_one_person_and_the_survivor_is_the_more_qualified(
    linkage: Any, feed: Feed, merged: Any, read: Any
) -> None:
    one = await feed(HOSPITAL, "1", ins=NIR, status=fed.QUALIFIED)
    other = await feed(CLINIC, "1", ins=fed.OTHER_NIR, status=fed.RETRIEVED, **fed.PAUL)
    plain = await feed(PRACTICE, "1", birth_name="Zidane", first_names="Zoé", birth_date="2001-01-01")

    reasons = []
    for absorbed, surviving in ((other, one), (one, other), (one, plain)):
        with pytest.raises(Refusal) as refused:
            await merged(absorbed.person_id, surviving.person_id)
        reasons.append(refused.value.reason)
    kept = (await merged(plain.person_id, one.person_id)).person

    assert reasons == ["IDENTITY_TWO_ACTIVE_INS", "IDENTITY_TWO_ACTIVE_INS", "SURVIVOR_LESS_QUALIFIED"]
    assert (kept.status, kept.ins_matricule) == (fed.QUALIFIED, NIR)
    assert (await read(other.person_id)).ins_matricule == fed.OTHER_NIR


async def test_an_absorbed_number_is_free_for_the_survivor_and_comes_back_with_the_undoing(
    service: Any, linkage: Any, feed: Feed, merged: Any, read: Any, undo: Any
) -> None:
    valid = await feed(HOSPITAL, "1", status=fed.VALIDATED)
    retrieved = await feed(CLINIC, "1", ins=NIR, status=fed.RETRIEVED, **fed.DOUBTFUL)
    merge = (await merged(retrieved.person_id, valid.person_id)).act
    together = await read(valid.person_id)
    with pytest.raises(Refusal) as nobody:
        await linkage.CrossReference(linkage_pb.CrossReferenceRequest(ins_matricule=NIR, ins_oid=fed.OID))
    await undo(merge.act_id)

    assert (together.status, together.ins_matricule) == (fed.VALIDATED, "")
    assert nobody.value.reason == "PERSON_UNKNOWN"
    assert (await read(retrieved.person_id)).ins_matricule == NIR


async def test_what_followed_must_be_undone_first(
    linkage: Any, feed: Feed, louise: Any, morel: Any, merged: Any, undo: Any, read: Any
) -> None:
    merge = (await merged(morel.person_id, louise.person_id)).act
    split = await linkage.Unlink(
        linkage_pb.UnlinkRequest(
            source_id=morel.source.source_id,
            person_version=(await read(louise.person_id)).version,
            comment=WHY,
        )
    )
    with pytest.raises(Refusal) as refused:
        await undo(merge.act_id)
    await undo(split.act.act_id)

    assert (refused.value.reason, refused.value.details["acts"]) == ("ACT_OVERTAKEN", split.act.act_id)
    assert await undo(merge.act_id)


async def test_the_arrival_of_a_person_and_an_act_already_undone_cannot_be_undone(
    linkage: Any, louise: Any, morel: Any, merged: Any, undo: Any, acts: Any
) -> None:
    [arrival] = await acts(louise.person_id)
    with pytest.raises(Refusal) as first:
        await undo(arrival.act_id)
    merge = (await merged(morel.person_id, louise.person_id)).act
    undone = await undo(merge.act_id)
    with pytest.raises(Refusal) as second:
        await undo(merge.act_id)

    assert first.value.reason == "ACT_NOT_UNDOABLE"
    assert (second.value.reason, second.value.details["acts"]) == ("ACT_OVERTAKEN", undone.act_id)


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
    linkage: Any, louise: Any, morel: Any, published: Any, act: str, changes: dict[str, Any], reason: str
) -> None:
    before = await published()
    with pytest.raises(Refusal) as refused:
        await getattr(linkage, act)(requests(louise, morel, **changes)[act])

    assert refused.value.reason == reason
    assert await published() == before


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("whose", ["louise", "morel"])
async def test_every_person_concerned_is_asked_about_and_no_means_no(
    linkage: Any,
    louise: Any,
    morel: Any,
    consent: WillingConsent,
    published: Any,
    act: str,
    whose: str,
) -> None:
    refused_id = (louise if whose == "louise" else morel).person_id
    if whose == "morel" and act in {"Unlink", "Split"}:
        refused_id = louise.person_id
    before = await published()
    consent.refused.add(refused_id)
    with pytest.raises(Refusal) as refused:
        await getattr(linkage, act)(requests(louise, morel)[act])

    assert refused.value.reason == "ACCESS_REFUSED"
    assert consent.asked[-1].action == consent_pb.ACTION_DECIDE_IDENTITY
    assert await published() == before


async def test_consent_is_told_where_the_sources_of_each_person_come_from(
    linkage: Any, feed: Feed, consent: WillingConsent, merged: Any
) -> None:
    here, there = str(uuid4()), str(uuid4())
    consent.scope = consent_pb.Scope(feeding_policy="auto", structure_ids=[here], territory_codes=["75-1"])
    one = await feed(HOSPITAL, "1")
    consent.scope = consent_pb.Scope(feeding_policy="auto", structure_ids=[there], territory_codes=["93-2"])
    other = await feed(CLINIC, "1", **fed.PAUL)
    await merged(other.person_id, one.person_id)

    asked = {question.patient_id: question for question in consent.asked[-2:]}
    assert list(asked[one.person_id].concerned_structure_ids) == [here]
    assert list(asked[other.person_id].concerned_structure_ids) == [there]
    assert list(asked[other.person_id].concerned_territory_codes) == ["93-2"]


async def test_what_is_not_there_is_unknown(linkage: Any, louise: Any, morel: Any) -> None:
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
            await getattr(linkage, name)(request)
        assert (name, refused.value.reason) == (name, reason)


async def test_nothing_is_done_to_who_became_another(
    service: Any, linkage: Any, louise: Any, morel: Any, merged: Any, read: Any
) -> None:
    await merged(morel.person_id, louise.person_id)
    version = (await read(morel.person_id)).version
    flag = pb.FlagIdentityRequest(person_id=morel.person_id, version=version, flags=[pb.IDENTITY_FLAG_DOUBTFUL])
    link = linkage_pb.LinkRequest(
        source_id=louise.source.source_id, person_id=morel.person_id, person_version=version, comment=WHY
    )

    for call in (service.FlagIdentity(flag), linkage.Link(link), merged(morel.person_id, louise.person_id)):
        with pytest.raises(Refusal) as refused:
            await call
        assert (refused.value.reason, refused.value.details["person"]) == ("PERSON_MERGED", louise.person_id)


async def test_who_became_another_is_told_as_such_and_found_no_more(
    service: Any, linkage: Any, louise: Any, morel: Any, merged: Any
) -> None:
    await merged(morel.person_id, louise.person_id)
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
