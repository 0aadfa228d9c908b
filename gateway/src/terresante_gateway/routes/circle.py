"""/patients/{patient}/circle: the professionals around a patient."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field, model_validator
from terresante.consent.v1 import consent_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.names import Names, Where, Who, named
from terresante_gateway.operation import CARE, Authz, Id, To, VersionIfGiven, on
from terresante_gateway.peers import Peers
from terresante_gateway.routes.consents import FORMS, Form
from terresante_gateway.words import Input, OpaqueId

router = APIRouter(prefix="/v1/patients/{patient}/circle", tags=["Cercle de soins"])


class Member(Struct):
    """Un membre du cercle de soins, présent ou passé."""

    id: str
    professional: Annotated[Who | None, Meta(description="Membre à titre personnel")]
    structure: Annotated[Where | None, Meta(description="Structure membre : ceux qui y exercent ont accès")]
    since: datetime
    until: Annotated[datetime | None, Meta(description="null tant qu’il est membre")]
    invited_by: Who
    explicit_agreement: Annotated[bool, Meta(description="Le patient a accepté ce membre expressément")]
    agreement_form: Form | None

    @classmethod
    def of(cls, member: pb.Member, patient: str, names: Names) -> "Member":
        """From the service's message, with names."""
        inviter = member.invited_by
        known = inviter in names.professionals
        return cls(
            member.member_id,
            names.professional(member.professional_id) if member.professional_id else None,
            names.where("", "", member.structure_id),
            words.read(member.since),
            words.read(member.until) if member.HasField("until") else None,
            names.professional(inviter) if known else Who("patient" if inviter else "service", inviter or None, None),
            member.explicit_agreement,
            FORMS.word.get(member.agreement_form),
        )


class Circle(Struct):
    """Le cercle de soins d’un patient."""

    patient_id: str
    consent_in_force: bool
    members: list[Member]
    patient_may_write: Annotated[bool, Meta(description="Le patient peut écrire à son cercle")]
    newcomers_see_earlier: Annotated[
        bool, Meta(description="Qui rejoint le cercle voit ce qui s’est écrit avant dans les conversations")
    ]
    version: Annotated[int, Meta(ge=1)]


class NewMember(Input):
    """Qui rejoint le cercle : un professionnel, ou une structure."""

    professional_id: OpaqueId | None = None
    structure_id: OpaqueId | None = None
    explicit_agreement: bool = Field(
        False, description="Accord exprès du patient ; nécessaire si le membre n’est pas professionnel de santé"
    )
    agreement_form: Form | None = Field(None, description="Comment cet accord a été donné")

    @model_validator(mode="after")
    def _one_of_both(self) -> "NewMember":
        if (self.professional_id is None) == (self.structure_id is None):
            raise ValueError("Il faut donner professional_id ou structure_id, un seul des deux.")
        return self


async def shown_circle(circle: pb.Circle, peers: Peers) -> Circle:
    """A circle with the names of its members."""
    members = circle.members
    names = await named(
        peers,
        professionals=[id for one in members for id in (one.professional_id, one.invited_by)],
        structures=[one.structure_id for one in members],
    )
    return Circle(
        circle.patient_id,
        circle.consent_in_force,
        [Member.of(one, circle.patient_id, names) for one in members],
        circle.patient_may_write,
        circle.newcomers_see_earlier,
        circle.version,
    )


@on(router, "GET", "", "Cercle de soins", Authz("circle", "read", CARE), "ACCESS_REFUSED", "CIRCLE_UNKNOWN",
    etag=True)  # fmt: skip
async def get_circle(patient: Id, peers: To) -> Circle:
    """Le cercle et ses membres, anciens membres compris, avec leurs noms."""
    reply = await peers.consent.GetCircle(pb.GetCircleRequest(patient_id=patient))
    return await shown_circle(reply.circle, peers)


@on(router, "POST", "/members", "Ajouter un membre", Authz("circle", "invite", CARE), "ACCESS_REFUSED",
    "CIRCLE_UNKNOWN", "MEMBER_ALREADY", "MEMBER_UNKNOWN", "MEMBER_BLOCKED", "MEMBER_INVALID", "AGREEMENT_MISSING",
    "VERSION_STALE", "PLACE_REQUIRED", "PLACE_UNKNOWN", "IDEMPOTENCY_KEY_REUSED", status=201, etag=True,
    keyed=True)  # fmt: skip
async def invite_member(patient: Id, new: NewMember, version: VersionIfGiven, peers: To) -> Circle:
    """Ajoute un professionnel ou une structure, et rend le cercle. Le patient est prévenu."""
    reply = await peers.consent.InviteMember(
        pb.InviteMemberRequest(
            patient_id=patient,
            professional_id=new.professional_id or "",
            structure_id=new.structure_id or "",
            explicit_agreement=new.explicit_agreement,
            agreement_form=FORMS.number_of(new.agreement_form),
            circle_version=version,
        )
    )
    return await shown_circle(reply.circle, peers)


@on(router, "DELETE", "/members/{member}", "Retirer un membre", Authz("circle", "remove", CARE), "ACCESS_REFUSED",
    "MEMBER_UNKNOWN", "MEMBER_ALREADY_REMOVED", "VERSION_STALE", etag=True, vital=True)  # fmt: skip
async def remove_member(patient: Id, member: Id, version: VersionIfGiven, peers: To) -> Circle:
    """Met fin à l’appartenance, dès la réponse et partout ; rend le cercle."""
    reply = await peers.consent.RemoveMember(
        pb.RemoveMemberRequest(patient_id=patient, member_id=member, circle_version=version)
    )
    return await shown_circle(reply.circle, peers)
