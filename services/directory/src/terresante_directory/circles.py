"""How many circles there are around professionals and structures: asked of consent, which alone knows."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from terresante_platform import calls
from terresante_platform.refusals import Refusal
from terresante_platform.rpc import client
from terresante_platform.telemetry import log
from terresante_platform.tls import Identity

from terresante_directory import wire
from terresante_directory.domain.care import CareCount, CountCircles, Counted, Standing, not_known

if TYPE_CHECKING:
    from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceAsyncStub

PATIENCE_SECONDS = 2.0
"""How long consent is waited for: whoever looks at a territory is shown the rest without it."""


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


@contextmanager
def in_own_name() -> Iterator[None]:
    """Calls made inside carry the deadline of the one being served, and nothing of who is behind it."""
    call = calls.current()
    calls.enter(calls.Call(deadline=call.deadline))
    try:
        yield
    finally:
        calls.enter(call)


def _count(told: pb.CareCount) -> CareCount:
    return CareCount(
        None if told.circles_masked else told.circles,
        None if told.consents_masked else told.consents,
    )


@asynccontextmanager
async def asked_of(address: str, who: Identity) -> AsyncIterator[CountCircles]:
    """Consent at that gRPC target; where none is given, circles are not known."""
    if not address:
        yield not_known
        return
    async with client.connected(address, "consent", who) as channel:
        yield Circles(ConsentServiceStub(channel)).counted
