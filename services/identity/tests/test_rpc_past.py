"""What persons were at each act, rebuilt from the acts and what had been received by then; who did what, and why."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_identity.domain.identity import PersonId
from terresante_identity.domain.survivorship import shown
from terresante_identity.store import acts, persons, sources
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from . import fed
from .fed import CLINIC, HOME, HOSPITAL, NIR, PRACTICE
from .officer import WHY, Officer, reason
from .willing_consent import WillingConsent

Snapshot = dict[str, tuple[Any, set[tuple[str, str, int]], str]]


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made


async def as_of(officer: Officer, person: str, at: datetime) -> tuple[Any, set[tuple[str, str, int]], str]:
    reply = await officer.linkage.PersonAsOf(pb.PersonAsOfRequest(person_id=person, at=stamp(at)))
    known = {(one.issuer, one.local_id, one.version) for one in reply.sources}
    return (reply.person if reply.HasField("person") else None), known, reply.merged_into


async def now(database: Database, ids: set[str]) -> Snapshot:
    """What is kept of each person at this moment: shown, sources, what they became."""
    taken: Snapshot = {}
    async with database.reading() as connection:
        for id in ids:
            person = await persons.get(connection, PersonId(UUID(id)))
            linked = await sources.of_person(connection, person.id)
            known = {(one.issuer, one.local_id, one.version.number) for one in linked}
            view = (person.traits, person.standing, person.ins) if person.merged_into is None else None
            taken[id] = (view, known, str(person.merged_into or ""))
    return taken


async def does_something(officer: Officer, chance: random.Random, read: Any, known: list[str], number: int) -> None:
    """One act of an officer or a feeder, chosen by chance; what is refused changes nothing."""
    choice = chance.randrange(6)
    standing = [id for id in known if not (await read(id)).merged_into]
    one, other = chance.choice(standing), chance.choice(standing)
    try:
        if choice in {0, 1}:
            changes = chance.choice([{}, fed.PAUL, fed.DOUBTFUL, {"ins": NIR, "status": fed.QUALIFIED}])
            made = await officer.sent(chance.choice([HOSPITAL, CLINIC, PRACTICE, HOME]), f"N{number % 5}", **changes)
            known.append(made.person_id)
        elif choice == 2:
            request = pb.MergeRequest(absorbed_id=one, surviving_id=other, comment=WHY)
            request.absorbed_version = (await read(one)).version
            request.surviving_version = (await read(other)).version
            await officer.linkage.Merge(request)
        elif choice == 3:
            linked = await officer.linkage.CrossReference(pb.CrossReferenceRequest(person_id=one))
            source = chance.choice(linked.sources).source_id
            version = (await read(one)).version
            unlink = pb.UnlinkRequest(source_id=source, person_version=version, comment=WHY)
            known.append((await officer.linkage.Unlink(unlink)).person.person_id)
        else:
            listed = await officer.linkage.ListActs(pb.ListActsRequest(person_id=one))
            undone = await officer.undo(chance.choice(listed.acts).act_id)
            known += [move.to_person_id for move in undone.moves]
    except Refusal as refusal:
        assert refusal.kind in {"CONFLICT", "INVALID"}, refusal.reason


@pytest.mark.parametrize(
    "seed", [1, 2, pytest.param(3, marks=pytest.mark.long), pytest.param(4, marks=pytest.mark.long)]
)
async def test_a_person_at_any_moment_is_what_they_were_then(
    officer: Officer, clock: Any, database: Database, read: Any, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 -- a story, no secret
    known = [(await officer.sent(issuer, "N0", **fed.LOUISE)).person_id for issuer in (HOSPITAL, CLINIC)]
    story: list[tuple[datetime, Snapshot]] = [(clock.now, await now(database, set(known)))]
    for number in range(25):
        clock.now += timedelta(minutes=1)
        await does_something(officer, chance, read, known, number)
        story.append((clock.now, await now(database, set(known))))

    assert len({id for _, taken in story for id, (_, _, into) in taken.items() if into}) >= 1
    for at, taken in story:
        for id, (view, linked, into) in taken.items():
            person, were, became = await as_of(officer, id, at + timedelta(seconds=30))
            assert (were, became) == (linked, into)
            assert (person is None) == (view is None)
            if view is not None:
                async with database.reading() as connection:
                    then = await persons.as_of(connection, PersonId(UUID(id)), at)
                    ids = await acts.linked_as_of(connection, PersonId(UUID(id)), at)
                    rebuilt = shown(await sources.as_of(connection, ids, at))
                assert then is not None
                assert (then.traits, then.standing, then.ins) == view
                if rebuilt.ins == then.ins:
                    assert (rebuilt.traits, rebuilt.standing, rebuilt.ins) == view


async def test_before_there_was_a_person_there_was_none(officer: Officer, monday: datetime) -> None:
    louise = await officer.sent(HOSPITAL)

    assert await as_of(officer, louise.person_id, monday - timedelta(seconds=1)) == (None, set(), "")


@pytest.mark.parametrize("at", [None, Timestamp(seconds=2**60), Timestamp(seconds=4_000_000_000)])
async def test_a_moment_that_is_none_or_not_yet_is_refused(officer: Officer, at: Timestamp | None) -> None:
    louise = await officer.sent(HOSPITAL)

    assert await reason(officer.linkage.PersonAsOf(pb.PersonAsOfRequest(person_id=louise.person_id, at=at))) == (
        "MOMENT_INVALID"
    )


async def test_acts_are_listed_newest_first_page_by_page_with_who_why_and_what_undid_them(officer: Officer) -> None:
    louise = await officer.sent(HOSPITAL)
    second = await officer.sent(CLINIC, "2")
    out = await officer.linkage.Unlink(
        pb.UnlinkRequest(source_id=second.source.source_id, person_version=1, comment=WHY)
    )
    undone = await officer.undo(out.act.act_id)

    pages, cursor = [], ""
    while not pages or cursor:
        page = await officer.linkage.ListActs(pb.ListActsRequest(person_id=louise.person_id, limit=3, cursor=cursor))
        pages.append(page.acts)
        cursor = page.next_cursor
    acts_told = [act for page in pages for act in page]

    assert [len(page) for page in pages] == [3, 1]
    assert [act.kind for act in acts_told] == [
        pb.ACT_KIND_UNDONE,
        pb.ACT_KIND_UNLINKED,
        pb.ACT_KIND_LINKED,
        pb.ACT_KIND_REGISTERED,
    ]
    assert (acts_told[0].undoes, acts_told[1].undone_by) == (out.act.act_id, undone.act_id)
    assert (acts_told[1].comment, acts_told[2].comment) == (WHY, "")
    assert acts_told[2].HasField("evidence")


async def test_a_refusal_of_a_pair_is_in_the_history_of_both(officer: Officer) -> None:
    louise = await officer.sent(HOSPITAL)
    other = await officer.sent(CLINIC, **fed.DOUBTFUL)
    await officer.linkage.DecideReview(
        pb.DecideReviewRequest(review_id=other.review_ids[0], verdict=pb.REVIEW_VERDICT_DISTINCT, comment=WHY)
    )

    for person in (louise.person_id, other.person_id):
        listed = await officer.linkage.ListActs(pb.ListActsRequest(person_id=person))
        assert listed.acts[0].kind == pb.ACT_KIND_REFUSED


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
