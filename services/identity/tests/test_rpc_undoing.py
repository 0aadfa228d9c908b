"""Acts undone and done again: sources, numbers, pairs and announcements are as they were; what followed comes first."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante.identity.v1 import linkage_service_pb2 as linkage_pb
from terresante_platform.database import Database

from . import fed
from .fed import CLINIC, HOSPITAL, NIR, OTHER_NIR, PRACTICE
from .officer import WHY, Officer, reason, refusal


@pytest.fixture
def pair(database: Database) -> Callable[..., Any]:
    """How far a pair is, and by which act, as kept."""

    async def kept(review: str) -> tuple[str, str]:
        wanted = text("select state, act_id from review where id = cast(:id as uuid)")
        async with database.reading() as connection:
            row = (await connection.execute(wanted, {"id": review})).one()
        return row.state, str(row.act_id or "")

    return kept


async def test_a_merge_makes_one_person_of_two_and_undoing_it_two_again(
    officer: Officer, louise: Any, morel: Any, read: Any, published: Any
) -> None:
    before = len(await published())
    merge = (await officer.merged(morel.person_id, louise.person_id)).act
    absorbed = await read(morel.person_id)
    together = await officer.numbers(louise.person_id)
    undone = await officer.undo(merge.act_id)

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
    assert await officer.numbers(morel.person_id) == {f"{CLINIC} 1"}
    assert (await published())[before:] == [
        "identity.v1.person_changed",
        "identity.v1.persons_merged",
        "identity.v1.source_moved",
        "identity.v1.person_changed",
        "identity.v1.persons_separated",
        "identity.v1.source_moved",
    ]


async def test_a_merge_ends_the_question_and_undoing_it_asks_again(
    officer: Officer, louise: Any, morel: Any, pair: Any
) -> None:
    merge = (await officer.merged(morel.person_id, louise.person_id)).act
    united = await pair(morel.review_ids[0])
    undone = await officer.undo(merge.act_id)
    apart = await pair(morel.review_ids[0])
    again = await officer.undo(undone.act_id)

    assert (united, apart) == (("OVERTAKEN", merge.act_id), ("WAITING", ""))
    assert await pair(morel.review_ids[0]) == ("OVERTAKEN", again.act_id)
    assert {move.to_person_id for move in again.moves} == {louise.person_id}


async def test_a_source_is_taken_out_and_put_back(officer: Officer, louise: Any, read: Any, published: Any) -> None:
    second = await officer.sent(CLINIC, "1")
    before = len(await published())
    out = await officer.unlinked(second.source.source_id, louise.person_id)
    apart = await officer.numbers(louise.person_id), await officer.numbers(out.person.person_id)
    await officer.undo(out.act.act_id)

    assert apart == ({f"{HOSPITAL} 1"}, {f"{CLINIC} 1"})
    assert await officer.numbers(louise.person_id) == {f"{HOSPITAL} 1", f"{CLINIC} 1"}
    assert (await read(out.person.person_id)).merged_into == louise.person_id
    assert (await published())[before:] == [
        "identity.v1.person_created",
        "identity.v1.persons_separated",
        "identity.v1.source_moved",
        "identity.v1.person_changed",
        "identity.v1.persons_merged",
        "identity.v1.source_moved",
    ]


async def test_a_source_moved_by_hand_goes_back(officer: Officer, louise: Any, read: Any) -> None:
    second = await officer.sent(CLINIC, "1")
    paul = await officer.sent(PRACTICE, "1", **fed.PAUL)
    moved = await officer.linked(second.source.source_id, paul.person_id)
    there = await officer.members(paul.person_id)
    await officer.undo(moved.act.act_id)

    assert there == {CLINIC, PRACTICE}
    assert await officer.members(paul.person_id) == {PRACTICE}
    assert await officer.members(louise.person_id) == {HOSPITAL, CLINIC}


async def test_a_split_is_undone(officer: Officer, louise: Any, read: Any) -> None:
    others = [await officer.sent(issuer, "1") for issuer in (CLINIC, PRACTICE)]
    split = await officer.linkage.Split(
        linkage_pb.SplitRequest(
            person_id=louise.person_id,
            person_version=(await read(louise.person_id)).version,
            source_ids=[one.source.source_id for one in others],
            comment=WHY,
        )
    )
    await officer.undo(split.act.act_id)

    assert await officer.members(louise.person_id) == {HOSPITAL, CLINIC, PRACTICE}
    assert (await read(split.person.person_id)).merged_into == louise.person_id


async def test_a_link_made_by_a_machine_is_undone_into_a_person_of_its_own(
    officer: Officer, louise: Any, read: Any
) -> None:
    second = await officer.sent(CLINIC, "1")
    [linked] = [act for act in await officer.acts(louise.person_id) if act.kind == linkage_pb.ACT_KIND_LINKED]
    undone = await officer.undo(linked.act_id)

    [move] = undone.moves
    assert linked.evidence.decision == linkage_pb.MATCH_DECISION_AUTO
    assert (move.source_id, move.from_person_id) == (second.source.source_id, louise.person_id)
    assert move.to_person_id not in {louise.person_id, ""}
    assert (await read(move.to_person_id)).traits.birth_name == "Lefèvre"


async def test_an_absorbed_number_is_nobodys_and_comes_back_with_the_undoing(officer: Officer, read: Any) -> None:
    valid = await officer.sent(HOSPITAL, "1", status=fed.VALIDATED)
    retrieved = await officer.sent(CLINIC, "1", ins=NIR, status=fed.RETRIEVED, **fed.DOUBTFUL)
    merge = (await officer.merged(retrieved.person_id, valid.person_id)).act
    together = await read(valid.person_id)
    by_number = linkage_pb.CrossReferenceRequest(ins_matricule=NIR, ins_oid=fed.OID)
    nobody = await reason(officer.linkage.CrossReference(by_number))
    await officer.undo(merge.act_id)

    assert (together.status, together.ins_matricule) == (fed.VALIDATED, "")
    assert nobody == "PERSON_UNKNOWN"
    assert (await read(retrieved.person_id)).ins_matricule == NIR


async def test_a_number_goes_with_its_source_and_comes_back_with_it(officer: Officer, louise: Any, read: Any) -> None:
    qualified = await officer.sent(CLINIC, ins=NIR, status=fed.QUALIFIED)
    out = await officer.unlinked(qualified.source.source_id, louise.person_id)
    left = await read(louise.person_id)
    await officer.undo(out.act.act_id)
    back = await read(louise.person_id)

    assert (out.person.ins_matricule, out.person.status) == (NIR, fed.QUALIFIED)
    assert (left.ins_matricule, left.status) == ("", pb.IDENTITY_STATUS_PROVISIONAL)
    assert (back.ins_matricule, back.status) == (NIR, fed.QUALIFIED)


async def test_what_followed_must_be_undone_first(officer: Officer, louise: Any, morel: Any) -> None:
    merge = (await officer.merged(morel.person_id, louise.person_id)).act
    out = await officer.unlinked(morel.source.source_id, louise.person_id)
    refused = await refusal(officer.undo(merge.act_id))
    await officer.undo(out.act.act_id)

    assert (refused.reason, refused.details["acts"]) == ("ACT_OVERTAKEN", out.act.act_id)
    assert await officer.undo(merge.act_id)


async def test_nothing_goes_back_to_who_has_become_another(officer: Officer, louise: Any) -> None:
    second = await officer.sent(CLINIC, "1")
    paul = await officer.sent(PRACTICE, "1", **fed.PAUL)
    moved = await officer.linked(second.source.source_id, paul.person_id)
    merge = (await officer.merged(louise.person_id, (await officer.sent("1.2.3.4", "1", **ZOE)).person_id)).act
    refused = await refusal(officer.undo(moved.act.act_id))

    assert (refused.reason, refused.details["acts"]) == ("ACT_OVERTAKEN", merge.act_id)


ZOE: dict[str, Any] = {"birth_name": "Zidane", "first_names": "Zoé", "birth_date": "2001-01-01"}


async def test_the_arrival_of_a_person_and_an_act_already_undone_cannot_be_undone(
    officer: Officer, louise: Any, morel: Any
) -> None:
    [arrival] = await officer.acts(louise.person_id)
    first = await reason(officer.undo(arrival.act_id))
    merge = (await officer.merged(morel.person_id, louise.person_id)).act
    undone = await officer.undo(merge.act_id)
    second = await refusal(officer.undo(merge.act_id))

    assert first == "ACT_NOT_UNDOABLE"
    assert (second.reason, second.details["acts"]) == ("ACT_OVERTAKEN", undone.act_id)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [(linkage_pb.REVIEW_VERDICT_SAME, "CONFIRMED"), (linkage_pb.REVIEW_VERDICT_DISTINCT, "REFUSED")],
)
async def test_a_decision_undone_waits_again_and_done_again_stands_again(
    officer: Officer, morel: Any, pair: Any, verdict: linkage_pb.ReviewVerdict.ValueType, state: str
) -> None:
    review = morel.review_ids[0]
    act = (await officer.decided(review, verdict)).act
    states = [await pair(review)]
    undone = await officer.undo(act.act_id)
    states.append(await pair(review))
    again = await officer.undo(undone.act_id)
    states.append(await pair(review))
    await officer.undo(again.act_id)

    assert states == [(state, act.act_id), ("WAITING", ""), (state, again.act_id)]
    assert await pair(review) == ("WAITING", "")


async def test_a_refusal_undone_is_no_question_when_both_have_become_one_person(
    officer: Officer, louise: Any, morel: Any, pair: Any
) -> None:
    refused = (await officer.decided(morel.review_ids[0], linkage_pb.REVIEW_VERDICT_DISTINCT)).act
    await officer.merged(morel.person_id, louise.person_id)
    await officer.undo(refused.act_id)

    assert (await pair(morel.review_ids[0]))[0] == "OVERTAKEN"


async def test_a_refusal_between_two_persons_holds_for_their_other_sources(officer: Officer, morel: Any) -> None:
    second = await officer.sent(PRACTICE, **fed.DOUBTFUL)
    await officer.decided(morel.review_ids[0], linkage_pb.REVIEW_VERDICT_DISTINCT)
    changed = await officer.sent(PRACTICE)

    assert second.person_id == morel.person_id
    assert changed.outcome == fed.UPDATED
    assert list(changed.review_ids) == []


async def test_a_source_with_a_number_in_force_does_not_go_to_who_has_another(
    officer: Officer, louise: Any, read: Any
) -> None:
    qualified = await officer.sent(CLINIC, ins=NIR, status=fed.QUALIFIED)
    paul = await officer.sent(PRACTICE, ins=OTHER_NIR, status=fed.QUALIFIED, **fed.PAUL)
    moving = officer.linked(qualified.source.source_id, paul.person_id)

    assert await reason(moving) == "IDENTITY_TWO_ACTIVE_INS"
    assert (await read(louise.person_id)).ins_matricule == NIR
    assert (await read(paul.person_id)).ins_matricule == OTHER_NIR


async def test_what_was_undone_is_not_done_again_once_both_have_a_number(
    officer: Officer, louise: Any, read: Any
) -> None:
    paul = await officer.sent(CLINIC, "1", **fed.PAUL)
    merge = await officer.merged(paul.person_id, louise.person_id)
    undone = await officer.undo(merge.act.act_id)
    await officer.sent(HOSPITAL, "1", ins=NIR, status=fed.QUALIFIED)
    await officer.sent(CLINIC, "1", ins=OTHER_NIR, status=fed.QUALIFIED, **fed.PAUL)

    assert await reason(officer.undo(undone.act_id)) == "IDENTITY_TWO_ACTIVE_INS"
    assert (await read(paul.person_id)).merged_into == ""


async def test_a_person_tells_who_became_them_at_any_remove_where_that_is_asked_and_no_more_once_undone(
    service: Any, officer: Officer, louise: Any, morel: Any
) -> None:
    paul = await officer.sent(fed.PRACTICE, "1", **fed.PAUL)
    ids = louise.person_id, morel.person_id, paul.person_id

    async def absorbed(asked: bool = True) -> list[set[str]]:
        request = pb.BatchGetPersonsRequest(person_ids=ids, with_absorbed=asked)
        return [set(one.absorbed_ids) for one in (await service.BatchGetPersons(request)).persons]

    before = await absorbed()
    await officer.merged(morel.person_id, louise.person_id)
    merge = (await officer.merged(louise.person_id, paul.person_id)).act
    twice = await absorbed()
    await officer.undo(merge.act_id)

    assert before == [set(), set(), set()]
    assert twice == [{morel.person_id}, set(), {louise.person_id, morel.person_id}]
    assert await absorbed() == [{morel.person_id}, set(), set()]
    assert await absorbed(asked=False) == [set(), set(), set()]
