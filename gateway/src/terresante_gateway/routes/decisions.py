"""/patients/{patient}/decisions/{decision}: one past decision, explained to whom it concerns."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from terresante.consent.v1 import decision_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import ACTIONS, BASES
from terresante_gateway.operation import CARE, Authz, Id, To, on
from terresante_gateway.routes.journal import ACTION, BASIS

router = APIRouter(prefix="/v1/patients/{patient}/decisions", tags=["Journal des accès"])


class Decision(Struct):
    """Une décision d’accès, avec ce dont elle est faite."""

    id: str
    at: datetime
    action: str
    action_label: Annotated[str, Meta(examples=["Lecture"])]
    allowed: bool
    reasons: Annotated[list[str], Meta(examples=[["NOT_IN_CIRCLE"]])]
    sentence: str
    todo: str
    basis: str | None
    basis_label: str | None
    policy_version: str
    facts: Annotated[dict[str, str], Meta(description="Les faits retenus", examples=[{"consent_in_force": "true"}])]
    would_flip: Annotated[
        dict[str, str],
        Meta(description="Le plus petit changement qui l’aurait inversée", examples=[{"member": "true"}]),
    ]


@on(router, "GET", "/{decision}", "Comprendre une décision", Authz("decision", "read", CARE),
    "DECISION_UNKNOWN")  # fmt: skip
async def get_decision(patient: Id, decision: Id, peers: To) -> Decision:
    """Montrée au patient, à ses représentants, et à celui qu’elle concerne."""
    reply = await peers.decisions.GetDecision(pb.GetDecisionRequest(patient_id=patient, entry_id=decision))
    made = reply.decision
    action = ACTION.word[reply.action]
    basis = BASIS.word.get(made.basis)
    return Decision(
        made.entry_id or decision,
        words.read(reply.at),
        action,
        ACTIONS[action],
        made.allowed,
        list(made.reasons),
        made.sentence,
        made.todo,
        basis,
        BASES.get(basis or ""),
        made.policy_version,
        dict(reply.facts),
        dict(reply.would_flip),
    )
