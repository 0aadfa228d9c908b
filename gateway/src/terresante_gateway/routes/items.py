"""What a message holds besides words (a task, an appointment, a form, a document), and the answers to it, both ways."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct
from pydantic import Field, model_validator
from terresante.messaging.v1 import conversation_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.names import Names, Who
from terresante_gateway.routes.parties import NewParty, shown
from terresante_gateway.words import Input, Line, Moment, OpaqueId, Text

TaskState = Literal["taken", "done", "given_up"]
STATES = codes_of(pb.TaskState, "TASK_STATE_")
NONE_SUITS = -1
"""What the contract says for a proposal of which no moment suits."""
What = Annotated[Line, Field(min_length=1, max_length=200)]


class Task(Struct):
    """Une chose à faire."""

    what: Annotated[str, Meta(examples=["Rappeler le laboratoire pour le potassium"])]
    who: Annotated[Who | None, Meta(description="Qui doit la faire ; null : qui la prend")]
    due: datetime | None


class Appointment(Struct):
    """Une proposition de rendez-vous."""

    what: Annotated[str, Meta(examples=["Visite commune à domicile"])]
    where: str | None
    starts: Annotated[list[datetime], Meta(description="Les moments proposés")]
    minutes: Annotated[int, Meta(description="Durée", examples=[30])]


class Question(Struct):
    """Une question d’un formulaire."""

    question: Annotated[str, Meta(examples=["Le traitement est-il bien supporté ?"])]
    choices: Annotated[list[str], Meta(description="Réponses possibles ; vide : réponse libre")]
    required: bool


class QuestionForm(Struct):
    """Un formulaire à remplir."""

    what: str
    questions: list[Question]


class Item(Struct):
    """Ce qu’un message porte en plus du texte : un seul des quatre."""

    task: Task | None = None
    appointment: Appointment | None = None
    form: QuestionForm | None = None
    document_id: Annotated[
        str | None, Meta(description="Un document du dossier, qui ne s’ouvre que pour qui en a le droit")
    ] = None

    @classmethod
    def of(cls, item: pb.Item, names: Names) -> "Item":
        """From the service's message."""
        match item.WhichOneof("item"):
            case "task":
                return cls(task=_task(item.task, names))
            case "appointment":
                return cls(appointment=_appointment(item.appointment))
            case "form":
                asked = [Question(one.question, list(one.choices), one.required) for one in item.form.questions]
                return cls(form=QuestionForm(item.form.what, asked))
            case _:
                return cls(document_id=item.document.document_id)


def _task(task: pb.Task, names: Names) -> Task:
    return Task(
        task.what,
        shown(task.who, names) if task.HasField("who") else None,
        words.read(task.due) if task.HasField("due") else None,
    )


def _appointment(proposal: pb.AppointmentProposal) -> Appointment:
    starts = [words.read(one) for one in proposal.starts]
    return Appointment(proposal.what, proposal.where or None, starts, proposal.minutes)


class ChosenStart(Struct):
    """Le moment choisi."""

    start: Annotated[int | None, Meta(description="Rang du moment qui convient, à partir de 0 ; null : aucun")]


class FormAnswers(Struct):
    """Les réponses à un formulaire."""

    answers: Annotated[list[str], Meta(description="Une par question, dans l’ordre ; vide : sans réponse")]


class ItemAct(Struct):
    """Une réponse donnée : une seule des trois."""

    id: str
    actor: Who
    at: datetime
    task: TaskState | None = None
    appointment: ChosenStart | None = None
    form: FormAnswers | None = None

    @classmethod
    def of(cls, act: pb.ItemAct, names: Names) -> "ItemAct":
        """From the service's message."""
        found = cls(act.act_id, shown(act.actor, names), words.read(act.at))
        match act.answer.WhichOneof("answer"):
            case "task":
                found.task = STATES.word[act.answer.task]
            case "start":
                found.appointment = ChosenStart(None if act.answer.start == NONE_SUITS else act.answer.start)
            case "form":
                found.form = FormAnswers(list(act.answer.form.answers))
        return found


class NewTask(Input):
    """Une chose à faire."""

    what: What = Field(examples=["Rappeler le laboratoire pour le potassium"])
    who: NewParty | None = Field(None, description="Qui doit la faire ; sans : qui la prend")
    due: Moment | None = None

    def told(self) -> pb.Task:
        """As messaging reads it."""
        return pb.Task(
            what=self.what,
            who=self.who.told() if self.who else None,
            due=words.timestamp(self.due) if self.due else None,
        )


class NewAppointment(Input):
    """Une proposition de rendez-vous."""

    what: What = Field(examples=["Visite commune à domicile"])
    where: Line | None = Field(None, min_length=1, max_length=200)
    starts: list[Moment] = Field(min_length=1, max_length=10, description="Les moments proposés")
    minutes: int = Field(ge=1, le=1_440, description="Durée", examples=[30])

    def told(self) -> pb.AppointmentProposal:
        """As messaging reads it."""
        starts = [words.timestamp(one) for one in self.starts]
        return pb.AppointmentProposal(what=self.what, where=self.where or "", starts=starts, minutes=self.minutes)


class NewQuestion(Input):
    """Une question."""

    question: What = Field(examples=["Le traitement est-il bien supporté ?"])
    choices: list[What] = Field(
        default_factory=list, max_length=20, description="Réponses possibles ; vide : réponse libre"
    )
    required: bool = False


class NewQuestionForm(Input):
    """Un formulaire à remplir."""

    what: What = Field(examples=["Tolérance du traitement"])
    questions: list[NewQuestion] = Field(min_length=1, max_length=30)

    def told(self) -> pb.Form:
        """As messaging reads it."""
        return pb.Form(what=self.what, questions=[pb.FormQuestion(**one.model_dump()) for one in self.questions])


class NewItem(Input):
    """Ce que le message porte : un seul des quatre."""

    task: NewTask | None = None
    appointment: NewAppointment | None = None
    form: NewQuestionForm | None = None
    document_id: OpaqueId | None = Field(None, description="Un document du dossier de ce patient")

    @model_validator(mode="after")
    def _one_of_four(self) -> "NewItem":
        if sum(given is not None for given in (self.task, self.appointment, self.form, self.document_id)) != 1:
            raise ValueError("Il faut donner task, appointment, form ou document_id, un seul des quatre.")
        return self

    def told(self) -> pb.Item:
        """As messaging reads it."""
        if self.task is not None:
            return pb.Item(task=self.task.told())
        if self.appointment is not None:
            return pb.Item(appointment=self.appointment.told())
        if self.form is not None:
            return pb.Item(form=self.form.told())
        return pb.Item(document=pb.DocumentLink(document_id=self.document_id or ""))


class NewChosenStart(Input):
    """Le moment choisi."""

    start: int | None = Field(ge=0, le=9, description="Rang du moment qui convient, à partir de 0 ; null : aucun")


class NewFormAnswers(Input):
    """Les réponses à un formulaire."""

    answers: list[Annotated[Text, Field(max_length=2_000)]] = Field(
        min_length=1, max_length=30, description="Une par question, dans l’ordre ; vide : sans réponse"
    )


class NewAnswer(Input):
    """Une réponse : une seule des trois, selon ce que le message porte."""

    task: TaskState | None = None
    appointment: NewChosenStart | None = None
    form: NewFormAnswers | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> "NewAnswer":
        if sum(given is not None for given in (self.task, self.appointment, self.form)) != 1:
            raise ValueError("Il faut donner task, appointment ou form, un seul des trois.")
        return self

    def told(self) -> pb.ItemAnswer:
        """As messaging reads it."""
        if self.task is not None:
            return pb.ItemAnswer(task=STATES.number[self.task])
        if self.appointment is not None:
            start = self.appointment.start
            return pb.ItemAnswer(start=NONE_SUITS if start is None else start)
        return pb.ItemAnswer(form=pb.FormAnswer(answers=self.form.answers if self.form else []))
