"""Who calls as a portal: a system, for which consent decides at each call whether it may hear what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terresante.consent.v1 import decision_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.refusals import Unavailable, revived

from terresante_messaging.domain.webhooks import PortalId

if TYPE_CHECKING:
    from terresante.consent.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub

PORTALS = ("system",)


class ConsentSilent(Unavailable):
    """Consent answered, but not what was asked."""

    reason = "CONSENT_UNAVAILABLE"


async def portal(consent: DecisionServiceAsyncStub) -> PortalId:
    """The caller. Refuses with the decision's reason; with CONSENT_UNAVAILABLE when there is none."""
    asked = pb.DecideManyRequest(questions=[pb.Question(action=pb.ACTION_HEAR_AS_PORTAL)])
    reply = await consent.DecideMany(asked)
    decision = reply.decisions[0] if len(reply.decisions) == 1 else pb.Decision()
    if decision.allowed:
        return PortalId(calls.person().id)
    if not decision.reasons:
        raise ConsentSilent(
            "Le service des consentements ne répond pas ; rien n’a été fait ni montré.",
            "Réessayez dans quelques instants.",
        )
    raise revived("DENIED", decision.reasons[0], decision.sentence, decision.todo, {"entry_id": decision.entry_id})
