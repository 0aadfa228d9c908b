"""Messages: written, read page by page, quoted, mentioned; and what is refused."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_messaging.domain.messages import MOST_MENTIONS
from terresante_messaging.store import tables
from terresante_platform import idempotency
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

from .conftest import MONDAY, As, Clock, People
from .conversing import CIRCLE, SIDE, WITH_PATIENT, Talking, kept, person, professional
from .world import World


@pytest.fixture
def circle_of(talking: Talking, being: As) -> Any:
    async def opened(who: str = "gp") -> pb.Thread:
        being(who)
        return await talking.open(CIRCLE)

    return opened


async def test_a_message_is_kept_sealed_logged_and_announced_together(
    talking: Talking, circle_of: Any, database: Database, published: Any, people: People
) -> None:
    thread = await circle_of()
    posted = await talking.post(thread, "Mme Hérisson a chuté", urgent=True)

    assert (posted.place, posted.author.professional_id, posted.urgent) == (1, str(people.gp), True)
    (row,) = await kept(database, tables.message)
    assert b"risson" not in row["body"]
    assert await published() == ["messaging.v1.thread_opened", "messaging.v1.message_posted"]
    entries = sorted(await kept(database, tables.log_entry), key=lambda row: row["at"])
    assert [entry["kind"] for entry in entries] == ["THREAD_OPENED", "MESSAGE_POSTED"]
    assert (str(entries[1]["message_id"]), entries[1]["place"], entries[1]["urgent"]) == (posted.message_id, 1, True)


async def test_places_follow_each_other_whoever_writes_at_once(talking: Talking, circle_of: Any) -> None:
    thread = await circle_of()
    posted = await asyncio.gather(*(talking.post(thread, f"n° {n}") for n in range(20)))

    assert sorted(one.place for one in posted) == list(range(1, 21))
    page = await talking.page(thread)
    assert [one.place for one in page.messages] == list(range(1, 21))
    assert {one.message_id for one in page.messages} == {one.message_id for one in posted}


async def test_pages_before_and_after_a_place_meet_without_gap_or_double(talking: Talking, circle_of: Any) -> None:
    thread = await circle_of()
    for n in range(1, 8):
        await talking.post(thread, str(n))

    newest = await talking.page(thread, limit=3)
    assert [one.text for one in newest.messages] == ["5", "6", "7"]
    assert (newest.more_before, newest.more_after) == (True, False)
    middle = await talking.page(thread, limit=3, before=5)
    assert [one.text for one in middle.messages] == ["2", "3", "4"]
    assert (middle.more_before, middle.more_after) == (True, True)
    last = await talking.page(thread, limit=3, before=2)
    assert [one.text for one in last.messages] == ["1"]
    assert (last.more_before, last.more_after) == (False, True)
    first = await talking.page(thread, limit=3, after=0)
    assert [one.text for one in first.messages] == ["1", "2", "3"]
    assert (first.more_before, first.more_after) == (False, True)
    end = await talking.page(thread, limit=10, after=3)
    assert [one.text for one in end.messages] == ["4", "5", "6", "7"]
    assert (end.more_before, end.more_after) == (True, False)


async def test_an_old_thread_is_read_across_its_months(talking: Talking, circle_of: Any, clock: Clock) -> None:
    clock.at = MONDAY.replace(month=9, day=2)
    thread = await circle_of()
    for n in range(6):
        await talking.post(thread, str(n))
        clock.forward(days=20)

    assert await talking.texts(thread) == list("012345")
    assert await talking.texts(thread, limit=2) == list("45")
    assert await talking.texts(thread, limit=4, before=4) == list("012")
    assert await talking.texts(thread, after=2, limit=2) == list("23")


async def test_a_newcomer_reads_from_the_moment_that_consent_says(
    talking: Talking, circle_of: Any, being: As, world: World, people: People, clock: Clock
) -> None:
    thread = await circle_of()
    before = await talking.post(thread, "Avant")
    world.visible_from[world.patient, people.nurse] = clock.forward(minutes=1)
    await talking.post(thread, "Après")
    being("nurse")
    page = await talking.page(thread)

    assert [one.text for one in page.messages] == ["Après"]
    assert (page.more_before, page.more_after) == (False, False)
    after = await talking.page(thread, after=1)
    assert ([one.text for one in after.messages], after.more_before) == (["Après"], False)
    assert (await talking.page(thread, before=2)).messages == []
    with pytest.raises(Refusal) as refused:
        await talking.get(before)
    assert refused.value.reason == "MESSAGE_UNKNOWN"
    with pytest.raises(Refusal) as refused:
        await talking.post(thread, "Voir plus haut", quoted_message_id=before.message_id)
    assert refused.value.reason == "MESSAGE_UNKNOWN"
    (line,) = (await talking.threads()).threads
    assert (line.visible_from, line.unread, line.last_place) == (2, 1, 2)


async def test_the_same_post_twice_under_one_key_is_one_message(
    talking: Talking, circle_of: Any, being: As, database: Database
) -> None:
    thread = await circle_of()
    being("gp", key="k-1")
    first = await talking.post(thread, "Une fois")
    again = await talking.post(thread, "Une fois")
    assert again == first
    with pytest.raises(Refusal) as refused:
        await talking.post(thread, "Autre chose")
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"
    assert len(await kept(database, tables.message)) == 1
    assert b"Une fois" not in (await kept(database, idempotency.keys))[0]["reply"]


TRICKS = ["", "   ", "x" * 10_001, "x" * 1_000_000, "a\u202etxet", "a\u2066b", "zéro\u200blargeur", "a\x00b", "a\x07b"]


@pytest.mark.parametrize("said", TRICKS, ids=range(len(TRICKS)))
async def test_what_is_no_text_is_refused_and_changes_nothing(
    talking: Talking, circle_of: Any, published: Any, said: str
) -> None:
    thread = await circle_of()
    posted = await talking.post(thread, "Ligne 1\nLigne 2 👩‍⚕️ œuf\tfin")
    told = await published()
    for act in (talking.post(thread, said), talking.edit(posted, said)):
        with pytest.raises(Refusal) as refused:
            await act
        assert refused.value.reason == "TEXT_INVALID"
    assert await published() == told
    assert await talking.texts(thread) == ["Ligne 1\nLigne 2 👩‍⚕️ œuf\tfin"]


async def test_ten_thousand_mentions_are_refused_before_anything_is_looked_at(
    talking: Talking, circle_of: Any, world: World
) -> None:
    thread = await circle_of()
    asked = len(world.questions)
    with pytest.raises(Refusal) as refused:
        await talking.post(thread, "Tous", mentions=[pb.Party(professional_id="x")] * 10_000)
    assert refused.value.reason == "MENTIONS_INVALID"
    assert len(world.questions) == asked


async def test_mentioned_is_only_who_may_read_the_thread_now(
    talking: Talking, circle_of: Any, people: People, world: World, being: As
) -> None:
    thread = await circle_of()
    both = await talking.post(thread, "Avis ?", mentions=[professional(people.nurse), professional(people.gp)])
    assert len(both.mentions) == 2
    wrong = [professional(people.stranger), person(world.patient), professional(world.patient)]
    for who in wrong:
        with pytest.raises(Refusal) as refused:
            await talking.post(thread, "Avis ?", mentions=[who])
        assert refused.value.reason == "MENTIONS_INVALID"
    await talking.edit(both, "Ton avis ?", mentions=[professional(people.nurse)])
    world.circle.remove(people.nurse)
    with pytest.raises(Refusal) as refused:
        await talking.post(thread, "Encore ?", mentions=[professional(people.nurse)])
    assert refused.value.reason == "MENTIONS_INVALID"
    with_patient = await talking.open(WITH_PATIENT)
    assert (await talking.post(with_patient, "Madame ?", mentions=[person(world.patient)])).mentions


async def test_a_stranger_to_a_side_thread_is_not_mentioned_in_it(talking: Talking, being: As, people: People) -> None:
    being("gp")
    side = await talking.open(SIDE)
    with pytest.raises(Refusal) as refused:
        await talking.post(side, "Avis ?", mentions=[professional(people.nurse)])
    assert refused.value.reason == "MENTIONS_INVALID"


async def test_quoted_is_only_a_message_of_the_same_thread(talking: Talking, circle_of: Any) -> None:
    thread = await circle_of()
    side = await talking.open(SIDE)
    there, here = await talking.post(side, "Ailleurs"), await talking.post(thread, "Ici")
    assert (await talking.post(thread, "Oui", quoted_message_id=here.message_id)).quoted_message_id == here.message_id
    for other in (there.message_id, str(uuid4())):
        with pytest.raises(Refusal) as refused:
            await talking.post(thread, "Non", quoted_message_id=other)
        assert refused.value.reason == "MESSAGE_UNKNOWN"
    with pytest.raises(Refusal) as refused:
        await talking.get(pb.Message(thread_id=thread.thread_id, message_id=there.message_id))
    assert refused.value.reason == "MESSAGE_UNKNOWN"


async def test_a_refused_post_takes_no_place(talking: Talking, circle_of: Any) -> None:
    thread = await circle_of()
    for wish in ({"quoted_message_id": str(uuid4())}, {"attachment_ids": [str(uuid4())]}):
        with pytest.raises(Refusal):
            await talking.post(thread, "Non", **wish)
    assert (await talking.post(thread, "Oui")).place == 1


async def test_foreign_attachments_are_unknown(talking: Talking, circle_of: Any) -> None:
    thread = await circle_of()
    with pytest.raises(Refusal) as refused:
        await talking.post(thread, "", attachment_ids=[str(uuid4())])
    assert refused.value.reason == "ATTACHMENT_UNKNOWN"
    with pytest.raises(Refusal) as refused:
        await talking.post(thread, "", attachment_ids=[str(uuid4()) for _ in range(11)])
    assert (refused.value.reason, refused.value.details["field"]) == ("MESSAGE_INVALID", "attachment_ids")


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"limit": 101}, "LIMIT_INVALID"),
        ({"limit": -1}, "LIMIT_INVALID"),
        ({"before": -1}, "PLACE_INVALID"),
        ({"after": -1}, "PLACE_INVALID"),
        ({"after": 1, "before": 5}, "PLACE_INVALID"),
    ],
)
async def test_pages_that_are_not_ones(talking: Talking, circle_of: Any, wish: dict[str, Any], reason: str) -> None:
    thread = await circle_of()
    with pytest.raises(Refusal) as refused:
        await talking.page(thread, **wish)
    assert refused.value.reason == reason


async def test_a_place_far_beyond_the_end_is_an_empty_page(talking: Talking, circle_of: Any) -> None:
    thread = await circle_of()
    await talking.post(thread)
    assert (await talking.page(thread, after=2**62)).messages == []
    assert len((await talking.page(thread, before=2**62)).messages) == 1


async def test_mentions_are_counted_at_their_limit(talking: Talking, circle_of: Any, people: People) -> None:
    thread = await circle_of()
    said = await talking.post(thread, "Vous", mentions=[professional(people.nurse)] * MOST_MENTIONS)
    assert said.mentions == [professional(people.nurse)]
