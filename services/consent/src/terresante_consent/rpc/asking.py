"""Questions and topics as they are asked, checked, as the domain has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from terresante.consent.v1 import decision_service_pb2 as pb
from terresante_platform.ids import parsed

from terresante_consent import wire
from terresante_consent.domain.facts import Question
from terresante_consent.domain.reading import READING
from terresante_consent.domain.vocabulary import OF_CONVERSATIONS, WITHOUT_PATIENT, Action, Kind

MOST_QUESTIONS = 200
MOST_TOPICS = 500
OF_RESOURCES = frozenset({Action.READ, Action.PUBLISH})
ASKED_BY_OTHERS = frozenset(
    {
        Action.SEARCH_PERSONS, Action.CREATE_PERSON, Action.READ_IDENTITY, Action.CHANGE_IDENTITY,
        Action.ISSUE_ACTIVATION, Action.LIST, Action.READ, Action.PUBLISH, Action.CHANGE,
        Action.FEED_IDENTITY, Action.MATCH_IDENTITY, Action.LIST_REVIEWS,
        Action.REVIEW_IDENTITY, Action.DECIDE_IDENTITY,
        Action.READ_CONVERSATION, Action.WRITE_CONVERSATION,
        Action.USE_DIRECT_MESSAGES, Action.USE_TEAM_MESSAGES, Action.HEAR_AS_PORTAL,
    }
)  # fmt: skip
"""Acts that other services ask about; those of this service decide for themselves."""


@dataclass(frozen=True, slots=True)
class Put:
    """A question as it was put, with what is said of its resource."""

    patient: UUID | None
    question: Question
    resource: UUID | None
    author: UUID | None
    flags: dict[str, Any]
    issuer: str
    concerned: tuple[frozenset[UUID], frozenset[str]]
    """Structures and territories from which the patient's identity comes; for a team's messages, whose team."""


def questions(asked: Sequence[pb.Question]) -> list[Put]:
    """Refuses with QUESTION_INVALID, ID_INVALID."""
    if not 1 <= len(asked) <= MOST_QUESTIONS:
        raise wire.QuestionInvalid(
            "Le nombre de questions ne convient pas.", f"Posez 1 à {MOST_QUESTIONS} questions à la fois."
        )
    return [_question(one) for one in asked]


def topics(asked: Sequence[pb.Topic]) -> list[tuple[UUID, Question]]:
    """Refuses with QUESTION_INVALID, ID_INVALID."""
    if not 1 <= len(asked) <= MOST_TOPICS:
        raise wire.QuestionInvalid(
            "Le nombre de sujets ne convient pas.", f"Donnez 1 à {MOST_TOPICS} sujets à la fois.", field="topics"
        )
    return [_topic(one) for one in asked]


def _topic(one: pb.Topic) -> tuple[UUID, Question]:
    kind = wire.KINDS.get(one.resource_kind)
    if kind is None:
        raise wire.QuestionInvalid(
            "La nature de ce dont il faut informer manque.",
            "Indiquez document, note, observation ou message.",
            field="topics",
        )
    return wire.patient(one.patient_id), READING if kind is Kind.MESSAGE else Question(Action.BE_NOTIFIED, kind)


def _question(one: pb.Question) -> Put:
    action, kind = wire.ACTIONS.get(one.action), wire.KINDS.get(one.resource_kind)
    if action is None or action not in ASKED_BY_OTHERS:
        raise wire.QuestionInvalid("Cet acte ne se demande pas ici.", "Indiquez un acte sur l'identité ou le dossier.")
    patient = wire.optional_id(one.patient_id, "patient_id")
    if (patient is None) is not (action in WITHOUT_PATIENT):
        raise wire.QuestionInvalid("Le patient manque, ou il est de trop pour cet acte.", "Corrigez la question.")
    if not _well_formed(action, kind, one.category):
        raise wire.QuestionInvalid("La nature ou la catégorie ne convient pas à cet acte.", "Corrigez la question.")
    if action is Action.USE_TEAM_MESSAGES and len(one.concerned_structure_ids) != 1:
        raise wire.QuestionInvalid("Il faut dire de quelle équipe il s'agit.", "Indiquez sa structure, et elle seule.")
    flags = {
        "has_own": one.caller_has_written,
        "hidden_from_professionals": one.hidden_from_professionals,
        "hidden_from_patient": one.hidden_from_patient,
        "hidden_from_representatives": one.hidden_from_representatives,
    }
    return Put(
        patient,
        Question(action, kind, one.category),
        wire.optional_id(one.resource_id, "resource_id"),
        wire.optional_id(one.author_id, "author_id"),
        flags,
        one.issuer,
        (
            frozenset(parsed(id, "concerned_structure_ids") for id in one.concerned_structure_ids),
            frozenset(one.concerned_territory_codes),
        ),
    )


def _well_formed(action: Action, kind: Kind | None, category: str) -> bool:
    if (kind is Kind.MESSAGE) is not (action in OF_CONVERSATIONS):
        return False
    if action in OF_RESOURCES or action in OF_CONVERSATIONS:
        return kind is not None and bool(category)
    if action in (Action.LIST, Action.CHANGE):
        return kind is not None and not (action is Action.LIST and category)
    return not category
