"""DecisionService: may this be done, asked by the other services for the person behind the call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from terresante.consent.v1 import decision_service_pb2 as pb
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceServicer
from terresante_platform import calls
from terresante_platform.ids import parsed
from terresante_platform.refusals import Denied, Unknown
from terresante_platform.rpc.allow import allow

from terresante_consent import wire
from terresante_consent.domain import telling
from terresante_consent.domain.decision import decide
from terresante_consent.domain.facts import Question
from terresante_consent.domain.identities import placed
from terresante_consent.domain.telling import Told
from terresante_consent.domain.vocabulary import WITHOUT_PATIENT, Action, Kind
from terresante_consent.journal import reading
from terresante_consent.journal.leaf import Entry
from terresante_consent.rpc.desk import Desk, recorded
from terresante_consent.rpc.standings import Asked

MOST_QUESTIONS = 200
OF_RESOURCES = frozenset({Action.READ, Action.PUBLISH})
ASKED_BY_OTHERS = frozenset(
    {
        Action.SEARCH_PERSONS, Action.CREATE_PERSON, Action.READ_IDENTITY, Action.CHANGE_IDENTITY,
        Action.ISSUE_ACTIVATION, Action.LIST, Action.READ, Action.PUBLISH, Action.CHANGE,
        Action.FEED_IDENTITY, Action.MATCH_IDENTITY, Action.LIST_REVIEWS,
        Action.REVIEW_IDENTITY, Action.DECIDE_IDENTITY,
    }
)  # fmt: skip
"""Acts that other services ask about; those of this service decide for themselves."""


class UnknownDecision(Unknown):
    """No such decision, or none that this caller may know of."""

    reason = "DECISION_UNKNOWN"


@dataclass(frozen=True, slots=True)
class _Asked:
    patient: UUID | None
    question: Question
    resource: UUID | None
    author: UUID | None
    flags: dict[str, Any]
    issuer: str
    concerned: tuple[frozenset[UUID], frozenset[str]]
    """Structures and territories from which the patient's identity comes."""


class DecisionService(DecisionServiceServicer):
    """Decides, and shows past decisions to whom they concern."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @allow("professional", "patient", "administrator", "system", services=("records", "identity"))
    async def DecideMany(self, request: pb.DecideManyRequest, _: Any) -> pb.DecideManyResponse:
        """Decides, writes down, answers."""
        questions = _questions(request.questions)
        asked = await self._desk.standings.asked(list(dict.fromkeys(one.patient for one in questions)))
        now = self._desk.now()
        records = []
        for one in questions:
            facts = asked.facts[one.patient]._replace(**_of_question(one, asked), **one.flags)
            made = placed(decide(one.question, facts, self._desk.policy), one.question.action, asked.ground)
            records.append(recorded(asked, one.patient, one.question, made, now, one.resource))
        await self._desk.journal.keep(records)
        return pb.DecideManyResponse(
            decisions=[wire.decision(made.decision, made.question.action, made.id) for made in records]
        )

    @allow("professional", "patient", services=("messaging",))
    async def ListTellable(self, request: pb.ListTellableRequest, _: Any) -> pb.ListTellableResponse:
        """Decides on the caller's own standing and shows nothing of a record, so that nothing is written down
        (docs/decisions/0007)."""
        topics = _topics(request.topics)
        asked = await self._desk.standings.asked(list(dict.fromkeys(patient for patient, _ in topics)))
        made = [decide(question, asked.facts[patient], self._desk.policy) for patient, question in topics]
        return pb.ListTellableResponse(tellable=[one.allowed for one in made])

    @allow("professional", "patient")
    async def GetDecision(self, request: pb.GetDecisionRequest, _: Any) -> pb.GetDecisionResponse:
        """Shows it to the one it was about; else to who may read the patient's journal, which is written down."""
        patient, id = wire.patient(request.patient_id), parsed(request.entry_id, "entry_id")
        async with self._desk.database.reading() as connection:
            entry = await reading.one(connection, patient, id)
        if entry is None:
            raise _unknown()
        if entry.actor == calls.person().id:
            told = telling.to_who_asked(entry.made, self._desk.policy)
        else:
            told = await self._to_reader_of_journal(patient, entry)
        if told is None:
            raise _unknown()
        return wire.kept_decision(entry, told)

    async def _to_reader_of_journal(self, patient: UUID, entry: Entry) -> Told | None:
        try:
            allowed = await self._desk.may(Action.READ_JOURNAL, patient)
        except Denied:
            return None
        if allowed.scope is None or allowed.scope.own_only or reading.withheld(entry.facts, allowed.basis):
            return None
        return telling.whole(entry.made, self._desk.policy)


def _of_question(one: _Asked, asked: Asked) -> dict[str, Any]:
    """What is true of the caller and of what the question is about."""
    mandate, feeder = asked.ground.mandate, asked.ground.feeder
    return {
        "own": one.author == asked.caller,
        "within_mandate": mandate is not None and mandate.covers(*one.concerned),
        "holds_issuer": feeder is not None and one.issuer in feeder.issuers,
    }


def _unknown() -> UnknownDecision:
    return UnknownDecision("Cette décision n'existe pas, ou ne vous concerne pas.", "Vérifiez l'identifiant donné.")


def _questions(asked: Sequence[pb.Question]) -> list[_Asked]:
    if not 1 <= len(asked) <= MOST_QUESTIONS:
        raise wire.QuestionInvalid(
            "Le nombre de questions ne convient pas.", f"Posez 1 à {MOST_QUESTIONS} questions à la fois."
        )
    return [_question(one) for one in asked]


def _topics(asked: Sequence[pb.Topic]) -> list[tuple[UUID, Question]]:
    if not 1 <= len(asked) <= MOST_QUESTIONS:
        raise wire.QuestionInvalid(
            "Le nombre de sujets ne convient pas.", f"Donnez 1 à {MOST_QUESTIONS} sujets à la fois.", field="topics"
        )
    return [_topic(one) for one in asked]


def _topic(one: pb.Topic) -> tuple[UUID, Question]:
    kind = wire.KINDS.get(one.resource_kind)
    if kind is None:
        raise wire.QuestionInvalid(
            "La nature de ce dont il faut informer manque.", "Indiquez document, note ou observation.", field="topics"
        )
    return wire.patient(one.patient_id), Question(Action.BE_NOTIFIED, kind)


def _question(one: pb.Question) -> _Asked:
    action, kind = wire.ACTIONS.get(one.action), wire.KINDS.get(one.resource_kind)
    if action is None or action not in ASKED_BY_OTHERS:
        raise wire.QuestionInvalid("Cet acte ne se demande pas ici.", "Indiquez un acte sur l'identité ou le dossier.")
    patient = wire.optional_id(one.patient_id, "patient_id")
    if (patient is None) is not (action in WITHOUT_PATIENT):
        raise wire.QuestionInvalid("Le patient manque, ou il est de trop pour cet acte.", "Corrigez la question.")
    if not _well_formed(action, kind, one.category):
        raise wire.QuestionInvalid("La nature ou la catégorie ne convient pas à cet acte.", "Corrigez la question.")
    flags = {
        "has_own": one.caller_has_written,
        "hidden_from_professionals": one.hidden_from_professionals,
        "hidden_from_patient": one.hidden_from_patient,
        "hidden_from_representatives": one.hidden_from_representatives,
    }
    return _Asked(
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
    if action in OF_RESOURCES:
        return kind is not None and bool(category)
    if action in (Action.LIST, Action.CHANGE):
        return kind is not None and not (action is Action.LIST and category)
    return not category
