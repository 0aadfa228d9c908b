"""/patients/{patient}/representatives: who may act for the patient."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.consent.v1 import consent_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.operation import CARE, Authz, Id, To, on
from terresante_gateway.words import Input, Moment, OpaqueId

router = APIRouter(prefix="/v1/patients/{patient}/representatives", tags=["Représentants"])

RepresentationKind = Literal["parent", "guardian", "curator", "trusted_person", "carer"]
KINDS = codes_of(pb.RepresentationKind, "REPRESENTATION_KIND_")


class Representative(Struct):
    """Quelqu’un qui peut agir pour le patient."""

    id: str
    person_id: Annotated[str, Meta(description="La personne qui représente, dans le portail patient")]
    kind: Annotated[RepresentationKind, Meta(description="Parent, tuteur, curateur, personne de confiance, ou aidant")]
    since: datetime
    until: Annotated[datetime | None, Meta(description="Pour un parent : la majorité de l’enfant")]
    may_read: Annotated[bool, Meta(description="Le patient lui délègue la lecture")]
    may_manage: Annotated[bool, Meta(description="Le patient lui délègue la gestion du cercle")]

    @classmethod
    def of(cls, one: pb.Representation) -> "Representative":
        """From the service's message."""
        return cls(
            one.representation_id,
            one.representative_id,
            KINDS.word[one.kind],
            words.read(one.since),
            words.read(one.until) if one.HasField("until") else None,
            one.may_read,
            one.may_manage,
        )


class Representatives(Struct):
    """Les représentants en ce moment."""

    items: list[Representative]


class NewRepresentative(Input):
    """Qui est désigné."""

    person_id: OpaqueId
    kind: RepresentationKind
    until: Moment | None = Field(None, description="Nécessaire pour un parent : la majorité de l’enfant")
    may_read: bool = False
    may_manage: bool = False


@on(router, "GET", "", "Représentants du patient", Authz("representative", "list", CARE), "ACCESS_REFUSED")
async def list_representatives(patient: Id, peers: To) -> Representatives:
    """Ceux qui représentent le patient en ce moment."""
    reply = await peers.consent.ListRepresentatives(pb.ListRepresentativesRequest(patient_id=patient))
    return Representatives([Representative.of(one) for one in reply.representations])


@on(router, "POST", "", "Désigner un représentant", Authz("representative", "appoint", CARE), "ACCESS_REFUSED",
    "REPRESENTATIVE_ALREADY", "REPRESENTATIVE_SELF", "REPRESENTATIVE_PERIOD_INVALID", "REPRESENTATIVE_KIND_MISSING",
    "PERSON_UNKNOWN", "IDENTITY_UNAVAILABLE", "IDEMPOTENCY_KEY_REUSED", status=201, keyed=True)  # fmt: skip
async def appoint_representative(patient: Id, new: NewRepresentative, peers: To) -> Representative:
    """Inscrit qu’une personne peut agir pour le patient."""
    reply = await peers.consent.AppointRepresentative(
        pb.AppointRepresentativeRequest(
            patient_id=patient,
            representative_id=new.person_id,
            kind=KINDS.number[new.kind],
            until=words.timestamp(new.until) if new.until else None,
            may_read=new.may_read,
            may_manage=new.may_manage,
        )
    )
    return Representative.of(reply.representation)


@on(router, "DELETE", "/{representation}", "Mettre fin à une représentation", Authz("representative", "end", CARE),
    "ACCESS_REFUSED", "REPRESENTATIVE_UNKNOWN", vital=True)  # fmt: skip
async def end_representation(patient: Id, representation: Id, peers: To) -> Representative:
    """Met fin à la représentation, dès la réponse."""
    reply = await peers.consent.EndRepresentation(
        pb.EndRepresentationRequest(patient_id=patient, representation_id=representation)
    )
    return Representative.of(reply.representation)
