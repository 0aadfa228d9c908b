"""However much is written, a thread can be read: no answer grows beyond what travels from service to service."""

from typing import Any

import pytest
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_messaging.domain.items import MOST_ACTS
from terresante_messaging.domain.messages import MOST_EDITS
from terresante_messaging.rpc.conversations.reading import LARGEST_PAGE
from terresante_platform.refusals import Refusal

from .conftest import As
from .conversing import CIRCLE, Talking

WIDE = "\U00020000"
"""A letter of four bytes."""
LONGEST = WIDE * 9_990
MANY = LARGEST_PAGE // (4 * len(LONGEST)) + 2
"""More of the longest messages than one answer holds."""


@pytest.fixture
def thread(talking: Talking, being: As) -> Any:
    async def opened() -> pb.Thread:
        being("gp")
        return await talking.open(CIRCLE)

    return opened


def form(questions: int, length: int) -> pb.Item:
    asked = [pb.FormQuestion(question=f"{n:02}".ljust(length, WIDE)) for n in range(questions)]
    return pb.Item(form=pb.Form(what="À remplir", questions=asked))


async def places(talking: Talking, thread: pb.Thread, **first: int) -> list[int]:
    """All that are read page by page, each page within bounds, in the direction in which it began."""
    found: list[int] = []
    while True:
        page = await talking.page(thread, limit=100, **first)
        assert page.ByteSize() < LARGEST_PAGE + 65_536
        numbers = [one.place for one in page.messages]
        if "after" in first:
            found, more, first = found + numbers, page.more_after, {"after": numbers[-1]}
        else:
            found, more, first = numbers + found, page.more_before, {"before": numbers[0]}
        if not more:
            return found


async def test_pages_of_the_longest_messages_are_shorter_and_hold_all_of_them(talking: Talking, thread: Any) -> None:
    opened = await thread()
    for n in range(MANY):
        await talking.post(opened, f"{n:03} {LONGEST}")

    assert await places(talking, opened) == list(range(1, MANY + 1))
    assert await places(talking, opened, after=0) == list(range(1, MANY + 1))


async def test_a_form_is_no_longer_than_a_text(talking: Talking, thread: Any) -> None:
    opened = await thread()
    with pytest.raises(Refusal) as refused:
        await talking.post(opened, "", item=_with_choices())
    assert (refused.value.reason, refused.value.details) == ("MESSAGE_INVALID", {"field": "item"})
    assert (await talking.page(opened)).messages == []


def _with_choices() -> pb.Item:
    choices = [f"{n:02}".ljust(200, WIDE) for n in range(20)]
    asked = [pb.FormQuestion(question=f"{n}", choices=choices) for n in range(3)]
    return pb.Item(form=pb.Form(what="À remplir", questions=asked))


async def test_a_form_is_answered_in_no_more_words_than_a_text_has(talking: Talking, thread: Any) -> None:
    opened = await thread()
    asked = await talking.post(opened, item=form(6, 2))
    with pytest.raises(Refusal) as refused:
        await talking.answer(asked, form=pb.FormAnswer(answers=[WIDE * 2_000] * 6))
    assert refused.value.reason == "ANSWER_INVALID"
    answered = await talking.answer(asked, form=pb.FormAnswer(answers=[*[WIDE * 2_000] * 5, ""]))
    assert len(answered.acts) == 1


async def test_a_message_is_answered_so_many_times_and_stays_readable(talking: Talking, thread: Any) -> None:
    opened = await thread()
    asked = await talking.post(opened, item=form(5, 2))
    for _ in range(MOST_ACTS):
        await talking.answer(asked, form=pb.FormAnswer(answers=[WIDE * 2_000] * 5))
    with pytest.raises(Refusal) as refused:
        await talking.answer(asked, form=pb.FormAnswer(answers=["non"] * 5))

    assert refused.value.reason == "ANSWER_INVALID"
    (seen,) = (await talking.page(opened)).messages
    assert len(seen.acts) == MOST_ACTS


async def test_a_message_is_edited_so_many_times_and_its_life_stays_readable(talking: Talking, thread: Any) -> None:
    one = await talking.post(await thread(), LONGEST)
    for n in range(MOST_EDITS):
        one = await talking.edit(one, f"{n} {LONGEST}")
    with pytest.raises(Refusal) as refused:
        await talking.edit(one, "Encore")

    assert refused.value.reason == "TEXT_INVALID"
    assert len((await talking.get(one)).former) == MOST_EDITS
