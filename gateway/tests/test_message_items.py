"""What a message holds besides words, how it is answered, and who is named in it: there and back."""

from typing import Any

import pytest
from terresante.messaging.v1 import conversation_service_pb2 as messaging

from .calling import programmed, sent
from .conversation_calls import AT_MESSAGE, BY_DOCTOR, BY_PATIENT, CONVERSATIONS, IN_THREAD, WRITTEN
from .things import AT, THING, at

POST = next(right for right in CONVERSATIONS if right.operation == "post_message")
ITEMS = [
    (
        {"task": {"what": "Peser", "due": AT}},
        messaging.Item(task=messaging.Task(what="Peser", due=at())),
        {"what": "Peser", "who": None, "due": AT},
    ),
    (
        {"appointment": {"what": "Visite", "where": "À domicile", "starts": [AT, AT], "minutes": 30}},
        messaging.Item(
            appointment=messaging.AppointmentProposal(
                what="Visite", where="À domicile", starts=[at(), at()], minutes=30
            )
        ),
        {"what": "Visite", "where": "À domicile", "starts": [AT, AT], "minutes": 30},
    ),
    (
        {"form": {"what": "Douleur", "questions": [{"question": "Combien ?", "choices": ["0", "10"]}]}},
        messaging.Item(
            form=messaging.Form(
                what="Douleur", questions=[messaging.FormQuestion(question="Combien ?", choices=["0", "10"])]
            )
        ),
        {"what": "Douleur", "questions": [{"question": "Combien ?", "choices": ["0", "10"], "required": False}]},
    ),
    (
        {"document_id": THING},
        messaging.Item(document=messaging.DocumentLink(document_id=THING)),
        THING,
    ),
]


@pytest.mark.parametrize(("given", "told", "shown"), ITEMS, ids=["task", "appointment", "form", "document"])
async def test_what_a_message_holds_goes_there_and_comes_back(
    gateway: Any, http: Any, services: Any, given: Any, told: messaging.Item, shown: Any
) -> None:
    message = messaging.Message()
    message.CopyFrom(WRITTEN)
    message.item.CopyFrom(told)
    services.answer("messaging.PostMessage", messaging.PostMessageResponse(message=message))

    answer = await http.post(f"{IN_THREAD}/messages", json={"item": given}, headers=gateway.bearer())

    assert services.of("messaging.PostMessage").request.item == told
    item = answer.json()["item"]
    assert {name: value for name, value in item.items() if value is not None} == {next(iter(given)): shown}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"task": "given_up"}, messaging.ItemAnswer(task=messaging.TASK_STATE_GIVEN_UP)),
        ({"appointment": {"start": 0}}, messaging.ItemAnswer(start=0)),
        ({"appointment": {"start": None}}, messaging.ItemAnswer(start=-1)),
        ({"form": {"answers": ["10", ""]}}, messaging.ItemAnswer(form=messaging.FormAnswer(answers=["10", ""]))),
    ],
    ids=str,
)
async def test_an_answer_goes_there_and_comes_back(
    gateway: Any, http: Any, services: Any, given: Any, told: messaging.ItemAnswer
) -> None:
    message = messaging.Message()
    message.CopyFrom(WRITTEN)
    message.acts[0].answer.CopyFrom(told)
    services.answer("messaging.AnswerItem", messaging.AnswerItemResponse(message=message))

    answer = await http.post(f"{AT_MESSAGE}/answers", json=given, headers=gateway.bearer())

    assert services.of("messaging.AnswerItem").request.answer == told
    (act,) = answer.json()["acts"]
    assert {name: act[name] for name in ("task", "appointment", "form") if act[name] is not None} == given


async def test_a_mention_is_somebody_of_the_conversation(gateway: Any, http: Any, services: Any) -> None:
    programmed(gateway, POST)

    await sent(http, gateway, POST)

    assert list(services.of("messaging.PostMessage").request.mentions) == [BY_DOCTOR, BY_PATIENT]
