"""How many circles there are around professionals and structures: asked of consent, which alone knows."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform.refusals import Refusal
from terresante_platform.telemetry import log

from terresante_directory import wire
from terresante_directory.domain.care import CareCount, CountCircles, Counted, Standing, not_known
from terresante_directory.towards import PATIENCE_SECONDS, in_own_name

if TYPE_CHECKING:
    from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceAsyncStub


class Circles:
    """The question to consent, in the directory's own name: whoever is behind the call, their token goes no further."""

    def __init__(self, consent: "ConsentServiceAsyncStub") -> None:
        self._consent = consent

    async def counted(self, standing: Sequence[Standing], moments: Sequence[datetime]) -> Counted | None:
        """Counts at each moment. None: consent does not answer, or cannot count that; the log says why."""
        ask = cast(Any, self._consent.CountCare)  # the platform's stub takes `seconds`
        members = [pb.CareMember(id=one.id.bytes, first=one.first, past=one.past) for one in standing]
        request = pb.CountCareRequest(members=members, moments=map(wire.timestamp, moments))
        try:
            with in_own_name():
                told = await ask(request, seconds=PATIENCE_SECONDS)
        except Refusal as refusal:
            log.warning("circles are not counted", reason=refusal.reason)
            return None
        return Counted(tuple(map(_count, told.counts)), told.smallest, told.rounded_to)


def _count(told: pb.CareCount) -> CareCount:
    return CareCount(
        None if told.circles_masked else told.circles,
        None if told.consents_masked else told.consents,
    )


def counting(consent: "ConsentServiceAsyncStub | None") -> CountCircles:
    """How circles are counted; where there is no consent, they are not known."""
    return Circles(consent).counted if consent else not_known
