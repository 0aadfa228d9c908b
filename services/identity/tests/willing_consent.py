"""A consent that allows everything but what a test tells it to refuse, and remembers what it was asked."""

from collections.abc import Awaitable, Callable
from typing import Any

from terresante.consent.v1 import decision_service_pb2 as pb
from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceServicer
from terresante_platform.refusals import Unknown
from terresante_platform.rpc.allow import allow


class WillingConsent(DecisionServiceServicer):
    """`refused`: actions, or ids of patients, that are answered with no. `scope`: of each yes.
    `meanwhile`: what happens once, while it thinks about the next question.
    """

    def __init__(self) -> None:
        self.asked: list[pb.Question] = []
        self.refused: set[int | str] = set()
        self.scope = pb.Scope(feeding_policy="auto")
        self.meanwhile: Callable[[], Awaitable[Any]] | None = None

    @allow("professional", "patient", "system", services=("identity",))
    async def DecideMany(self, request: pb.DecideManyRequest, _: Any) -> pb.DecideManyResponse:
        self.asked += request.questions
        happening, self.meanwhile = self.meanwhile, None
        if happening is not None:
            await happening()
        return pb.DecideManyResponse(decisions=map(self._decided, request.questions))

    async def GetDecision(self, request: pb.GetDecisionRequest, _: Any) -> pb.GetDecisionResponse:
        """Without `@allow`: nobody may."""
        raise Unknown(f"{request.entry_id}")

    async def ListTellable(self, request: pb.ListTellableRequest, _: Any) -> pb.ListTellableResponse:
        """Without `@allow`: nobody may."""
        raise Unknown(f"{len(request.topics)}")

    def _decided(self, question: pb.Question) -> pb.Decision:
        if question.action in self.refused or question.patient_id in self.refused:
            return pb.Decision(
                allowed=False,
                reasons=["CONSENT_NOT_IN_FORCE"],
                sentence="Aucun consentement n’est en vigueur.",
                todo="Recueillez le consentement.",
                entry_id="entry",
            )
        return pb.Decision(allowed=True, entry_id="entry", scope=self.scope)
