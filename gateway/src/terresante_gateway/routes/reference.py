"""/territories and /document-types: lists that portals need to fill their forms."""

from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.records.v1 import records_service_pb2 as records

from terresante_gateway.operation import CARE, EVERYBODY, Authz, To, on

router = APIRouter(prefix="/v1", tags=["Référentiels"])


class Territory(Struct):
    """Un territoire de coordination."""

    code: Annotated[str, Meta(examples=["94-ouest"])]
    name: Annotated[str, Meta(examples=["Val-de-Marne Ouest"])]
    department: Annotated[str, Meta(examples=["94"])]
    started: Annotated[bool, Meta(description="Ouvert, ou annoncé")]


class Territories(Struct):
    """Les territoires, par département."""

    items: list[Territory]


class DocumentType(Struct):
    """Un type de document."""

    code: Annotated[str, Meta(examples=["11502-2"])]
    label: Annotated[str, Meta(examples=["Compte rendu d'examens de biologie médicale"])]
    category: Annotated[str, Meta(examples=["laboratory_result"])]
    category_label: Annotated[str, Meta(examples=["Résultats de biologie médicale"])]


class DocumentTypes(Struct):
    """Les types de documents que la plateforme connaît."""

    items: list[DocumentType]


@on(router, "GET", "/territories", "Territoires", Authz("territory", "list", EVERYBODY))
async def list_territories(peers: To) -> Territories:
    """Tous les territoires, ouverts ou annoncés."""
    reply = await peers.directory.ListTerritories(directory.ListTerritoriesRequest())
    return Territories([Territory(one.code, one.name, one.department, one.started) for one in reply.territories])


@on(
    router,
    "GET",
    "/document-types",
    "Types de documents",
    Authz("document_type", "list", CARE),
    "CONSENT_UNAVAILABLE",
)
async def list_document_types(peers: To) -> DocumentTypes:
    """Les types et leurs catégories."""
    reply = await peers.records.ListDocumentTypes(records.ListDocumentTypesRequest())
    return DocumentTypes([DocumentType(one.code, one.label, one.category, one.category_label) for one in reply.types])
