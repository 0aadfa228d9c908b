"""What people wrote, as it is sealed: JSON bytes with short names, and back."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from terresante_contents.sealing import OwnerKey

from terresante_messaging.domain.items import (
    Act,
    Answer,
    Appointment,
    Chosen,
    DocumentLink,
    Filled,
    Form,
    Item,
    Question,
    Task,
    TaskState,
)
from terresante_messaging.domain.people import Realm, Recipient

_MESSAGE = "message.body"
_ACT = "item_act.body"


def sealed_body(key: OwnerKey, id: UUID, text: str, item: Item | None) -> bytes:
    """A message's text and item."""
    body: dict[str, Any] = {"text": text}
    if item is not None:
        body["item"] = _item_out(item)
    return key.seal(_MESSAGE, id, json.dumps(body, ensure_ascii=False).encode())


def opened_body(key: OwnerKey, id: UUID, sealed: bytes) -> tuple[str, Item | None]:
    """Both again. Raises SealBroken."""
    body = json.loads(key.open(_MESSAGE, id, sealed))
    item = body.get("item")
    return body["text"], None if item is None else _item_in(item)


def sealed_former(key: OwnerKey, id: UUID, version: int, text: str) -> bytes:
    """A text that is replaced."""
    return key.seal(_former(version), id, text.encode())


def opened_former(key: OwnerKey, id: UUID, version: int, sealed: bytes) -> str:
    """The text again."""
    return key.open(_former(version), id, sealed).decode()


def sealed_answer(key: OwnerKey, act: Act) -> bytes:
    """An answer."""
    return key.seal(_ACT, act.id, json.dumps(_answer_out(act.answer), ensure_ascii=False).encode())


def opened_answer(key: OwnerKey, id: UUID, sealed: bytes) -> Answer:
    """The answer again."""
    return _answer_in(json.loads(key.open(_ACT, id, sealed)))


def _former(version: int) -> str:
    return f"message_text.body.{version}"


def _item_out(item: Item) -> dict[str, Any]:
    match item:
        case Task(what, who, due):
            return {
                "is": "task",
                "what": what,
                "who": [who.realm.value, str(who.id)] if who else None,
                "due": due.isoformat() if due else None,
            }
        case Appointment(what, where, starts, minutes):
            dates = [start.isoformat() for start in starts]
            return {"is": "appointment", "what": what, "where": where, "starts": dates, "minutes": minutes}
        case Form(what, questions):
            asked = [[one.question, list(one.choices), one.required] for one in questions]
            return {"is": "form", "what": what, "questions": asked}
        case DocumentLink(document):
            return {"is": "document", "id": str(document)}


def _item_in(kept: dict[str, Any]) -> Item:
    match kept["is"]:
        case "task":
            who, due = kept["who"], kept["due"]
            return Task(
                kept["what"],
                Recipient(Realm(who[0]), UUID(who[1])) if who else None,
                datetime.fromisoformat(due) if due else None,
            )
        case "appointment":
            starts = tuple(map(datetime.fromisoformat, kept["starts"]))
            return Appointment(kept["what"], kept["where"], starts, kept["minutes"])
        case "form":
            asked = tuple(Question(words, tuple(choices), required) for words, choices, required in kept["questions"])
            return Form(kept["what"], asked)
        case "document":
            return DocumentLink(UUID(kept["id"]))
        case other:
            raise ValueError(f"no such item: {other}")


def _answer_out(answer: Answer) -> dict[str, Any]:
    match answer:
        case TaskState():
            return {"task": answer.value}
        case Chosen(start):
            return {"start": start}
        case Filled(answers):
            return {"form": list(answers)}


def _answer_in(kept: dict[str, Any]) -> Answer:
    if "task" in kept:
        return TaskState(kept["task"])
    return Chosen(kept["start"]) if "start" in kept else Filled(tuple(kept["form"]))
