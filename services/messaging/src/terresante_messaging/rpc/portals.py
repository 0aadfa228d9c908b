"""Who calls as a portal: a system, for which consent decides at each call whether it may hear what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terresante_platform import calls

from terresante_messaging.domain.webhooks import PortalId
from terresante_messaging.rpc.deciding import Deciding
from terresante_messaging.wire.decisions import hearing_as_portal

if TYPE_CHECKING:
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub

PORTALS = ("system",)


async def portal(consent: DecisionServiceAsyncStub) -> PortalId:
    """The caller. Refuses with the decision's reason; with CONSENT_UNAVAILABLE when there is none."""
    await Deciding(consent).require(hearing_as_portal())
    return PortalId(calls.person().id)
