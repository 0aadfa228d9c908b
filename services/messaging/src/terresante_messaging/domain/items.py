"""What a message may hold besides words, and how it is answered. Words and rules only: no I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, TypeAlias
from uuid import UUID

from terresante_platform.readable import readable_line, readable_text
from terresante_platform.refusals import Denied, Invalid

from terresante_messaging.domain.people import Recipient

ActId = NewType("ActId", UUID)
WHAT_AT_MOST = 200
MOST_STARTS = 10
MOST_QUESTIONS = 30
MOST_CHOICES = 20
ANSWER_AT_MOST = 2_000
FORM_AT_MOST = 10_000
"""Characters of a form in all, and of one that was filled in: as long as a text."""
MOST_ACTS = 100
"""Answers to one message."""
MOST_MINUTES = 24 * 60
NONE_SUITS = -1


class MessageInvalid(Invalid):
    """A part of a message that is not one. `details.field` says which."""

    reason = "MESSAGE_INVALID"


class AnswerInvalid(Invalid):
    """Not an answer to that item, or not one that can follow those given."""

    reason = "ANSWER_INVALID"


class ItemNotYours(Denied):
    """A task that somebody else was asked to do."""

    reason = "ITEM_NOT_YOURS"


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done."""

    what: str
    who: Recipient | None = None
    """None: whoever takes it."""
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """Moments to choose from."""

    what: str
    where: str
    starts: tuple[datetime, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a form."""

    question: str
    choices: tuple[str, ...] = ()
    """None: free words."""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """Questions to be answered."""

    what: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """A document of the patient's record: whether it opens, the record decides."""

    document: UUID


Item: TypeAlias = Task | Appointment | Form | DocumentLink


class TaskState(StrEnum):
    """How far a task is. The names are those of the contract."""

    TAKEN = "TAKEN"
    DONE = "DONE"
    GIVEN_UP = "GIVEN_UP"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which of the starts suits, by its number from 0; -1: none does."""

    start: int


@dataclass(frozen=True, slots=True)
class Filled:
    """One answer a question, in order; blank where none is given."""

    answers: tuple[str, ...]


Answer: TypeAlias = TaskState | Chosen | Filled


@dataclass(frozen=True, slots=True)
class Act:
    """An answer that was given."""

    id: ActId
    by: Recipient
    answer: Answer
    at: datetime


def check_item(item: Item) -> Item:
    """`item`, if it is whole. Refuses with MESSAGE_INVALID (field: item)."""
    match item:
        case Task():
            right = readable_line(item.what, WHAT_AT_MOST)
        case Appointment():
            right = _is_appointment(item)
        case Form():
            right = readable_line(item.what, WHAT_AT_MOST) and 1 <= len(item.questions) <= MOST_QUESTIONS
            right = right and all(map(_is_question, item.questions)) and _length(item) <= FORM_AT_MOST
        case DocumentLink():
            right = True
    if not right:
        raise MessageInvalid(
            "L’élément joint au message est incomplet ou hors limites.",
            "Une tâche, un rendez-vous ou un formulaire a un intitulé de 1 à 200 caractères ; un rendez-vous, de 1 à "
            "10 dates ; un formulaire, de 1 à 30 questions et d’au plus 10 000 caractères.",
            field="item",
        )
    return item


def _is_appointment(item: Appointment) -> bool:
    place = not item.where or readable_line(item.where, WHAT_AT_MOST)
    dates = 1 <= len(item.starts) <= MOST_STARTS and len(set(item.starts)) == len(item.starts)
    return readable_line(item.what, WHAT_AT_MOST) and place and dates and 1 <= item.minutes <= MOST_MINUTES


def _length(form: Form) -> int:
    return sum(len(one.question) + sum(map(len, one.choices)) for one in form.questions)


def _is_question(question: Question) -> bool:
    choices = question.choices
    return (
        readable_line(question.question, WHAT_AT_MOST)
        and len(choices) <= MOST_CHOICES
        and len(set(choices)) == len(choices)
        and all(readable_line(choice, WHAT_AT_MOST) for choice in choices)
    )


def check_answer(item: Item | None, acts: Sequence[Act], by: Recipient, answer: Answer) -> Answer:
    """`answer`, if it suits the item and what was answered before. Refuses with ANSWER_INVALID, ITEM_NOT_YOURS.

    A task only goes forward: taken, then done or given up. Who took a task that was for whoever takes it is the one to
    end it. An appointment or a form may be answered again: the last answer of each counts.
    """
    if len(acts) >= MOST_ACTS:
        raise AnswerInvalid(f"Ce message a déjà reçu {MOST_ACTS} réponses.", "Répondez par un autre message.")
    match item, answer:
        case Task(), TaskState():
            _require_task(item, acts, by, answer)
        case Appointment(), Chosen(start) if NONE_SUITS <= start < len(item.starts):
            pass
        case Form(), Filled(answers) if _is_filled(item, answers):
            pass
        case _:
            raise AnswerInvalid(
                "Cette réponse ne convient pas à ce qui est demandé.",
                "Choisissez une des dates ou une des réponses proposées ; répondez aux questions obligatoires.",
            )
    return answer


def _require_task(task: Task, acts: Sequence[Act], by: Recipient, answer: TaskState) -> None:
    taken = next((act.by for act in acts if act.answer is TaskState.TAKEN), None)
    last = acts[-1].answer if acts else None
    theirs = task.who or taken
    if theirs is not None and theirs != by:
        raise ItemNotYours("Cette tâche est confiée à quelqu’un d’autre.", "Écrivez-lui dans le fil.")
    forward = last is None or (last is TaskState.TAKEN and answer is not TaskState.TAKEN)
    if not forward:
        raise AnswerInvalid("Cette tâche est déjà prise ou terminée.", "Relisez le message.")


def _is_filled(form: Form, answers: tuple[str, ...]) -> bool:
    if len(answers) != len(form.questions) or sum(map(len, answers)) > FORM_AT_MOST:
        return False
    return all(map(_suits, form.questions, answers))


def _suits(question: Question, answer: str) -> bool:
    if not answer:
        return not question.required
    return answer in question.choices if question.choices else readable_text(answer, ANSWER_AT_MOST)
