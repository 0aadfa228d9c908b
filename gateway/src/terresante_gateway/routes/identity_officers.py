"""/identity-officers: professionals whom administrators mandate to look after identities."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field
from terresante.directory.v1 import directory_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.routes.professionals import Professional
from terresante_gateway.words import Input, Line, OpaqueId

router = APIRouter(prefix="/v1/identity-officers", tags=["Mandats d’identitovigilance"])


class IdentityOfficer(Struct):
    """Un référent en identitovigilance, et son mandat."""

    professional: Professional
    territory_codes: Annotated[list[str], Meta(examples=[["94-ouest"]])]
    structure_ids: list[str]
    since: datetime
    named_by: Annotated[str | None, Meta(description="L’administrateur qui l’a mandaté")]

    @classmethod
    def of(cls, officer: pb.IdentityOfficer) -> "IdentityOfficer":
        """From the service's message."""
        mandate = officer.mandate
        return cls(
            Professional.of(officer.professional),
            list(mandate.territory_codes),
            list(mandate.structure_ids),
            words.read(mandate.since),
            officer.named_by or None,
        )


class IdentityOfficers(Struct):
    """Les référents, par nom."""

    items: list[IdentityOfficer]


class NewIdentityOfficer(Input):
    """Qui, et où : des territoires, des structures, ou les deux."""

    professional_id: OpaqueId
    territory_codes: list[Annotated[Line, Field(min_length=1, max_length=32)]] = Field(
        default_factory=list, max_length=50, examples=[["94-ouest"]]
    )
    structure_ids: list[OpaqueId] = Field(default_factory=list, max_length=200)


@on(router, "GET", "", "Référents en identitovigilance", Authz("identity_officer", "list", ("administrator",)),
    "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def list_identity_officers(peers: To) -> IdentityOfficers:
    """Les mandats qui touchent les territoires de l’administrateur."""
    reply = await peers.directory.ListIdentityOfficers(pb.ListIdentityOfficersRequest())
    return IdentityOfficers([IdentityOfficer.of(one) for one in reply.officers])


@on(router, "POST", "", "Mandater un référent", Authz("identity_officer", "name", ("administrator",), max_age=300),
    "TERRITORY_NOT_YOURS", "TERRITORY_UNKNOWN", "PROFESSIONAL_UNKNOWN", "STRUCTURE_UNKNOWN", "MANDATE_EMPTY",
    "ADMINISTRATOR_UNKNOWN", "LOGIN_TOO_OLD", status=201)  # fmt: skip
async def name_identity_officer(new: NewIdentityOfficer, peers: To) -> IdentityOfficer:
    """Le mandat remplace celui que le professionnel avait."""
    reply = await peers.directory.NameIdentityOfficer(pb.NameIdentityOfficerRequest(**new.model_dump()))
    return IdentityOfficer.of(reply.officer)


@on(router, "DELETE", "/{professional}", "Mettre fin à un mandat",
    Authz("identity_officer", "end", ("administrator",)), "TERRITORY_NOT_YOURS", "MANDATE_UNKNOWN",
    "ADMINISTRATOR_UNKNOWN", status=204, vital=True)  # fmt: skip
async def end_identity_officer(professional: Id, peers: To) -> None:
    """Aussitôt : les décisions suivantes refusent."""
    await peers.directory.EndIdentityOfficer(pb.EndIdentityOfficerRequest(professional_id=professional))
