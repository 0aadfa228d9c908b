"""A consent service for tests: a real gRPC server that knows who is concerned by a few patients, and may be silent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import grpc
from terresante.consent.v1 import consent_service_pb2 as consents_pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceServicer
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceServicer
from terresante_platform import calls
from terresante_platform.calls import Call, Caller
from terresante_platform.rpc.allow import allow


@dataclass
class World:
    """One patient, the circle, the representatives; `refused`: (patient, resource kind) of which nobody is told;
    `other`: another patient, who turns out to be the same person, and `other_circle`."""

    patient: UUID = field(default_factory=uuid4)
    circle: list[UUID] = field(default_factory=list)
    representatives: list[UUID] = field(default_factory=list)
    other: UUID = field(default_factory=uuid4)
    other_circle: list[UUID] = field(default_factory=list)
    refused: set[tuple[UUID, int]] = field(default_factory=set)
    silent: bool = False
    not_entitled: dict[str, UUID] = field(default_factory=dict)
    """By decision of a publication: the professional whom the matrix does not entitle to it."""
    asked: list[list[decisions_pb.Topic]] = field(default_factory=list, repr=False)
    callers: list[Call] = field(default_factory=list, repr=False)
    circles: dict[UUID, set[UUID]] = field(default_factory=dict)
    """More patients, each with the circle."""
    visible_from: dict[tuple[UUID, UUID], datetime] = field(default_factory=dict)
    """By patient and professional: what was written before is not for them."""
    blocked: set[UUID] = field(default_factory=set)
    suspended: set[UUID] = field(default_factory=set)
    consent_in_force: bool = True
    patient_writes: bool = True
    teams: dict[UUID, set[UUID]] = field(default_factory=dict)
    """By structure: who practises there."""
    too_many: bool = False
    """Everybody is around more patients than consent lists at once."""
    wrong: bool = False
    """Answers, but not what was asked."""
    questions: list[decisions_pb.Question] = field(default_factory=list, repr=False)
    """What was to be decided, in order: each is a line in the journal."""

    def circle_of(self, patient: UUID) -> set[UUID]:
        """Who is in that patient's circle now."""
        if patient == self.patient:
            return set(self.circle)
        return set(self.other_circle) if patient == self.other else self.circles.get(patient, set())

    def patients(self) -> list[UUID]:
        """All of them."""
        return [self.patient, self.other, *self.circles]

    def against(self, question: decisions_pb.Question, caller: Caller) -> Iterator[str]:
        """Why not, as the true one says it, on far fewer facts."""
        professional = caller.kind == "professional"
        if professional and caller.id in self.suspended:
            yield "ACCOUNT_SUSPENDED"
            return
        if question.action == decisions_pb.ACTION_USE_DIRECT_MESSAGES:
            return
        if question.action == decisions_pb.ACTION_USE_TEAM_MESSAGES:
            (structure,) = question.concerned_structure_ids
            if caller.id not in self.teams.get(UUID(structure), set()):
                yield "NOT_IN_TEAM"
            return
        assert question.resource_kind == decisions_pb.RESOURCE_KIND_MESSAGE
        assert question.category == "message"
        yield from self._against_reading(question, caller, UUID(question.patient_id))
        if question.action == decisions_pb.ACTION_WRITE_CONVERSATION and not self.writes(caller.kind):
            yield "WRITING_NOT_OPEN"

    def _against_reading(self, question: decisions_pb.Question, caller: Caller, patient: UUID) -> Iterator[str]:
        if caller.kind == "patient":
            of_patient = caller.id == patient
            if not of_patient and not (patient == self.patient and caller.id in self.representatives):
                yield "NOT_CONCERNED"
            elif question.hidden_from_patient or (not of_patient and question.hidden_from_representatives):
                yield "HIDDEN"
            return
        if caller.id in self.blocked:
            yield "BLOCKED_BY_PATIENT"
            return
        if not self.consent_in_force:
            yield "CONSENT_NOT_IN_FORCE"
        if caller.id not in self.circle_of(patient):
            yield "NOT_IN_CIRCLE"
        if question.hidden_from_professionals:
            yield "HIDDEN"

    def reads(self, who: UUID, kind: str, patient: UUID) -> bool:
        """Whether they may read conversations around that patient."""
        if kind == "patient":
            return who == patient or (patient == self.patient and who in self.representatives)
        barred = who in self.blocked or who in self.suspended or not self.consent_in_force
        return not barred and who in self.circle_of(patient)

    def writes(self, kind: str) -> bool:
        """Whether those of that kind who may read may write."""
        return kind == "professional" or self.patient_writes

    def readers(self, asked: decisions_pb.Conversation) -> Iterator[decisions_pb.Reader]:
        """Who reads a conversation."""
        if asked.structure_id:
            for id in self.teams.get(UUID(asked.structure_id), set()) - self.suspended:
                yield decisions_pb.Reader(professional_id=str(id))
        for text in asked.party_ids:
            if UUID(text) not in self.suspended:
                yield decisions_pb.Reader(professional_id=text)
        if asked.patient_id:
            patient = UUID(asked.patient_id)
            for id in self.circle_of(patient):
                if self.reads(id, "professional", patient):
                    since = self.visible_from.get((patient, id))
                    yield decisions_pb.Reader(professional_id=str(id), visible_from=since)
            yield decisions_pb.Reader(person_id=asked.patient_id)
            for id in self.representatives if patient == self.patient else ():
                yield decisions_pb.Reader(person_id=str(id))


class Decisions(DecisionServiceServicer):
    """Answers from the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    @allow("professional", "patient", services=("messaging",))
    async def ListTellable(
        self, request: decisions_pb.ListTellableRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> decisions_pb.ListTellableResponse:
        """See the contract."""
        world = self._world
        world.asked.append(list(request.topics))
        world.callers.append(calls.current())
        if world.silent:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        who = calls.person()
        patients = [UUID(one.patient_id) for one in request.topics]
        reply = decisions_pb.ListTellableResponse(
            tellable=[
                (patient, one.resource_kind) not in world.refused
                and (one.resource_kind != decisions_pb.RESOURCE_KIND_MESSAGE or world.reads(who.id, who.kind, patient))
                for patient, one in zip(patients, request.topics, strict=True)
            ]
        )
        for patient in patients:
            since = world.visible_from.get((patient, who.id)) if who.kind == "professional" else None
            added = reply.visible_from.add()
            if since is not None:
                added.FromDatetime(since)
        reply.may_write.extend(
            told and one.resource_kind == decisions_pb.RESOURCE_KIND_MESSAGE and world.writes(who.kind)
            for told, one in zip(reply.tellable, request.topics, strict=True)
        )
        return reply

    @allow("professional", "patient", services=("messaging",))
    async def DecideMany(
        self, request: decisions_pb.DecideManyRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> decisions_pb.DecideManyResponse:
        """See the contract."""
        world, who = self._world, calls.person()
        world.questions.extend(request.questions)
        if world.silent:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        if world.wrong:
            return decisions_pb.DecideManyResponse()
        decisions = []
        for question in request.questions:
            reasons = list(world.against(question, who))
            decision = decisions_pb.Decision(allowed=not reasons, entry_id=str(uuid4()), reasons=reasons)
            if reasons:
                decision.sentence, decision.todo = f"Refusé : {reasons[0]}.", "À faire."
            elif question.patient_id:
                decision.scope.may_write = world.writes(who.kind)
                since = world.visible_from.get((UUID(question.patient_id), who.id))
                if since is not None and who.kind == "professional":
                    decision.scope.visible_from.FromDatetime(since)
            decisions.append(decision)
        return decisions_pb.DecideManyResponse(decisions=decisions)

    @allow("professional", "patient", services=("messaging",))
    async def ListMyConversations(
        self, request: decisions_pb.ListMyConversationsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> decisions_pb.ListMyConversationsResponse:
        """See the contract."""
        world, who = self._world, calls.person()
        patients = [] if request.without_patients else world.patients()
        if world.silent:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        open_ = who.kind == "professional" and who.id not in world.suspended
        return decisions_pb.ListMyConversationsResponse(
            patients=[
                decisions_pb.PatientConversation(
                    patient_id=str(patient),
                    visible_from=world.visible_from.get((patient, who.id)) if who.kind == "professional" else None,
                    may_write=world.writes(who.kind),
                )
                for patient in patients
                if world.reads(who.id, who.kind, patient)
            ],
            structure_ids=[str(id) for id, team in world.teams.items() if who.id in team and open_],
            direct=open_,
            more=world.too_many and not request.without_patients,
        )

    @allow(services=("messaging",))
    async def ListReaders(
        self, request: decisions_pb.ListReadersRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> decisions_pb.ListReadersResponse:
        """See the contract."""
        world = self._world
        if world.silent:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        return decisions_pb.ListReadersResponse(
            conversations=[decisions_pb.Readers(readers=world.readers(one)) for one in request.conversations]
        )


Decisions.__abstractmethods__ = frozenset()  # the rest is not asked by messaging


class Consents(ConsentServiceServicer):
    """Says who is concerned."""

    def __init__(self, world: World) -> None:
        self._world = world

    @allow(services=("messaging",))
    async def ListConcerned(
        self, request: consents_pb.ListConcernedRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> consents_pb.ListConcernedResponse:
        """See the contract."""
        world = self._world
        if world.silent:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        if request.patient_id == str(world.other):
            return consents_pb.ListConcernedResponse(professional_ids=map(str, world.other_circle))
        if request.patient_id != str(world.patient):
            return consents_pb.ListConcernedResponse()
        return consents_pb.ListConcernedResponse(
            professional_ids=[str(id) for id in world.circle if id != world.not_entitled.get(request.decision_id)],
            representative_ids=map(str, world.representatives),
            consent_in_force=True,
        )


Consents.__abstractmethods__ = frozenset()  # the rest is not asked by messaging
