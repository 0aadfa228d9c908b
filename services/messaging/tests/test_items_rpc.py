"""Items of messages: tasks, appointments, forms, links; what answers them, and what does not."""

from typing import Any
from uuid import uuid4

import pytest
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.refusals import Refusal

from .conftest import As, People, stamp
from .conversing import CIRCLE, DIRECT, Talking, professional


@pytest.fixture
def circle_of(talking: Talking, being: As) -> Any:
    async def opened(who: str = "gp") -> pb.Thread:
        being(who)
        return await talking.open(CIRCLE)

    return opened


def task(**more: Any) -> pb.Item:
    return pb.Item(task=pb.Task(what="Changer le pansement", **more))


FORM = pb.Item(
    form=pb.Form(
        what="Douleur",
        questions=[
            pb.FormQuestion(question="Où ?", required=True),
            pb.FormQuestion(question="Combien ?", choices=["peu", "beaucoup"]),
        ],
    )
)
DATES = pb.Item(appointment=pb.AppointmentProposal(what="Visite", starts=[stamp()], minutes=30))


async def test_a_task_goes_from_hand_to_done_and_not_back(talking: Talking, circle_of: Any, being: As) -> None:
    thread = await circle_of()
    posted = await talking.post(thread, "", item=task(due=stamp()))
    being("nurse")
    assert [one.answer.task for one in (await talking.answer(posted, task=pb.TASK_STATE_TAKEN)).acts] == [1]
    being("gp")
    with pytest.raises(Refusal) as refused:
        await talking.answer(posted, task=pb.TASK_STATE_DONE)
    assert refused.value.reason == "ITEM_NOT_YOURS"
    being("nurse")
    done = await talking.answer(posted, task=pb.TASK_STATE_DONE)
    assert [one.answer.task for one in done.acts] == [1, 2]
    for back in (pb.TASK_STATE_TAKEN, pb.TASK_STATE_GIVEN_UP, pb.TASK_STATE_UNSPECIFIED):
        with pytest.raises(Refusal) as refused:
            await talking.answer(posted, task=back)
        assert refused.value.reason == "ANSWER_INVALID"


async def test_a_task_for_one_is_theirs_alone(talking: Talking, circle_of: Any, being: As, people: People) -> None:
    thread = await circle_of()
    posted = await talking.post(thread, "", item=task(who=professional(people.nurse)))
    with pytest.raises(Refusal) as refused:
        await talking.answer(posted, task=pb.TASK_STATE_TAKEN)
    assert refused.value.reason == "ITEM_NOT_YOURS"
    with pytest.raises(Refusal) as refused:
        await talking.post(thread, "", item=task(who=professional(people.stranger)))
    assert (refused.value.reason, refused.value.details["field"]) == ("MESSAGE_INVALID", "item")
    being("nurse")
    assert (await talking.answer(posted, task=pb.TASK_STATE_DONE)).acts[0].actor == professional(people.nurse)


@pytest.mark.parametrize(
    ("item", "right", "wrong"),
    [
        (DATES, [{"start": 0}, {"start": -1}], [{"start": 1}, {"start": -2}, {"task": pb.TASK_STATE_DONE}]),
        (
            FORM,
            [{"form": pb.FormAnswer(answers=["Genou", ""])}, {"form": pb.FormAnswer(answers=["Genou", "peu"])}],
            [
                {"form": pb.FormAnswer(answers=["Genou"])},
                {"form": pb.FormAnswer(answers=["", "peu"])},
                {"form": pb.FormAnswer(answers=["Genou", "trop"])},
                {"form": pb.FormAnswer(answers=["x" * 2001, ""])},
                {"start": 0},
            ],
        ),
        (None, [], [{"start": 0}, {"task": pb.TASK_STATE_TAKEN}, {}]),
    ],
)
async def test_answers_suit_what_is_asked(
    talking: Talking, circle_of: Any, item: Any, right: list[dict[str, Any]], wrong: list[dict[str, Any]]
) -> None:
    thread = await circle_of()
    posted = await talking.post(thread, "Voici", item=item)
    for answer in right:
        await talking.answer(posted, **answer)
    for answer in wrong:
        with pytest.raises(Refusal) as refused:
            await talking.answer(posted, **answer)
        assert refused.value.reason == "ANSWER_INVALID"

    shown = (await talking.get(posted)).message
    assert [one.answer for one in shown.acts] == [pb.ItemAnswer(**answer) for answer in right]
    assert shown.item == (item or pb.Item())


@pytest.mark.parametrize(
    "item",
    [
        pb.Item(),
        pb.Item(task=pb.Task(what="")),
        pb.Item(task=pb.Task(what="x" * 201)),
        pb.Item(task=pb.Task(what="deux\nlignes")),
        pb.Item(appointment=pb.AppointmentProposal(what="Visite", minutes=30)),
        pb.Item(appointment=pb.AppointmentProposal(what="Visite", starts=[stamp()], minutes=0)),
        pb.Item(appointment=pb.AppointmentProposal(what="Visite", starts=[stamp()] * 2, minutes=30)),
        pb.Item(appointment=pb.AppointmentProposal(what="Visite", starts=[{"seconds": 10**14}], minutes=30)),
        pb.Item(form=pb.Form(what="Vide")),
        pb.Item(form=pb.Form(what="Trop", questions=[pb.FormQuestion(question="?")] * 31)),
        pb.Item(form=pb.Form(what="Deux fois", questions=[pb.FormQuestion(question="?", choices=["a", "a"])])),
    ],
    ids=range(11),
)
async def test_an_item_that_is_not_whole_is_refused(talking: Talking, circle_of: Any, item: pb.Item) -> None:
    thread = await circle_of()
    with pytest.raises(Refusal) as refused:
        await talking.post(thread, "Voici", item=item)
    assert (refused.value.reason, refused.value.details["field"]) == ("MESSAGE_INVALID", "item")


async def test_a_document_is_linked_around_its_patient_only(talking: Talking, being: As, people: People) -> None:
    link = pb.Item(document=pb.DocumentLink(document_id=str(uuid4())))
    being("gp")
    assert (await talking.post(await talking.open(CIRCLE), "", item=link)).item == link
    direct = await talking.open(DIRECT, professional_ids=[str(people.nurse)])
    with pytest.raises(Refusal) as refused:
        await talking.post(direct, "", item=link)
    assert (refused.value.reason, refused.value.details["field"]) == ("MESSAGE_INVALID", "item")
