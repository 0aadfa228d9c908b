"""A consent service that counts and asks again as a test says, behind the real contract; how it is away."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceServicer
from terresante_platform.refusals import Unavailable
from terresante_platform.rpc.allow import allow


class SmallConsent(ConsentServiceServicer):
    """`counts`: circles and consents at each moment, the last one for all that follow; None is masked.

    `away`: it does not answer. `asked`: members with their spans, and moments, as the last question had them.
    `told`: names of the metadata that came with them. `renews`: what it does about a professional who changed.
    """

    def __init__(self) -> None:
        self.counts: Sequence[tuple[int | None, int | None]] = [(120, 115)]
        self.away = False
        self.asked: tuple[set[tuple[UUID, int, int]], list[datetime]] = (set(), [])
        self.told: set[str] = set()
        self.renews: Callable[[UUID], Awaitable[None]] | None = None

    @allow(services=("directory",))
    async def CountCare(self, request: pb.CountCareRequest, context: Any) -> pb.CountCareResponse:
        """As the test says."""
        self.told |= {name for name, _ in context.invocation_metadata()}
        if self.away:
            raise Unavailable("Consent est arrêté.", "Attendez.")
        members = {(UUID(bytes=one.id), one.first, one.past) for one in request.members}
        self.asked = members, [one.ToDatetime(UTC) for one in request.moments]
        told = [self.counts[min(number, len(self.counts) - 1)] for number in range(len(request.moments))]
        return pb.CountCareResponse(counts=[_count(*one) for one in told], smallest=5, rounded_to=5)

    @allow(services=("directory",))
    async def RenewProfessional(
        self, request: pb.RenewProfessionalRequest, context: Any
    ) -> pb.RenewProfessionalResponse:
        """As the test says."""
        self.told |= {name for name, _ in context.invocation_metadata()}
        if self.away:
            raise Unavailable("Consent est arrêté.", "Attendez.")
        if self.renews is not None:
            await self.renews(UUID(request.professional_id))
        return pb.RenewProfessionalResponse()


def _count(circles: int | None, consents: int | None) -> pb.CareCount:
    return pb.CareCount(
        circles=circles or 0,
        circles_masked=circles is None,
        consents=consents or 0,
        consents_masked=consents is None,
    )
