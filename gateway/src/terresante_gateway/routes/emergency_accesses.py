"""/patients/{patient}/emergency-accesses: opening a record without being in the circle, for a stated reason."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.consent.v1 import consent_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.names import Names, Where, Who, named
from terresante_gateway.operation import CARE, Authz, Id, To, on
from terresante_gateway.peers import Peers
from terresante_gateway.words import Input, Text

router = APIRouter(prefix="/v1/patients/{patient}/emergency-accesses", tags=["Accès en urgence"])


class EmergencyAccess(Struct):
    """Un accès en urgence."""

    id: str
    professional: Who
    place: Where | None
    reason: Annotated[str, Meta(examples=["Patiente inconsciente aux urgences, traitement en cours inconnu."])]
    opened_at: datetime
    ends_at: Annotated[datetime, Meta(description="Il finit alors de lui-même")]
    closed_at: Annotated[datetime | None, Meta(description="S’il a été fermé avant")]

    @classmethod
    def of(cls, access: pb.EmergencyAccess, names: Names) -> "EmergencyAccess":
        """From the service's message, with names."""
        return cls(
            access.emergency_access_id,
            names.professional(access.professional_id),
            names.where(access.professional_id, access.place_id),
            access.reason,
            words.read(access.opened_at),
            words.read(access.ends_at),
            words.read(access.closed_at) if access.HasField("closed_at") else None,
        )


class EmergencyAccesses(Struct):
    """Les accès en urgence, le plus récent d’abord."""

    items: list[EmergencyAccess]


class NewEmergencyAccess(Input):
    """Pourquoi l’accès est ouvert."""

    reason: Text = Field(
        min_length=1,
        max_length=1000,
        description="Motif, de 10 à 1000 caractères ; le patient le lira",
        examples=["Patiente inconsciente aux urgences, traitement en cours inconnu."],
    )


async def _shown(accesses: list[pb.EmergencyAccess], peers: Peers) -> list[EmergencyAccess]:
    names = await named(peers, professionals=[one.professional_id for one in accesses])
    return [EmergencyAccess.of(one, names) for one in accesses]


@on(router, "GET", "", "Accès en urgence du dossier", Authz("emergency_access", "list", CARE), "ACCESS_REFUSED")
async def list_emergency_accesses(patient: Id, peers: To) -> EmergencyAccesses:
    """Tous les accès en urgence, passés compris."""
    reply = await peers.consent.ListEmergencyAccesses(pb.ListEmergencyAccessesRequest(patient_id=patient))
    return EmergencyAccesses(await _shown(list(reply.emergency_accesses), peers))


@on(router, "POST", "", "Ouvrir un accès en urgence",
    Authz("emergency_access", "open", ("professional",), max_age=300), "EMERGENCY_REASON_MISSING",
    "EMERGENCY_NOT_ENTITLED", "EMERGENCY_ALREADY_OPEN", "ACCESS_REFUSED", "BLOCKED_BY_PATIENT", "PLACE_REQUIRED",
    "PLACE_UNKNOWN", "LOGIN_TOO_OLD", "IDEMPOTENCY_KEY_REUSED", status=201, keyed=True, vital=True)  # fmt: skip
async def open_emergency_access(patient: Id, new: NewEmergencyAccess, peers: To) -> EmergencyAccess:
    """Ouvre le dossier pour un temps limité. Le patient et son cercle sont prévenus ; ce qui est masqué le reste."""
    reply = await peers.consent.OpenEmergencyAccess(
        pb.OpenEmergencyAccessRequest(patient_id=patient, reason=new.reason)
    )
    return (await _shown([reply.emergency_access], peers))[0]


@on(router, "DELETE", "/{access}", "Fermer un accès en urgence", Authz("emergency_access", "close", CARE),
    "EMERGENCY_UNKNOWN", "ACCESS_REFUSED", vital=True)  # fmt: skip
async def close_emergency_access(patient: Id, access: Id, peers: To) -> EmergencyAccess:
    """Ferme l’accès avant son terme."""
    reply = await peers.consent.CloseEmergencyAccess(
        pb.CloseEmergencyAccessRequest(patient_id=patient, emergency_access_id=access)
    )
    return (await _shown([reply.emergency_access], peers))[0]
