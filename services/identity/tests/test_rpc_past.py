"""What persons were at each act, rebuilt from the acts and what had been received by then; who did what, and why."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_identity.domain.identity import PersonId
from terresante_identity.domain.survivorship import shown
from terresante_identity.store import acts, persons, sources
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from . import fed
from .fed import CLINIC, HOME, HOSPITAL, NIR, PRACTICE
from .officer import WHY, Officer, reason

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

    pages: list[Any] = []
    cursor = ""
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
