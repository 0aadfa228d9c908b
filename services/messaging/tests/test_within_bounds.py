"""However much is written, a thread can be read: no answer grows beyond what travels."""

from typing import Any

import pytest
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.refusals import Refusal

from .conftest import As
from .conversing import CIRCLE, Talking

WIDE = "\U00020000"
"""Four bytes."""


def large_form() -> pb.Item:
    choices = [f"{n:02}".ljust(200, WIDE) for n in range(20)]
    questions = [pb.FormQuestion(question=f"{n:02}".ljust(200, WIDE), choices=choices) for n in range(30)]
    return pb.Item(form=pb.Form(what="Quoi", questions=questions))


async def test_a_page_of_the_largest_messages_is_read(talking: Talking, being: As) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    for _ in range(20):
        await talking.post(thread, WIDE * 10_000, item=large_form())
    seen = [one.place for one in (await talking.page(thread)).messages]
    print(seen)


async def test_a_form_answered_often_is_read(talking: Talking, being: As) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    questions = [pb.FormQuestion(question=f"{n}") for n in range(30)]
    form = await talking.post(thread, item=pb.Item(form=pb.Form(what="Quoi", questions=questions)))
    for n in range(40):
        try:
            await talking.answer(form, form=pb.FormAnswers(answers=[WIDE * 2000] * 30))
        except Refusal as e:
            print(n, e.reason)
            break
    await talking.page(thread)


async def test_a_message_edited_often_is_read(talking: Talking, being: As) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    one = await talking.post(thread, WIDE * 10_000)
    for n in range(250):
        one = await talking.edit(one, WIDE * 9_000 + str(n))
    await talking.get(one)
