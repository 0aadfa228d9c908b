"""A consent service for tests: a real gRPC server that knows who is concerned by one patient, and may be silent."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import grpc
from terresante.consent.v1 import consent_service_pb2 as consents_pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceServicer
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceServicer
from terresante_platform import calls
from terresante_platform.calls import Call
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
    asked: list[list[decisions_pb.Topic]] = field(default_factory=list)
    callers: list[Call] = field(default_factory=list)


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
        return decisions_pb.ListTellableResponse(
            tellable=[(UUID(one.patient_id), one.resource_kind) not in world.refused for one in request.topics]
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
