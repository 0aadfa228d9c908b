"""DecisionService: may this be done, asked by the other services for the person behind the call."""

from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import decision_service_pb2 as pb
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceServicer
from terresante_platform import calls
from terresante_platform.ids import parsed
from terresante_platform.refusals import Denied, Unknown
from terresante_platform.rpc.allow import allow

from terresante_consent import wire
from terresante_consent.domain import telling
from terresante_consent.domain.conversations import bounded, visible_from
from terresante_consent.domain.decision import Decision, decide
from terresante_consent.domain.facts import Facts
from terresante_consent.domain.identities import placed
from terresante_consent.domain.reading import READING, WRITING, Deciding
from terresante_consent.domain.telling import Told
from terresante_consent.domain.vocabulary import Action
from terresante_consent.journal import reading
from terresante_consent.journal.leaf import Entry
from terresante_consent.rpc import asking
from terresante_consent.rpc.asking import Put
from terresante_consent.rpc.conversing import Conversing
from terresante_consent.rpc.desk import Desk, recorded
from terresante_consent.rpc.readers import Readers
from terresante_consent.rpc.standings import Asked


class UnknownDecision(Unknown):
    """No such decision, or none that this caller may know of."""

    reason = "DECISION_UNKNOWN"


class DecisionService(Conversing, DecisionServiceServicer):
    """Decides, and shows past decisions to whom they concern."""

    def __init__(self, desk: Desk, readers: Readers) -> None:
        self._desk = desk
        self._readers = readers

    @allow("professional", "patient", "administrator", "system", services=("records", "identity", "messaging"))
    async def DecideMany(self, request: pb.DecideManyRequest, _: Any) -> pb.DecideManyResponse:
        """Decides, writes down, answers."""
        questions = asking.questions(request.questions)
        asked = await self._desk.standings.asked(list(dict.fromkeys(one.patient for one in questions)))
        now = self._desk.now()
        records = []
        for one in questions:
            facts = asked.facts[one.patient]._replace(**_of_question(one, asked), **one.flags)
            made = self._decided(one, facts, asked)
            records.append(recorded(asked, one.patient, one.question, made, now, one.resource))
        await self._desk.journal.keep(records)
        return pb.DecideManyResponse(
            decisions=[wire.decision(made.decision, made.question.action, made.id) for made in records]
        )

    @allow("professional", "patient", services=("messaging",))
    async def ListTellable(self, request: pb.ListTellableRequest, _: Any) -> pb.ListTellableResponse:
        """Decides on the caller's own standing and shows nothing of a record, so that nothing is written down
        (docs/decisions/0007)."""
        topics = asking.topics(request.topics)
        asked = await self._desk.standings.asked(list(dict.fromkeys(patient for patient, _ in topics)))
        deciding = Deciding(self._desk.policy)
        made = [(deciding.decide(question, asked.facts[patient]), patient) for patient, question in topics]
        begins = [
            visible_from(one, asked.since_of(patient)) if question is READING else None
            for (one, patient), (_, question) in zip(made, topics, strict=True)
        ]
        return pb.ListTellableResponse(
            tellable=[one.allowed for one, _ in made],
            visible_from=[wire.stamp(at) or Timestamp() for at in begins],
            may_write=[
                question is READING and one.allowed and deciding.decide(WRITING, asked.facts[patient]).allowed
                for (one, patient), (_, question) in zip(made, topics, strict=True)
            ],
        )

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

    def _decided(self, one: Put, facts: Facts, asked: Asked) -> Decision:
        question, policy = one.question, self._desk.policy
        made = placed(decide(question, facts, policy), question.action, asked.ground)
        return bounded(made, question, asked.since_of(one.patient), policy)

    async def _to_reader_of_journal(self, patient: UUID, entry: Entry) -> Told | None:
        try:
            allowed = await self._desk.may(Action.READ_JOURNAL, patient)
        except Denied:
            return None
        if allowed.scope is None or allowed.scope.own_only or reading.withheld(entry.facts, allowed.basis):
            return None
        return telling.whole(entry.made, self._desk.policy)


def _of_question(one: Put, asked: Asked) -> dict[str, Any]:
    """What is true of the caller and of what the question is about."""
    mandate, feeder = asked.ground.mandate, asked.ground.feeder
    return {
        "own": one.author == asked.caller,
        "within_mandate": mandate is not None and mandate.covers(*one.concerned),
        "holds_issuer": feeder is not None and one.issuer in feeder.issuers,
        "in_team": one.question.action is Action.USE_TEAM_MESSAGES and one.concerned[0] <= asked.ground.practices,
    }


def _unknown() -> UnknownDecision:
    return UnknownDecision("Cette décision n'existe pas, ou ne vous concerne pas.", "Vérifiez l'identifiant donné.")
