"""Consent is told at once who was suspended. It hears of it by an event too, so that nothing waits for its answer."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform.refusals import Refusal
from terresante_platform.telemetry import log

from terresante_directory.towards import PATIENCE_SECONDS, in_own_name

if TYPE_CHECKING:
    from terresante.consent.v1.consent_service_pb2_grpc import ConsentServiceAsyncStub

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


def telling(consent: "ConsentServiceAsyncStub | None") -> Tell:
    """How consent is told; where there is none, nobody is."""
    return Telling(consent).changed if consent else nobody
