"""/correspondents: who asks for changes in a structure's name; /me/correspondence: the caller's own."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import model_validator
from terresante.directory.v1 import enrolment_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.routes.sheets import ADMINISTRATORS
from terresante_gateway.words import Input, OpaqueId

router = APIRouter(prefix="/v1", tags=["Correspondants des structures"])

_SET = ("STRUCTURE_UNKNOWN", "PROFESSIONAL_UNKNOWN", "TERRITORY_NOT_YOURS", "ADMINISTRATOR_UNKNOWN", "PLACE_UNKNOWN")


class Correspondent(Struct):
    """Un professionnel qui parle pour une structure, tant qu’il y exerce."""

    structure_id: str
    structure_name: Annotated[str, Meta(examples=["Hôpital des Lilas"])]
    professional_id: str
    name: Annotated[str, Meta(examples=["Caradec Inès"])]
    since: datetime

    @classmethod
    def of(cls, one: pb.Correspondent) -> "Correspondent":
        """From the service's message."""
        return cls(one.structure_id, one.structure_name, one.professional_id, one.name, words.read(one.since))


class Correspondents(Struct):
    """Par structure, puis par nom."""

    items: list[Correspondent]


class CorrespondentIds(Struct):
    """Tous les correspondants de la structure."""

    professional_ids: list[str]


class Correspondence(Struct):
    """Qui est l’appelant pour l’annuaire, et pour quelles structures il parle."""

    professional_id: str
    enrolled: Annotated[bool, Meta(description="Faux tant que son inscription n’est pas terminée")]
    structures: list[Correspondent]


class CorrespondentsQuery(Input):
    """D’une structure, d’un professionnel, ou les deux."""

    structure_id: OpaqueId | None = None
    professional_id: OpaqueId | None = None

    @model_validator(mode="after")
    def _something(self) -> "CorrespondentsQuery":
        if self.structure_id is None and self.professional_id is None:
            raise ValueError("Il faut donner structure_id ou professional_id.")
        return self


@on(router, "GET", "/correspondents", "Correspondants", Authz("correspondent", "list", ADMINISTRATORS),
    "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def list_correspondents(query: Annotated[CorrespondentsQuery, Query()], peers: To) -> Correspondents:
    """Qui parle pour une structure, ou pour lesquelles parle un professionnel, dans les territoires de l’appelant."""
    request = pb.ListCorrespondentsRequest(
        structure_id=query.structure_id or "", professional_id=query.professional_id or ""
    )
    reply = await peers.enrolment.ListCorrespondents(request)
    return Correspondents([Correspondent.of(one) for one in reply.correspondents])


@on(router, "GET", "/me/correspondence", "Pour quelles structures je parle",
    Authz("me", "read", ("professional",)), "PROFESSIONAL_UNKNOWN", "CALLER_SUSPENDED")  # fmt: skip
async def get_correspondence(peers: To) -> Correspondence:
    """Les structures dont l’appelant est correspondant, et si son inscription est terminée."""
    reply = await peers.enrolment.GetMyself(pb.GetMyselfRequest())
    return Correspondence(reply.professional_id, reply.enrolled, [Correspondent.of(one) for one in reply.structures])


@on(router, "PUT", "/structures/{structure}/correspondents/{professional}", "Désigner un correspondant",
    Authz("correspondent", "name", ADMINISTRATORS), *_SET)  # fmt: skip
async def name_correspondent(structure: Id, professional: Id, peers: To) -> CorrespondentIds:
    """Un professionnel qui y exerce : il demandera les changements de sa structure."""
    return await _set(structure, professional, True, peers)


@on(router, "DELETE", "/structures/{structure}/correspondents/{professional}", "Ne plus avoir de correspondant",
    Authz("correspondent", "name", ADMINISTRATORS), *_SET)  # fmt: skip
async def end_correspondent(structure: Id, professional: Id, peers: To) -> CorrespondentIds:
    """Ce professionnel ne parle plus pour la structure."""
    return await _set(structure, professional, False, peers)


async def _set(structure: str, professional: str, correspondent: bool, peers: To) -> CorrespondentIds:
    request = pb.SetCorrespondentRequest(
        structure_id=structure, professional_id=professional, correspondent=correspondent
    )
    reply = await peers.enrolment.SetCorrespondent(request)
    return CorrespondentIds(list(reply.professional_ids))
