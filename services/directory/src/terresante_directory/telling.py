"""Consent is told at once who was suspended. It hears of it by an event too, so that nothing waits for its answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from terresante_platform.refusals import Refusal
from terresante_platform.rpc import client
from terresante_platform.telemetry import log
from terresante_platform.tls import Identity

from terresante_directory.circles import in_own_name

if TYPE_CHECKING:
    from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceAsyncStub

PATIENCE_SECONDS = 2.0
"""How long consent is waited for: the event reaches it later."""

Tell = Callable[[UUID], Awaitable[None]]
"""Has consent ask again what a professional is. Never inside a transaction: consent reads what is committed."""


class Telling:
    """The word to consent, in the directory's own name."""

    def __init__(self, consent: "ConsentServiceAsyncStub") -> None:
        self._consent = consent

    async def changed(self, professional: UUID) -> None:
        """Consent knows when this returns, unless it is away; the log says why."""
        renew = cast(Any, self._consent.RenewProfessional)  # the platform's stub takes `seconds`
        try:
            with in_own_name():
                await renew(pb.RenewProfessionalRequest(professional_id=str(professional)), seconds=PATIENCE_SECONDS)
        except Refusal as refusal:
            log.warning("consent is told by the event alone", reason=refusal.reason)


async def nobody(_: UUID) -> None:
    """For a directory that stands alone: there is nobody to tell."""


@asynccontextmanager
async def told_to(address: str, who: Identity) -> AsyncIterator[Tell]:
    """Consent at that gRPC target; where none is given, nobody is told."""
    if not address:
        yield nobody
        return
    async with client.connected(address, "consent", who) as channel:
        yield Telling(ConsentServiceStub(channel)).changed
