"""Items of messages, and their answers, as they travel."""

from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.ids import parsed

from terresante_messaging.domain.items import (
    Act,
    Answer,
    AnswerInvalid,
    Appointment,
    Chosen,
    DocumentLink,
    Filled,
    Form,
    Item,
    MessageInvalid,
    Question,
    Task,
    TaskState,
)
from terresante_messaging.wire import parts

_STATES = {pb.TaskState.Value(f"TASK_STATE_{state.value}"): state for state in TaskState}
_NUMBERS = {state: number for number, state in _STATES.items()}


def item(message: pb.Item) -> Item:
    """An item. Refuses with MESSAGE_INVALID, ID_INVALID."""
    try:
        return _item(message)
    except ValueError:
        raise MessageInvalid("Une date n’existe pas.", "Corrigez la date.", field="item") from None


def _item(message: pb.Item) -> Item:
    match message.WhichOneof("item"):
        case "task":
            task = message.task
            who = parts.party(task.who, "who") if task.HasField("who") else None
            return Task(task.what, who, parts.moment(task, "due"))
        case "appointment":
            asked = message.appointment
            return Appointment(asked.what, asked.where, tuple(map(parts.at_of, asked.starts)), asked.minutes)
        case "form":
            questions = tuple(
                Question(one.question, tuple(one.choices), one.required) for one in message.form.questions
            )
            return Form(message.form.what, questions)
        case "document":
            return DocumentLink(parsed(message.document.document_id, "document_id"))
        case _:
            raise MessageInvalid("L’élément joint est vide.", "Retirez-le, ou complétez-le.", field="item")


def item_to_proto(item: Item) -> pb.Item:
    """An item."""
    match item:
        case Task(what, who, due):
            by = parts.party_to_proto(who) if who else None
            return pb.Item(task=pb.Task(what=what, who=by, due=parts.stamp(due)))
        case Appointment(what, where, starts, minutes):
            made = pb.AppointmentProposal(what=what, where=where, minutes=minutes)
            for start in starts:
                parts.put_stamp(made.starts.add(), start)
            return pb.Item(appointment=made)
        case Form(what, questions):
            asked = [
                pb.FormQuestion(question=one.question, choices=one.choices, required=one.required) for one in questions
            ]
            return pb.Item(form=pb.Form(what=what, questions=asked))
        case DocumentLink(document):
            return pb.Item(document=pb.DocumentLink(document_id=str(document)))


def answer(message: pb.ItemAnswer) -> Answer:
    """An answer. Refuses with ANSWER_INVALID."""
    match message.WhichOneof("answer"):
        case "task" if message.task in _STATES:
            return _STATES[message.task]
        case "start":
            return Chosen(message.start)
        case "form":
            return Filled(tuple(message.form.answers))
        case _:
            raise AnswerInvalid("Il manque la réponse.", "Répondez à ce qui est demandé.")


def act_to_proto(act: Act) -> pb.ItemAct:
    """An answer that was given."""
    given = act.answer
    match given:
        case TaskState():
            said = pb.ItemAnswer(task=_NUMBERS[given])
        case Chosen(start):
            said = pb.ItemAnswer(start=start)
        case Filled(answers):
            said = pb.ItemAnswer(form=pb.FormAnswer(answers=answers))
    return pb.ItemAct(act_id=str(act.id), actor=parts.party_to_proto(act.by), answer=said, at=parts.stamp(act.at))
