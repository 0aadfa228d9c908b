"""A consent service for tests: a real gRPC server that knows a small world, and can be silent, slow or wrong."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import grpc
from terresante.consent.v1 import decision_service_pb2 as pb
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceServicer
from terresante_platform import calls
from terresante_platform.calls import Call, Caller
from terresante_platform.rpc.allow import allow

EVERYTHING = frozenset({"*"})


@dataclass
class World:
    """One patient, who looks after them and what each of those may read. `asked` is every question, in order; `decided`
    every answer."""

    patient: UUID = field(default_factory=uuid4)
    members: dict[UUID, frozenset[str]] = field(default_factory=dict)
    representatives: set[UUID] = field(default_factory=set)
    structures: dict[UUID, UUID] = field(default_factory=dict)
    """In whose name each professional acts."""
    consent_in_force: bool = True
    silent: bool = False
    wrong: bool = False
    without_scope: bool = False
    stuck: asyncio.Event | None = None
    asked: list[pb.Question] = field(default_factory=list)
    decided: list[pb.Decision] = field(default_factory=list)
    callers: list[Call] = field(default_factory=list)

    def decide(self, question: pb.Question, caller: Caller) -> pb.Decision:
        """As the true one does, on far fewer facts."""
        reasons = list(self._against(question, caller))
        own = question.author_id == str(caller.id) or question.caller_has_written
        reading = question.action in (pb.ACTION_READ, pb.ACTION_LIST)
        by_own = bool(reasons) and own and reading and caller.kind == "professional"
        allowed = by_own or not reasons
        decision = pb.Decision(allowed=allowed, entry_id=str(uuid4()), policy_version="test")
        if not allowed:
            decision.reasons.extend(reasons)
            decision.sentence, decision.todo = f"Refusé : {' ; '.join(reasons)}.", f"À faire : {reasons[0]}."
        if allowed and question.action == pb.ACTION_LIST and not self.without_scope:
            decision.scope.CopyFrom(pb.Scope(own_only=True) if by_own else self._scope(caller))
        if allowed and question.action == pb.ACTION_PUBLISH and caller.id in self.structures:
            decision.scope.structure_ids.append(str(self.structures[caller.id]))
        self.decided.append(decision)
        return decision

    def _against(self, question: pb.Question, caller: Caller) -> Any:
        if question.action == pb.ACTION_CHANGE:
            if question.author_id != str(caller.id):
                yield "NOT_AUTHOR"
            return
        if caller.kind == "patient":
            if caller.id != self.patient and caller.id not in self.representatives:
                yield "NOT_CONCERNED"
            elif question.hidden_from_patient or (caller.id != self.patient and question.hidden_from_representatives):
                yield "HIDDEN"
            return
        if not self.consent_in_force:
            yield "CONSENT_NOT_IN_FORCE"
        entitled = self.members.get(caller.id)
        if entitled is None:
            yield "NOT_IN_CIRCLE"
        if question.action == pb.ACTION_READ:
            if entitled is None or not entitled & {question.category, "*"}:
                yield "CATEGORY_NOT_ENTITLED"
            if question.hidden_from_professionals:
                yield "HIDDEN"

    def _scope(self, caller: Caller) -> pb.Scope:
        if caller.kind == "patient":
            return pb.Scope(
                all_categories=True,
                sees_hidden_from_professionals=True,
                sees_hidden_from_representatives=caller.id == self.patient,
            )
        entitled = self.members[caller.id]
        return pb.Scope(
            categories=sorted(entitled),
            all_categories=entitled == EVERYTHING,
            sees_hidden_from_patient=True,
            sees_hidden_from_representatives=True,
        )


class Consent(DecisionServiceServicer):
    """Answers from the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    @allow("professional", "patient", services=("records",))
    async def DecideMany(
        self, request: pb.DecideManyRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.DecideManyResponse:
        """See the contract."""
        world = self._world
        world.callers.append(calls.current())
        world.asked.extend(request.questions)
        if world.stuck is not None:
            await world.stuck.wait()
        if world.silent:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        if world.wrong:
            return pb.DecideManyResponse()
        caller = calls.person()
        return pb.DecideManyResponse(decisions=[world.decide(one, caller) for one in request.questions])

    async def ListTellable(self, request: Any, context: Any) -> Any:
        """Not asked by records."""
        raise NotImplementedError

    async def ListMyConversations(self, request: Any, context: Any) -> Any:
        """Not asked by records."""
        raise NotImplementedError

    async def ListReaders(self, request: Any, context: Any) -> Any:
        """Not asked by records."""
        raise NotImplementedError

    async def GetDecision(self, request: Any, context: Any) -> Any:
        """Not asked by records."""
        raise NotImplementedError
